/** What values the float program takes on the calibration samples: plain float64, so the same on every machine. */

import { exponentOf } from '../base/elementary.js'
import { BaseError } from '../base/errors.js'
import { formatShape, sizeOf } from '../base/tensor.js'
import { execute, type Values } from '../model/execute.js'
import type { Graph, TensorId } from '../model/graph.js'
import type { Interval } from '../model/interval.js'

/** The least and the greatest value seen in a tensor. */
export type Range = { readonly lo: number; readonly hi: number }

/**
 * Outward to a grid of so many bits, each end by itself. Values that the same program takes on elsewhere, with another
 * last bit, then give the same range; and no end crosses zero, which keeps its sign and what follows from it.
 */
const GRID_BITS = 12

/** A range rounded outward, by less than a two-thousandth of either end. */
export function coarse({ lo, hi }: Range): Range {
  return { lo: -roundedUp(-lo), hi: roundedUp(hi) }
}

function roundedUp(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value
  const step = 2 ** (exponentOf(value) - GRID_BITS + 1)
  // below the smallest normal numbers there is no such step
  return step === 0 ? value : Math.ceil(value / step) * step + 0
}

/**
 * The range of every tensor over `samples` (each one array an input port, in the ports' order, row-major). Throws
 * `NoSamplesError`, `SampleShapeError`, `NotFiniteError`.
 */
export function calibrate(graph: Graph, samples: readonly Values[]): Range[] {
  if (samples.length === 0) throw new NoSamplesError()
  const ranges = graph.tensors.map(() => ({ lo: Infinity, hi: -Infinity }))
  samples.forEach((sample, index) => {
    checkSample(graph, sample, index)
    execute(graph, sample).forEach((values, tensor) => {
      widen(ranges[tensor]!, values)
    })
  })
  for (const node of graph.nodes) {
    const { lo, hi } = ranges[node.output]!
    if (sizeOf(graph.tensors[node.output]!.shape) === 0) ranges[node.output] = { lo: 0, hi: 0 }
    else if (!Number.isFinite(lo) || !Number.isFinite(hi)) throw new NotFiniteError(node.name, node.source)
  }
  return ranges
}

/** The least and the greatest value of each element of each linear layer's result, by tensor. */
export function extremesOf(graph: Graph, samples: readonly Values[]): ReadonlyMap<TensorId, Interval> {
  const layers = graph.nodes.filter(({ op }) => op.kind === 'linear')
  const extremes = new Map(
    layers.map(({ output }) => {
      const size = sizeOf(graph.tensors[output]!.shape)
      return [
        output,
        { lo: new Float64Array(size).fill(Infinity), hi: new Float64Array(size).fill(-Infinity) },
      ]
    }),
  )
  for (const sample of samples) {
    const values = execute(graph, sample)
    for (const [tensor, { lo, hi }] of extremes) {
      values[tensor]!.forEach((value, i) => {
        lo[i] = Math.min(lo[i]!, value)
        hi[i] = Math.max(hi[i]!, value)
      })
    }
  }
  return extremes
}

function widen(range: { lo: number; hi: number }, values: Float64Array): void {
  let { lo, hi } = range
  for (const value of values) {
    // not by comparison: NaN has to stay, whatever comes after it, to be noticed
    lo = Math.min(lo, value)
    hi = Math.max(hi, value)
  }
  range.lo = lo
  range.hi = hi
}

function checkSample(graph: Graph, sample: Values, index: number): void {
  graph.inputs.forEach((port, at) => {
    const { shape } = graph.tensors[port.tensor]!
    const values = sample[at]
    if (values?.length !== sizeOf(shape)) throw new SampleShapeError(index, port.name, shape, values?.length)
    const bad = values.findIndex((value) => !Number.isFinite(value))
    if (bad >= 0) throw new SampleValueError(index, port.name, bad, values[bad]!)
  })
}

export class NoSamplesError extends BaseError {
  override name = 'Quantize.NoSamplesError'
  constructor() {
    super('There are no calibration samples.', {
      hint: 'give samples like those that the model will see (--data FILE); a hundred are enough for most models',
    })
  }
}

export class SampleShapeError extends BaseError {
  override name = 'Quantize.SampleShapeError'
  constructor(
    readonly sample: number,
    readonly input: string,
    readonly shape: readonly number[],
    readonly found: number | undefined,
  ) {
    super(`Calibration sample ${sample} does not fit input "${input}".`, {
      details: [
        `the input takes ${sizeOf(shape)} values (${formatShape(shape)})`,
        `the sample has ${found ?? 'none'}`,
      ],
      hint: 'give one array of that size for each input of the model',
    })
  }
}

export class SampleValueError extends BaseError {
  override name = 'Quantize.SampleValueError'
  constructor(
    readonly sample: number,
    readonly input: string,
    readonly element: number,
    readonly value: number,
  ) {
    super(`Calibration sample ${sample} has ${value} at element ${element} of input "${input}".`, {
      hint: 'remove the sample or fill in the missing value as the model expects it',
    })
  }
}

export class NotFiniteError extends BaseError {
  override name = 'Quantize.NotFiniteError'
  constructor(
    readonly node: string,
    readonly source: string,
  ) {
    super(`Layer "${node}" (${source}) gives NaN or infinity on the calibration samples.`, {
      hint: 'run the model on these samples in ONNX Runtime: its weights, or the samples, are not what they should be',
    })
  }
}
