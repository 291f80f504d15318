/**
 * Final sums are moved by what they are usually off. Broken lines and rounded weights are wrong in one direction wherever
 * a model's values move little, and a recurrence adds that up from step to step; a constant at the end takes it away
 * again, and costs a circuit nothing.
 *
 * By the median of the samples, not the mean: what a rounding moves across a jump now and then must not move the rest. And
 * only where nearly all samples are off to one side: what scatters around zero would only be given more noise.
 * Only where nothing but the model's outputs, and choices among them, is made of the sums: all other bounds stay.
 */
import { execute, type Values } from '../model/execute.js'
import type { Graph, Node, TensorId } from '../model/graph.js'
import type { Linear } from '../model/ops/linear.js'
import { at, type QuantizedModel } from '../model/quantized.js'
import { quantizeInputs } from './input.js'
import type { Seen } from './seen.js'

/** Of this many samples one, and no more, may be off to the other side. */
const ONE_IN = 8

/** Samples that are looked at: a median needs few, and each is run once more for every choice of bits. */
const SAMPLES = 16

type FinalSum = Node & { readonly op: Linear }

/** The float values of the samples that `centred` looks at: the same for every choice of bits. */
export function centreSamples(graph: Graph, calibration: readonly Values[]) {
  const step = Math.max(1, Math.ceil(calibration.length / SAMPLES))
  const samples = calibration.filter((_, index) => index % step === 0)
  return samples.map((sample) => ({ sample, truth: execute(graph, sample) }))
}

export type Centred = {
  readonly model: QuantizedModel
  /** By tensor: how far, in integers, each of its elements was moved. */
  readonly moved: ReadonlyMap<TensorId, Float64Array>
}

/** The model with the biases of its final sums moved. `counterpart` says which float tensor each tensor stands for. */
export function centred(
  model: QuantizedModel,
  counterpart: readonly TensorId[],
  samplesOf: () => ReturnType<typeof centreSamples>,
  seen: Seen,
): Centred {
  const sums = finalSums(model).filter(({ output }) => counterpart[output]! >= 0)
  if (sums.length === 0) return { model, moved: new Map() }
  let ran: { values: Values; truth: Values }[] | undefined
  const runs = () => {
    ran ??= samplesOf().map(({ sample, truth }) => ({
      values: execute(model, quantizeInputs(model, sample)),
      truth,
    }))
    return ran
  }
  const moved = new Map(
    sums.map(({ output }) => {
      const scale = model.scales[output]!
      const find = () =>
        offsets(
          runs().map(({ values, truth }) =>
            values[output]!.map((value, i) => value - truth[counterpart[output]!]![i]! / at(scale, i)),
          ),
        )
      return [output, seen.moves(model.tensors[output]!.name, find)]
    }),
  )
  return { model: { ...model, nodes: model.nodes.map((node) => shift(node, moved.get(node.output))) }, moved }
}

function offsets(errors: readonly Float64Array[]): Float64Array {
  return errors[0]!.map((_, row) => -Math.round(common(errors.map((error) => error[row]!))) + 0)
}

function shift(node: Node, by: Float64Array | undefined): Node {
  if (by === undefined || node.op.kind !== 'linear') return node
  return { ...node, op: { ...node.op, bias: node.op.bias.map((value, row) => value + by[row]!) } }
}

/** Sums that only outputs, layout and choices of the largest are made of. */
function finalSums({ nodes, outputs }: QuantizedModel): FinalSum[] {
  const isFinal = new Set(outputs.map(({ tensor }) => tensor))
  const isRead = new Set<TensorId>()
  const sums: FinalSum[] = []
  for (const node of nodes.toReversed()) {
    const { op, output, inputs } = node
    const ends = isFinal.has(output) && !isRead.has(output)
    if (ends && op.kind === 'linear') sums.push({ ...node, op })
    const passes = ends && (op.kind === 'argmax' || op.kind === 'rearrange')
    for (const input of inputs) (passes ? isFinal : isRead).add(input)
  }
  return sums
}

/** The median where nearly all are on one side of zero, else zero. */
function common(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const strays = Math.floor(sorted.length / ONE_IN)
  const isCommon = sorted[strays]! > 0 || sorted.at(-1 - strays)! < 0
  return strays > 0 && isCommon ? sorted[sorted.length >> 1]! : 0
}
