/**
 * Grows a core program node by node, with shapes, element types and constants kept along.
 *
 * What depends on no input is computed at once, by the same code that gives core programs their meaning; it becomes a
 * `constant` node only where a computed node reads it.
 */
import { BaseError } from '../base/errors.js'
import { broadcastIndex, broadcastShapes, formatShape, type Shape, sizeOf } from '../base/tensor.js'
import { execute } from '../model/execute.js'
import type { FunctionName } from '../model/functions.js'
import type { Graph, Node, Op, Port, TensorId, TensorInfo } from '../model/graph.js'
import type { Groups } from '../model/ops/groups.js'
import type { Linear } from '../model/ops/linear.js'
import { type ElementType, type Range, rangeOf } from './elements.js'
import { rangeOfProducts, rangeOfSums } from './ranges.js'

/** A tensor on its way through the import. */
export type Value = {
  readonly shape: Shape
  readonly type: ElementType
  /** For values that are surely integers: where they lie. */
  readonly range?: Range | undefined
  /** For values known at compile time. */
  readonly data?: Float64Array | undefined
  /** For values of the program; a constant has one from its first use on. */
  readonly tensor?: TensorId | undefined
  /** Set where the logits stand for the probabilities of a node that was left out. */
  readonly logits?: Logits | undefined
}

export type Logits = {
  /** The node that makes probabilities of them: a Softmax, or a classifier's post-transform. */
  readonly node: string
  readonly operator: string
  /** What of the node was left out: `Softmax`, `LOGISTIC`. */
  readonly step: string
  /** For each element, the number of the distribution that it belongs to. */
  readonly group: Int32Array
  /** The node's result after all, elements in the order of its own; computed once, when something reads it. */
  readonly settle: () => Value
  /** For each element, its place in that result. */
  readonly place: Int32Array
}

export type Builder = {
  readonly tensors: { name: string; shape: Shape }[]
  readonly nodes: Node[]
  readonly names: Set<string>
  readonly constants: Map<Value, TensorId>
  /** Inputs of a survey that the model does not have: they stand for what could not be lowered. */
  readonly standIns: Set<TensorId>
  /** What lowerings have to say to the reader of the results, one sentence each. */
  readonly notes: string[]
  /** Elements and weights so far, of all nodes. */
  entries: number
  /** The ONNX node being lowered. */
  scope: { readonly name: string; readonly source: string }
}

/** More than this many elements or weights (a quarter of a GB of indices) is no small model, but a fault in the file. */
const MOST_ENTRIES = 2 ** 25

/** And of all nodes together: what is small many times is large as well. */
const MOST_ENTRIES_IN_ALL = 2 ** 27

export function createBuilder(): Builder {
  return {
    tensors: [],
    nodes: [],
    names: new Set(),
    constants: new Map(),
    standIns: new Set(),
    notes: [],
    entries: 0,
    scope: { name: 'model', source: 'model' },
  }
}

/** A new tensor of the program that no node makes: an input. */
export function input(builder: Builder, name: string, shape: Shape, type: ElementType): Value {
  builder.scope = { name, source: 'graph input' }
  checkSize(builder, sizeOf(shape), `a tensor of shape ${formatShape(shape)}`)
  return { shape, type, range: rangeOf(type), tensor: addTensor(builder, name, shape) }
}

export function constant(shape: Shape, data: Float64Array, type: ElementType = 'float32'): Value {
  return { shape, data, type, range: rangeOf(type) && span(data) }
}

/** Element i of the result is element `index[i]` of the inputs end to end, or `fill` for -1. */
export function rearrange(
  builder: Builder,
  inputs: readonly Value[],
  index: Int32Array,
  shape: Shape,
  fill = 0,
): Value {
  const isMoved = inputs.length === 1 && !index.includes(-1)
  const sources = isMoved ? inputs : settle(builder, inputs)
  const value = emit(builder, sources, { kind: 'rearrange', index, fill }, shape)
  const logits = regroup(sources, index)
  const range = joinRanges(sources, index.includes(-1) ? fill : undefined)
  return { ...value, type: inputs[0]!.type, range, logits }
}

