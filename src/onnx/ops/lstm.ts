/**
 * LSTM: c becomes f * c + i * g, and h becomes o * tanh(c). Peepholes let the gates see c: i and f the last, o the new
 * one. With `input_forget` the forget gate is 1 - i.
 */
import { int } from '../attributes.js'
import type { Value } from '../builder.js'
import { APPROXIMATES, type OpNode } from '../node.js'
import {
  type Cell,
  complement,
  type Direction,
  gated,
  gateSum,
  isZero,
  plus,
  type State,
  unroll,
} from '../recurrent.js'

export const tolerance = APPROXIMATES

const [I, O, F, C] = [0, 1, 2, 3]
/** The order of the peepholes is another one. */
const PEEPHOLE = new Map([
  [I, 0],
  [O, 1],
  [F, 2],
])

export function lower(node: OpNode): Value[] {
  return unroll(node, {
    gates: 4,
    initial: [5, 6],
    peepholes: { input: 7, gates: 3 },
    activations: ['Sigmoid', 'Tanh', 'Tanh'],
    // as ONNX Runtime has it: the cell's state is not limited on its way to the output
    clipped: 2,
    cell,
  })
}

function cell(direction: Direction): Cell {
  const { graph, attributes } = direction.node
  const [, g, h] = direction.activations
  const coupled = int(attributes, 'input_forget', 0) !== 0
  return (x, state) => {
    const [last, c] = state as [Value, Value]
    const i = gate(direction, I, x, state)
    const kept = isZero(c)
      ? c
      : gated(graph, c, coupled ? complement(graph, i) : gate(direction, F, x, state))
    const added = gated(graph, g!(graph, gateSum(direction, C, x, last)), i)
    const next = plus(graph, kept, added)
    const o = gate(direction, O, x, [last, next])
    return [gated(graph, h!(graph, next), o), next]
  }
}

function gate(direction: Direction, number: number, x: Value, [h, c]: State): Value {
  const { graph } = direction.node
  const [f] = direction.activations
  const sum = gateSum(direction, number, x, h)
  const weights = direction.peephole(PEEPHOLE.get(number)!)
  return f!(graph, weights === undefined ? sum : plus(graph, sum, gated(graph, c!, weights)))
}
