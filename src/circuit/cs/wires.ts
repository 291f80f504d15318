/** The values of wires while a witness grows: float64 where exact, bigints aside. */
import { BYTES, mod, P, toBytesLE } from '../../base/field.js'
import type { Felt } from './felt.js'

export class WireValues {
  private numbers = new Float64Array(4096)
  private readonly bigs = new Map<number, bigint>()
  length = 0

  push(value: Felt): number {
    if (this.length === this.numbers.length) {
      const larger = new Float64Array(2 * this.numbers.length)
      larger.set(this.numbers)
      this.numbers = larger
    }
    const wire = this.length++
    this.set(wire, value)
    return wire
  }

  set(wire: number, value: Felt): void {
    if (typeof value === 'number') {
      this.numbers[wire] = value
    } else {
      this.numbers[wire] = Number.NaN
      this.bigs.set(wire, mod(value))
    }
  }

  get(wire: number): Felt {
    const value = this.numbers[wire]!
    return Number.isNaN(value) ? this.bigs.get(wire)! : value
  }

  /** Every wire in 32 bytes, little-endian, canonical: the body of a `.wtns` file. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(BYTES * this.length)
    const words = new Uint32Array(bytes.buffer)
    for (let wire = 0; wire < this.length; wire++) {
      const value = this.numbers[wire]!
      if (value >= 0) {
        words[8 * wire] = value % 2 ** 32
        words[8 * wire + 1] = value / 2 ** 32
      } else {
        toBytesLE(Number.isNaN(value) ? this.bigs.get(wire)! : P + BigInt(value), bytes, BYTES * wire)
      }
    }
    return bytes
  }
}
