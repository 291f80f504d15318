/** Comparisons and products of the float program in integers. */
import type { Node, TensorId } from '../model/graph.js'
import { joinIntervals } from '../model/interval.js'
import type { Compare } from '../model/ops/compare.js'
import type { Product } from '../model/ops/product.js'
import { at, type Scale } from '../model/quantized.js'
import { elementsOf, type Lowering } from './lowering.js'

/**
 * x >= threshold (x > threshold, where strict) in the integers that stand for x.
 *
 * Where x is rounded, an integer stands for reals on both sides of a threshold; trees often put theirs on the very values
 * of their data, and then all data that is near a threshold tends to lie on one side of it. So the integer is the one of
 * the threshold itself, or the next, as the samples near thresholds have it; without such samples the least whose real
 * value reaches it. It is moved by what is needed to keep the samples of x, where they are known, on their own sides.
 */
export function integerThresholds(op: Compare, scale: Scale, samples: readonly Float64Array[] = []): Compare {
  const lean = leanOf(op, samples)
  const threshold = op.threshold.map((real, i) => {
    const element = op.element[i]!
    const step = at(scale, element)
    const strict = op.strict?.[i] === 1
    const least = integerThreshold(real / step, lean, strict)
    let [below, above] = [-Infinity, Infinity]
    for (const sample of samples) {
      const value = sample[element]!
      const integer = Math.round(value / step)
      if (value < real || (strict && value === real)) below = Math.max(below, integer)
      else above = Math.min(above, integer)
    }
    return below < above ? Math.min(Math.max(least, below + 1), above) + 0 : least
  })
  return { kind: 'compare', element: op.element, threshold }
}

/** The least integer on the upper side of a threshold that is so many steps from zero, before samples are looked at. */
export function integerThreshold(steps: number, lean: Lean, strict = false): number {
  if (lean === 'neither') return leastReaching(steps, strict)
  return Math.round(steps) + (lean === 'below' ? 1 : 0)
}

export type Lean = 'below' | 'above' | 'neither'

/** On which side of thresholds most of those samples lie that are as good as on one. */
function leanOf(op: Compare, samples: readonly Float64Array[]): Lean {
  let balance = 0
  for (const sample of samples) {
    op.threshold.forEach((real, i) => {
      const value = sample[op.element[i]!]!
      if (Math.abs(value - real) > NEAR * Math.abs(real)) return
      balance += value > real || (value === real && op.strict?.[i] !== 1) ? 1 : -1
    })
  }
  if (balance === 0) return 'neither'
  return balance > 0 ? 'above' : 'below'
}

/** A few roundings to float32. */
const NEAR = 2 ** -21

/** A threshold on the grid itself must not move by a step because of a division's last bit. */
function leastReaching(steps: number, strict: boolean): number {
  const nearest = Math.round(steps)
  const onGrid = Math.abs(steps - nearest) <= ON_GRID * Math.max(1, Math.abs(nearest))
  return (onGrid ? nearest + (strict ? 1 : 0) : Math.ceil(steps)) + 0
}

/** Far below what tells two neighbours in float32 apart, and above what float64 loses. */
const ON_GRID = 1e-10

/** Whether one of the two is a flag in every product: 0 or 1, or -1 where interval arithmetic knows no better. */
export function isFlagged(state: Lowering, { inputs }: Node, op: Product): boolean {
  const { bounds, scales } = state.program
  const ids = inputs.map((tensor) => state.forms[tensor]!.raw)
  const { lo, hi } = joinIntervals(ids.map((id) => bounds[id]!))
  const isUnit = ids.flatMap((id, at) => {
    const size = elementsOf(state, inputs[at]!)
    return new Array<boolean>(size).fill(scales[id]!.length === 1 && scales[id]![0] === 1)
  })
  const isFlag = (element: number) => isUnit[element]! && lo[element]! >= -1 && hi[element]! <= 1
  return op.left.every((left, i) => isFlag(left) || isFlag(op.right[i]!))
}

/** A product's real value is the product of both scales times the integer. */
export function productScale(op: Product, scale: Scale): Scale {
  if (scale.length === 1) return Float64Array.of(scale[0]! * scale[0]!)
  const scales = Float64Array.from(op.left, (left, i) => scale[left]! * scale[op.right[i]!]!)
  return scales.every((one) => one === scales[0]) ? scales.slice(0, 1) : scales
}

/** Whether nothing but comparisons reads a tensor: then only its order counts, and its bits are cheap. */
export function isOnlyCompared(tensor: TensorId, consumers: readonly (readonly Node[])[]): boolean {
  const readers = consumers[tensor]!
  return readers.length > 0 && readers.every(({ op }) => op.kind === 'compare')
}

/** A threshold, and on which side data lies that stands on it. */
export type Threshold = { readonly value: number; readonly lean: Lean }

/** The thresholds of each element of an input that only comparisons read. */
export function thresholdsOf(state: Lowering, tensor: TensorId): Threshold[][] {
  const thresholds = Array.from({ length: elementsOf(state, tensor) }, (): Threshold[] => [])
  for (const { op, inputs } of state.consumers[tensor]!) {
    if (op.kind !== 'compare') continue
    // as `integerThresholds` is told of them
    const lean = inputs.length === 1 ? leanOf(op, state.samples.get(tensor) ?? []) : 'neither'
    let first = 0
    for (const input of inputs) {
      const last = first + elementsOf(state, input)
      for (const [i, element] of op.element.entries()) {
        if (input === tensor && element >= first && element < last)
          thresholds[element - first]!.push({ value: op.threshold[i]!, lean })
      }
      first = last
    }
  }
  return thresholds
}
