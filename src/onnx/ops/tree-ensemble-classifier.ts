/**
 * TreeEnsembleClassifier: a label and a score for each class. A post-transform that keeps the order (Softmax, Logistic)
 * is left out where it is last.
 *
 * Trap: leaves of a model of two classes may all add to class 0, and then their sum s speaks for class 1, in ONNX
 * Runtime's way: the scores are (1 - s, s) where no weight is negative (s is a probability) and (-s, s) elsewhere; a
 * Softmax is not applied; a Logistic is applied to (-s, s) in either case, while the label stays what it was without.
 * Where two classes have leaves of their own, the label is 1 where the sum of class 1 is above 0, whatever that of 0.
 */
import { ints, strings } from '../attributes.js'
import { argmax, linear, type Value } from '../builder.js'
import { numbers, readForest } from '../forest.js'
import { spanOfScores, sumForest } from '../forest-program.js'
import type { Trees } from '../forest-sums.js'
import { type OpNode, requireInput, requireRank } from '../node.js'
import { reduction } from '../reduce.js'
import { keepScores, type PostTransform, postTransformOf } from '../scores.js'
import { lookUp } from '../table.js'
import { UnsupportedNodeError } from '../unsupported.js'

export function lower(node: OpNode): readonly (Value | undefined)[] {
  const x = requireInput(node, 0)
  requireRank(node, 'input', x.shape, 2, 2)
  const labels = ints(node.attributes, 'classlabels_int64s') ?? []
  const classes = labels.length || strings(node.attributes, 'classlabels_strings').length
  const forest = readForest(node, 'class', x, classes)
  const base = numbers(node, 'base_values')
  const post = postTransformOf(node)
  const targets = new Set(forest.leaves.map(({ target }) => target))
  const made =
    classes === 2 && targets.size === 1
      ? lowerSingle(node, forest, x, { base, post, target: [...targets][0]! })
      : lowerEach(node, forest, x, { base, post, classes })
  return [node.outputs[0]?.used ? labelOf(node, made.decides, labels) : undefined, made.scores]
}

/** What the label is the largest of, and what the scores are. */
type Made = { readonly decides: Value; readonly scores: Value }

function lowerEach(
  node: OpNode,
  forest: Trees,
  x: Value,
  { base, post, classes }: { base: readonly number[]; post: PostTransform; classes: number },
): Made {
  const bases = Array.from({ length: classes }, (_, i) => base[i] ?? 0)
  const sums = sumForest(node, x, forest, bases)
  return {
    decides: classes === 2 ? secondAgainstZero(node, forest, sums) : sums,
    scores: keepScores(node, sums, post, spanOfScores(forest, bases)),
  }
}

/** (0, s1), of which the second is the larger where s1 > 0. */
function secondAgainstZero(node: OpNode, forest: Trees, sums: Value): Value {
  const adding = new Set(forest.leaves.filter(({ target }) => target === 1).map((leaf) => leaf.node))
  if (node.outputs[0]?.used && forest.branches.some((branch, i) => branch === undefined && !adding.has(i))) {
    throw new UnsupportedNodeError(
      'its label depends on which leaves add to class 1 at all',
      'prove its scores only (--output NAME), or let every leaf add to class 1',
    )
  }
  const rows = sums.shape[0]!
  const op = {
    rowStart: Int32Array.from({ length: 2 * rows + 1 }, (_, i) => Math.floor(i / 2)),
    column: Int32Array.from({ length: rows }, (_, row) => 2 * row + 1),
    weight: new Int32Array(rows),
    weights: Float64Array.of(1),
    bias: new Float64Array(2 * rows),
  }
  return linear(node.graph, [sums], op, [rows, 2])
}

function lowerSingle(
  node: OpNode,
  forest: Trees,
  x: Value,
  { base, post, target }: { base: readonly number[]; post: PostTransform; target: number },
): Made {
  if (target !== 0 || base.length > 1) {
    throw new UnsupportedNodeError(
      target !== 0 ? 'all of its leaves add to class 1 of 2' : 'it has two base values for one sum',
      'let the leaves of both classes add to their own, or all to class 0',
    )
  }
  const sum = sumForest(node, x, forest, [base[0] ?? 0])
  const isProbability = forest.leaves.every(({ weight }) => weight >= 0)
  const decides = bothClasses(node, sum, isProbability ? 1 : 0)
  if (post === 'PROBIT') {
    throw new UnsupportedNodeError('its post_transform PROBIT of a single score is not supported', 'use NONE')
  }
  if (post !== 'LOGISTIC') return { decides, scores: decides }
  return { decides, scores: keepScores(node, isProbability ? bothClasses(node, sum, 0) : decides) }
}

/** From s to (total - s, s). */
function bothClasses(node: OpNode, sums: Value, total: 0 | 1): Value {
  const rows = sums.shape[0]!
  return linear(
    node.graph,
    [sums],
    {
      rowStart: Int32Array.from({ length: 2 * rows + 1 }, (_, i) => i),
      column: Int32Array.from({ length: 2 * rows }, (_, i) => Math.floor(i / 2)),
      weight: Int32Array.from({ length: 2 * rows }, (_, i) => i % 2),
      weights: Float64Array.of(-1, 1),
      bias: Float64Array.from({ length: 2 * rows }, (_, i) => (i % 2 === 0 ? total : 0)),
    },
    [rows, 2],
  )
}

/** The label at the place of the largest score. */
function labelOf(node: OpNode, scores: Value, labels: readonly number[]): Value {
  if (labels.length === 0) {
    throw new UnsupportedNodeError(
      'its labels are strings',
      'choose its scores as the output (--output NAME), or train with numbers as labels',
    )
  }
  const groups = reduction(node, scores.shape, [1], false)
  return lookUp(node, labels, argmax(node.graph, scores, groups, groups.shape), 'int64')
}
