/** Nodes of the integer program that stand for a node of the float program. */
import type { Node, TensorId } from '../model/graph.js'
import type { Scale } from '../model/quantized.js'
import type { Lowering } from './lowering.js'
import { addNode, NO_COUNTERPART, type Step } from './program.js'

/** Writes a node that makes the float node's output, or with `inner` a step on the way to it. */
export function emit(
  state: Lowering,
  node: Node,
  op: Step['op'],
  inputs: readonly TensorId[],
  scale: Scale,
  options: { bound?: Step['output']['bound']; inner?: boolean | string } = {},
): TensorId {
  const info = state.graph.tensors[node.output]!
  const suffix = options.inner ? `/${options.inner === true ? 'rescale' : options.inner}` : ''
  return addNode(state.program, {
    name: node.name + suffix,
    source: node.source,
    op,
    inputs,
    output: {
      name: info.name + suffix,
      shape: info.shape,
      scale,
      counterpart: options.inner ? NO_COUNTERPART : node.output,
      ...(options.bound && { bound: options.bound }),
    },
  })
}
