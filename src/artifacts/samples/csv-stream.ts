/** Tables of numbers, read row by row; what a row may hold is csv.ts's to say. */
import { createReadStream } from 'node:fs'
import { type BaseError, messageOf } from '../../base/errors.js'
import { missingOrUnreadable } from '../store.js'
import type { Column, Columns } from './column.js'
import { CellError, FormatError, headOf, numberOf, type Row, rowParser } from './csv.js'

type Table = {
  readonly path: string
  readonly names: readonly string[]
  readonly hasHeader: boolean
  readonly count: number
}

/** Reads the table once, to count its rows. Throws `Csv.FormatError`, `Store.*`. */
export async function columnsOfCsv(path: string): Promise<Columns> {
  let table: Omit<Table, 'count'> | undefined
  let rows = 0
  let labelColumn: number | undefined
  for await (const row of readRows(path)) {
    if (table === undefined) {
      const head = headOf(row, path)
      labelColumn = head.labelColumn
      table = { path, names: head.names, hasHeader: head.hasHeader }
    }
    rows++
  }
  if (table === undefined) throw new FormatError(path, 'it has no rows')
  const whole = { ...table, count: table.hasHeader ? rows - 1 : rows }
  const { names } = whole
  const named = new Map(
    table.hasHeader ? names.map((name, k) => [name, columnOf(whole, `column "${name}"`, [k])]) : [],
  )
  const features = names.map((_, k) => k).filter((k) => k !== labelColumn)
  return {
    file: path,
    named,
    positional: [columnOf(whole, undefined, features)],
    endToEnd: false,
    labels: labelColumn === undefined ? undefined : names[labelColumn],
  }
}

function columnOf(table: Table, what: string | undefined, picked: readonly number[]): Column {
  const { path, names, count } = table
  const width = picked.length
  return {
    label: what === undefined ? path : `${path}, ${what}`,
    open: async () => ({
      shape: [count, width],
      where: (offset) => `row ${Math.floor(offset / width) + 1}, column "${names[picked[offset % width]!]}"`,
      async *steps() {
        let first = table.hasHeader
        for await (const row of readRows(path)) {
          if (!first) yield numbersOf(row, table, picked)
          first = false
        }
      },
    }),
  }
}

function numbersOf({ cells, line }: Row, { path, names }: Table, picked: readonly number[]) {
  if (cells.length !== names.length) return unequal(path, line, cells.length, names.length)
  const values = new Float64Array(picked.length)
  for (const [at, column] of picked.entries()) {
    const value = numberOf(cells[column]!)
    if (value === undefined)
      return new CellError(path, `line ${line}, column "${names[column]}"`, cells[column]!)
    values[at] = value
  }
  return values
}

function unequal(path: string, line: number, found: number, expected: number): BaseError {
  return new FormatError(path, `line ${line} has ${found} cells, the first row has ${expected}`)
}

async function* readRows(path: string): AsyncGenerator<Row> {
  const source = createReadStream(path)
  const parser = rowParser()
  let failed: unknown
  source.on('error', (error) => {
    failed = error
    parser.destroy(error)
  })
  try {
    for await (const { record, info } of source.pipe(parser)) yield { cells: record, line: info.lines }
  } catch (cause) {
    throw failed === undefined
      ? new FormatError(path, messageOf(cause), cause)
      : missingOrUnreadable(path, failed)
  } finally {
    source.destroy()
    parser.destroy()
  }
}
