/**
 * A quantized model on disk: its structure as JSON, its arrays as `.npz`, so that NumPy reads every weight.
 *
 * Arrays go by `<node>.<field>`; in the JSON their place is taken by `{ "array": name }`. Deterministic.
 */
import { z } from 'zod'
import { BaseError } from '../base/errors.js'
import type { Op } from '../model/graph.js'
import type { Linear, Secret } from '../model/ops/linear.js'
import type { QuantizedModel } from '../model/quantized.js'
import { pathOf } from './paths.js'
import { encodeNpz, samplesFromNpz } from './samples/npz.js'
import { readBytes, readJson } from './store.js'

export type ProgramFiles = { readonly structure: unknown; readonly arrays: Uint8Array }

type TypedArray = Float64Array | Int32Array

/** The fields of each operator that are arrays, and of which type. What is secret is a part of its own. */
const ARRAYS: Readonly<Record<Op['kind'], Readonly<Record<string, 'f64' | 'i32'>>>> = {
  argmax: { groupStart: 'i32', member: 'i32' },
  clamp: {},
  compare: { element: 'i32', threshold: 'f64' },
  constant: { data: 'f64' },
  linear: {
    rowStart: 'i32',
    column: 'i32',
    weight: 'i32',
    weights: 'f64',
    bias: 'f64',
    'secret.biasOf': 'i32',
  },
  max: { groupStart: 'i32', member: 'i32' },
  piecewise: { start: 'f64', slope: 'f64', offset: 'f64' },
  product: { left: 'i32', right: 'i32' },
  quotient: { left: 'i32', right: 'i32' },
  rearrange: { index: 'i32' },
  rescale: {},
  round: {},
  root: {},
  smooth: {},
}

export function encode(model: QuantizedModel): ProgramFiles {
  const arrays: Record<string, { shape: number[]; data: Float64Array }> = {}
  const put = (name: string, data: TypedArray) => {
    arrays[name] = { shape: [data.length], data: Float64Array.from(data) }
    return { array: name }
  }
  const structure = {
    format: FORMAT,
    inputs: model.inputs.map((input, i) => ({
      name: input.name,
      tensor: input.tensor,
      lo: put(`input${i}.lo`, input.lo),
      hi: put(`input${i}.hi`, input.hi),
    })),
    outputs: model.outputs,
    tensors: model.tensors.map((tensor, i) => ({
      ...tensor,
      scale: put(`tensor${i}.scale`, model.scales[i]!),
    })),
    nodes: model.nodes.map((node, i) => ({
      ...node,
      op: Object.fromEntries(
        Object.entries(flat(node.op)).map(([field, value]) => [
          field,
          field in ARRAYS[node.op.kind] ? put(`node${i}.${field}`, value as TypedArray) : encodeScalar(value),
        ]),
      ),
    })),
    notes: model.notes,
  }
  return { structure, arrays: encodeNpz(arrays) }
}

/** The fields of `secret` under dotted names. */
function flat(op: Op): Record<string, unknown> {
  if (op.kind !== 'linear' || op.secret === undefined) return { ...op }
  const { secret, ...rest } = op
  return {
    ...rest,
    ...Object.fromEntries(Object.entries(secret).map(([field, value]) => [`secret.${field}`, value])),
  }
}

/** JSON has no infinities: an absent side of a clamp is a string. */
function encodeScalar(value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
}

const FORMAT = 'zkonnx-program/1'

const Scalar = z.union([z.number(), z.boolean(), z.literal('Infinity'), z.literal('-Infinity')])
const ArrayName = z.object({ array: z.string() })
const Index = z.number().int().min(0)

export const Structure = z.object({
  format: z.literal(FORMAT),
  inputs: z.array(z.object({ name: z.string(), tensor: Index, lo: ArrayName, hi: ArrayName })),
  outputs: z.array(
    z.object({ name: z.string(), tensor: Index, meaning: z.enum(['scores', 'label', 'values']) }),
  ),
  tensors: z.array(z.object({ name: z.string(), shape: z.array(Index), scale: ArrayName })),
  nodes: z.array(
    z.object({
      name: z.string(),
      source: z.string(),
      inputs: z.array(Index),
      output: Index,
      op: z
        .object({
          kind: z.enum([
            'argmax',
            'clamp',
            'compare',
            'constant',
            'linear',
            'max',
            'piecewise',
            'product',
            'quotient',
            'rearrange',
            'rescale',
            'round',
            'root',
          ]),
        })
        .catchall(z.union([Scalar, ArrayName])),
    }),
  ),
  notes: z.array(z.string()),
})

