/** What the walk from the float program to the integer program knows, and the questions it asks. */
import { log2 } from '../base/elementary.js'
import { sizeOf } from '../base/tensor.js'
import type { Values } from '../model/execute.js'
import type { Graph, Node, TensorId, TensorInfo } from '../model/graph.js'
import type { Interval } from '../model/interval.js'
import { at, type Scale } from '../model/quantized.js'
import type { Range } from './calibrate.js'
import type { Program } from './program.js'
import { activationScale, type Bits, bitsOf } from './scheme.js'
import { newSeen, type Seen } from './seen.js'

/** Bits that a small layer may have beyond those asked for. */
const EXTRA_BITS = 4

export type Lowering = {
  readonly graph: Graph
  readonly ranges: readonly Range[]
  readonly bits: Bits
  readonly program: Program
  /** By float tensor. */
  readonly consumers: readonly (readonly Node[])[]
  readonly producers: readonly (Node | undefined)[]
  readonly isOutput: readonly boolean[]
  /** The most accumulators that any linear operator hands to comparisons or activations. */
  readonly widest: number
  /** Whether a comparison or an activation reads the tensor as it was computed, so that its width costs constraints. */
  readonly isDecomposed: readonly boolean[]
  /** By float tensor: the integer tensors that stand for it. */
  readonly forms: Forms[]
  /** Calibration samples of the program's inputs. */
  readonly samples: ReadonlyMap<TensorId, readonly Float64Array[]>
  readonly notes: string[]
  /** Functions that became broken lines. */
  readonly fits: FitNote[]
  /** By float tensor of several scales: by how many bits it is to be rescaled. */
  readonly shifts: Map<TensorId, number>
  /** The least and the greatest value of each element of a float tensor that calibration saw. */
  readonly extremes: (tensor: TensorId) => Interval
  /** Through which all that follows from samples is asked. */
  readonly seen: Seen
  /** What functions become. */
  readonly functions: Functions
}

/** Broken lines; or tables where they are nearer to the function, for circuits that look them up. */
export type Functions = 'lines' | 'tables'

export type FitNote = {
  readonly node: Pick<Node, 'name' | 'source'>
  readonly pieces: number
  /** Whether each integer has a piece of its own. */
  readonly table?: boolean
  /** The largest distance from the function, in reals. */
  readonly error: number
  /** The reals beyond which the line stays constant, where they are within the argument's bounds. */
  readonly cut?: { readonly lo: number; readonly hi: number }
}

/** One float tensor in integers: as it was computed, rescaled to activation bits, limited to its calibrated range. */
export type Forms = { raw: TensorId; narrow?: TensorId; saturated?: TensorId }

export function newLowering(
  graph: Graph,
  ranges: readonly Range[],
  bits: Bits,
  program: Program,
  calibration: readonly Values[] = [],
  extremes: Lowering['extremes'] = () => ({ lo: new Float64Array(), hi: new Float64Array() }),
  seen: Seen = newSeen(),
  functions: Functions = 'lines',
): Lowering {
  const consumers: Node[][] = graph.tensors.map(() => [])
  const producers = new Array<Node | undefined>(graph.tensors.length)
  const isOutput = graph.tensors.map(() => false)
  for (const node of graph.nodes) {
    producers[node.output] = node
    for (const input of new Set(node.inputs)) consumers[input]!.push(node)
  }
  for (const port of graph.outputs) isOutput[port.tensor] = true
  const isDecomposed = decomposed(graph)
  const widest = graph.nodes
    .filter(({ op, output }) => op.kind === 'linear' && isDecomposed[output])
    .reduce((most, { output }) => Math.max(most, sizeOf(graph.tensors[output]!.shape)), 0)
  return {
    graph,
    ranges,
    bits,
    program,
    consumers,
    producers,
    isOutput,
    isDecomposed,
    widest,
    forms: [],
    samples: new Map(
      graph.inputs.map(({ tensor }, port) => [tensor, calibration.map((sample) => sample[port]!)]),
    ),
    notes: [],
    fits: [],
    shifts: new Map(),
    extremes,
    seen,
    functions,
  }
}

