/** A seeded generator (xorshift128), the same on every machine; tests print its seed when they fail. */
export class Random {
  private state: [number, number, number, number]

  constructor(readonly seed: number) {
    this.state = [seed | 0, 0x9e3779b9, 0x243f6a88, 0xb7e15162]
    for (let i = 0; i < 20; i++) this.bits()
  }

  /** 32 bits, unsigned. */
  bits(): number {
    const [x, , , w] = this.state
    let t = x ^ (x << 11)
    t ^= t >>> 8
    const next = w ^ (w >>> 19) ^ t
    this.state = [this.state[1], this.state[2], this.state[3], next]
    return next >>> 0
  }

  /** An integer of [lo, hi]. */
  int(lo: number, hi: number): number {
    return lo + (this.bits() % (hi - lo + 1))
  }

  /** A number of [lo, hi). */
  float(lo: number, hi: number): number {
    return lo + (this.bits() / 2 ** 32) * (hi - lo)
  }

  pick<T>(values: readonly T[]): T {
    return values[this.int(0, values.length - 1)]!
  }

  /** Positive parts that add up to a positive whole. */
  split(whole: number): number[] {
    const parts: number[] = []
    for (let rest = whole; rest > 0; ) {
      const part = this.int(1, Math.min(rest, 5))
      parts.push(part)
      rest -= part
    }
    return parts
  }
}