/** The program of a compiled model's folder. Throws as `decode` does, and the store's errors. */
export async function readProgram(dir: string): Promise<QuantizedModel> {
  const file = pathOf(dir, 'arrays')
  return decode(await readJson(pathOf(dir, 'program'), Structure), await readBytes(file), file)
}

/** Throws `ProgramError`, `Zip.FormatError` or `Npy.FormatError` where the two files do not fit together. */
export function decode(
  structure: z.infer<typeof Structure>,
  bytes: Uint8Array,
  file: string,
): QuantizedModel {
  const { named } = samplesFromNpz(bytes, file)
  const get = ({ array }: { array: string }): Float64Array => {
    const source = named.get(array)
    if (source === undefined) throw new ProgramError(file, `the array "${array}" is missing`)
    return source.read().data
  }
  return {
    inputs: structure.inputs.map(({ name, tensor, lo, hi }) => ({ name, tensor, lo: get(lo), hi: get(hi) })),
    outputs: structure.outputs,
    tensors: structure.tensors.map(({ name, shape }) => ({ name, shape })),
    scales: structure.tensors.map(({ scale }) => get(scale)),
    nodes: structure.nodes.map((node) => ({ ...node, op: decodeOp(node.op, get, file) })),
    notes: structure.notes,
  }
}

function decodeOp(
  op: z.infer<typeof Structure>['nodes'][number]['op'],
  get: (name: { array: string }) => Float64Array,
  file: string,
): Op {
  const types = ARRAYS[op.kind]
  for (const field of Object.keys(types)) {
    if (field.startsWith(SECRET) && !isSecret(op)) continue
    if (!(field in op)) throw new ProgramError(file, `a ${op.kind} has no "${field}"`)
  }
  const decoded = Object.entries(op).map(([field, value]) => {
    if (typeof value === 'object') {
      const data = get(value)
      return [field, types[field] === 'i32' ? Int32Array.from(data) : data]
    }
    return [field, value === 'Infinity' || value === '-Infinity' ? Number(value) : value]
  })
  const nested = nest(decoded as [string, unknown][]) as Op
  if (nested.kind === 'linear' && nested.secret !== undefined) checkSecret(nested, nested.secret, file)
  return nested
}

/** Widths and numbers that the circuit counts on. */
function checkSecret({ bias }: Linear, { weightBits, biasBits, biasOf }: Secret, file: string): void {
  const badBits = [weightBits, biasBits].find((bits) => !Number.isInteger(bits) || bits < 2 || bits > 52)
  if (badBits !== undefined) throw new ProgramError(file, `secret numbers have ${badBits} bits, not 2 to 52`)
  if (biasOf.length !== bias.length || !isNumbering(biasOf)) {
    throw new ProgramError(file, `${bias.length} rows do not share secret biases as they are numbered`)
  }
}

/** Numbers from 0 by first appearance, so that none is left out. */
function isNumbering(numbers: Int32Array): boolean {
  let next = 0
  for (const number of numbers) {
    if (number < 0 || number > next) return false
    if (number === next) next++
  }
  return true
}

const SECRET = 'secret.'

function isSecret(op: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(op).some((field) => field.startsWith(SECRET))
}

function nest(fields: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const own = fields.filter(([field]) => !field.startsWith(SECRET))
  const secret = fields
    .filter(([field]) => field.startsWith(SECRET))
    .map(([field, value]) => [field.slice(SECRET.length), value] as const)
  return {
    ...Object.fromEntries(own),
    ...(secret.length > 0 ? { secret: Object.fromEntries(secret) } : {}),
  }
}

export class ProgramError extends BaseError {
  override name = 'ProgramFile.ProgramError'
  constructor(
    readonly file: string,
    problem: string,
  ) {
    super(`The quantized model in ${file} cannot be read: ${problem}.`, { hint: 'compile the model again' })
  }
}
