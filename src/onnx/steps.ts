/**
 * Conditions on one feature as steps of the real line: 0 or 1 far below, and the other value from each edge on.
 *
 * Trap: trees compare in float32 (or float64, where the model says so), so that x <= t is x < the next number after t,
 * and x = t a step up at t and down again at the next number.
 */

export type Step = {
  /** The value below all edges. */
  readonly start: 0 | 1
  /** Rising; finite. */
  readonly edges: readonly number[]
}

export type Precision = 'float32' | 'float64'

/** 1 from the edge on. An edge at infinity is never reached, or always. */
export function atLeast(edge: number): Step {
  if (Number.isFinite(edge)) return { start: 0, edges: [edge] }
  return { start: edge < 0 ? 1 : 0, edges: [] }
}

export function above(value: number, precision: Precision): Step {
  return value === -Infinity ? { start: 1, edges: [] } : atLeast(next(value, precision))
}

/** 1 at each of the values, and nowhere else. */
export function among(values: readonly number[], precision: Precision): Step {
  const edges = new Set<number>()
  for (const value of new Set(values)) {
    if (!Number.isFinite(value)) continue
    // where one value ends and its neighbour begins there is no edge
    for (const edge of [value, next(value, precision)]) if (!edges.delete(edge)) edges.add(edge)
  }
  return { start: 0, edges: [...edges].filter(Number.isFinite).sort((a, b) => a - b) }
}

export function not({ start, edges }: Step): Step {
  return { start: start === 0 ? 1 : 0, edges }
}

/** The least number above a number, of the same precision. Bits of floats count up with their magnitude. */
function next(value: number, precision: Precision): number {
  if (value === Infinity) return value
  if (precision === 'float64') {
    const double = Float64Array.of(value)
    if (double[0] === 0) return Number.MIN_VALUE
    new BigInt64Array(double.buffer)[0]! += value > 0 ? 1n : -1n
    return double[0]!
  }
  const float = Float32Array.of(value)
  if (float[0] === 0) return 2 ** -149
  new Int32Array(float.buffer)[0]! += value > 0 ? 1 : -1
  return float[0]!
}
