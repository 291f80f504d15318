/** Inclusive integer bounds, one pair an element. */
export type Interval = {
  readonly lo: Float64Array
  readonly hi: Float64Array
}

/** The same as `join` of values: intervals of a node's inputs end to end. */
export function joinIntervals(inputs: readonly Interval[]): Interval {
  if (inputs.length === 1) return inputs[0]!
  const size = inputs.reduce((sum, input) => sum + input.lo.length, 0)
  const joined = { lo: new Float64Array(size), hi: new Float64Array(size) }
  let offset = 0
  for (const { lo, hi } of inputs) {
    joined.lo.set(lo, offset)
    joined.hi.set(hi, offset)
    offset += lo.length
  }
  return joined
}

/** Both ends through a function that never decreases. */
export function mapMonotone({ lo, hi }: Interval, f: (x: number) => number): Interval {
  return { lo: lo.map(f), hi: hi.map(f) }
}

/** The hull over all elements. */
export function hull({ lo, hi }: Interval): { lo: number; hi: number } {
  let [least, greatest] = [Infinity, -Infinity]
  for (let i = 0; i < lo.length; i++) {
    least = Math.min(least, lo[i]!)
    greatest = Math.max(greatest, hi[i]!)
  }
  return { lo: least, hi: greatest }
}
