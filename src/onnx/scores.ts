/** What linear models of `ai.onnx.ml` share: scores of constant coefficients, and what is done to them afterwards. */
import { sizeOf } from '../base/tensor.js'
import { choice, floats } from './attributes.js'
import { constant, logitsOf, reshape, smooth, type Value } from './builder.js'
import type { Range } from './elements.js'
import { matricesOf, multiply } from './matrix.js'
import { InvalidNodeError, type OpNode, requireInput, requireRank } from './node.js'
import { rowGroups, softmax } from './probabilities.js'
import { UnsupportedNodeError } from './unsupported.js'

export const POST_TRANSFORMS = ['NONE', 'SOFTMAX', 'LOGISTIC', 'SOFTMAX_ZERO', 'PROBIT'] as const

export type PostTransform = (typeof POST_TRANSFORMS)[number]

/** x * coefficients' + intercepts, N x targets; a vector is a single row. Throws `InvalidNodeError` where sizes differ. */
export function linearScores(node: OpNode, targets: number): Value {
  const rows = rowsOf(node, requireInput(node, 0))
  const [samples, features] = rows.shape as [number, number]
  const coefficients = Float64Array.from(floats(node.attributes, 'coefficients') ?? [])
  const intercepts = floats(node.attributes, 'intercepts') ?? []
  const fits = intercepts.length === 0 || intercepts.length === targets
  if (!(targets >= 1) || coefficients.length !== targets * features || !fits) {
    const found = `${coefficients.length} coefficients and ${intercepts.length} intercepts`
    throw new InvalidNodeError(node, `it has ${found} for ${targets} targets of ${features} features`)
  }
  const weights = constant([targets, features], coefficients)
  const bias = Float64Array.from({ length: samples * targets }, (_, at) => intercepts[at % targets] ?? 0)
  return { ...multiply(node, matricesOf(rows), matricesOf(weights, true), bias), type: 'float32' }
}

/** Samples by features; a vector is one sample. */
export function rowsOf(node: OpNode, value: Value): Value {
  requireRank(node, 'input', value.shape, 1, 2)
  return value.shape.length === 2 ? value : reshape(node.graph, value, [1, sizeOf(value.shape)])
}

export function postTransformOf(node: OpNode): PostTransform {
  return choice(node.attributes, 'post_transform', POST_TRANSFORMS)
}

/**
 * The scores themselves, standing for what a post-transform would make of them where it does not change which class of a
 * row is ahead: SOFTMAX and LOGISTIC never do, SOFTMAX_ZERO (which sends 0 to 0, and anything below it above) where no
 * score is below 0, PROBIT between 0 and 1, outside of which it is no number. `span` is where the scores lie, if known.
 * Throws `UnsupportedNodeError` elsewhere, and where there is only one score, so nothing to be ahead of.
 */
export function keepScores(
  node: OpNode,
  scores: Value,
  transform: PostTransform = postTransformOf(node),
  span: Range = { lo: -Infinity, hi: Infinity },
): Value {
  if (transform === 'NONE') return scores
  const classes = scores.shape.at(-1)!
  if (classes === 1 && transform === 'LOGISTIC') return smooth(node.graph, scores, 'sigmoid')
  const keeps =
    transform === 'PROBIT' ? 0 <= span.lo && span.hi <= 1 : transform !== 'SOFTMAX_ZERO' || span.lo >= 0
  if (classes === 1 || !keeps) {
    const what = classes === 1 ? 'of a single score ' : ''
    throw new UnsupportedNodeError(
      `its post_transform ${transform} ${what}is not supported`,
      'export the model with post_transform NONE',
    )
  }
  const group = rowGroups(scores.shape)
  const what = { node: node.name, operator: node.operator, step: transform, group }
  return logitsOf(node.graph, scores, what, (plain) => {
    if (transform === 'SOFTMAX') return softmax(node.graph, plain, group)
    if (transform === 'LOGISTIC') return smooth(node.graph, plain, 'sigmoid')
    throw new UnsupportedNodeError(
      `the model goes on computing with what ${transform} makes of its scores`,
      'export the model with post_transform NONE',
      { node: node.name, operator: node.operator },
    )
  })
}
