/**
 * LinearClassifier of ai.onnx.ml: the label and a score for each class.
 *
 * Traps, all of them ONNX Runtime's, since the specification is silent: a model of two classes may have a single row of
 * coefficients. Then the second label is chosen where the score s is above 0, and the scores are what LOGISTIC makes of
 * -s and s, but 1 - s and s for every other post-transform.
 */
import { addTerms } from '../affine.js'
import { floats, has, ints } from '../attributes.js'
import { argmax, constant, type Value } from '../builder.js'
import { matricesOf, multiply } from '../matrix.js'
import { InvalidNodeError, type OpNode } from '../node.js'
import { reduction } from '../reduce.js'
import { keepScores, linearScores, postTransformOf } from '../scores.js'
import { lookUp } from '../table.js'
import { UnsupportedNodeError } from '../unsupported.js'

export function lower(node: OpNode): readonly (Value | undefined)[] {
  const labels = has(node.attributes, 'classlabels_strings')
    ? undefined
    : (ints(node.attributes, 'classlabels_ints') ?? [])
  const scores = linearScores(node, targetsOf(node))
  const [label, shown] = node.outputs.map(({ used }) => used)
  if (scores.shape[1] === 1) {
    if (labels !== undefined && labels.length !== 2)
      throw new UnsupportedNodeError('it has one score for other than two classes', 'name two classes')
    const sides = bothSides(node, scores, 0)
    const logistic = postTransformOf(node) === 'LOGISTIC'
    return [
      label ? labelOf(node, sides, labels) : undefined,
      shown ? (logistic ? keepScores(node, sides) : bothSides(node, scores, 1)) : undefined,
    ]
  }
  return [label ? labelOf(node, scores, labels) : undefined, shown ? keepScores(node, scores) : undefined]
}

/** Rows of coefficients: as many as there are intercepts. */
function targetsOf(node: OpNode): number {
  const intercepts = floats(node.attributes, 'intercepts')
  if (intercepts === undefined) throw new InvalidNodeError(node, 'it has no intercepts')
  return intercepts.length
}

/** The columns `offset` - s and s. */
function bothSides(node: OpNode, score: Value, offset: number): Value {
  const signs = constant([1, 2], Float64Array.of(-1, 1))
  const product = multiply(node, matricesOf(score), matricesOf(signs))
  return addTerms(
    node.graph,
    { value: product, sign: 1 },
    { value: constant([1, 2], Float64Array.of(offset, 0)), sign: 1 },
  )
}

function labelOf(node: OpNode, scores: Value, labels: readonly number[] | undefined): Value {
  if (labels === undefined) {
    throw new UnsupportedNodeError(
      'its labels are strings',
      'choose its scores as the output (--output NAME), or train with numbers as labels',
    )
  }
  const groups = reduction(node, scores.shape, [1], false)
  return lookUp(node, labels, argmax(node.graph, scores, groups, groups.shape), 'int64')
}
