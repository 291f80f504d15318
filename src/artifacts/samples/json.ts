/**
 * Samples in JSON. An object has one array a model input under its name, or all of them under `input_data` (EZKL's
 * files); a list holds samples, as arrays or as such objects; JSON lines are a list with one sample a line.
 *
 * EZKL's `input_data` has one flat array a model input; its calibration files lay several samples end to end in it.
 */
import { BaseError } from '../../base/errors.js'
import { unravel } from '../../base/tensor.js'
import { decodeText, parseJson } from '../store.js'
import { LABEL_NAMES, type NumericArray, type Samples, type Source } from './source.js'

type Fields = Readonly<Record<string, unknown>>

export const EZKL_KEY = 'input_data'
/** Deeper nesting than any tensor has; a limit for hostile files. */
const DEEPEST = 32

/** Throws `Store.NotJsonError`, `Json.ShapeError`. */
export function samplesFromJson(bytes: Uint8Array, file: string): Samples {
  return samplesFromValue(parseJson(decodeText(bytes), file), file)
}

/** Samples of a file with one JSON value a line; empty lines are skipped. Throws as `samplesFromJson` does. */
export function samplesFromJsonLines(bytes: Uint8Array, file: string): Samples {
  const values: unknown[] = []
  decodeText(bytes)
    .split('\n')
    .forEach((line, k) => {
      if (line.trim() !== '') values.push(parseJson(line, file, k + 1))
    })
  return samplesFromValue(values, file)
}

function samplesFromValue(value: unknown, file: string): Samples {
  if (Array.isArray(value)) {
    return isFields(value[0])
      ? samplesFromFields(transpose(value, file), file)
      : onlyPositional([value], [''], file)
  }
  if (isFields(value)) return samplesFromFields(value, file)
  throw new ShapeError(file, 'the top', value, 'a list or an object')
}

function samplesFromFields(fields: Fields, file: string): Samples {
  const all = fields[EZKL_KEY]
  if (all !== undefined) {
    if (!Array.isArray(all)) throw new ShapeError(file, EZKL_KEY, all, 'a list with one array a model input')
    const positional = onlyPositional(
      all,
      all.map((_, k) => `${EZKL_KEY}[${k}]`),
      file,
    )
    return { ...positional, ...namedFrom(fields, file) }
  }
  return { file, positional: [], endToEnd: false, ...namedFrom(fields, file) }
}

function namedFrom(fields: Fields, file: string): Pick<Samples, 'named' | 'labels'> {
  const entries = Object.entries(fields).filter(([name]) => name !== EZKL_KEY)
  const named = new Map(entries.map(([name, value]) => [name, nestedSource(value, name, file)]))
  return { named, labels: LABEL_NAMES.find((name) => named.has(name)) }
}

function onlyPositional(values: readonly unknown[], paths: readonly string[], file: string): Samples {
  const positional = values.map((value, k) => nestedSource(value, paths[k]!, file))
  return { file, named: new Map(), positional, endToEnd: paths[0] !== '', labels: undefined }
}

/** A list of samples with the same fields becomes one object of lists; EZKL's inner lists likewise. */
function transpose(samples: readonly unknown[], file: string): Fields {
  const names = Object.keys(samples[0] as Fields)
  const columns = new Map<string, unknown[]>(names.map((name) => [name, []]))
  samples.forEach((sample, k) => {
    if (!isFields(sample)) throw new ShapeError(file, `sample ${k}`, sample, 'an object as sample 0 is')
    for (const name of names) {
      if (!Object.hasOwn(sample, name))
        throw new ShapeError(file, `sample ${k}`, sample, `a field "${name}" as sample 0 has`)
      columns.get(name)!.push(sample[name])
    }
  })
  const ezkl = columns.get(EZKL_KEY)
  if (ezkl !== undefined) columns.set(EZKL_KEY, transposeLists(ezkl, file))
  return Object.fromEntries(columns)
}

function transposeLists(samples: readonly unknown[], file: string): unknown[] {
  const expected = `a list in "${EZKL_KEY}" with as many arrays as sample 0 has`
  const count = Array.isArray(samples[0]) ? samples[0].length : 0
  const lists = samples.map((list, k) => {
    if (!Array.isArray(list) || list.length !== count)
      throw new ShapeError(file, `sample ${k}`, list, expected)
    return list as unknown[]
  })
  return Array.from({ length: count }, (_, input) => lists.map((list) => list[input]))
}

function nestedSource(value: unknown, path: string, file: string): Source {
  let decoded: NumericArray | undefined
  const read = () => {
    decoded ??= flatten(value, path, file)
    return decoded
  }
  const where = (offset: number) =>
    `${path}${unravel(offset, read().shape)
      .map((at) => `[${at}]`)
      .join('')}`
  return { label: path === '' ? file : `${file}, "${path}"`, read, where }
}

/** A number, or lists of equal length nested to equal depth. */
export function flatten(value: unknown, path: string, file: string): NumericArray {
  const shape = shapeAlongFirst(value, path, file)
  // grown, not allocated by the shape: the first lists may promise more than the file holds
  const data: number[] = []
  const fill = (inner: unknown, axis: number, at: string): void => {
    if (axis === shape.length) {
      if (typeof inner !== 'number') throw new ShapeError(file, at, inner, 'a number')
      data.push(inner)
      return
    }
    if (!Array.isArray(inner) || inner.length !== shape[axis])
      throw new ShapeError(file, at, inner, `a list of ${shape[axis]}, as its neighbours are`)
    inner.forEach((item, k) => {
      fill(item, axis + 1, `${at}[${k}]`)
    })
  }
  fill(value, 0, path)
  return { shape, data: Float64Array.from(data) }
}

function shapeAlongFirst(value: unknown, path: string, file: string): number[] {
  const shape: number[] = []
  let inner = value
  while (Array.isArray(inner) && shape.length < DEEPEST) {
    shape.push(inner.length)
    inner = inner[0]
  }
  if (Array.isArray(inner)) throw new ShapeError(file, path, value, `lists nested at most ${DEEPEST} deep`)
  return shape
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function excerpt(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (isFields(value))
    return `an object with the fields ${Object.keys(value).slice(0, 8).join(', ') || '(none)'}`
  return JSON.stringify(value)?.slice(0, 80) ?? 'nothing'
}

export class ShapeError extends BaseError {
  override name = 'Json.ShapeError'
  constructor(
    readonly file: string,
    readonly path: string,
    readonly value: unknown,
    expected: string,
  ) {
    super(`${file} does not hold samples as they are read.`, {
      details: [`at ${path === '' ? 'the top' : path}: ${excerpt(value)}`, `expected: ${expected}`],
      hint: 'give {"input_data": [[...]]}, {"name of the input": [...]} or a list of samples, in plain numbers',
    })
  }
}
