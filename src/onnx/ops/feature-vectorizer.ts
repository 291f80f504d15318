/** FeatureVectorizer of ai.onnx.ml: its inputs side by side, one row a sample; vectors are columns. */
import { ints } from '../attributes.js'
import { rearrange, reshape, type Value } from '../builder.js'
import { concatIndex } from '../layout.js'
import { InvalidNodeError, type OpNode, requireInput, requireRank } from '../node.js'

export function lower(node: OpNode): Value {
  const [samples] = requireInput(node, 0).shape
  const columns = node.inputs.map((_, at) => {
    const value = requireInput(node, at)
    requireRank(node, `input ${at}`, value.shape, 1, 2)
    return value.shape.length === 2 ? value : reshape(node.graph, value, [value.shape[0]!, 1])
  })
  const shapes = columns.map((value) => value.shape)
  const widths = shapes.map((shape) => shape[1]!)
  const stated = ints(node.attributes, 'inputdimensions') ?? widths
  if (stated.join() !== widths.join() || shapes.some(([rows]) => rows !== samples)) {
    const found = shapes.map((shape) => shape.join('x')).join(', ')
    throw new InvalidNodeError(node, `it joins [${stated}] columns of inputs of shapes ${found}`)
  }
  const width = widths.reduce((sum, count) => sum + count, 0)
  const joined = rearrange(node.graph, columns, concatIndex(shapes, 1), [samples!, width])
  return { ...joined, type: 'float32' }
}
