/**
 * The commitment to a model's secret weights: for each layer that has them, in the order of the program, a section of
 * weights and one of biases (commitment.ts says how sections are chained).
 *
 * An element holds as many integers as a circuit can take apart at once, one bit less than fit the field.
 */
import { BaseError } from '../base/errors.js'
import { CAPACITY_BITS } from '../base/field.js'
import { distinctBiases, rangeOf } from '../model/ops/linear.js'
import type { QuantizedModel } from '../model/quantized.js'
import {
  type CommitmentShape,
  commitPacked,
  packSection,
  type Section,
  sectionedShape,
} from './commitment.js'

export type ModelSection = Section & {
  /** The layer, and what of it. */
  readonly name: string
  readonly node: number
  readonly what: 'weight' | 'bias'
  readonly values: Float64Array
}

/** Every secret integer of a model; nothing of a model whose weights are fixed. */
export function sectionsOf({ nodes }: Pick<QuantizedModel, 'nodes'>): ModelSection[] {
  return nodes.flatMap(({ name, op }, node) => {
    if (op.kind !== 'linear' || op.secret === undefined) return []
    const { weightBits, biasBits } = op.secret
    return [
      section(`${name}.weight`, node, 'weight', weightBits, op.weights),
      section(`${name}.bias`, node, 'bias', biasBits, distinctBiases(op, op.secret)),
    ].filter(({ count }) => count > 0)
  })
}

function section(
  name: string,
  node: number,
  what: ModelSection['what'],
  width: number,
  values: Float64Array,
): ModelSection {
  return { name, node, what, values, width, count: values.length, lo: rangeOf(width).least }
}

/** Integers of a section that one element holds: together below 2^252, so that a circuit can take them apart. */
export function perElementOf({ width }: Section): number {
  return Math.floor((CAPACITY_BITS - 1) / width)
}

/** The elements of one section. Throws `CommitmentError` for an integer that does not fit its bits. */
export function elementsOf(one: ModelSection): bigint[] {
  return packSection(one, one.values, perElementOf(one))
}

/** Undefined for a model without secret weights. */
export function modelShape(
  model: Pick<QuantizedModel, 'nodes'>,
  salted: boolean,
): CommitmentShape | undefined {
  const sections = sectionsOf(model).map(({ width, count, lo }) => ({ width, count, lo }))
  return sections.length === 0 ? undefined : sectionedShape('model', sections, salted)
}

/**
 * The commitment, as the circuit computes it. Throws `NoSecretError` for a model whose weights are fixed, and
 * `CommitmentError`.
 */
export function commitModel(model: Pick<QuantizedModel, 'nodes'>, salt?: bigint): bigint {
  const shape = modelShape(model, salt !== undefined)
  if (shape === undefined) throw new NoSecretError()
  return commitPacked(shape, sectionsOf(model).flatMap(elementsOf), salt)
}

export class NoSecretError extends BaseError {
  override name = 'ModelCommitment.NoSecretError'
  constructor() {
    super('The model has no weights to commit to: they are fixed, constants of its circuit.', {
      hint: 'compile it with --weights committed',
    })
  }
}
