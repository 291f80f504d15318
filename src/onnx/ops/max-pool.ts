/** MaxPool over one or more spatial axes: padding never wins. */
import { sizeOf } from '../../base/tensor.js'
import { ints } from '../attributes.js'
import { checkSize, max, type Value } from '../builder.js'
import { InvalidNodeError, type OpNode, requireInput, requireRank } from '../node.js'
import { UnsupportedNodeError } from '../unsupported.js'
import { type Windows, windowsOf } from '../windows.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  requireRank(node, 'input', x.shape, 3)
  if (node.outputs[1]?.used)
    throw new UnsupportedNodeError('its output "Indices" is used', 'use only the maxima')
  const windows = windowsOf(node, x.shape.slice(2), ints(node.attributes, 'kernel_shape') ?? [])
  const shape = [...x.shape.slice(0, 2), ...windows.output]
  checkSize(node.graph, sizeOf(shape) * windows.kernelSize, 'a pooling')
  return max(node.graph, [x], windowGroups(node, x, windows), shape)
}

function windowGroups(node: OpNode, x: Value, { element, outputSize, kernelSize }: Windows) {
  const planes = x.shape[0]! * x.shape[1]!
  const plane = sizeOf(x.shape.slice(2))
  const groupStart = new Int32Array(planes * outputSize + 1)
  const member = new Int32Array(planes * element.length)
  let at = 0
  for (let group = 0; group + 1 < groupStart.length; group++) {
    const window = group % outputSize
    const start = Math.floor(group / outputSize) * plane
    for (let place = 0; place < kernelSize; place++) {
      const source = element[window * kernelSize + place]!
      if (source >= 0) member[at++] = start + source
    }
    if (at === groupStart[group])
      throw new InvalidNodeError(node, `its window ${window} lies in the padding alone`)
    groupStart[group + 1] = at
  }
  return { groupStart, member: member.slice(0, at) }
}
