/**
 * What LSTM, GRU and RNN share: a cell, written out once for each time step and direction. Shapes are static, so nothing
 * is left of the loop; the weights are the same at every step, and where they are constant each step's sums are linear.
 *
 * Sequences of a batch may be shorter than the longest, by constant lengths: a shorter one keeps its state from its end on,
 * its later outputs are zero, and its reverse direction starts at its own end. The state of an empty one is zero at last,
 * whatever it was at first: the specification is silent, and so does ONNX Runtime.
 */
import { type Shape, sameShape, sizeOf } from '../base/tensor.js'
import { type Activation, activationsOf } from './activations.js'
import { addTerms, sumOf } from './affine.js'
import { choice, float, int } from './attributes.js'
import { times } from './bilinear.js'
import { type Builder, clamp, constant, rearrange, type Value, within } from './builder.js'
import { range } from './layout.js'
import { matricesOf, multiply } from './matrix.js'
import {
  InvalidNodeError,
  isConstant,
  type OpNode,
  requireConstant,
  requireInput,
  requireRank,
} from './node.js'

/** The state of some rows of the batch, each [rows, hidden]: the output h, for an LSTM also the cell c. */
export type State = readonly Value[]

/** The next state, of x [rows, inputs] and the last one. */
export type Cell = (x: Value, state: State) => State

/** The parameters of one direction, as a cell reads them: by the number of a gate, in the operator's own order. */
export type Direction = {
  readonly node: OpNode
  /** [hidden, inputs] */
  readonly W: (gate: number) => Value
  /** [hidden, hidden] */
  readonly R: (gate: number) => Value
  /** [hidden], undefined where there is none: the biases of the inputs' and of the recurrent weights. */
  readonly biasW: (gate: number) => Value | undefined
  readonly biasR: (gate: number) => Value | undefined
  /** [hidden]: weights of the cell's look at its state. */
  readonly peephole: (gate: number) => Value | undefined
  /** What it puts its sums through, limited before by `clip`. */
  readonly activations: readonly Activation[]
}

export type Recurrence = {
  readonly gates: number
  /** For each state the input that it starts with, zeros where that is left out. */
  readonly initial: readonly number[]
  /** The input of peepholes, and how many gates have them. */
  readonly peepholes?: { readonly input: number; readonly gates: number }
  /** Default activations of a direction, and how many of them, from the first on, `clip` limits the input of. */
  readonly activations: readonly string[]
  readonly clipped: number
  readonly cell: (direction: Direction) => Cell
}

type Extents = {
  readonly steps: number
  readonly batch: number
  readonly inputs: number
  readonly hidden: number
  readonly directions: number
  /** Whether the batch is the first axis of all but the weights. */
  readonly batchFirst: boolean
}

/** Y, then the last of each state. Throws `InvalidNodeError` for parameters that do not fit each other. */
export function unroll(node: OpNode, recurrence: Recurrence): Value[] {
  const name = choice(node.attributes, 'direction', ['forward', 'reverse', 'bidirectional'])
  const extents = extentsOf(node, name === 'bidirectional' ? 2 : 1)
  const lengths = lengthsOf(node, extents)
  const activations = activationsFor(node, recurrence, extents)
  const runs = activations.map((own, at) => {
    const cell = recurrence.cell(directionOf(node, recurrence, extents, at, own))
    const start = recurrence.initial.map((input) => initialState(node, input, extents, at))
    return run(node.graph, cell, start, extents, {
      x: requireInput(node, 0),
      lengths,
      reverse: name === 'reverse' || at === 1,
    })
  })
  const lasts = recurrence.initial.map((_, state) =>
    joinLast(
      node.graph,
      runs.map(({ last }) => last[state]!),
      extents,
    ),
  )
  return [
    joinSteps(
      node.graph,
      runs.map(({ outputs }) => outputs),
      lengths,
      extents,
    ),
    ...lasts,
  ]
}

function extentsOf(node: OpNode, directions: number): Extents {
  const [x, r] = [requireInput(node, 0), requireInput(node, 2)]
  requireRank(node, 'input X', x.shape, 3, 3)
  requireRank(node, 'input R', r.shape, 3, 3)
  const batchFirst = int(node.attributes, 'layout', 0) !== 0
  const [first, second, inputs] = x.shape as [number, number, number]
  const hidden = r.shape[2]!
  const stated = int(node.attributes, 'hidden_size', hidden)
  if (stated !== hidden)
    throw new InvalidNodeError(node, `its hidden_size is ${stated}, but R is for ${hidden}`)
  const [steps, batch] = batchFirst ? [second, first] : [first, second]
  return { steps, batch, inputs, hidden, directions, batchFirst }
}

function lengthsOf(node: OpNode, { steps, batch }: Extents): Float64Array {
  if (node.inputs[4] === undefined) return new Float64Array(batch).fill(steps)
  const { data } = requireConstant(node, 4, 'sequence lengths')
  if (data.length !== batch || data.some((length) => !(length >= 0 && length <= steps)))
    throw new InvalidNodeError(node, `its lengths [${data}] do not fit ${batch} sequences of ${steps} steps`)
  return data
}

