/** Which widths of a model are worth choosing on their own, and how much work a trial of some is. */
import { sizeOf } from '../base/tensor.js'
import { accumulatorsOf, elementsOf, newLowering, settledAs } from './lowering.js'
import { newProgram } from './program.js'
import type { Prepared } from './quantize.js'
import { DEFAULT_BITS } from './scheme.js'
import type { Knob } from './search.js'

/** Of nets with more layers, those whose widths cost most. */
const MOST_KNOBS = 24

/**
 * Weights of each layer whose sums are taken apart, the activations that are read by such layers, and functions, whose
 * pieces grow with the digits of their results; those that most pay for come first. Others cost nothing, and have bits to
 * spare already.
 */
export function knobsOf({ graph, ranges }: Prepared): Knob[] {
  const state = newLowering(graph, ranges, DEFAULT_BITS, newProgram())
  const paid = new Map<string, { knob: Knob; elements: number }>()
  const add = (knob: Knob, elements: number) => {
    if (elements > 0) paid.set(`${knob.what} ${knob.layer}`, { knob, elements })
  }
  for (const { name, op, output } of graph.nodes) {
    if (op.kind === 'linear') add({ layer: name, what: 'weight' }, accumulatorsOf(state, output))
    if (!['linear', 'product', 'smooth'].includes(op.kind)) continue
    const settled = settledAs(state, output)
    const readers = state.consumers[settled]!.reduce(
      (sum, node) => sum + accumulatorsOf(state, node.output),
      op.kind === 'smooth' ? elementsOf(state, output) : 0,
    )
    add({ layer: state.producers[settled]!.name, what: 'activation' }, readers)
  }
  return [...paid.values()]
    .toSorted((a, b) => b.elements - a.elements)
    .slice(0, MOST_KNOBS)
    .map(({ knob }) => knob)
}

/** Products and comparisons of one run of the model: what a trial's time goes with. */
export function workOf({ graph }: Prepared): number {
  return graph.nodes.reduce((sum, { op, output }) => {
    const elements = sizeOf(graph.tensors[output]!.shape)
    if (op.kind === 'linear') return sum + op.column.length + elements
    return sum + (op.kind === 'max' || op.kind === 'argmax' ? op.member.length : elements)
  }, 1)
}
