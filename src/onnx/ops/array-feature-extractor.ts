/**
 * ArrayFeatureExtractor of ai.onnx.ml: elements of the last axis, by constant indices; or entries of a constant vector
 * by a computed index, which is how scikit-learn's labels are mapped.
 */
import { sizeOf } from '../../base/tensor.js'
import { checkSize, rearrange, reshape, type Value } from '../builder.js'
import { pickIndex } from '../layout.js'
import {
  InvalidNodeError,
  isConstant,
  type OpNode,
  requireConstant,
  requireInput,
  requireRank,
} from '../node.js'
import { lookUp } from '../table.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const [x, index] = [requireInput(node, 0), requireInput(node, 1)]
  requireRank(node, 'input', x.shape, 1)
  const leading = x.shape.length === 1 ? [1] : x.shape.slice(0, -1)
  const shape = [...leading, sizeOf(index.shape)]
  if (!isConstant(index) && isConstant(x) && sizeOf(leading) === 1) {
    return reshape(node.graph, lookUp(node, x.data, index, x.type), shape)
  }
  const { data } = requireConstant(node, 1, 'indices')
  const extent = x.shape.at(-1)!
  const outside = data.find((at) => !(at >= 0 && at < extent))
  if (outside !== undefined)
    throw new InvalidNodeError(node, `index ${outside} is outside an axis of ${extent}`)
  checkSize(node.graph, sizeOf(shape), 'extracted features')
  const picks = x.shape.map((_, axis) => (axis === x.shape.length - 1 ? data : undefined))
  return rearrange(node.graph, [x], pickIndex(x.shape, picks), shape)
}
