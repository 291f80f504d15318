/** An ONNX node as the lowering of its operator sees it. */
import { BaseError } from '../base/errors.js'
import type { Shape } from '../base/tensor.js'
import type { Attributes } from './attributes.js'
import { type Builder, inputsBehind, type Value } from './builder.js'
import type { GraphProto } from './gen/onnx_pb.js'
import { UnsupportedNodeError } from './unsupported.js'

export type OpNode = {
  readonly name: string
  readonly operator: string
  /** Version of the operator set of the node's domain. */
  readonly opset: number
  /** Undefined where an optional input is left out. */
  readonly inputs: readonly (Value | undefined)[]
  /** How many outputs the node has, and for each whether anything reads it. */
  readonly outputs: readonly { readonly name: string; readonly used: boolean }[]
  readonly attributes: Attributes
  readonly graph: Builder
  /**
   * The outputs of a body or a branch for inputs in the place of its own; it may read the values around it. Throws
   * `UnsupportedNodeError` where some node of it is not supported.
   */
  readonly lowerBody: (body: GraphProto, inputs: readonly Value[]) => readonly Value[]
}

/** One value an output; those that nothing reads may be left out. */
export type Lowering = (node: OpNode) => Value | readonly (Value | undefined)[]

/**
 * What integers make of an operator, beside what its inputs are off already: nothing (`exact`), roundings of weights and
 * results (`rounds`), or an error of at most so many parts of its greatest result (`approximates`). A module of an operator
 * exports it as `tolerance`; what says nothing rounds.
 */
export type Tolerance = 'exact' | 'rounds' | { readonly approximates: number }

/** Of functions that become broken lines: half a step of 8 bits, and what the rounding of slopes adds. */
export const APPROXIMATES: Tolerance = { approximates: 0.003 }

/** Throws `InvalidNodeError` where the input is missing. */
export function requireInput(node: OpNode, at: number): Value {
  const value = node.inputs[at]
  if (value === undefined) throw new InvalidNodeError(node, `its input ${at} is missing`)
  return value
}

/** All inputs of an operator that takes any number, but at least one. Throws `InvalidNodeError` where one is missing. */
export function requireInputs(node: OpNode): Value[] {
  return Array.from({ length: Math.max(1, node.inputs.length) }, (_, at) => requireInput(node, at))
}

/** An input that must be known at compile time. Throws `UnsupportedNodeError` where it is computed. */
export function requireConstant(node: OpNode, at: number, what: string): ConstantValue {
  const value = requireInput(node, at)
  if (isConstant(value)) return value
  const inputs = inputsBehind(node.graph, value)
  throw new UnsupportedNodeError(
    `its ${what} are computed from the model's inputs`,
    `make the ${what} constant${fixHint(inputs)}`,
    undefined,
    inputs,
  )
}

function fixHint(inputs: readonly string[]): string {
  if (inputs.length === 0) return ''
  const options = inputs.map((name) => `--fix ${name}`).join(' ')
  return `, or where all samples agree on ${inputs.join(', ')}, fix that (${options})`
}

export type ConstantValue = Value & { readonly data: Float64Array }

export function isConstant(value: Value): value is ConstantValue {
  return value.data !== undefined
}

/** A list of whole numbers given as constant input; undefined where it is left out. */
export function optionalList(node: OpNode, at: number, what: string): readonly number[] | undefined {
  return node.inputs[at] === undefined ? undefined : [...requireConstant(node, at, what).data]
}

/** `axis` counted from the front. Throws `InvalidNodeError` where the tensor has no such axis. */
export function resolveAxis(node: OpNode, axis: number, rank: number): number {
  const resolved = axis < 0 ? axis + rank : axis
  if (!Number.isInteger(axis) || resolved < 0 || resolved >= rank) {
    throw new InvalidNodeError(node, `axis ${axis} does not exist in ${rank} dimensions`)
  }
  return resolved
}

/** Distinct axes in rising order. */
export function resolveAxes(node: OpNode, axes: readonly number[], rank: number): number[] {
  const resolved = axes.map((axis) => resolveAxis(node, axis, rank))
  if (new Set(resolved).size < resolved.length)
    throw new InvalidNodeError(node, `axes [${axes}] name one axis twice`)
  return resolved.sort((a, b) => a - b)
}

export function requireRank(node: OpNode, what: string, shape: Shape, least: number, most = Infinity): void {
  if (shape.length < least || shape.length > most) {
    throw new InvalidNodeError(
      node,
      `its ${what} has ${shape.length} dimensions, which the operator does not take`,
    )
  }
}

/** A node that contradicts the specification of its operator. */
export class InvalidNodeError extends BaseError {
  override name = 'Onnx.InvalidNodeError'
  constructor(
    node: { readonly name: string; readonly operator: string; readonly opset: number },
    readonly reason: string,
  ) {
    super(`Node "${node.name}" (${node.operator}, opset ${node.opset}) is not valid: ${reason}.`, {
      hint: 'check the model with onnx.checker, and export it again',
    })
  }
}
