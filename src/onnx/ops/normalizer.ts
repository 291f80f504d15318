/**
 * Normalizer of ai.onnx.ml: each row divided by its largest number, by the sum of its magnitudes, or by its length.
 *
 * Where it makes the probabilities of one-against-the-rest classifiers add up to 1, it divides positive numbers by one
 * positive number, which leaves their order: the scores before it then go on standing for its result.
 */
import { choice } from '../attributes.js'
import { logitsOf, max, quotient, root, settle, type Value } from '../builder.js'
import { maximum, negate } from '../choice.js'
import { type OpNode, requireInput, requireRank, resolveAxes } from '../node.js'
import { rowGroups } from '../probabilities.js'
import { type Reduction, reduction, sumOfSquares, weightedSum } from '../reduce.js'

const NORMS = ['MAX', 'L1', 'L2'] as const
const POSITIVE = ['LOGISTIC', 'SOFTMAX', 'Softmax', 'Sigmoid']

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  requireRank(node, 'input', x.shape, 1, 2)
  const rows = rowGroups(x.shape)
  const { logits } = x
  const keepsOrder =
    logits !== undefined &&
    POSITIVE.includes(logits.step) &&
    rows.every((row, at) => logits.group[at] === logits.group[row * x.shape.at(-1)!])
  if (!keepsOrder) return normalized(node, x)
  const { node: name, operator, step } = logits
  const { logits: _, ...scores } = x
  const what = { node: name, operator, step, group: rows }
  const made = logitsOf(node.graph, scores, what, () => normalized(node, settle(node.graph, [x])[0]!))
  return { ...made, type: 'float32' }
}

function normalized(node: OpNode, value: Value): Value {
  const { graph } = node
  const [x] = settle(graph, [value])
  const groups = reduction(node, x!.shape, resolveAxes(node, [-1], x!.shape.length), true)
  return { ...quotient(graph, x!, normOf(node, x!, groups)), type: 'float32' }
}

function normOf(node: OpNode, x: Value, groups: Reduction): Value {
  const { graph } = node
  switch (choice(node.attributes, 'norm', NORMS)) {
    case 'MAX':
      return max(graph, [x], groups, groups.shape)
    case 'L1':
      return weightedSum(graph, maximum(graph, [x, negate(graph, x)]), groups, 1)
    case 'L2':
      return root(graph, sumOfSquares(graph, x, groups))
  }
}
