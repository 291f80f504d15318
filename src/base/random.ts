/** A seeded generator (mulberry32): the same numbers on every machine. Nothing here is secret. */
import { mod } from './field.js'

export class Random {
  private state: number

  constructor(readonly seed: number) {
    this.state = seed >>> 0
  }

  /** 32 bits, unsigned. */
  bits(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }

  /** A number in [0, 1). */
  unit(): number {
    return this.bits() / 2 ** 32
  }

  /** An integer of [lo, hi], for ranges up to 2^53. */
  int(lo: number, hi: number): number {
    const span = hi - lo + 1
    return lo + Math.min(span - 1, Math.floor(((this.bits() + this.bits() / 2 ** 32) / 2 ** 32) * span))
  }

  pick<T>(values: readonly T[]): T {
    return values[this.int(0, values.length - 1)]!
  }

  /** A field element that is not zero, as good as surely. */
  element(): bigint {
    let value = 0n
    for (let word = 0; word < 8; word++) value = (value << 32n) | BigInt(this.bits())
    return mod(value)
  }

  /** The values in another order. */
  shuffle<T>(values: readonly T[]): T[] {
    const result = [...values]
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.int(0, i)
      ;[result[i], result[j]] = [result[j]!, result[i]!]
    }
    return result
  }
}
