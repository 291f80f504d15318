/**
 * From an integer program to constraints: the one walk that builder, evaluator and counter share.
 *
 * Proves: for inputs in their declared domain, the packed outputs are what `execute` gives; public inputs are the ones
 * packed in the signals; the context is bound.
 */
import { plan, type Statement } from '../artifacts/statement.js'
import { sizeOf } from '../base/tensor.js'
import { type Bounds, boundsOf } from '../model/bounds.js'
import type { Node } from '../model/graph.js'
import { hull } from '../model/interval.js'
import { at, type QuantizedModel } from '../model/quantized.js'
import type { ConstraintSystem, Layout } from './cs/api.js'
import { tensorsToWire } from './density.js'
import { assertPacked } from './gadgets/pack.js'
import { assertInterval } from './gadgets/range.js'
import * as ArgMax from './ops/argmax.js'
import * as Clamp from './ops/clamp.js'
import * as Constant from './ops/constant.js'
import * as Linear from './ops/linear.js'
import * as Max from './ops/max.js'
import * as Rearrange from './ops/rearrange.js'
import * as Rescale from './ops/rescale.js'
import type { Wired } from './ops/wired.js'

/** Which of a model's inputs the statement shows. */
export type Visibility = 'public' | 'private'

/** Everything about a circuit that is known before it is written. */
export type Blueprint = {
  readonly model: QuantizedModel
  readonly bounds: Bounds
  readonly statement: Statement
  readonly layout: Layout
  /** By tensor id: whether its elements become wires (see density.ts). */
  readonly wired: readonly boolean[]
}

/** Throws `Bounds.OverflowError` where a value could leave the exact integers. */
export function draft(model: QuantizedModel, inputs: Visibility): Blueprint {
  const bounds = boundsOf(model)
  const extent = ({ name, tensor }: { name: string; tensor: number }) => ({
    name,
    count: sizeOf(model.tensors[tensor]!.shape),
    ...hull(bounds[tensor]!),
  })
  const statement = plan(model.outputs.map(extent), inputs === 'public' ? model.inputs.map(extent) : [])
  const layout = {
    publicOutputs: Array.from({ length: statement.context }, (_, i) => `signal[${i}]`),
    publicInputs: ['context'],
    privateInputs: model.inputs.map((port) => ({ name: port.name, size: extent(port).count })),
  }
  return { model, bounds, statement, layout, wired: tensorsToWire(model, bounds) }
}

export function synthesize<V>(cs: ConstraintSystem<V>, blueprint: Blueprint): void {
  const { model, bounds, statement } = blueprint
  const tensors = new Array<readonly V[]>(model.tensors.length)
  synthesizeInputs(cs, model, tensors)
  for (const node of model.nodes) {
    const inputs = node.inputs.map((id) => ({ values: tensors[id]!, bounds: bounds[id]! }))
    tensors[node.output] = cs.scope(node.name, undefined, () => {
      const values = constrain(cs, node, inputs)
      if (!blueprint.wired[node.output]) return values
      return values.map((value, i) => cs.scope('element', i, () => cs.wire(value, 'value')))
    })
  }
  cs.scope('statement', undefined, () => {
    const outputs = model.outputs.map(({ name, tensor }) =>
      tensors[tensor]!.map((value, i) => cs.output(name, i, value)),
    )
    for (const [i, packing] of statement.outputs.entries()) assertPacked(cs, packing, outputs[i]!)
    for (const [i, packing] of statement.inputs.entries()) {
      assertPacked(cs, packing, tensors[model.inputs[i]!.tensor]!)
    }
    const context = cs.publicInput(0)
    cs.product(context, context, 'contextSquared')
  })
}

/** The declared domain of every input element, enforced. */
function synthesizeInputs<V>(
  cs: ConstraintSystem<V>,
  model: QuantizedModel,
  tensors: (readonly V[])[],
): void {
  let first = 0
  cs.scope('input', undefined, () => {
    for (const { name, tensor, lo, hi } of model.inputs) {
      const offset = first
      const values = Array.from({ length: sizeOf(model.tensors[tensor]!.shape) }, (_, i) =>
        cs.privateInput(offset + i),
      )
      values.forEach((value, i) => {
        cs.scope(name, i, () => assertInterval(cs, value, at(lo, i), at(hi, i), 'input'))
      })
      tensors[tensor] = values
      first += values.length
    }
  })
}

function constrain<V>(cs: ConstraintSystem<V>, { op }: Node, inputs: readonly Wired<V>[]): readonly V[] {
  switch (op.kind) {
    case 'argmax':
      return ArgMax.constrain(cs, op, inputs)
    case 'clamp':
      return Clamp.constrain(cs, op, inputs)
    case 'constant':
      return Constant.constrain(cs, op)
    case 'linear':
      return Linear.constrain(cs, op, inputs)
    case 'max':
      return Max.constrain(cs, op, inputs)
    case 'rearrange':
      return Rearrange.constrain(cs, op, inputs)
    case 'rescale':
      return Rescale.constrain(cs, op, inputs)
  }
}