/** Linear operators, products and layout pass widths on; the others take their inputs apart. */
function decomposed(graph: Graph): boolean[] {
  const result = graph.tensors.map(() => false)
  for (const { op, inputs, output } of graph.nodes.toReversed()) {
    const passesOn = op.kind === 'linear' || op.kind === 'rearrange' || op.kind === 'product'
    if (!passesOn || result[output]) for (const input of inputs) result[input] = true
  }
  return result
}

export function elementsOf(state: Lowering, tensor: TensorId): number {
  return sizeOf(state.graph.tensors[tensor]!.shape)
}

/**
 * Bits beyond those asked for, for what `accumulators` pay for. The cheapest way to a given total error gives each
 * operator half a bit more for every halving of its cost (the widest gets none); it assumes that all contribute alike.
 */
export function extraBits(state: Lowering, accumulators: number): number {
  if (accumulators === 0) return 0
  return Math.min(EXTRA_BITS, Math.floor(0.5 * log2(Math.max(1, state.widest / accumulators))))
}

/** The elements of a tensor whose width is paid for. */
export function accumulatorsOf(state: Lowering, tensor: TensorId): number {
  return state.isDecomposed[tensor] ? elementsOf(state, tensor) : 0
}

/**
 * The scale that a tensor should have once it is rescaled. Poolings, clamps and layout come before the rescale, so the
 * range that counts is the one after them.
 */
export function wantedScale(state: Lowering, tensor: TensorId): number {
  const settled = settledAs(state, tensor)
  return activationScale(state.ranges[settled]!, bitsFor(state, settled))
}

/** The bits of a tensor that nothing is done to before it is rescaled. */
export function bitsFor(state: Lowering, settled: TensorId): number {
  const paying = state.consumers[settled]!.reduce((sum, { output }) => sum + accumulatorsOf(state, output), 0)
  return bitsOf(state.bits, 'activation', state.producers[settled]?.name, extraBits(state, paying))
}

/** The tensor whose range decides a tensor's scale. */
export function settledAs(state: Pick<Lowering, 'consumers' | 'isOutput'>, tensor: TensorId): TensorId {
  let settled = tensor
  for (;;) {
    const next = state.consumers[settled]!
    if (next.length !== 1 || state.isOutput[settled] || next[0]!.inputs.length !== 1) break
    if (!['max', 'clamp', 'rearrange'].includes(next[0]!.op.kind)) break
    settled = next[0]!.output
  }
  return settled
}

/** Comparisons and rescales among everything computed from a tensor: each pays for every bit of its width. */
export function decompositionsAfter(state: Lowering, tensor: TensorId): number {
  const seen = new Set<Node>()
  const pending = [...state.consumers[tensor]!]
  let count = 0
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (seen.has(node)) continue
    seen.add(node)
    count += decompositions(state, node)
    pending.push(...state.consumers[node.output]!)
  }
  return count
}

function decompositions(state: Lowering, node: Node): number {
  const { op } = node
  if (op.kind === 'clamp') return elementsOf(state, node.output)
  if (op.kind === 'max' || op.kind === 'argmax') return op.member.length - (op.groupStart.length - 1)
  return 0
}

/** The scale of tensors joined end to end: a single one where they share it. */
export function joinScales(
  program: { readonly scales: readonly Scale[]; readonly tensors: readonly TensorInfo[] },
  tensors: readonly TensorId[],
): Scale {
  const scales = tensors.map((tensor) => program.scales[tensor]!)
  const first = scales[0]?.[0] ?? 1
  if (scales.every((scale) => scale.every((value) => value === first))) return Float64Array.of(first)
  const joined: number[] = []
  tensors.forEach((tensor, part) => {
    const size = sizeOf(program.tensors[tensor]!.shape)
    for (let i = 0; i < size; i++) joined.push(at(scales[part]!, i))
  })
  return Float64Array.from(joined)
}
