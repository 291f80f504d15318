/**
 * An ONNX graph as a core program: each node is lowered by the module of its operator, in order.
 *
 * Only what the chosen outputs need is looked at. A node that cannot be lowered does not stop the import: its outputs
 * become unknown, and at the end all such nodes are reported together.
 */
import { BaseError, messageOf } from '../base/errors.js'
import type { Shape } from '../base/tensor.js'
import type { Graph, Port } from '../model/graph.js'
import { readAttributes } from './attributes.js'
import {
  type Builder,
  constant,
  createBuilder,
  finish,
  input,
  type Logits,
  rename,
  tensorOf,
  type Value,
} from './builder.js'
import type { Model } from './decode.js'
import { describeType, type ElementType, elementType, rangeOf } from './elements.js'
import type { GraphProto, NodeProto, ValueInfoProto } from './gen/onnx_pb.js'
import { InvalidNodeError, type OpNode } from './node.js'
import { findLowering } from './registry.js'
import { readTensor } from './tensor-proto.js'
import { neededNodes } from './tidy.js'
import { type UnsupportedNode, UnsupportedNodeError, UnsupportedOperatorError } from './unsupported.js'

export type ImportOptions = {
  /** The graph outputs to keep; all by default. */
  readonly outputs?: readonly string[]
  /** Put before the notes of the import itself. */
  readonly notes?: readonly string[]
}

export type Imported = {
  readonly graph: Graph
  /** The outputs that are logits where the model has probabilities (or their logarithms). */
  readonly softmaxOutputs: readonly string[]
}

/** What is known of each value of the ONNX graph; undefined for outputs of nodes that could not be lowered. */
type Values = Map<string, Value | undefined>

type Import = {
  readonly builder: Builder
  readonly values: Values
  readonly unsupported: Map<string, UnsupportedNode>
  readonly opsets: ReadonlyMap<string, number>
  /** The values that a needed node or an output reads. */
  readonly read: ReadonlySet<string>
  /** Set where all faults are looked for, instead of ending at the first that no other node can be blamed for. */
  readonly survey?: {
    readonly standIn: (name: string) => StandIn | undefined
    readonly ports: Port[]
    /** What nodes that could not be lowered read. */
    readonly cut: Set<string>
  }
}

/** What is known of a value that no lowering makes. */
export type StandIn = { readonly shape: Shape; readonly type: ElementType }

export type GraphSurvey = {
  /** All nodes that cannot be imported, whatever is wrong with them. */
  readonly unsupported: readonly UnsupportedNode[]
  /** What can be, with inputs in place of what cannot; undefined where nothing is left. */
  readonly imported: Imported | undefined
  /** Names of those inputs. */
  readonly standIns: readonly string[]
}

/**
 * Imports a model with static shapes, at best one that ONNX Runtime has folded.
 * Throws `UnsupportedOperatorError` for all unsupported nodes at once, `OutputError` for outputs the graph has not,
 * `InvalidNodeError`, `AttributeError`, `TensorError` or `TooLargeError` for a node that contradicts the specification.
 */
export function importGraph(model: Model, options: ImportOptions = {}): Imported {
  const outputs = chooseOutputs(model, options.outputs)
  const { state, inputs } = importNodes(model, outputs)
  if (state.unsupported.size > 0) throw new UnsupportedOperatorError([...state.unsupported.values()])
  return finishImport(state, inputs, outputs, notesOf(model, state, options))
}

/**
 * Imports what can be imported, and names everything that cannot: the outputs of such a node become inputs where
 * `standIn` knows their shape, so that the nodes behind it are looked at too. Throws `OutputError`, and `TensorError` for
 * a stored tensor that cannot be read.
 */
