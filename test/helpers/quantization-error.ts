/**
 * How far each tensor of an integer program may be from its counterpart in floats on one sample, derived from scales
 * alone: every rounding of a value, weight or bias errs by at most half a step.
 */
import { execute, type Values } from '../../src/model/execute.js'
import { compile } from '../../src/model/functions.js'
import type { Node } from '../../src/model/graph.js'
import type { Linear } from '../../src/model/ops/linear.js'
import { join } from '../../src/model/ops/rearrange.js'
import type { Smooth } from '../../src/model/ops/smooth.js'
import { at, type QuantizedModel } from '../../src/model/quantized.js'
import type { Trace } from '../../src/quantize/quantize.js'

export function errorBounds(
  model: QuantizedModel,
  trace: Trace,
  integers: Values,
  sample: Values,
): Float64Array[] {
  const floats = execute(trace.graph, sample)
  const bounds: Float64Array[] = []
  model.inputs.forEach(({ tensor }, port) => {
    const scale = model.scales[tensor]!
    bounds[tensor] = sample[port]!.map((value, i) => Math.abs(integers[tensor]![i]! * at(scale, i) - value))
  })
  for (const node of model.nodes)
    bounds[node.output] = boundOf(model, trace, node, { bounds, integers, floats })
  return bounds
}

type Known = { readonly bounds: readonly Float64Array[]; readonly integers: Values; readonly floats: Values }

function boundOf(model: QuantizedModel, trace: Trace, node: Node, known: Known): Float64Array {
  const { op } = node
  const errors = join(node.inputs.map((input) => known.bounds[input]!))
  const half = (i: number) => at(model.scales[node.output]!, i) / 2
  switch (op.kind) {
    case 'constant':
      return op.data.map((_, i) => half(i))
    case 'rescale':
      return errors.map((error, i) => error + (op.shift > 0 ? half(i) : 0))
    case 'round':
      return new Float64Array(errors.length).fill(Infinity)
    case 'clamp':
      return errors.map((error, i) => error + half(i))
    case 'rearrange':
      return Float64Array.from(op.index, (from, i) => (from < 0 ? half(i) : errors[from]!))
    case 'max':
      return Float64Array.from({ length: op.groupStart.length - 1 }, (_, group) =>
        Math.max(
          ...[...op.member.subarray(op.groupStart[group], op.groupStart[group + 1])].map((m) => errors[m]!),
        ),
      )
    case 'compare':
      return new Float64Array(op.element.length).fill(1)
    case 'product': {
      const values = join(node.inputs.map((input) => known.integers[input]!))
      const scale = join(
        node.inputs.map((input) => known.integers[input]!.map((_, i) => at(model.scales[input]!, i))),
      )
      return Float64Array.from(op.left, (left, i) => {
        const right = op.right[i]!
        const [a, b] = [Math.abs(values[left]! * scale[left]!), Math.abs(values[right]! * scale[right]!)]
        return a * errors[right]! + b * errors[left]! + errors[left]! * errors[right]!
      })
    }
    case 'argmax':
      return new Float64Array(op.groupStart.length - 1).fill(Infinity)
    case 'piecewise':
    case 'quotient':
    case 'root':
      return functionBound(model, trace, node, known)
    case 'smooth':
      throw new Error('An integer program has no functions of reals.')
    case 'linear':
      return linearBound(model, trace, node, {
        errors,
        integers: join(node.inputs.map((input) => known.integers[input]!)),
      })
  }
}

/** What the operator errs by on the reals that its inputs stand for, and what these make of the errors before it. */
function functionBound(model: QuantizedModel, trace: Trace, node: Node, known: Known): Float64Array {
  const counterpart = trace.counterpart[node.output]!
  const reals = join(
    node.inputs.map((input) => known.integers[input]!.map((x, i) => x * at(model.scales[input]!, i))),
  )
  const { exact, error } = functionOf(model, trace, node, reals)
  return known.floats[counterpart]!.map((wanted, i) => error(i) + Math.abs(exact(i) - wanted))
}

function functionOf(
  model: QuantizedModel,
  trace: Trace,
  node: Node,
  reals: Float64Array,
): { exact: (i: number) => number; error: (i: number) => number } {
  const { op } = node
  const step = (i: number) => at(model.scales[node.output]!, i)
  if (op.kind === 'quotient') {
    return { exact: (i) => reals[op.left[i]!]! / reals[op.right[i]!]!, error: (i) => step(i) / 2 }
  }
  if (op.kind === 'root') return { exact: (i) => Math.sqrt(reals[i]!), error: step }
  const float = trace.graph.nodes.find(({ output }) => output === trace.counterpart[node.output])!
  const { within, from, to } = promiseOf(model, float)
  const f = compile((float.op as Smooth).expression)
  // the ends are told in three digits
  const spare = (end: number) => (Number.isFinite(end) ? Math.abs(end) : 0)
  const held = (x: number, inwards: number) =>
    f(Math.min(Math.max(x, from + inwards * spare(from)), to - inwards * spare(to)))
  return {
    exact: (i) => held(reals[i]!, 0),
    error: (i) => within * (1 + TOLD) + Math.abs(held(reals[i]!, TOLD) - held(reals[i]!, -TOLD)),
  }
}

/** Three digits are this near. */
const TOLD = 0.005

/** What the model's notes say of a function: how near it is, and beyond which ends it stays constant. */
function promiseOf({ notes }: QuantizedModel, { name, source }: Pick<Node, 'name' | 'source'>) {
  const number = '(-?[\\d.e+-]+)'
  const numbers = (pattern: string) =>
    notes.flatMap((note) => new RegExp(pattern).exec(note)?.slice(1).map(Number) ?? [])
  const [within] = numbers(` computes? ${source} by lines .*, within ${number} of it.$`)
  const [from = -Infinity, to = Infinity] = numbers(
    `^Layer "${name}" .* stays constant beyond ${number} to ${number}.$`,
  )
  return { within: within!, from, to }
}

function linearBound(
  model: QuantizedModel,
  trace: Trace,
  node: Node,
  joined: { errors: Float64Array; integers: Float64Array },
): Float64Array {
  const half = (row: number) => at(model.scales[node.output]!, row) / 2
  const float = trace.graph.nodes.find(({ output }) => output === trace.counterpart[node.output])!
  const aligned =
    node.source === 'Mul' && trace.counterpart[node.inputs[0]!] === trace.counterpart[node.output]
  if (aligned) return joined.errors.map((error, i) => error + half(i) * Math.abs(joined.integers[i]!))
  const { rowStart, column, weight, weights, bias } = float.op as Linear
  const moved = trace.moved.get(node.output)
  return bias.map((_, row) => {
    let bound = half(row) * (1 + 2 * Math.abs(moved?.[row] ?? 0))
    for (let entry = rowStart[row]!; entry < rowStart[row + 1]!; entry++) {
      const from = column[entry]!
      bound +=
        Math.abs(weights[weight[entry]!]!) * joined.errors[from]! +
        half(row) * Math.abs(joined.integers[from]!)
    }
    return bound
  })
}
