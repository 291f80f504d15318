/** Cast to the element type that an attribute names. */
import { int } from '../attributes.js'
import type { Value } from '../builder.js'
import { castTo } from '../cast.js'
import { describeType, type ElementType, elementType } from '../elements.js'
import { InvalidNodeError, type OpNode, requireInput } from '../node.js'
import { UnsupportedNodeError } from '../unsupported.js'

export function lower(node: OpNode): Value {
  return castTo(node.graph, requireInput(node, 0), targetType(node))
}

function targetType(node: OpNode): ElementType {
  const code = int(node.attributes, 'to', 0)
  const type = elementType(code)
  if (type === undefined || type === 'string') {
    if (code === 0) throw new InvalidNodeError(node, 'it does not say to which type it casts')
    throw new UnsupportedNodeError(`it casts to ${describeType(code)}`, 'keep to numbers')
  }
  return type
}