export function surveyGraph(
  model: Model,
  standIn: (name: string) => StandIn | undefined,
  options: ImportOptions = {},
): GraphSurvey {
  const names = chooseOutputs(model, options.outputs)
  const survey = { standIn, ports: [] as Port[], cut: new Set<string>() }
  const { state, inputs } = importNodes(model, names, survey)
  const unsupported = [...state.unsupported.values()]
  const standIns = survey.ports.map(({ name }) => name)
  const outputs = [...new Set([...names, ...survey.cut])].filter((name) => {
    const value = state.values.get(name)
    return (
      value !== undefined &&
      (unsupported.length === 0 || value.data === undefined) &&
      !standIns.includes(name)
    )
  })
  if (outputs.length === 0) return { unsupported, imported: undefined, standIns }
  const notes = notesOf(model, state, options)
  const imported = finishImport(state, [...inputs, ...survey.ports], outputs, notes)
  return { unsupported, imported, standIns }
}

/** The nodes whose operator, in the model's version of it, is not supported in any form. Looks at nothing else. */
export function unknownOperators(model: Model): UnsupportedNode[] {
  const state = newImport(model, new Set())
  return model.graph.node.flatMap((proto) => {
    const node = describe(state, proto)
    const lowering = findLowering(plainDomain(proto.domain), proto.opType, node.opset)
    if (typeof lowering === 'function') return []
    return [{ node: node.name, operator: node.operator, opset: node.opset, ...lowering }]
  })
}

function importNodes(model: Model, outputs: readonly string[], survey?: Import['survey']) {
  const { nodes, read } = neededNodes(model.graph, outputs)
  const state = newImport(model, read, survey)
  const inputs = readInputs(state, model)
  for (const tensor of model.graph.initializer) {
    if (!read.has(tensor.name)) continue
    const { shape, data, type } = readTensor(tensor)
    state.values.set(tensor.name, constant(shape, data, type))
  }
  for (const node of nodes) importNode(state, node)
  return { state, inputs }
}

function newImport(model: Model, read: ReadonlySet<string>, survey?: Import['survey']): Import {
  const opsets = new Map(
    model.opsetImport.map(({ domain, version }) => [plainDomain(domain), Number(version)]),
  )
  return {
    builder: createBuilder(),
    values: new Map(),
    unsupported: new Map(),
    opsets,
    read,
    ...(survey && { survey }),
  }
}

function notesOf(model: Model, { read }: Import, options: ImportOptions): string[] {
  return [...(options.notes ?? []), ...noteUnread(model, read)]
}

/** All outputs where none is chosen. Throws `OutputError`. */
export function chooseOutputs({ graph }: Model, chosen: readonly string[] | undefined): readonly string[] {
  const names = graph.output.map((output) => output.name)
  const unknown = chosen?.find((name) => !names.includes(name))
  if (unknown !== undefined) throw new OutputError(`The model has no output "${unknown}".`, names)
  return chosen !== undefined && chosen.length > 0 ? [...new Set(chosen)] : names
}

function readInputs({ builder, values, unsupported, read }: Import, { graph }: Model): Port[] {
  const stored = new Set(graph.initializer.map((tensor) => tensor.name))
  return graph.input.flatMap((port) => {
    if (stored.has(port.name) || !read.has(port.name)) return []
    const tensor = port.type?.value.case === 'tensorType' ? port.type.value.value : undefined
    const type = tensor && elementType(tensor.elemType)
    if (type === undefined || type === 'string') {
      const found = tensor === undefined ? 'a sequence or a map' : describeType(tensor.elemType)
      unsupported.set(port.name, unsupportedInput(port.name, found))
      values.set(port.name, undefined)
      return []
    }
    const value = input(builder, port.name, staticShape(port), type)
    values.set(port.name, value)
    const whole = rangeOf(type)
    return [{ name: port.name, tensor: value.tensor!, ...(whole && { whole }) }]
  })
}

