/** RNN: h = f(W x + R h + biases), step by step. */
import type { Value } from '../builder.js'
import { APPROXIMATES, type OpNode } from '../node.js'
import { type Cell, type Direction, gateSum, unroll } from '../recurrent.js'

export const tolerance = APPROXIMATES

export function lower(node: OpNode): Value[] {
  return unroll(node, { gates: 1, initial: [5], activations: ['Tanh'], clipped: 1, cell })
}

function cell(direction: Direction): Cell {
  const { graph } = direction.node
  const [f] = direction.activations
  return (x, [h]) => [f!(graph, gateSum(direction, 0, x, h))]
}
