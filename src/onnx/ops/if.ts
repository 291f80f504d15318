/** If: the branch that a constant condition names, or of both branches what a computed one selects. */
import { graph } from '../attributes.js'
import { reshape, type Value } from '../builder.js'
import { InvalidNodeError, isConstant, type OpNode, requireInput } from '../node.js'
import { select } from '../select.js'
import { UnsupportedNodeError } from '../unsupported.js'

export function lower(node: OpNode): readonly Value[] {
  const condition = requireInput(node, 0)
  const branch = (name: string) => node.lowerBody(graph(node.attributes, name), [])
  if (isConstant(condition)) return branch(condition.data[0] === 0 ? 'else_branch' : 'then_branch')
  const [taken, other] = [branch('then_branch'), branch('else_branch')]
  if (taken.length !== other.length) {
    throw new InvalidNodeError(node, `its branches give ${taken.length} and ${other.length} values`)
  }
  const flag = reshape(node.graph, condition, [])
  return taken.map((value, at) => {
    if (value.shape.join() !== other[at]!.shape.join()) {
      throw new UnsupportedNodeError(
        `its branches give shapes ${value.shape.join('x')} and ${other[at]!.shape.join('x')}`,
        'let both branches give tensors of one shape',
      )
    }
    return select(node.graph, flag, value, other[at]!)
  })
}
