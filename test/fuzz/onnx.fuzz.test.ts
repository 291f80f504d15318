/**
 * Hostile model files: each is either imported or refused with one of the errors below, none takes long, and none takes
 * memory without end. A mutant is a random model of one operator, damaged byte by byte or as a graph: other operators,
 * other inputs, extreme numbers.
 */
import { expect, test } from 'vitest'
import { BaseError } from '../../src/base/errors.js'
import { decodeModel, encodeModel, type Model } from '../../src/onnx/decode.js'
import { pinDimensions } from '../../src/onnx/dims.js'
import type { AttributeProto, NodeProto, TensorProto } from '../../src/onnx/gen/onnx_pb.js'
import { importGraph } from '../../src/onnx/import.js'
import { prepare } from '../../src/onnx/load.js'
import { type Draw, pick, type Random, whole } from '../helpers/onnx-draw.js'
import { buildBytes, seeded } from '../helpers/onnx-model.js'
import { DRAWS } from '../helpers/onnx-random.js'

const SEED = Number(process.env.ZKONNX_SEED ?? 7)
const MUTANTS = Number(process.env.ZKONNX_ROUNDS ?? (process.env.ZKONNX_DEEP ? 10_000 : 600))

const ALLOWED: readonly string[] = [
  'Onnx.AttributeError',
  'Onnx.DimensionError',
  'Onnx.FoldLimitError',
  'Onnx.InvalidNodeError',
  'Onnx.MissingShapeError',
  'Onnx.ModelFileError',
  'Onnx.OpenShapeError',
  'Onnx.OutputError',
  'Onnx.RuntimeLoadError',
  'Onnx.TensorError',
  'Onnx.TooLargeError',
  'Onnx.UnsupportedOperatorError',
]

/** Of processor time, so that other work on the machine does not count; the child process has a limit of its own. */
const MOST_MS = 10_000
/** Beside what the tests themselves take. */
const MOST_BYTES = 2 ** 31

const EXTREMES = [0, 1, -1, 2, 7, -7, 255, 2 ** 16, 2 ** 31 - 1, -(2 ** 31), 2 ** 40, 2 ** 53, -(2 ** 53)]

function damageBytes(random: Random, bytes: Uint8Array): Uint8Array {
  if (random() < 0.2) return bytes.slice(0, Math.floor(random() * bytes.length))
  const damaged = bytes.slice()
  const count = 1 + Math.floor(4 * random())
  for (let i = 0; i < count; i++) damaged[Math.floor(random() * damaged.length)] = Math.floor(256 * random())
  return damaged
}

function damageGraph(random: Random, bytes: Uint8Array, operators: readonly string[]): Uint8Array {
  const model = decodeModel(bytes)
  const count = whole(random, 1, 3)
  for (let i = 0; i < count; i++) pick(random, CHANGES)(random, model, operators)
  return encodeModel(model)
}

type Change = (random: Random, model: Model, operators: readonly string[]) => void

const CHANGES: readonly Change[] = [
  (random, { graph }, operators) => {
    pick(random, graph.node).opType = pick(random, operators)
  },
  (random, { graph }) => {
    const names = [...graph.initializer, ...graph.input].map(({ name }) => name)
    const node = pick(random, graph.node)
    const outputs = graph.node.flatMap(({ output }) => output)
    const at = whole(random, 0, node.input.length)
    node.input.splice(at, whole(random, 0, 1), pick(random, [...names, ...outputs, '', 'absent']))
  },
  (random, { graph }) => {
    if (graph.initializer.length > 0) damageTensor(random, pick(random, graph.initializer))
  },
  (random, { graph }) => {
    const { attribute } = pick(random, graph.node)
    if (attribute.length > 0) damageAttribute(random, pick(random, attribute))
  },
  (random, { opsetImport }) => {
    pick(random, opsetImport).version = BigInt(whole(random, -1, 30))
  },
  (random, { graph }) => {
    const type = pick(random, graph.input).type?.value
    if (type?.case !== 'tensorType') return
    type.value.elemType = whole(random, 0, 24)
  },
  (random, { graph }) => {
    const type = pick(random, graph.input).type?.value
    const dims = type?.case === 'tensorType' ? (type.value.shape?.dim ?? []) : []
    if (dims.length > 0) pick(random, dims).value = { case: 'dimValue', value: extreme(random) }
  },
  (random, { graph }) => {
    graph.node.push({ ...(pick(random, graph.node) as NodeProto) })
  },
]

