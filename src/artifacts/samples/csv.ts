/**
 * Tables of numbers (RFC 4180; commas, semicolons or tabs): one sample a row, one feature a column, a header if the
 * first row has a cell that is no number, and a column of labels if the header names one (see LABEL_NAMES).
 *
 * Trap: a header made of numbers only (what pandas writes for nameless columns) cannot be told from a sample.
 */
import { parse as parser } from 'csv-parse'
import { parse } from 'csv-parse/sync'
import { BaseError, messageOf } from '../../base/errors.js'
import { decodeText } from '../store.js'
import { LABEL_NAMES, type NumericArray, type Samples, type Source } from './source.js'

export type Row = { readonly cells: readonly string[]; readonly line: number }

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const NO_FINITE_NUMBER = /^([+-]?(nan|inf|infinity)|null|na|n\/a)?$/i

/** Throws `Csv.FormatError`. Cells are read when their column is: then `Csv.CellError`. */
export function samplesFromCsv(bytes: Uint8Array, file: string): Samples {
  const rows = readRows(bytes, file)
  const first = rows[0]
  if (first === undefined) throw new FormatError(file, 'it has no rows')
  const { names, hasHeader, labelColumn } = headOf(first, file)
  const samples = hasHeader ? rows.slice(1) : rows
  refuseUnequalRows(samples, names.length, file)
  const columns = names.map((_, k) => k)
  const pick = (label: string, picked: readonly number[]) => tableSource(label, samples, picked, names, file)
  const named = new Map(
    hasHeader ? names.map((name, k) => [name, pick(`${file}, column "${name}"`, [k])]) : [],
  )
  const features = columns.filter((k) => k !== labelColumn)
  const labels = labelColumn === undefined ? undefined : names[labelColumn]
  return { file, named, positional: [pick(file, features)], endToEnd: false, labels }
}

/** What the first row says of the table. Throws `FormatError` where two columns have one name. */
export function headOf({ cells }: Row, file: string) {
  const hasHeader = cells.some((cell) => !NUMBER.test(cell) && !NO_FINITE_NUMBER.test(cell))
  const names = hasHeader ? cells : cells.map((_, k) => `${k + 1}`)
  if (hasHeader) refuseRepeatedNames(names, file)
  return { hasHeader, names, labelColumn: hasHeader ? labelColumnOf(names) : undefined }
}

/** Undefined for what is no plain decimal number. */
export function numberOf(cell: string): number | undefined {
  return NUMBER.test(cell) ? Number(cell) : undefined
}

/** A stream that takes a table's bytes and gives its records. */
export function rowParser(): NodeJS.ReadWriteStream & {
  destroy(error?: Error): unknown
  [Symbol.asyncIterator](): AsyncIterator<{ record: string[]; info: { lines: number } }>
} {
  return parser({ ...RECORDS, delimiter: [...RECORDS.delimiter], bom: true }) as never
}

const RECORDS = {
  delimiter: [',', ';', '\t'],
  trim: true,
  skip_empty_lines: true,
  relax_column_count: true,
  info: true,
} as const

function readRows(bytes: Uint8Array, file: string): Row[] {
  try {
    const options = { ...RECORDS, delimiter: [...RECORDS.delimiter] }
    const records = parse(decodeText(bytes), options) as unknown as {
      record: string[]
      info: { lines: number }
    }[]
    return records.map(({ record, info }) => ({ cells: record, line: info.lines }))
  } catch (cause) {
    throw new FormatError(file, messageOf(cause), cause)
  }
}

function refuseUnequalRows(rows: readonly Row[], width: number, file: string): void {
  for (const { cells, line } of rows) {
    if (cells.length !== width)
      throw new FormatError(file, `line ${line} has ${cells.length} cells, the first row has ${width}`)
  }
}

function refuseRepeatedNames(names: readonly string[], file: string): void {
  const repeated = names.find((name, k) => names.indexOf(name) !== k)
  if (repeated !== undefined) throw new FormatError(file, `two columns are named "${repeated}"`)
}

function labelColumnOf(names: readonly string[]): number | undefined {
  const lower = names.map((name) => name.toLowerCase())
  const name = LABEL_NAMES.find((label) => lower.includes(label))
  return name === undefined ? undefined : lower.indexOf(name)
}

/** The columns `picked`, as an array of samples x columns. */
function tableSource(
  label: string,
  rows: readonly Row[],
  picked: readonly number[],
  names: readonly string[],
  file: string,
): Source {
  const width = picked.length
  const where = (offset: number) => {
    const column = names[picked[offset % width]!]
    return `line ${rows[Math.floor(offset / width)]!.line}, column "${column}"`
  }
  const read = (): NumericArray => {
    const cells = rows.flatMap((row) => picked.map((column) => row.cells[column]!))
    const data = Float64Array.from(cells, (cell, offset) => {
      const value = numberOf(cell)
      if (value === undefined) throw new CellError(file, where(offset), cell)
      return value
    })
    return { shape: [rows.length, width], data }
  }
  return { label, read, where }
}

export class FormatError extends BaseError {
  override name = 'Csv.FormatError'
  constructor(
    readonly file: string,
    readonly reason: string,
    cause?: unknown,
  ) {
    super(`${file} cannot be read as a table of samples.`, {
      details: [reason],
      hint: 'give one sample a row, all rows of the same length, and unique names if there is a header',
      cause,
    })
  }
}

export class CellError extends BaseError {
  override name = 'Csv.CellError'
  constructor(
    readonly file: string,
    readonly where: string,
    readonly cell: string,
  ) {
    super(`${file}, ${where}: ${JSON.stringify(cell.slice(0, 80))} is not a finite number.`, {
      hint: 'give plain decimal numbers; fill or drop rows with missing values, and number the classes from 0',
    })
  }
}
