/**
 * Finds the even grid that values lie on, such as k/255, k/16, k/10 or the integers.
 *
 * Trap: values come through float32, so that 0.1 is 0.10000000149: multiples are recognised within a tolerance, never
 * by equality.
 */

export type Grid = {
  /** Distance of neighbouring levels. Positive. */
  readonly step: number
  /** Steps between the least and the greatest value seen. */
  readonly span: number
}

/** Relative rounding error of float32, twice. */
const FLOAT32 = 2 ** -23

/** How far, in steps, a value may lie from its level. */
const TOLERANCE = 2e-3

/**
 * The coarsest grid with at most `levels` levels that holds every value (not necessarily zero); undefined when there is
 * none, or only one value. `values` are distinct.
 */
export function findGrid(values: Float64Array, levels: number): Grid | undefined {
  const { least, greatest } = extremes(values)
  const span = greatest - least
  const finest = span / (levels - 1)
  const noise = FLOAT32 * Math.max(Math.abs(least), Math.abs(greatest))
  if (!(span > 0) || noise > TOLERANCE * finest) return undefined

  let step = span
  for (const value of values) {
    const common = divisor(step, value - least, finest / 20)
    // the whole span is a multiple too: dividing it anew keeps errors from adding up
    step = span / Math.round(span / common)
    if (step < finest * (1 - TOLERANCE)) return undefined
  }
  const steps = Math.round(span / step)
  const settled = snap(span / steps)
  const lies = (value: number) => {
    const at = (value - least) / settled
    return Math.abs(at - Math.round(at)) <= TOLERANCE + (2 * noise) / settled
  }
  return values.every(lies) ? { step: settled, span: steps } : undefined
}

/** Euclid's algorithm on reals, where a remainder below `floor` counts as none. */
function divisor(a: number, b: number, floor: number): number {
  let [big, small] = [Math.max(a, b), Math.min(a, b)]
  while (small > floor) {
    const rest = Math.abs(big - Math.round(big / small) * small)
    big = small
    small = rest
  }
  return big
}

/** 1/n where the step is that within float32's error: 1/255, not what float32 made of it. */
function snap(step: number): number {
  const inverse = Math.round(1 / step)
  return inverse >= 1 && Math.abs(inverse * step - 1) < 1e-6 ? 1 / inverse : step
}

export function extremes(values: Float64Array): { least: number; greatest: number } {
  let [least, greatest] = [Infinity, -Infinity]
  for (const value of values) {
    if (value < least) least = value
    if (value > greatest) greatest = value
  }
  return { least, greatest }
}
