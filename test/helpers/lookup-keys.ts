/** Keys of circuits with lookups from known secrets, which no command can make. */
import { createHash } from 'node:crypto'
import { BYTES, toBytesLE } from '../../src/base/field.js'
import type { RandomBytes } from '../../src/prover/draw.js'
import type { Digests } from '../../src/prover/lookup/reference.js'
import { filesOf, type LookupCircuit } from './lookup-circuits.js'

/** tau, alpha, beta, deltaD, deltaC */
export const DRAWN: readonly bigint[] = [11n, 13n, 17n, 19n, 23n].map((value) => value ** 50n)

/** Drawn one after another. */
export function randomOf(values: readonly bigint[]): RandomBytes {
  const rest = [...values]
  return (count) => {
    const bytes = new Uint8Array(count)
    if (count !== BYTES || rest.length === 0) throw new Error('more was drawn than was given')
    toBytesLE(rest.shift()!, bytes)
    return bytes
  }
}

export function digestsOf(circuit: LookupCircuit): Digests {
  const { r1cs, lookups } = filesOf(circuit)
  const digest = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())
  return { circuit: digest(r1cs), lookups: digest(lookups) }
}
