/** The collection beside the project: the ONNX node tests, and third-party models with their answers. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Constant } from '../../src/onnx/constants.js'
import { decodeModel } from '../../src/onnx/decode.js'
import type { Output, Vector, VectorSample } from './vector.js'

type Tensor = {
  readonly name: string
  readonly dtype: string
  readonly dims?: readonly number[]
  readonly data: readonly (number | boolean | string | Record<string, number>)[]
}
type Case = {
  readonly sets: readonly { readonly inputs: readonly Tensor[]; readonly outputs: readonly Tensor[] }[]
}

export type NodeVector = {
  readonly name: string
  readonly operator: string
  /** Why there is nothing to prove about it. */
  readonly outOfScope?: string
  /** The first input computed, the others constant. */
  readonly first?: Vector
  /** All float inputs computed; left out where that is the same. */
  readonly all?: Vector
}

export function hasCases(folder: string): boolean {
  return existsSync(join(folder, 'onnx-node'))
}

export function* nodeVectors(folder: string): Generator<NodeVector> {
  for (const name of namesIn(join(folder, 'onnx-node'))) {
    const path = join(folder, 'onnx-node', name)
    const { sets } = readCase(path)
    const bytes = readFileSync(join(path, 'model.onnx'))
    const operator = operatorOf(bytes)
    const outOfScope = reasonAgainst(sets.flatMap(({ inputs }) => inputs))
    if (outOfScope !== undefined) {
      yield { name, operator, outOfScope }
      continue
    }
    const isFloat = ({ dtype }: Tensor) => dtype.includes('float')
    const first = sets[0]!.inputs.slice(0, 1)
    const floats = sets[0]!.inputs.filter(isFloat)
    const same = floats.length === 0 || String(floats.map(nameOf)) === String(first.map(nameOf))
    const vector = (computed: readonly Tensor[]) =>
      vectorOf(name, operator, bytes, sets, computed.map(nameOf))
    yield { name, operator, first: vector(first), ...(same ? {} : { all: vector(floats) }) }
  }
}

export function* modelVectors(folder: string): Generator<Vector> {
  for (const name of namesIn(join(folder, 'models'))) {
    const path = join(folder, 'models', name)
    const { sets } = readCase(path)
    const samples = sets.map(({ inputs, outputs }) => sampleOf(inputs, outputs))
    // as many rows as the samples have, where the model leaves that open
    const dims = Object.fromEntries(sets[0]!.inputs.map((input) => [input.name, input.dims ?? []]))
    const source = { kind: 'file', path: join(path, 'model.onnx'), dims } as const
    yield { name, operators: [], uses: [], source, constants: {}, samples }
  }
}

function namesIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'io.json')))
    .sort()
}

function readCase(path: string): Case {
  return JSON.parse(readFileSync(join(path, 'io.json'), 'utf8'))
}

/** The operator that the test is of: the last node's. */
function operatorOf(bytes: Uint8Array): string {
  const { opType, domain } = decodeModel(bytes).graph.node.at(-1)!
  return domain === '' ? opType : `${domain}.${opType}`
}

function reasonAgainst(inputs: readonly Tensor[]): string | undefined {
  if (inputs.length === 0) return 'it has no input'
  if (inputs.some(({ dtype }) => dtype === 'string')) return 'its inputs are strings'
  if (inputs.some(({ data }) => data.some((value) => !Number.isFinite(Number(value)))))
    return 'its inputs are not finite'
  return inputs[0]!.dims?.includes(0) ? 'its input has no elements' : undefined
}

function vectorOf(
  name: string,
  operator: string,
  bytes: Uint8Array,
  sets: Case['sets'],
  computed: readonly string[],
): Vector {
  const constants = sets[0]!.inputs
    .filter((input) => !computed.includes(input.name))
    .map((input): [string, Constant] => [input.name, { data: numbers(input), shape: input.dims ?? [] }])
  const samples = sets.map(({ inputs, outputs }) => sampleOf(inputs, outputs))
  const source = { kind: 'bytes', bytes } as const
  const whole = sets[0]!.inputs.filter(({ dtype }) => !dtype.includes('float'))
  return {
    name,
    operators: [operator],
    uses: [operator],
    source,
    constants: Object.fromEntries(constants),
    samples,
    whole: new Map(whole.map((input) => [input.name, input.dims ?? []])),
  }
}

function sampleOf(inputs: readonly Tensor[], outputs: readonly Tensor[]): VectorSample {
  return {
    inputs: new Map(inputs.map((input) => [input.name, numbers(input)])),
    outputs: new Map(outputs.map((output): [string, Output] => [output.name, outputOf(output)])),
  }
}

function outputOf(output: Tensor): Output {
  // a map from label to score for each sample, where ZipMap stood
  const isMap = typeof output.data[0] === 'object'
  return { shape: isMap ? undefined : output.dims, data: numbers(output) }
}

function numbers({ data }: Tensor): Float64Array {
  return Float64Array.from(
    data.flatMap((entry) => (typeof entry === 'object' ? Object.values(entry) : [Number(entry)])),
  )
}

function nameOf({ name }: Tensor): string {
  return name
}