/** For each direction its functions, each with the limit before it. */
function activationsFor(
  node: OpNode,
  { activations: defaults, clipped }: Recurrence,
  { directions }: Extents,
): Activation[][] {
  const all = activationsOf(node, defaults, directions)
  const count = defaults.length
  if (all.length < count * directions) {
    const needed = `${count} for each of ${directions}`
    throw new InvalidNodeError(node, `it names ${all.length} activations; it needs ${needed} directions`)
  }
  const clip = float(node.attributes, 'clip', 0)
  const limited = all.map((activation, at): Activation => {
    if (!(clip > 0) || at % count >= clipped) return activation
    return (builder, x) => activation(builder, clamp(builder, x, -clip, clip))
  })
  return Array.from({ length: directions }, (_, at) => limited.slice(at * count, (at + 1) * count))
}

function directionOf(
  node: OpNode,
  { gates, peepholes }: Recurrence,
  { inputs, hidden, directions }: Extents,
  at: number,
  activations: readonly Activation[],
): Direction {
  const rows = gates * hidden
  const W = part(node, 1, [directions, rows, inputs], at)
  const R = part(node, 2, [directions, rows, hidden], at)
  const B = optional(node, 3, [directions, 2 * rows], at)
  const P = peepholes && optional(node, peepholes.input, [directions, peepholes.gates * hidden], at)
  const vector = (value: Value | undefined, from: number) =>
    value && slice(node.graph, value, from * hidden, [hidden])
  return {
    node,
    W: memoized((gate) => slice(node.graph, W, gate * hidden * inputs, [hidden, inputs])),
    R: memoized((gate) => slice(node.graph, R, gate * hidden * hidden, [hidden, hidden])),
    biasW: memoized((gate) => vector(B, gate)),
    biasR: memoized((gate) => vector(B, gates + gate)),
    peephole: memoized((gate) => vector(P, gate)),
    activations,
  }
}

/** The same values for every step, so that a computed one is sliced once. */
function memoized<T>(make: (gate: number) => T): (gate: number) => T {
  const made = new Map<number, T>()
  return (gate) => {
    if (!made.has(gate)) made.set(gate, make(gate))
    return made.get(gate)!
  }
}

function optional(node: OpNode, input: number, shape: Shape, direction: number): Value | undefined {
  return node.inputs[input] === undefined ? undefined : part(node, input, shape, direction)
}

/** What one direction has of an input of the given shape. */
function part(node: OpNode, input: number, shape: Shape, direction: number): Value {
  const value = requireInput(node, input)
  if (!sameShape(value.shape, shape)) {
    const [found, due] = [value.shape.join('x'), shape.join('x')]
    throw new InvalidNodeError(node, `its input ${input} has shape ${found} instead of ${due}`)
  }
  const own = shape.slice(1)
  return slice(node.graph, value, direction * sizeOf(own), own)
}

function slice(builder: Builder, value: Value, start: number, shape: Shape): Value {
  return rearrange(
    builder,
    [value],
    range(sizeOf(shape)).map((at) => start + at),
    shape,
  )
}

function initialState(node: OpNode, input: number, extents: Extents, direction: number): Value {
  const { batch, hidden, directions, batchFirst } = extents
  if (node.inputs[input] === undefined) return zeros([batch, hidden])
  if (!batchFirst) return part(node, input, [directions, batch, hidden], direction)
  const all = [batch, directions, hidden]
  const value = requireInput(node, input)
  if (!sameShape(value.shape, all))
    throw new InvalidNodeError(
      node,
      `its input ${input} has shape ${value.shape.join('x')} instead of ${all.join('x')}`,
    )
  return pickRows(
    node.graph,
    value,
    range(batch).map((row) => row * directions + direction),
    hidden,
  )
}

type Sequence = { readonly x: Value; readonly lengths: Float64Array; readonly reverse: boolean }

/** The outputs of each step, for the rows that have it; and the state that each row ends with. */
function run(
  builder: Builder,
  cell: Cell,
  start: State,
  { steps, batch, inputs, hidden, batchFirst }: Extents,
  { x, lengths, reverse }: Sequence,
): { outputs: (Value | undefined)[]; last: State } {
  const outputs = new Array<Value | undefined>(steps)
  let state = start.map((value) => dropEmpty(builder, value, lengths, hidden))
  for (let count = 0; count < steps; count++) {
    const step = reverse ? steps - 1 - count : count
    const rows = rowsAt(lengths, step)
    if (rows.length === 0) continue
    const place = rows.map((row) => (batchFirst ? row * steps + step : step * batch + row))
    const own = state.map((value) => pickRows(builder, value, rows, hidden))
    const next = cell(pickRows(builder, x, place, inputs), own)
    outputs[step] = next[0]!
    state = state.map((before, at) => replaceRows(builder, before, next[at]!, rows, hidden))
  }
  return { outputs, last: state }
}

/** Zeros for sequences without a step. */
function dropEmpty(builder: Builder, value: Value, lengths: Float64Array, width: number): Value {
  if (lengths.every((length) => length > 0)) return value
  const index = range(sizeOf(value.shape)).map((at) => (lengths[Math.floor(at / width)] === 0 ? -1 : at))
  return rearrange(builder, [value], index, value.shape)
}