/** The same values in the same order, under another shape. */
export function reshape(builder: Builder, value: Value, shape: Shape): Value {
  const index = Int32Array.from({ length: sizeOf(shape) }, (_, at) => at)
  return rearrange(builder, [value], index, shape)
}

export function linear(
  builder: Builder,
  inputs: readonly Value[],
  op: Omit<Linear, 'kind'>,
  shape: Shape,
): Value {
  const value = emit(builder, settle(builder, inputs), { kind: 'linear', ...op }, shape)
  return value.data === undefined ? { ...value, range: rangeOfSums(inputs, op, value.type) } : value
}

export function max(builder: Builder, inputs: readonly Value[], groups: Groups, shape: Shape): Value {
  const { groupStart, member } = groups
  const value = emit(builder, settle(builder, inputs), { kind: 'max', groupStart, member }, shape)
  return { ...value, range: joinRanges(inputs, undefined) }
}

export function clamp(builder: Builder, value: Value, lo: number, hi: number): Value {
  return emit(builder, settle(builder, [value]), { kind: 'clamp', lo, hi }, value.shape)
}

/** Logits may stand for probabilities here: within one distribution their order is the same. */
export function argmax(builder: Builder, value: Value, { groupStart, member }: Groups, shape: Shape): Value {
  const mixed = value.logits !== undefined && mixesGroups(value.logits, groupStart, member)
  const { logits: _, ...plain } = mixed ? settle(builder, [value])[0]! : value
  const result = emit(builder, [plain], { kind: 'argmax', groupStart, member }, shape)
  return { ...result, type: 'int64', range: { lo: 0, hi: groupStart[1]! - groupStart[0]! - 1 } }
}

/** Flags, 1 where `value[element[i]] >= threshold[i]`, or > where `strict[i]`. */
export function compare(
  builder: Builder,
  value: Value,
  element: Int32Array,
  threshold: Float64Array,
  shape: Shape,
  strict?: Uint8Array,
): Value {
  const op = { kind: 'compare' as const, element, threshold, ...(strict?.includes(1) ? { strict } : {}) }
  return { ...emit(builder, settle(builder, [value]), op, shape), range: { lo: 0, hi: 1 } }
}

/** Whole numbers: to the nearest (halves to the even one), or down. */
export function round(builder: Builder, value: Value, to: 'even' | 'floor'): Value {
  // what is surely whole stays as it is
  if (value.range !== undefined) return value
  return emit(
    builder,
    settle(builder, [value]),
    { kind: 'round', even: to === 'even', shift: 0 },
    value.shape,
  )
}

/** Element left[i] times element right[i] of the inputs end to end. */
export function product(
  builder: Builder,
  inputs: readonly Value[],
  left: Int32Array,
  right: Int32Array,
  shape: Shape,
): Value {
  const value = emit(builder, settle(builder, inputs), { kind: 'product', left, right }, shape)
  return value.data === undefined ? { ...value, range: rangeOfProducts(inputs, value.type) } : value
}

/** A function of one variable, elementwise (functions.ts). */
export function smooth(
  builder: Builder,
  value: Value,
  fn: FunctionName,
  params: readonly number[] = [],
): Value {
  const [x] = settle(builder, [value])
  return {
    ...emit(builder, [x!], { kind: 'smooth', expression: { fn, params, x: 'x' } }, x!.shape),
    range: undefined,
  }
}

/** Elementwise, with broadcasting. Throws `BroadcastError` where the shapes do not meet. */
export function quotient(builder: Builder, dividend: Value, divisor: Value): Value {
  const inputs = settle(builder, [dividend, divisor])
  const shape = broadcastShapes(dividend.shape, divisor.shape)
  checkSize(builder, sizeOf(shape), 'a quotient')
  const left = broadcastIndex(dividend.shape, shape)
  const start = sizeOf(dividend.shape)
  const right = broadcastIndex(divisor.shape, shape).map((at) => start + at)
  const op = { kind: 'quotient' as const, left, right, shift: 0, whole: false }
  return { ...emit(builder, inputs, op, shape), range: undefined }
}

