/**
 * Other weights in the integer program of a model of the same architecture, so that the circuit and its keys stay the
 * same.
 *
 * Shifts, ranges of bits, the input's domain and all limits are the program's. Only scales move: each secret layer's
 * follows from its own largest weight, and what is computed from it has as many times the scale that it had. Where the
 * program holds a number that is real (a Clip's limit, a sum of two branches), the scale must stay what it was.
 */
import { BaseError } from '../base/errors.js'
import { boundsOf } from '../model/bounds.js'
import type { Values } from '../model/execute.js'
import type { Graph, Node, Op, TensorId } from '../model/graph.js'
import { type Linear, rangeOf, type Secret } from '../model/ops/linear.js'
import type { QuantizedModel, Scale } from '../model/quantized.js'
import { firstDifference } from './architecture.js'
import { calibrate, coarse } from './calibrate.js'
import { quantizeInputs } from './input.js'
import { joinScales } from './lowering.js'
import { NO_COUNTERPART } from './program.js'
import { type Quantized, rewriteSecret } from './quantize.js'
import { roundSecret, secretScale } from './scheme.js'
import { newSeen } from './seen.js'

/** A compiled model whose circuit is to be used again: its float program, as imported, and its integer program. */
export type Template = {
  readonly graph: Graph
  readonly model: QuantizedModel
}

/**
 * The integer program of `template` with the weights of `graph`. Throws `ArchitectureError` where the two models differ
 * in more than weights, `SecretRangeError` where a weight or bias does not fit its bits, the errors of `calibrate`, and
 * `OutsideDomainError` for a sample outside the program's domain.
 */
export function quantizeLike(template: Template, graph: Graph, calibration: readonly Values[]): Quantized {
  const rewritten = rewriteSecret(graph)
  const model = fillTemplate(template, graph)
  const ranges = calibrate(rewritten, calibration).map(coarse)
  for (const [index, sample] of calibration.entries()) quantizeInputs(model, sample, index)
  boundsOf(model)
  return {
    model,
    calibration: newSeen().noted(rewritten, ranges, undefined),
    trace: { graph: rewritten, counterpart: counterpartsOf(model, rewritten), ranges, moved: new Map() },
  }
}

/** The integer program alone, which needs no samples. Throws `ArchitectureError`, `SecretRangeError`. */
export function fillTemplate(template: Template, graph: Graph): QuantizedModel {
  const rewritten = rewriteSecret(graph)
  const difference = firstDifference(rewriteSecret(template.graph), rewritten)
  if (difference !== undefined) throw new ArchitectureError(difference.layer, difference.what)
  return refill(template.model, secretsOf(rewritten))
}

type FloatLayer = { readonly name: string; readonly op: Linear }

function secretsOf({ nodes }: Graph): FloatLayer[] {
  return nodes.flatMap(({ name, op }) =>
    op.kind === 'linear' && op.standIns !== undefined ? [{ name, op }] : [],
  )
}

function refill(template: QuantizedModel, layers: readonly FloatLayer[]): QuantizedModel {
  const fixed = fixedScales(template)
  const factors = template.tensors.map(() => 1)
  const rest = [...layers]
  const nodes = template.nodes.map((node) => {
    const { op, inputs, output } = node
    if (op.kind !== 'linear' || op.secret === undefined) {
      factors[output] = passedOn(op, inputs.length === 0 ? 1 : factors[inputs[0]!]!)
      return node
    }
    const layer = rest.shift()
    if (layer === undefined) throw new ArchitectureError(node.name, 'one model ends before it')
    const inputScale = joinedScale(template, inputs, factors)
    const own = template.scales[output]![0]!
    const free = secretScale(layer.op, inputScale, op.secret.weightBits)
    const scale = fixed[output]! ? own : (free ?? own)
    factors[output] = scale / own
    return { ...node, op: fill(op, op.secret, layer, inputScale, scale) }
  })
  const scales = template.scales.map((scale, tensor) => scaled(scale, factors[tensor]!))
  return { ...template, nodes, scales }
}

/** By how much the result's scale moves where that of all inputs does. */
function passedOn({ kind }: Op, factor: number): number {
  if (kind === 'argmax' || kind === 'compare' || kind === 'round') return 1
  return kind === 'product' ? factor * factor : factor
}

