/** TopK: the k largest (or smallest) along one axis in order, and their indices; of equal elements the first. */
import { int } from '../attributes.js'
import { argmax, max, type Value } from '../builder.js'
import { negate } from '../choice.js'
import { InvalidNodeError, type OpNode, requireConstant, requireInput } from '../node.js'
import { reduction } from '../reduce.js'
import { sortAlong } from '../sort.js'

export function lower(node: OpNode): readonly (Value | undefined)[] {
  const { attributes, graph, opset } = node
  const x = requireInput(node, 0)
  const k = opset < 10 ? int(attributes, 'k', 0) : requireConstant(node, 1, 'k').data[0]
  const groups = reduction(node, x.shape, [int(attributes, 'axis', -1)], true)
  if (k === undefined || !(k >= 1 && k <= groups.count))
    throw new InvalidNodeError(node, `its k is ${k} for ${groups.count} elements`)
  const largest = int(attributes, 'largest', 1) !== 0
  const ranked = largest ? x : negate(graph, x)
  if (k > 1) return sortAlong(node, x, ranked, groups, k)
  const index = argmax(graph, ranked, groups, groups.shape)
  // the maximum of probabilities is no maximum of logits, so it is only made where it is read
  if (!node.outputs[0]?.used) return [undefined, index]
  const best = max(graph, [ranked], groups, groups.shape)
  return [largest ? best : negate(graph, best), index]
}
