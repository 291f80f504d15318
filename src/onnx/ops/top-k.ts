/** TopK for k = 1: the largest (or smallest) along one axis, and its index; of equal elements the first. */
import { int } from '../attributes.js'
import { argmax, max, type Value } from '../builder.js'
import { negate } from '../choice.js'
import { InvalidNodeError, type OpNode, requireConstant, requireInput } from '../node.js'
import { reduction } from '../reduce.js'
import { UnsupportedNodeError } from '../unsupported.js'

export function lower(node: OpNode): readonly (Value | undefined)[] {
  const { attributes, graph, opset } = node
  const x = requireInput(node, 0)
  const k = opset < 10 ? int(attributes, 'k', 0) : requireConstant(node, 1, 'k').data[0]
  if (k === undefined || !(k >= 1)) throw new InvalidNodeError(node, `its k is ${k}`)
  if (k > 1) throw new UnsupportedNodeError(`it sorts out the first ${k} elements`, 'ask for one (k = 1)')
  const groups = reduction(node, x.shape, [int(attributes, 'axis', -1)], true)
  const largest = int(attributes, 'largest', 1) !== 0
  const ranked = largest ? x : negate(graph, x)
  const index = argmax(graph, ranked, groups, groups.shape)
  // the maximum of probabilities is no maximum of logits, so it is only made where it is read
  if (!node.outputs[0]?.used) return [undefined, index]
  const best = max(graph, [ranked], groups, groups.shape)
  return [largest ? best : negate(graph, best), index]
}
