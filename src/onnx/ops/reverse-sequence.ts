/** ReverseSequence with constant lengths: turns round the beginning of each sequence of a batch. */
import { sizeOf, stridesOf, unravel } from '../../base/tensor.js'
import { int } from '../attributes.js'
import { rearrange, type Value } from '../builder.js'
import { InvalidNodeError, type OpNode, requireConstant, requireInput, resolveAxis } from '../node.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const { data: lengths } = requireConstant(node, 1, 'sequence lengths')
  const [time, batch] = [
    resolveAxis(node, int(node.attributes, 'time_axis', 0), x.shape.length),
    resolveAxis(node, int(node.attributes, 'batch_axis', 1), x.shape.length),
  ]
  const outside = lengths.some((length) => !(length >= 0 && length <= x.shape[time]!))
  if (time === batch || outside || lengths.length !== x.shape[batch])
    throw new InvalidNodeError(node, `its lengths [${lengths}] do not fit ${x.shape.join('x')}`)
  const stride = stridesOf(x.shape)[time]!
  const index = Int32Array.from({ length: sizeOf(x.shape) }, (_, at) => {
    const place = unravel(at, x.shape)
    const length = lengths[place[batch]!]!
    return place[time]! < length ? at + (length - 1 - 2 * place[time]!) * stride : at
  })
  return rearrange(node.graph, [x], index, x.shape)
}
