/**
 * Proves with one key: the phases in their order, whoever does the work.
 *
 * What depends on what: the quotient on the witness, H's sum on the quotient, the other sums on the witness alone. So
 * they are worked on while the quotient is under way.
 */
import { BYTES } from '../../base/field.js'
import { pack } from '../elements.js'
import type { Proof } from '../proof.js'
import { assemble, type Blinding } from './assemble.js'
import type { Key } from './key.js'
import type { Loaded } from './loaded.js'
import type { Affine, Machine } from './machine.js'
import { type Chunk, type ScalarsName, scalarsOf, sumUp } from './multiply.js'

export type Engine = {
  /** Of a witness's plain values, as many as the key has wires. */
  prove(witness: Uint8Array, blinding: Blinding): Promise<Proof>
  close(): Promise<void>
}

/** Who does the work; tasks given first begin first. */
export type Crew = {
  /** Phases 2 and 3: rows and transforms. */
  quotient(witness: Uint8Array): Promise<Uint8Array>
  /** Of the chunk at this place. */
  multiply(chunk: number, scalars: Uint8Array): Promise<Affine>
  close(): Promise<void>
}

/** An engine in the calling thread. */
export function openSingle(machine: Machine, { chunks, rows }: Loaded, key: Key): Engine {
  return openEngine(key, chunks, {
    quotient: async (witness) => machine.quotientOf(rows, witness),
    multiply: async (chunk, scalars) => machine.multiply(chunks[chunk]!.points, scalars),
    close: async () => {},
  })
}

export function openEngine({ header }: Key, chunks: readonly Chunk[], crew: Crew): Engine {
  return {
    async prove(witness, blinding) {
      const quotient = crew.quotient(witness)
      const one = (blind: bigint) => pack([1n, blind], 'plain')
      const scalars: Readonly<Record<ScalarsName, Uint8Array | Promise<Uint8Array>>> = {
        witness,
        private: witness.subarray(BYTES * (header.publicSignals + 1)),
        quotient,
        withR: one(blinding.r),
        withS: one(blinding.s),
      }
      const sums = chunks.map(async (chunk, place) => {
        const all = await scalars[chunk.scalars]
        return [chunk.section, await crew.multiply(place, scalarsOf(chunk, all))] as const
      })
      return assemble(header, sumUp(await Promise.all(sums)), blinding)
    },
    close: () => crew.close(),
  }
}