function scaled(scale: Scale, factor: number): Scale {
  return factor === 1 ? scale : scale.map((own) => own * factor)
}

function joinedScale(
  template: QuantizedModel,
  inputs: readonly TensorId[],
  factors: readonly number[],
): Scale {
  const scales = template.scales.map((scale, tensor) =>
    inputs.includes(tensor) ? scaled(scale, factors[tensor]!) : scale,
  )
  return joinScales({ scales, tensors: template.tensors }, inputs)
}

/** One layer's numbers in the place of another's. */
function fill(op: Linear, secret: Secret, layer: FloatLayer, inputScale: Scale, scale: number): Linear {
  const { op: rounded, biasOf } = roundSecret(layer.op, inputScale, scale)
  const same =
    String(rounded.rowStart) === String(op.rowStart) &&
    String(rounded.column) === String(op.column) &&
    String(rounded.weight) === String(op.weight) &&
    String(biasOf) === String(secret.biasOf)
  if (!same) throw new ArchitectureError(layer.name, 'its entries share their weights in another way')
  assertFits(layer.name, 'weight', rounded.weights, secret.weightBits)
  assertFits(layer.name, 'bias', rounded.bias, secret.biasBits)
  return { ...op, weights: rounded.weights, bias: rounded.bias }
}

function assertFits(layer: string, what: 'weight' | 'bias', values: Float64Array, bits: number): void {
  const { least, greatest } = rangeOf(bits)
  const bad = values.find((value) => value < least || value > greatest)
  if (bad !== undefined) throw new SecretRangeError(layer, what, bad, bits)
}

/** By tensor: whether its scale may not move, for the program holds real numbers at that scale, or joins it to others. */
function fixedScales({ nodes, tensors }: QuantizedModel): boolean[] {
  const fixed = tensors.map(() => false)
  for (const node of nodes.toReversed()) {
    if (node.op.kind === 'linear' && node.op.secret !== undefined) continue
    const passesOn = !['argmax', 'compare', 'round'].includes(node.op.kind) && fixed[node.output]!
    if (passesOn || holdsReals(node)) for (const input of node.inputs) fixed[input] = true
  }
  return fixed
}

function holdsReals({ name, op, inputs }: Node): boolean {
  if (inputs.length > 1 || op.kind === 'round') return true
  if (op.kind === 'compare') return op.threshold.some((value) => value !== 0)
  const isReal = (value: number) => value !== 0 && Number.isFinite(value)
  if (op.kind === 'clamp') return !/\/saturate(#\d+)?$/.test(name) && (isReal(op.lo) || isReal(op.hi))
  if (op.kind === 'rearrange') return isReal(op.fill) && op.index.some((from) => from < 0)
  return op.kind === 'linear' && op.bias.some((bias) => bias !== 0)
}

/** By name, where the two models name their layers alike. */
function counterpartsOf({ tensors }: QuantizedModel, graph: Graph): number[] {
  const ids = new Map(graph.tensors.map(({ name }, id) => [name, id]))
  return tensors.map(
    ({ name }) => ids.get(name.replace(/\/(rescaled|saturated|aligned)$/, '')) ?? NO_COUNTERPART,
  )
}

export class ArchitectureError extends BaseError {
  override name = 'Quantize.ArchitectureError'
  constructor(
    readonly layer: string,
    readonly what: string,
  ) {
    super(`The model is not of the same architecture: layer "${layer}" differs.`, {
      details: [what],
      hint: 'one circuit serves models that differ in weights and biases alone: compile this one without --like',
    })
  }
}

export class SecretRangeError extends BaseError {
  override name = 'Quantize.SecretRangeError'
  constructor(
    readonly layer: string,
    readonly what: 'weight' | 'bias',
    readonly value: number,
    readonly bits: number,
  ) {
    const { least, greatest } = rangeOf(bits)
    super(`A ${what} of layer "${layer}" does not fit the ${bits} bits that the circuit has for it.`, {
      details: [`in the integers of the program it is ${value}, outside ${least} to ${greatest}`],
      hint: 'compile the model with the larger numbers first, and the others like it; or compile this one on its own',
    })
  }
}