function noteUnread({ graph }: Model, read: ReadonlySet<string>): string[] {
  const stored = new Set(graph.initializer.map((tensor) => tensor.name))
  const unread = graph.input.filter(({ name }) => !stored.has(name) && !read.has(name))
  return unread.map(({ name }) => `Input "${name}" was left out: the outputs do not depend on it.`)
}

function unsupportedInput(name: string, found: string): UnsupportedNode {
  const hint = 'encode it as numbers before the model'
  return { node: name, operator: 'graph input', opset: 0, reason: `it holds ${found}, not numbers`, hint }
}

function staticShape({ name, type }: ValueInfoProto): number[] {
  const tensor = type?.value.case === 'tensorType' ? type.value.value : undefined
  const shape = tensor?.shape?.dim.map(({ value }) => (value.case === 'dimValue' ? Number(value.value) : 0))
  if (shape === undefined || shape.some((extent) => extent < 1)) throw new OpenShapeError(name)
  return shape
}

function importNode(state: Import, proto: NodeProto): void {
  const { values, builder } = state
  const node = describe(state, proto)
  for (const name of proto.output) values.set(name, undefined)
  const lowering = findLowering(plainDomain(proto.domain), proto.opType, node.opset)
  if (typeof lowering !== 'function') {
    report(state, node, new UnsupportedNodeError(lowering.reason, lowering.hint))
    standIn(state, proto)
    return
  }
  const before = builder.tensors.length
  builder.scope = { name: node.name, source: node.operator }
  const lowered = lower(state, node, () => {
    const unknown = proto.input.find((name) => name !== '' && !values.has(name))
    if (unknown !== undefined)
      throw new InvalidNodeError(node, `it reads "${unknown}", which nothing has made before`)
    if (proto.input.some((name) => name !== '' && values.get(name) === undefined)) return undefined
    return [lowering(node)].flat()
  })
  if (lowered === undefined) standIn(state, proto)
  lowered?.forEach((value, at) => {
    const name = proto.output[at] ?? ''
    values.set(name, value)
    if (value?.tensor !== undefined && value.tensor >= before && name !== '')
      rename(builder, value.tensor, name)
  })
}

/** In a survey: the outputs of a node that could not be lowered are inputs from here on. */
function standIn({ survey, builder, values, read }: Import, proto: NodeProto): void {
  if (survey === undefined) return
  for (const name of proto.input) survey.cut.add(name)
  for (const name of proto.output) {
    const known = name !== '' && read.has(name) ? survey.standIn(name) : undefined
    if (known === undefined) continue
    const value = input(builder, name, known.shape, known.type)
    values.set(name, value)
    builder.standIns.add(value.tensor!)
    survey.ports.push({ name, tensor: value.tensor! })
  }
}

function describe(state: Import, proto: NodeProto): OpNode {
  const { values, opsets, read, builder } = state
  const name = proto.name !== '' ? proto.name : (proto.output.find((output) => output !== '') ?? proto.opType)
  return {
    name,
    operator: proto.domain === '' ? proto.opType : `${proto.domain}.${proto.opType}`,
    opset: opsets.get(plainDomain(proto.domain)) ?? 1,
    inputs: proto.input.map((input) => values.get(input)),
    outputs: proto.output.map((output) => ({ name: output, used: output !== '' && read.has(output) })),
    attributes: readAttributes(proto, name),
    graph: builder,
    lowerBody: (body, inputs) => lowerBody(state, name, body, inputs),
  }
}

/** Values of the body hide those of the same names around it; what it makes is not seen from there. */
function lowerBody(
  outer: Import,
  owner: string,
  body: GraphProto,
  inputs: readonly Value[],
): readonly Value[] {
  const names = body.output.map((output) => output.name)
  const { nodes, read } = neededNodes(body, names)
  const values: Values = new Map(outer.values)
  const { survey: _, ...plain } = outer
  const state: Import = { ...plain, values, read }
  body.input.forEach(({ name }, at) => {
    values.set(name, inputs[at])
  })
  for (const tensor of body.initializer) {
    const { shape, data, type } = readTensor(tensor)
    values.set(tensor.name, constant(shape, data, type))
  }
  const { scope } = outer.builder
  for (const node of nodes) importNode(state, node)
  outer.builder.scope = scope
  return names.map((name) => {
    const value = values.get(name)
    if (value !== undefined) return value
    throw new UnsupportedNodeError(
      `the body of "${owner}" has a node that is not supported`,
      'see to that node, or export without the loop or branch',
    )
  })
}

