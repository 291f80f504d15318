/**
 * A file's samples one after the other, in memory that does not grow with their number: for batches of thousands.
 *
 * Unlike `bind`, which refuses a file for one bad number, a sample with one is told about in its turn, and those after
 * it follow. What does not lie in the file sample by sample (an array in column-major order, one sample spread over a
 * file) is read as a whole.
 */
import { extname } from 'node:path'
import { BaseError } from '../../base/errors.js'
import { sizeOf } from '../../base/tensor.js'
import { type Bound, type InputPort, match, NotFiniteError, type SampleSet } from './bind.js'
import type { Column, Columns, OpenColumn } from './column.js'
import { columnsOfCsv } from './csv-stream.js'
import type { FixedInput } from './fixed.js'
import { columnsOfJson, columnsOfJsonLines } from './json-stream.js'
import { loadFor } from './load.js'
import { columnsOfNpy, columnsOfNpz } from './npz-stream.js'

export type StreamedSample = {
  /** Its place in the file, from 0. */
  readonly place: number
  readonly label: number | undefined
} & (
  | {
      /** A row a model input, in the model's order, flattened row-major. */
      readonly row: readonly Float64Array[]
    }
  | { readonly error: BaseError }
)

export type SampleStream = {
  readonly file: string
  readonly count: number
  /** From the first sample, each time that it is called. */
  samples(): AsyncGenerator<StreamedSample>
}

const READERS: Readonly<Record<string, (path: string) => Promise<Columns | undefined>>> = {
  '.json': columnsOfJson,
  '.jsonl': columnsOfJsonLines,
  '.npy': columnsOfNpy,
  '.npz': columnsOfNpz,
  '.csv': columnsOfCsv,
}

/** Throws as `loadFor` does, but for what is wrong with single samples. */
export async function streamFor(
  path: string,
  ports: readonly InputPort[],
  fixed: readonly FixedInput[] = [],
): Promise<SampleStream> {
  return (await bySteps(path, ports, fixed)) ?? asWhole(await loadFor(path, ports, fixed))
}

async function bySteps(
  path: string,
  ports: readonly InputPort[],
  fixed: readonly FixedInput[],
): Promise<SampleStream | undefined> {
  const columns = await READERS[extname(path).toLowerCase()]?.(path)
  if (columns === undefined || holdsFixed(columns, fixed)) return undefined
  const inputs = await Promise.all(match(columns, ports).map((bound) => openInput(bound, columns.endToEnd)))
  const labels = await openLabels(columns, ports)
  const count = inputs[0]?.count ?? 0
  if (count === 0 || labels === 'odd') return undefined
  if (inputs.some((input) => input?.count !== count) || (labels !== undefined && labels.count !== count))
    return undefined
  return { file: path, count, samples: () => walk(inputs as Input[], labels) }
}

type Input = {
  readonly count: number
  readonly label: string
  readonly size: number
  readonly column: OpenColumn
}

/** Undefined where the array is not one sample a step, or, laid end to end, one a run of numbers. */
async function openInput({ port, sources }: Bound<Column>, endToEnd: boolean): Promise<Input | undefined> {
  const column = sources.length === 1 ? await sources[0]!.open() : undefined
  if (column === undefined) return undefined
  const size = sizeOf(port.shape)
  const { label } = sources[0]!
  const [count, ...step] = column.shape
  if (sizeOf(step) === size) return { count: count!, label, size, column }
  if (!endToEnd || step.length > 0 || count! <= size || count! % size !== 0) return undefined
  return { count: count! / size, label, size, column: { ...column, steps: () => grouped(column, size) } }
}

async function openLabels(columns: Columns, ports: readonly InputPort[]): Promise<Input | undefined | 'odd'> {
  const name = columns.labels
  if (name === undefined || ports.some((port) => port.name === name)) return undefined
  const column = await columns.named.get(name)!.open()
  if (column === undefined || sizeOf(column.shape.slice(1)) !== 1) return 'odd'
  return { count: column.shape[0]!, label: columns.named.get(name)!.label, size: 1, column }
}

/** Whether the file has values for inputs that are fixed; they are compared as a whole. */
function holdsFixed({ named, positional }: Columns, fixed: readonly FixedInput[]): boolean {
  return fixed.some(({ name }) => named.has(name)) || (fixed.length > 0 && positional.length > 1)
}

async function* walk(inputs: readonly Input[], labels: Input | undefined): AsyncGenerator<StreamedSample> {
  const all = labels === undefined ? inputs : [...inputs, labels]
  const steps = all.map(({ column }) => column.steps())
  try {
    for (let place = 0; ; place++) {
      const parts = await Promise.all(steps.map((step) => step.next()))
      if (parts.some(({ done }) => done)) return
      const values = parts.map(({ value }, k) => refused(value, all[k]!, place) ?? (value as Float64Array))
      const error = values.find((value) => value instanceof BaseError)
      const last = values.at(-1)
      const label = labels === undefined || last instanceof BaseError ? undefined : last![0]
      yield error === undefined
        ? { place, label, row: values.slice(0, inputs.length) as Float64Array[] }
        : { place, label, error }
    }
  } finally {
    await Promise.all(steps.map((step) => step.return(undefined)))
  }
}

function refused(value: Float64Array | BaseError, { label, size, column }: Input, place: number) {
  if (value instanceof BaseError) return value
  const at = value.findIndex((number) => !Number.isFinite(number))
  if (at < 0) return undefined
  return new NotFiniteError({ label, where: column.where }, place * size + at, value[at]!, place)
}

/** Runs of `size` numbers; one with a number that is none is refused as a whole. */
async function* grouped(column: OpenColumn, size: number): AsyncGenerator<Float64Array | BaseError> {
  let [values, at] = [new Float64Array(size), 0]
  let error: BaseError | undefined
  for await (const step of column.steps()) {
    if (step instanceof BaseError) error ??= step
    else values[at] = step[0]!
    if (++at < size) continue
    yield error ?? values
    values = new Float64Array(size)
    at = 0
    error = undefined
  }
}

function asWhole({ file, rows, labels, places }: SampleSet): SampleStream {
  return {
    file,
    count: rows.length,
    async *samples() {
      for (const [at, row] of rows.entries()) yield { place: places[at]!, label: labels?.[at], row }
    },
  }
}
