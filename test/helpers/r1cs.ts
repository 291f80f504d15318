/** Small constraint systems and seeded damage for the tests of iden3's files and of the prover. */

import { LARGE, type Matrix, type R1cs } from '../../src/artifacts/iden3/r1cs.js'
import * as Wtns from '../../src/artifacts/iden3/wtns.js'
import { mod } from '../../src/base/field.js'
import { Random } from '../../src/base/random.js'

/** wire -> coefficient */
export type Row = Readonly<Record<number, bigint>>

export type Sizes = { outputs: number; inputs: number; privateInputs: number }

/** Builds a system from rows `[a, b, c]` of signed coefficients. */
export function system(wires: number, sizes: Sizes, rows: readonly (readonly [Row, Row, Row])[]): R1cs {
  const large: bigint[] = []
  const code = (value: bigint) => {
    if (value > -LARGE && value < LARGE) return Number(value)
    const known = large.indexOf(mod(value))
    return LARGE + (known < 0 ? large.push(mod(value)) - 1 : known)
  }
  const parts = [0, 1, 2].map(() => ({ rowStart: [0], wire: [] as number[], coefficient: [] as number[] }))
  for (const row of rows) {
    row.forEach((entries, side) => {
      const part = parts[side]!
      for (const [wire, value] of Object.entries(entries)) {
        part.wire.push(Number(wire))
        part.coefficient.push(code(value))
      }
      part.rowStart.push(part.wire.length)
    })
  }
  const [a, b, c] = parts.map(
    (part): Matrix => ({
      rowStart: Int32Array.from(part.rowStart),
      wire: Int32Array.from(part.wire),
      coefficient: Int32Array.from(part.coefficient),
    }),
  ) as [Matrix, Matrix, Matrix]
  return {
    wires,
    publicOutputs: sizes.outputs,
    publicInputs: sizes.inputs,
    privateInputs: sizes.privateInputs,
    constraints: rows.length,
    a,
    b,
    c,
    large,
  }
}

export const witnessOf = (...values: readonly bigint[]) => Wtns.fromValues([1n, ...values].map(mod))

/** A generator of integers below `limit`, the same for the same seed. */
export function randomOf(seed: number): (limit: number) => number {
  const random = new Random(seed)
  return (limit) => Math.floor(random.unit() * limit)
}

/** A copy with one random change: cut short, extended, a byte or a whole word replaced, or a piece taken out. */
export function damage(bytes: Uint8Array, random: (limit: number) => number): Uint8Array {
  const at = random(bytes.length)
  switch (random(5)) {
    case 0:
      return bytes.slice(0, at)
    case 1:
      return Uint8Array.from([...bytes, random(256)])
    case 2:
      return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1 + random(40))])
    case 3: {
      const copy = bytes.slice()
      copy.fill(random(2) * 255, at, at + 4)
      return copy
    }
    default: {
      const copy = bytes.slice()
      copy[at]! ^= 1 + random(255)
      return copy
    }
  }
}
