/** With the same kappa, r and s there is one proof: every tier's must be the reference's, bit for bit, on any threads. */
import { expect, test } from 'vitest'
import { P } from '../../src/base/field.js'
import { Random } from '../../src/base/random.js'
import { TIERS } from '../../src/prover/groth16/tiers.js'
import { openSingle } from '../../src/prover/lookup/engine.js'
import { readKey } from '../../src/prover/lookup/key.js'
import { makeDevKeys } from '../../src/prover/lookup/keys.js'
import { loadKey } from '../../src/prover/lookup/loaded.js'
import { prove } from '../../src/prover/lookup/reference.js'
import { openThreaded } from '../../src/prover/lookup/threads.js'
import { verifyLookup } from '../../src/prover/lookup/verify.js'
import { filesOf, LOOKUP_CIRCUITS, squares } from '../helpers/lookup-circuits.js'

const deep = process.env.ZKONNX_DEEP !== undefined
const SOME = deep ? LOOKUP_CIRCUITS : LOOKUP_CIRCUITS.slice(2, 4)
const random = new Random(8)
const draw = () => ({ kappa: random.element(), r: random.element(), s: random.element() })
const BLINDINGS = [
  draw(),
  ...(deep ? [{ kappa: 0n, r: P - 1n, s: 1n }, ...Array.from({ length: 8 }, draw)] : []),
]
const machines = await Promise.all(TIERS.map((tier) => tier.open()))

async function keysOf(circuit: (typeof LOOKUP_CIRCUITS)[number]) {
  const { r1cs, lookups } = filesOf(circuit)
  const { lkey, keys } = await makeDevKeys(r1cs, lookups)
  return { key: readKey(lkey), verificationKey: keys.verificationKey }
}

test.each(SOME.map((circuit, i) => ({ ...circuit, i })))('$name', async ({ i, ...circuit }) => {
  const { key, verificationKey } = await keysOf(circuit)
  const engines = [
    ...machines.map((machine) => openSingle(machine, loadKey(machine, key, 1), key)),
    // each tier in turn by default, as threads take long to start
    ...machines
      .filter((_, tier) => deep || tier === 2 * i)
      .map((machine) => openThreaded(machine, loadKey(machine, key, 2), key, 2)),
  ]
  for (const blinding of BLINDINGS) {
    const { proof, publicSignals } = prove(key, circuit.witness.values, blinding)
    expect(verifyLookup(verificationKey, publicSignals, proof)).toBe(true)
    for (const engine of engines)
      expect(await engine.prove(circuit.witness.values, blinding)).toMatchObject({ proof, publicSignals })
  }
  await Promise.all(engines.map((engine) => engine.close()))
})

test.each([40, ...(deep ? [3000, 12_000] : [])])('tiers and threads agree on %i squares', async (count) => {
  const circuit = squares(count, 7)
  const { key, verificationKey } = await keysOf(circuit)
  const blinding = draw()
  const made = []
  for (const machine of machines)
    for (const engine of [
      openSingle(machine, loadKey(machine, key, 1), key),
      ...(deep ? [openThreaded(machine, loadKey(machine, key, 3), key, 3)] : []),
    ]) {
      made.push(await engine.prove(circuit.witness.values, blinding))
      await engine.close()
    }
  const [{ proof, publicSignals }] = made as [NonNullable<(typeof made)[0]>]
  expect(verifyLookup(verificationKey, publicSignals, proof)).toBe(true)
  for (const other of made) expect(other).toMatchObject({ proof, publicSignals })
})
