/** Random recurrent nodes, over every attribute and optional input that ONNX Runtime takes (it does not take layout 1). */
import { chance, type Draw, pick, type Random, whole } from './onnx-draw.js'
import {
  type AttributeValue,
  floats,
  type ModelSpec,
  type NodeSpec,
  randomValues,
  type TensorInit,
  Type,
} from './onnx-model.js'

/** Functions with the parameters that they take. */
const FUNCTIONS = [
  ...['Relu', 'Tanh', 'Sigmoid', 'Softsign', 'Softplus'].map((name) => ({ name, alpha: false, beta: false })),
  ...['LeakyRelu', 'ThresholdedRelu', 'Elu'].map((name) => ({ name, alpha: true, beta: false })),
  ...['ScaledTanh', 'HardSigmoid', 'Affine'].map((name) => ({ name, alpha: true, beta: true })),
]

/** Those that may go without parameters: the others have no settled defaults. */
const HAS_DEFAULTS = FUNCTIONS.map(({ name }) => name).filter(
  (name) => !['ThresholdedRelu', 'ScaledTanh', 'Affine'].includes(name),
)

type Kind = {
  readonly gates: number
  readonly functions: number
  /** The inputs of states, and of peepholes. */
  readonly states: number
  readonly peepholes: boolean
  readonly attributes: (random: Random) => Record<string, AttributeValue>
}

const flag = (random: Random, name: string) => ({ [name]: BigInt(whole(random, 0, 1)) })

const KINDS: Readonly<Record<string, Kind>> = {
  RNN: { gates: 1, functions: 1, states: 1, peepholes: false, attributes: () => ({}) },
  GRU: {
    ...{ gates: 3, functions: 2, states: 1, peepholes: false },
    attributes: (random) => flag(random, 'linear_before_reset'),
  },
  LSTM: {
    ...{ gates: 4, functions: 3, states: 2, peepholes: true },
    attributes: (random) => flag(random, 'input_forget'),
  },
}

function recurrent(op: string): Draw {
  const kind = KINDS[op]!
  return (random): ModelSpec => {
    const [steps, batch, inputs, hidden] = [whole(random, 1, 4), whole(random, 1, 3), 2, whole(random, 1, 3)]
    const direction = pick(random, ['forward', 'reverse', 'bidirectional'])
    const directions = direction === 'bidirectional' ? 2 : 1
    const rows = kind.gates * hidden
    const bias = chance(random) ? [directions, 2 * rows] : undefined
    const state = () => (chance(random) ? [directions, batch, hidden] : undefined)
    const shapes = [
      [directions, rows, inputs],
      [directions, rows, hidden],
      bias,
      undefined,
      ...Array.from({ length: kind.states }, state),
      ...(kind.peepholes ? [chance(random) ? [directions, 3 * hidden] : undefined] : []),
    ]
    const given = parameters(random, shapes)
    const lengths = chance(random) ? Array.from({ length: batch }, () => whole(random, 0, steps)) : undefined
    if (lengths !== undefined) given.inputs[3] = 'lengths'
    const outputs = ['y', 'y1', 'y2'].slice(0, 1 + kind.states)
    const node: NodeSpec = {
      ...{ op, name: 'node', in: ['x', ...given.inputs], out: outputs },
      attributes: {
        ...{ direction, hidden_size: BigInt(hidden) },
        ...kind.attributes(random),
        ...(chance(random) ? activations(random, kind.functions * directions) : {}),
        ...(chance(random) ? { clip: 0.3 + random() } : {}),
      },
    }
    return {
      opset: pick(random, [7, 14, 22]),
      inputs: { x: { shape: [steps, batch, inputs] } },
      outputs: Object.fromEntries(outputs.map((name) => [name, Type.FLOAT])),
      initializers: [...given.initializers, ...(lengths ? [int32s('lengths', lengths)] : [])],
      nodes: [...given.nodes, node],
    }
  }
}

/** So small that states do not grow from step to step, whichever functions they pass. */
const SIZE = 0.25

/** Constants, or now and then all of them computed: times the mean of x. */
function parameters(random: Random, shapes: readonly (readonly number[] | undefined)[]) {
  const computed = random() < 0.3
  const mean: NodeSpec = { op: 'ReduceMean', in: ['x'], out: ['mean'], attributes: { keepdims: 0n } }
  const nodes: NodeSpec[] = computed ? [mean] : []
  const initializers: TensorInit[] = []
  const inputs = shapes.map((shape, at) => {
    if (shape === undefined) return ''
    const values = randomValues(random, shape).map((value) => Math.fround(SIZE * value))
    initializers.push(floats(`c${at}`, shape, values))
    if (!computed || chance(random)) return `c${at}`
    nodes.push({ op: 'Mul', in: [`c${at}`, 'mean'], out: [`p${at}`] })
    return `p${at}`
  })
  return { nodes, initializers, inputs }
}

function activations(random: Random, count: number): Record<string, AttributeValue> {
  const chosen = Array.from({ length: count }, () => pick(random, FUNCTIONS))
  const given = (which: 'alpha' | 'beta') => chosen.filter((fn) => fn[which]).map(() => 0.2 + random() / 2)
  const [alphas, betas] = [given('alpha'), given('beta')]
  const named = { activations: chosen.map(({ name }) => name) }
  if (chance(random) && chosen.every(({ name }) => HAS_DEFAULTS.includes(name))) return named
  return {
    ...named,
    ...(alphas.length > 0 ? { activation_alpha: alphas } : {}),
    ...(betas.length > 0 ? { activation_beta: betas } : {}),
  }
}

function int32s(name: string, values: readonly number[]): TensorInit {
  return { name, dims: [BigInt(values.length)], dataType: Type.INT32, int32Data: [...values] }
}

export const RECURRENT_DRAWS: Readonly<Record<string, Draw>> = Object.fromEntries(
  Object.keys(KINDS).map((op) => [op, recurrent(op)]),
)
