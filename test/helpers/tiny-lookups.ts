/** Real keys and proofs of a tiny circuit with lookups whose public signals can be chosen freely. */
import { P } from '../../src/base/field.js'
import type { VerificationKey } from '../../src/chain/types.js'
import { makeDevKeys } from '../../src/prover/lookup/keys.js'
import type { LookupProof } from '../../src/prover/lookup/proof.js'
import * as Lookup from '../../src/prover/lookup/prover.js'
import { build, filesOf, first, type LookupCircuit, range } from './lookup-circuits.js'

export type TinyLookupProver = {
  readonly key: VerificationKey
  prove(signals: readonly bigint[]): Promise<{ proof: LookupProof; signals: string[] }>
  close(): Promise<void>
}

/** Every signal is squared; and a private number of eight bits, of two chunks, is looked up together with one signal. */
export function freely(signals: readonly bigint[]): LookupCircuit {
  const count = signals.length
  const private_ = first(count)
  const [number, high, offset] = [count, count + 1, count + 2].map((place) => private_ + place)
  return build({
    name: `${count} signals`,
    signals,
    values: [...signals.map((value) => (value * value) % P), 201n, 12n, (signals[0]! + P - 3n) % P],
    gadgets: signals.map((_, i) => [{ [1 + i]: 1n }, { [1 + i]: 1n }, { [private_ + i]: 1n }]),
    tables: [range(4)],
    lookups: [
      { table: 0, row: { [high!]: 1n } },
      { table: 0, row: { [number!]: 1n, [high!]: -16n } },
      { table: 0, row: { 1: 1n, [offset!]: -1n } },
    ],
  })
}

export async function tinyLookupProver(signals: number): Promise<TinyLookupProver> {
  const files = filesOf(freely(new Array<bigint>(signals).fill(0n)))
  const { keys, lkey } = await makeDevKeys(files.r1cs, files.lookups)
  const opened = await Lookup.open(undefined, { path: 'tiny.lkey', bytes: lkey }, { threads: 1 })
  const { zkonnx: _, ...key } = keys.verificationKey
  return {
    key,
    async prove(values) {
      const { proof, publicSignals } = await opened.prove(filesOf(freely(values)).wtns)
      return { proof, signals: [...publicSignals] }
    },
    close: () => opened.close(),
  }
}