function extreme(random: Random): bigint {
  return BigInt(pick(random, EXTREMES))
}

function damageTensor(random: Random, tensor: TensorProto): void {
  const change = whole(random, 0, 3)
  if (change === 0) tensor.dataType = whole(random, 0, 24)
  else if (change === 1 && tensor.dims.length > 0)
    tensor.dims[whole(random, 0, tensor.dims.length - 1)] = extreme(random)
  else if (tensor.int64Data.length > 0)
    tensor.int64Data[whole(random, 0, tensor.int64Data.length - 1)] = extreme(random)
  else
    tensor.floatData = tensor.floatData.map((value) =>
      random() < 0.3 ? pick(random, [NaN, Infinity, 1e38]) : value,
    )
}

function damageAttribute(random: Random, attribute: AttributeProto): void {
  attribute.i = extreme(random)
  if (attribute.ints.length > 0) attribute.ints[whole(random, 0, attribute.ints.length - 1)] = extreme(random)
  if (random() < 0.2) attribute.ints = []
  attribute.f = pick(random, [NaN, Infinity, 0, -1e38])
  if (random() < 0.2) attribute.type = whole(random, 0, 14)
  if (random() < 0.1) attribute.name = 'axis'
}

/** Where it is refused, the error's name. */
async function outcomeOf(steps: () => unknown): Promise<string> {
  try {
    await steps()
    return 'imported'
  } catch (error) {
    if (!(error instanceof BaseError) || !ALLOWED.includes(error.name)) throw error
    return error.name
  }
}

function millisecondsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

function* mutants(random: Random): Generator<Uint8Array> {
  const draws: readonly Draw[] = Object.values(DRAWS)
  const operators = [...new Set(draws.flatMap((draw) => draw(random).nodes.map(({ op }) => op)))]
  for (let index = 0; index < MUTANTS; index++) {
    const bytes = buildBytes(draws[index % draws.length]!(random))
    yield random() < 0.4 ? damageBytes(random, bytes) : damageGraph(random, bytes, operators)
  }
}

test(
  `${MUTANTS} damaged files raise listed errors only, soon and without much memory (seed ${SEED})`,
  async () => {
    const counts = new Map<string, number>()
    const before = process.memoryUsage().rss
    let [slowest, most] = [0, 0]
    let index = 0
    for (const bytes of mutants(seeded(SEED))) {
      const start = process.cpuUsage()
      const outcome = await outcomeOf(() => {
        const model = decodeModel(bytes)
        return prepare({ model, digest: `sha256:${index}`, files: [] }, {})
      }).catch((error) => {
        throw new Error(`mutant ${index}, seed ${SEED}`, { cause: error })
      })
      const direct = await outcomeOf(() => {
        const model = decodeModel(bytes)
        pinDimensions(model)
        importGraph(model)
      }).catch((error) => {
        throw new Error(`mutant ${index}, not folded, seed ${SEED}`, { cause: error })
      })
      for (const one of [outcome, direct]) counts.set(one, (counts.get(one) ?? 0) + 1)
      slowest = Math.max(slowest, millisecondsSince(start))
      most = Math.max(most, process.memoryUsage().rss - before)
      index++
    }
    const found = [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
    console.info(
      `${index} mutants, slowest ${Math.round(slowest)} ms, memory ${Math.round(most / 2 ** 20)} MB:`,
    )
    console.info(found.map(([name, count]) => `${name} ${count}`).join(', '))
    expect(slowest).toBeLessThan(MOST_MS)
    expect(most).toBeLessThan(MOST_BYTES)
    expect(counts.get('imported')).toBeGreaterThan(MUTANTS / 20)
    expect(counts.size).toBeGreaterThan(4)
  },
  60 * 60_000,
)
