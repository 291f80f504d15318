/**
 * What provers choose freely: the bits of a value, and in circuits with lookups words beside them, asked for under several
 * names.
 */
import { mod } from '../../base/field.js'
import type { HintName } from './api.js'
import type { Felt } from './felt.js'

/** Computes the bits of a value, least significant first; tests and attacks put lies here. */
export type BitsHint = (value: Felt, count: number, hint: HintName, serial: number) => ArrayLike<Felt>

/**
 * The low `count` bits of the canonical representative. Where the value does not fit, no honest answer exists, and the
 * constraints will refuse these.
 */
export const honestBits: BitsHint = (value, count) => {
  const bits = new Float64Array(count)
  if (typeof value === 'number' && value >= 0 && count <= 53) {
    let rest = value
    for (let i = 0; i < count; i++) {
      const half = Math.floor(rest / 2)
      bits[i] = rest - 2 * half
      rest = half
    }
    return bits
  }
  let rest = mod(BigInt(value))
  for (let i = 0; i < count; i++) {
    bits[i] = Number(rest & 1n)
    rest >>= 1n
  }
  return bits
}

/** Gives the words that a gadget asked for; tests and attacks put lies here. Serial numbers count runs of bits as well. */
export type WordsHint = (honest: readonly Felt[], hint: HintName, serial: number) => readonly Felt[]

export const honestWords: WordsHint = (honest) => honest
