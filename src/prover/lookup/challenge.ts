/**
 * The challenge that lookups are checked at: a hash of the commitment and of all public signals, so that neither can be
 * chosen after it.
 *
 * beta = keccak256(TAG | D.x | D.y | x_1 .. x_l) mod P, words of 32 bytes, big-endian; TAG is the hash of a text.
 * Every residue has a probability of at most 6 / 2^256: what counts is that nobody can aim at one.
 */
import { keccak_256 } from '@noble/hashes/sha3.js'
import { mod } from '../../base/field.js'
import type { G1Point, PublicSignals } from '../proof.js'

export const CHALLENGE_TEXT = 'zkonnx.groth16-lookup.v1'

/** Of a commitment and signals in their one canonical form, as parsing leaves them. */
export function challengeOf([x, y]: G1Point, signals: PublicSignals): bigint {
  const words = [x, y, ...signals].map(BigInt)
  const bytes = new Uint8Array(TAG.length + WORD * words.length)
  bytes.set(TAG)
  words.forEach((word, i) => {
    writeBE(word, bytes, TAG.length + WORD * i)
  })
  return mod(readBE(keccak_256(bytes)))
}

const WORD = 32
const TAG = keccak_256(new TextEncoder().encode(CHALLENGE_TEXT))

function writeBE(value: bigint, bytes: Uint8Array, offset: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, WORD)
  for (let word = 0; word < 4; word++)
    view.setBigUint64(8 * (3 - word), BigInt.asUintN(64, value >> BigInt(64 * word)))
}

function readBE(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, WORD)
  return [0, 8, 16, 24].reduce((sum, at) => (sum << 64n) | view.getBigUint64(at), 0n)
}