/** Undefined where the node turns out to be unsupported. */
function lower(
  state: Import,
  node: OpNode,
  lowering: () => (Value | undefined)[] | undefined,
): (Value | undefined)[] | undefined {
  try {
    return lowering()
  } catch (thrown) {
    // what no array can hold: an extent below zero, or one far above what is small
    const cause =
      thrown instanceof RangeError ? new InvalidNodeError(node, `its extents: ${thrown.message}`) : thrown
    if (cause instanceof UnsupportedNodeError) {
      report(state, node, cause)
      return undefined
    }
    if (cause instanceof BaseError && state.survey !== undefined) {
      const reason = cause instanceof InvalidNodeError ? `it is not valid: ${cause.reason}` : firstLine(cause)
      report(state, node, new UnsupportedNodeError(reason, cause.hint ?? 'export the model again'))
      return undefined
    }
    // a shape that does not broadcast, a stored tensor that cannot be read: say which node it is about
    if (cause instanceof BaseError && !cause.message.includes(`"${node.name}"`)) {
      throw new InvalidNodeError(node, firstLine(cause))
    }
    throw cause
  }
}

/** What happened, without details and advice. */
function firstLine(error: BaseError): string {
  return messageOf(error).split('\n', 1)[0]!.replace(/\.$/, '')
}

function report(
  { unsupported }: Import,
  { name, operator, opset }: OpNode,
  { reason, whatToDo: hint, culprit, inputs }: UnsupportedNodeError,
): void {
  const entry =
    culprit === undefined || culprit.node === name
      ? { node: name, operator, opset, reason, hint, inputs }
      : { ...culprit, opset, reason: `${reason} (in "${name}")`, hint, inputs }
  if (!unsupported.has(entry.node)) unsupported.set(entry.node, entry)
}

function finishImport(
  { values, builder }: Import,
  inputs: readonly Port[],
  names: readonly string[],
  notes: readonly string[],
): Imported {
  builder.scope = { name: 'constant', source: 'Constant' }
  const found = names.map((name) => {
    const value = values.get(name)
    if (value === undefined) throw new OutputError(`Nothing in the graph makes the output "${name}".`, names)
    return { name, value }
  })
  const outputs = found.map(({ name, value }) => ({ name, tensor: tensorOf(builder, value) }))
  const logits = found.flatMap(({ name, value }) => (value.logits ? [{ name, logits: value.logits }] : []))
  const all = [...notes, ...builder.notes, ...logits.map(describeLogits)]
  const graph = finish(builder, inputs, outputs, all)
  return { graph, softmaxOutputs: logits.map(({ name }) => name) }
}

function describeLogits({ name, logits: { node, step } }: { name: string; logits: Logits }): string {
  return `Output "${name}": the ${step} of "${node}" was left out, so the logits are proven; their order is the same.`
}

function plainDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain
}

export class OutputError extends BaseError {
  override name = 'Onnx.OutputError'
  constructor(
    summary: string,
    readonly known: readonly string[],
  ) {
    super(summary, {
      details: [`Its outputs: ${known.join(', ')}.`],
      hint: 'choose among these (--output NAME)',
    })
  }
}

export class OpenShapeError extends BaseError {
  override name = 'Onnx.OpenShapeError'
  constructor(readonly input: string) {
    super(`Input "${input}" still has open axes.`, { hint: 'pin them first, e.g. --dim batch=1' })
  }
}
