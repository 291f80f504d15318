/**
 * GRU: with the gates z and r and the proposal n, h becomes n + z * (h - n), which is (1 - z) * n + z * h with one product
 * less. `linear_before_reset` says whether r applies to the state or to what R makes of it.
 */
import { difference } from '../affine.js'
import { int } from '../attributes.js'
import type { Value } from '../builder.js'
import { APPROXIMATES, type OpNode } from '../node.js'
import { type Cell, type Direction, gated, gateSum, plus, project, unroll } from '../recurrent.js'

export const tolerance = APPROXIMATES

const [Z, R, N] = [0, 1, 2]

export function lower(node: OpNode): Value[] {
  return unroll(node, { gates: 3, initial: [5], activations: ['Sigmoid', 'Tanh'], clipped: 2, cell })
}

function cell(direction: Direction): Cell {
  const { graph } = direction.node
  const [f, g] = direction.activations
  return (x, [h]) => {
    const z = f!(graph, gateSum(direction, Z, x, h))
    const r = f!(graph, gateSum(direction, R, x, h))
    const n = g!(graph, proposal(direction, x, h!, r))
    return [plus(graph, n, gated(graph, difference(graph, h!, n), z))]
  }
}

function proposal(direction: Direction, x: Value, h: Value, r: Value): Value {
  const { node } = direction
  if (int(node.attributes, 'linear_before_reset', 0) === 0)
    return gateSum(direction, N, x, gated(node.graph, h, r))
  const recurrent = project(node, h, direction.R(N), direction.biasR(N))
  return plus(node.graph, gateSum(direction, N, x), gated(node.graph, recurrent, r))
}
