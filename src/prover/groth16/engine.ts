/**
 * Proves with one key: the phases in their order, on a machine in the calling thread or on several.
 *
 * What depends on what: the quotient on the witness, H's sum on the quotient, the other sums on the witness alone. So
 * they are worked on while the quotient is under way.
 */
import { BYTES } from '../../base/field.js'
import type { Proof } from '../proof.js'
import { assemble, type Blinding } from './assemble.js'
import type { Key, SectionName } from './key.js'
import type { Affine, Machine, TierName } from './machine.js'
import { type Chunk, loadChunks, scalarsOf, sumUp } from './multiply.js'

export type Engine = {
  readonly tier: TierName
  /** Of a witness's plain values, as many as the key has wires. */
  prove(witness: Uint8Array, blinding: Blinding): Promise<Proof>
  close(): Promise<void>
}

/** Who does the work; each promise is for one task, and tasks given first begin first. */
export type Crew = {
  quotient(witness: Uint8Array): Promise<Uint8Array>
  multiply(chunk: Chunk, scalars: Uint8Array): Promise<Affine>
  close(): Promise<void>
}

/** An engine in the calling thread. */
export function openSingle(machine: Machine, key: Key): Engine {
  return engineOf(machine.tier, key, loadChunks(machine, key, 1), callingThread(machine, key))
}

export function engineOf(tier: TierName, { header }: Key, chunks: readonly Chunk[], crew: Crew): Engine {
  const ofWitness = chunks.filter(({ section }) => section !== 'h')
  const ofQuotient = chunks.filter(({ section }) => section === 'h')
  const multiplyAll = (some: readonly Chunk[], scalars: (section: SectionName) => Uint8Array) =>
    Promise.all(
      some.map(async (chunk) => {
        const sum = await crew.multiply(chunk, scalarsOf(chunk, scalars(chunk.section)))
        return [chunk.section, sum] as const
      }),
    )
  return {
    tier,
    async prove(witness, blinding) {
      const privatePart = witness.subarray(BYTES * (header.publicSignals + 1))
      const [early, late] = await Promise.all([
        crew.quotient(witness).then((scalars) => multiplyAll(ofQuotient, () => scalars)),
        multiplyAll(ofWitness, (section) => (section === 'c' ? privatePart : witness)),
      ])
      return assemble(header, sumUp([...early, ...late]), blinding)
    },
    close: () => crew.close(),
  }
}

function callingThread(machine: Machine, { coefficients, header }: Key): Crew {
  return {
    async quotient(witness) {
      const { a, b } = machine.evaluate(coefficients, header.domainSize, witness)
      return machine.quotient(a, b)
    },
    multiply: async ({ points }, scalars) => machine.multiply(points, scalars),
    close: async () => {},
  }
}