/** The sequences that last longer than `step`. */
function rowsAt(lengths: Float64Array, step: number): Int32Array {
  return range(lengths.length).filter((row) => lengths[row]! > step)
}

function pickRows(builder: Builder, value: Value, rows: Int32Array, width: number): Value {
  const isWhole = value.shape.length === 2 && rows.length === value.shape[0]
  if (isWhole && rows.every((row, at) => row === at)) return value
  const index = range(rows.length * width).map((at) => rows[Math.floor(at / width)]! * width + (at % width))
  return rearrange(builder, [value], index, [rows.length, width])
}

/** The rows of `next` in the place of those of `before` that it is about. */
function replaceRows(builder: Builder, before: Value, next: Value, rows: Int32Array, width: number): Value {
  const all = before.shape[0]!
  if (rows.length === all) return next
  const place = range(all)
  rows.forEach((row, at) => {
    place[row] = all + at
  })
  const index = range(all * width).map((at) => place[Math.floor(at / width)]! * width + (at % width))
  return rearrange(builder, [before, next], index, before.shape)
}

/** [steps, directions, batch, hidden], or with the batch first [batch, steps, directions, hidden]; zero after an end. */
function joinSteps(
  builder: Builder,
  runs: readonly (readonly (Value | undefined)[])[],
  lengths: Float64Array,
  { steps, batch, hidden, directions, batchFirst }: Extents,
): Value {
  const shape = batchFirst ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden]
  const index = new Int32Array(sizeOf(shape)).fill(-1)
  let start = 0
  for (let step = 0; step < steps; step++) {
    const rows = rowsAt(lengths, step)
    for (let direction = 0; direction < directions; direction++) {
      for (const row of rows) {
        const to = batchFirst
          ? ((row * steps + step) * directions + direction) * hidden
          : ((step * directions + direction) * batch + row) * hidden
        for (let i = 0; i < hidden; i++) index[to + i] = start++
      }
    }
  }
  const joined = range(steps).reduce<Value[]>((all, step) => {
    for (const outputs of runs) if (outputs[step] !== undefined) all.push(outputs[step])
    return all
  }, [])
  return joined.length === 0 ? zeros(shape) : rearrange(builder, joined, index, shape)
}

/** [directions, batch, hidden], or with the batch first [batch, directions, hidden]. */
function joinLast(
  builder: Builder,
  lasts: readonly Value[],
  { batch, hidden, directions, batchFirst }: Extents,
): Value {
  const shape = batchFirst ? [batch, directions, hidden] : [directions, batch, hidden]
  const index = range(sizeOf(shape)).map((at) => {
    if (!batchFirst) return at
    const [row, direction] = [Math.floor(at / hidden / directions), Math.floor(at / hidden) % directions]
    return (direction * batch + row) * hidden + (at % hidden)
  })
  return rearrange(builder, lasts, index, shape)
}

/** W x + R h of a gate, with the biases; the recurrent part is left out where `h` is. */
export function gateSum({ node, W, R, biasW, biasR }: Direction, gate: number, x: Value, h?: Value): Value {
  const fromInput = project(node, x, W(gate), biasW(gate))
  return h === undefined ? fromInput : plus(node.graph, fromInput, project(node, h, R(gate), biasR(gate)))
}

/** rows * matrix', plus a bias. */
export function project(node: OpNode, rows: Value, matrix: Value, bias: Value | undefined): Value {
  const [a, b] = [matricesOf(rows), matricesOf(matrix, true)]
  if (bias === undefined) return multiply(node, a, b)
  if (!isConstant(bias)) return plus(node.graph, multiply(node, a, b), bias)
  const size = rows.shape[0]! * bias.data.length
  const spread = Float64Array.from({ length: size }, (_, at) => bias.data[at % bias.data.length]!)
  return multiply(node, a, b, spread)
}

/** a + b, with nothing left of zeros. */
export function plus(builder: Builder, a: Value, b: Value): Value {
  const broadcasts = !sameShape(a.shape, b.shape)
  if (!broadcasts && isZero(b)) return a
  if (!broadcasts && isZero(a)) return b
  return within(builder, 'Add', () => sumOf(builder, [a, b]))
}

/** 1 - a, which holds no number of the model. */
export function complement(builder: Builder, a: Value): Value {
  const one = constant(a.shape, new Float64Array(sizeOf(a.shape)).fill(1))
  return within(builder, 'Not', () => addTerms(builder, { value: one, sign: 1 }, { value: a, sign: -1 }))
}

/** a * b with broadcasting, nothing where `a` is zero. */
export function gated(builder: Builder, a: Value, b: Value): Value {
  return isZero(a) ? a : times(builder, a, b)
}

/** Known to be zero: what a sequence starts with. */
export function isZero(value: Value): boolean {
  return isConstant(value) && value.data.every((element) => element === 0)
}

function zeros(shape: Shape): Value {
  return constant(shape, new Float64Array(sizeOf(shape)))
}
