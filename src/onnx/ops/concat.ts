/** Concat along one axis, of computed and constant tensors. */
import { int } from '../attributes.js'
import { rearrange, type Value } from '../builder.js'
import { concatIndex } from '../layout.js'
import { InvalidNodeError, type OpNode, requireInput, resolveAxis } from '../node.js'

export function lower(node: OpNode): Value {
  const values = node.inputs.map((_, at) => requireInput(node, at))
  const first = requireInput(node, 0).shape
  const axis = resolveAxis(node, int(node.attributes, 'axis', 1), first.length)
  const rest = (shape: readonly number[]) => shape.toSpliced(axis, 1).join('x')
  const odd = values.find(({ shape }) => shape.length !== first.length || rest(shape) !== rest(first))
  if (odd !== undefined) {
    throw new InvalidNodeError(
      node,
      `it joins shapes ${first.join('x')} and ${odd.shape.join('x')} along axis ${axis}`,
    )
  }
  const shapes = values.map((value) => value.shape)
  const extent = shapes.reduce((sum, shape) => sum + shape[axis]!, 0)
  return rearrange(node.graph, values, concatIndex(shapes, axis), first.with(axis, extent))
}
