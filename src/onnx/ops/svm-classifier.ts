/**
 * SVMClassifier with support vectors: one decision for each pair of classes, and the label that most of them are for.
 *
 * Traps, ONNX Runtime's: a decision above 0 is a vote for the first class of its pair, any other for the second; of
 * classes with equal votes the first wins. Without `prob_a`, the scores are the decisions, but -s and s for the one
 * decision s of two classes (so the label is that of the lower score). With it, the scores of two classes are about
 * 1 / (1 + exp(a * s + b)) and the rest (within 1e-3: an iteration finds them), which keep the order of -(a * s + b) and
 * its negative. A post-transform of the two scores without `prob_a` takes each on its own, and for SOFTMAX and SOFTMAX_ZERO
 * gives 1 - s and s; of more classes' decisions, it takes them all together.
 */
import { floats, has, ints, strings } from '../attributes.js'
import { argmax, compare, constant, linear, logitsOf, smooth, type Value } from '../builder.js'
import { kernelSums } from '../kernels.js'
import { range } from '../layout.js'
import { matricesOf, multiply } from '../matrix.js'
import { InvalidNodeError, type OpNode, requireInput } from '../node.js'
import { reduction } from '../reduce.js'
import { keepScores, postTransformOf, rowsOf } from '../scores.js'
import { lookUp } from '../table.js'
import { UnsupportedNodeError } from '../unsupported.js'

export function lower(node: OpNode): readonly (Value | undefined)[] {
  const x = rowsOf(node, requireInput(node, 0))
  const counts = ints(node.attributes, 'vectors_per_class') ?? []
  const vectors = counts.reduce((sum, count) => sum + count, 0)
  if (counts.length < 2 || vectors === 0) {
    throw new UnsupportedNodeError('it has no support vectors for two classes', 'use LinearClassifier')
  }
  const decisions = kernelSums(node, x, vectors, decisionsOf(node, counts, vectors))
  const [label, shown] = node.outputs.map(({ used }) => used)
  return [
    label ? labelOf(node, decisions, counts.length) : undefined,
    shown ? scoresOf(node, decisions, counts.length) : undefined,
  ]
}

function pairsOf(classes: number): [number, number][] {
  return range(classes).reduce<[number, number][]>((pairs, i) => {
    for (let j = i + 1; j < classes; j++) pairs.push([i, j])
    return pairs
  }, [])
}

/** Row r of the coefficients has, for vectors of class i, those against class r + 1 (r >= i), else against class r. */
function decisionsOf(node: OpNode, counts: readonly number[], vectors: number) {
  const coefficients = floats(node.attributes, 'coefficients') ?? []
  const rho = floats(node.attributes, 'rho') ?? []
  const pairs = pairsOf(counts.length)
  if (coefficients.length !== (counts.length - 1) * vectors || rho.length !== pairs.length) {
    const found = `${coefficients.length} coefficients and ${rho.length} rho`
    throw new InvalidNodeError(node, `it has ${found} for ${counts.length} classes of ${vectors} vectors`)
  }
  const first = counts.map((_, i) => counts.slice(0, i).reduce((sum, count) => sum + count, 0))
  const weights = pairs.map(([i, j]) => {
    const own = new Array<number>(vectors).fill(0)
    const take = (at: number, row: number) => {
      for (let v = first[at]!; v < first[at]! + counts[at]!; v++) own[v] = coefficients[row * vectors + v]!
    }
    take(i, j - 1)
    take(j, i)
    return own
  })
  return { weights, rho }
}

function labelOf(node: OpNode, decisions: Value, classes: number): Value {
  if (
    has(node.attributes, 'classlabels_strings') &&
    strings(node.attributes, 'classlabels_strings').length > 0
  ) {
    throw new UnsupportedNodeError(
      'its labels are strings',
      'choose its scores as the output (--output NAME), or train with numbers as labels',
    )
  }
  const labels = ints(node.attributes, 'classlabels_ints') ?? []
  if (labels.length !== classes) {
    throw new InvalidNodeError(node, `it has ${labels.length} labels for ${classes} classes`)
  }
  const [rows, pairs] = decisions.shape as [number, number]
  const size = rows * pairs
  const strict = new Uint8Array(size).fill(1)
  const wins = compare(node.graph, decisions, range(size), new Float64Array(size), decisions.shape, strict)
  const votes = countVotes(node, wins, classes)
  const groups = reduction(node, votes.shape, [1], false)
  return lookUp(node, labels, argmax(node.graph, votes, groups, groups.shape), 'int64')
}

/** Rows x classes. */
function countVotes(node: OpNode, wins: Value, classes: number): Value {
  const rows = wins.shape[0]!
  const pairs = pairsOf(classes)
  const entries = range(rows * classes).reduce<{ column: number; sign: number }[][]>((all, at) => {
    const [row, own] = [Math.floor(at / classes), at % classes]
    all.push(
      pairs.flatMap(([i, j], pair) =>
        i === own || j === own ? [{ column: row * pairs.length + pair, sign: i === own ? 0 : 1 }] : [],
      ),
    )
    return all
  }, [])
  const op = {
    rowStart: range(entries.length + 1).map((row) => row * (classes - 1)),
    column: Int32Array.from(entries.flat(), ({ column }) => column),
    weight: Int32Array.from(entries.flat(), ({ sign }) => sign),
    weights: Float64Array.of(1, -1),
    // a pair that is not won is lost to the second class
    bias: Float64Array.from(entries, (own) => own.reduce((sum, { sign }) => sum + sign, 0)),
  }
  return linear(node.graph, [wins], op, [rows, classes])
}

function scoresOf(node: OpNode, decisions: Value, classes: number): Value {
  const transform = postTransformOf(node)
  const platt = floats(node.attributes, 'prob_a') ?? []
  if (platt.length > 0) {
    return keepScores(node, probabilitiesOf(node, decisions, classes, platt[0]!), transform, { lo: 0, hi: 1 })
  }
  if (classes > 2) return keepScores(node, decisions, transform)
  if (transform.startsWith('SOFTMAX')) return sides(node, decisions, [-1, 1], [1, 0])
  return keepScores(node, sides(node, decisions, [-1, 1], [0, 0]), transform)
}

function probabilitiesOf(node: OpNode, decisions: Value, classes: number, factor: number): Value {
  if (classes > 2) {
    throw new UnsupportedNodeError(
      'it couples the probabilities of several pairs',
      'prove its label only (--output NAME), or export it without probabilities',
    )
  }
  const [offset = 0] = floats(node.attributes, 'prob_b') ?? []
  const group = range(decisions.shape[0]! * 2).map((at) => Math.floor(at / 2))
  const odds = sides(node, decisions, [-factor, factor], [-offset, offset])
  const what = { node: node.name, operator: node.operator, step: 'LOGISTIC', group }
  return logitsOf(node.graph, odds, what, (plain) => smooth(node.graph, plain, 'sigmoid'))
}

/** The columns factor * value + bias. */
function sides(node: OpNode, value: Value, factors: readonly number[], bias: readonly number[]): Value {
  const columns = matricesOf(constant([1, 2], Float64Array.from(factors)))
  const offsets = Float64Array.from({ length: 2 * value.shape[0]! }, (_, at) => bias[at % 2]!)
  return multiply(node, matricesOf(value), columns, offsets)
}