/** Square roots, elementwise. */
export function root(builder: Builder, value: Value): Value {
  const [x] = settle(builder, [value])
  return { ...emit(builder, [x!], { kind: 'root', shift: 0, whole: false }, x!.shape), range: undefined }
}

/** Makes nodes as a part of the current one that another operator could stand for. */
export function within<T>(builder: Builder, source: string, make: () => T): T {
  const { scope } = builder
  builder.scope = { name: scope.name, source }
  const made = make()
  builder.scope = scope
  return made
}

/** Throws `TooLargeError` for more elements or weights than a small model has. */
export function checkSize(builder: Builder, entries: number, what: string): void {
  const { name, source } = builder.scope
  if (!(entries <= MOST_ENTRIES)) throw new TooLargeError(name, source, what, entries)
  builder.entries += entries
  if (builder.entries > MOST_ENTRIES_IN_ALL)
    throw new TooLargeError(name, source, 'all nodes up to this one', builder.entries)
}

/** The names of the model's inputs that a value is computed from. */
export function inputsBehind(builder: Builder, { tensor }: Value): string[] {
  const wanted = new Set(tensor === undefined ? [] : [tensor])
  // nodes stand in order, so one walk from the last to the first finds them all
  for (const { output, inputs } of builder.nodes.toReversed()) {
    if (!wanted.delete(output)) continue
    for (const input of inputs) wanted.add(input)
  }
  if ([...wanted].some((id) => builder.standIns.has(id))) return []
  return [...wanted].sort((a, b) => a - b).map((id) => builder.tensors[id]!.name)
}

/** The program's tensor that holds the value; a constant gets a node of its own, once. */
export function tensorOf(builder: Builder, value: Value): TensorId {
  if (value.tensor !== undefined) return value.tensor
  const known = builder.constants.get(value)
  if (known !== undefined) return known
  const tensor = append(builder, [], { kind: 'constant', data: value.data! }, value.shape)
  builder.constants.set(value, tensor)
  return tensor
}

/** Gives a tensor that the current node made the name of the ONNX value it holds. */
export function rename(builder: Builder, tensor: TensorId, name: string): void {
  const info = builder.tensors[tensor]!
  if (builder.names.has(`tensor ${name}`)) return
  builder.names.delete(`tensor ${info.name}`)
  builder.names.add(`tensor ${name}`)
  info.name = name
}

/** The program of all that the outputs need; tensors are numbered anew. Inputs that nothing reads are left out. */
export function finish(
  builder: Builder,
  inputs: Graph['inputs'],
  outputs: Graph['outputs'],
  notes: readonly string[],
): Graph {
  const needed = new Set(outputs.map((port) => port.tensor))
  const nodes: Node[] = []
  for (const node of builder.nodes.toReversed()) {
    if (!needed.has(node.output)) continue
    nodes.unshift(node)
    for (const id of node.inputs) needed.add(id)
  }
  const kept = [...builder.tensors.keys()].filter((id) => needed.has(id))
  const renumber = new Map(kept.map((id, at) => [id, at]))
  const port = (old: Port) => ({
    ...old,
    tensor: renumber.get(old.tensor)!,
  })
  return {
    inputs: inputs.filter(({ tensor }) => needed.has(tensor)).map(port),
    outputs: outputs.map(port),
    tensors: kept.map((id): TensorInfo => builder.tensors[id]!),
    nodes: nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map((id) => renumber.get(id)!),
      output: renumber.get(node.output)!,
    })),
    notes,
  }
}

function emit(builder: Builder, inputs: readonly Value[], op: Op, shape: Shape): Value {
  checkSize(builder, sizeOf(shape), `a tensor of shape ${formatShape(shape)}`)
  const type = inputs[0]?.type ?? 'float32'
  if (inputs.every((value) => value.data !== undefined)) {
    return constant(
      shape,
      compute(
        op,
        inputs.map((value) => value.data!),
      ),
      type,
    )
  }
  const ids = inputs.map((value) => tensorOf(builder, value))
  return { shape, type, range: rangeOf(type), tensor: append(builder, ids, op, shape) }
}

function compute(op: Op, data: readonly Float64Array[]): Float64Array {
  const tensors = [...data, undefined].map((_, id) => ({ name: `${id}`, shape: [] }))
  const inputs = data.map((_, tensor) => ({ name: `${tensor}`, tensor }))
  const node = { name: '', source: '', op, inputs: [...data.keys()], output: data.length }
  return execute({ inputs, tensors, nodes: [node] }, data)[data.length]!
}

function append(builder: Builder, inputs: readonly TensorId[], op: Op, shape: Shape): TensorId {
  const { source } = builder.scope
  const name = unique(builder, 'node', builder.scope.name)
  const output = addTensor(builder, name, shape)
  builder.nodes.push({ name, source, op, inputs, output })
  return output
}

function addTensor(builder: Builder, name: string, shape: Shape): TensorId {
  return builder.tensors.push({ name: unique(builder, 'tensor', name), shape }) - 1
}

/** `conv1`, and for further ones of the same name `conv1.2`, `conv1.3`, ... */
function unique(builder: Builder, kind: 'node' | 'tensor', name: string): string {
  let candidate = name
  for (let count = 2; builder.names.has(`${kind} ${candidate}`); count++) candidate = `${name}.${count}`
  builder.names.add(`${kind} ${candidate}`)
  return candidate
}

function span(data: Float64Array): Range {
  let [lo, hi] = [Infinity, -Infinity]
  for (const value of data) {
    lo = Math.min(lo, value)
    hi = Math.max(hi, value)
  }
  return { lo, hi }
}

/** The hull of all ranges, if each value has one. */
function joinRanges(inputs: readonly Value[], fill: number | undefined): Range | undefined {
  const ranges = inputs.map((value) => value.range)
  if (fill !== undefined) ranges.push(Number.isInteger(fill) ? { lo: fill, hi: fill } : undefined)
  return ranges.reduce((a, b) => a && b && { lo: Math.min(a.lo, b.lo), hi: Math.max(a.hi, b.hi) })
}

/** Layout moves logits along; joined or filled up, they are settled before (see `rearrange`). */
function regroup(inputs: readonly Value[], index: Int32Array): Logits | undefined {
  const logits = inputs[0]!.logits
  if (logits === undefined) return undefined
  const move = (from: Int32Array) => index.map((source) => from[source]!)
  return { ...logits, group: move(logits.group), place: move(logits.place) }
}

function mixesGroups(logits: Logits, groupStart: Int32Array, member: Int32Array): boolean {
  const { group } = logits
  for (let at = 0; at + 1 < groupStart.length; at++) {
    const members = member.subarray(groupStart[at]!, groupStart[at + 1]!)
    if (members.some((element) => group[element] !== group[members[0]!])) return true
  }
  return false
}

/** Probabilities in the place of the logits that stand for them, since the model goes on computing with them. */
export function settle(builder: Builder, inputs: readonly Value[]): readonly Value[] {
  return inputs.map((value) => {
    if (value.logits === undefined) return value
    const { place, settle: compute } = value.logits
    const outer = builder.scope
    builder.scope = { name: value.logits.node, source: value.logits.operator }
    const settled = rearrange(builder, [compute()], place, value.shape)
    builder.scope = outer
    return settled
  })
}

/** Logits of a node, to stand for what `compute` makes of them where nothing but their order counts. */
export function logitsOf(
  builder: Builder,
  value: Value,
  what: { node: string; operator: string; step: string; group: Int32Array },
  compute: (scores: Value) => Value,
): Value {
  const [scores] = settle(builder, [value])
  let made: Value | undefined
  const once = () => {
    made ??= compute(scores!)
    return made
  }
  const place = Int32Array.from({ length: sizeOf(value.shape) }, (_, at) => at)
  return { ...scores!, logits: { ...what, settle: once, place } }
}

export class TooLargeError extends BaseError {
  override name = 'Onnx.TooLargeError'
  constructor(
    readonly node: string,
    readonly operator: string,
    readonly what: string,
    readonly entries: number,
  ) {
    super(`Node "${node}" (${operator}) needs ${what}, ${entries} entries: more than ${MOST_ENTRIES}.`, {
      hint: 'zkonnx is for small models: use smaller images, batches or layers',
    })
  }
}
