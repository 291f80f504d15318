/** With the same r and s there is one proof: ours must be snarkjs's, bit for bit, on every tier and on any threads. */
import { expect, test } from 'vitest'
import { P } from '../../src/base/field.js'
import { Random } from '../../src/base/random.js'
import { openSingle } from '../../src/prover/groth16/engine.js'
import { readKey } from '../../src/prover/groth16/key.js'
import { loadKey } from '../../src/prover/groth16/loaded.js'
import { reference } from '../../src/prover/groth16/reference.js'
import { openThreaded } from '../../src/prover/groth16/threads.js'
import { TIERS } from '../../src/prover/groth16/tiers.js'
import { proveWith } from '../helpers/blinding.js'
import { CIRCUITS, keysOf, LARGE_CIRCUITS } from '../helpers/prover-circuits.js'

const deep = process.env.ZKONNX_DEEP !== undefined
const random = new Random(8)
const draw = () => ({ r: random.element(), s: random.element() })
/** 12 circuits by 17, and the large ones by 3: more than 200 proofs a tier. */
const BLINDINGS = [{ r: 0n, s: 0n }, { r: 1n, s: P - 1n }, ...Array.from({ length: deep ? 15 : 0 }, draw)]
const machines = await Promise.all(TIERS.map((tier) => tier.open()))

test.each(CIRCUITS.map((circuit, i) => ({ ...circuit, i })))('$name', async ({ i, ...circuit }) => {
  const { zkey, wtns, values } = await keysOf(circuit)
  const key = readKey(zkey)
  // the reference takes a millisecond or more a full scalar and point
  const some = values.length <= 32 * 100 ? [reference, ...machines] : machines
  const engines = [
    ...some.map((machine) => openSingle(machine, loadKey(machine, key, 1), key)),
    // each tier in turn by default, as threads take long to start
    ...machines
      .filter((_, tier) => deep || tier === i % machines.length)
      .map((machine) => openThreaded(machine, loadKey(machine, key, 2), key, 2)),
  ]
  // snarkjs takes most of the time where circuits are large
  const large = !deep && values.length > 32 * 500
  for (const blinding of large ? BLINDINGS.slice(1) : BLINDINGS) {
    const { proof } = await proveWith(zkey, wtns, blinding)
    for (const engine of engines) expect(await engine.prove(values, blinding)).toEqual(proof)
  }
  await Promise.all(engines.map((engine) => engine.close()))
})

test.runIf(deep).each(LARGE_CIRCUITS)('$name', async (circuit) => {
  const { zkey, wtns, values } = await keysOf(circuit)
  const key = readKey(zkey)
  for (const machine of machines) {
    const engines = [
      openSingle(machine, loadKey(machine, key, 1), key),
      openThreaded(machine, loadKey(machine, key, 3), key, 3),
    ]
    for (const blinding of [draw(), draw()]) {
      const { proof } = await proveWith(zkey, wtns, blinding)
      for (const engine of engines) expect(await engine.prove(values, blinding)).toEqual(proof)
    }
    await Promise.all(engines.map((engine) => engine.close()))
  }
})

test('proofs that overlap do not disturb each other', async () => {
  const { zkey, wtns, values } = await keysOf(CIRCUITS.at(deep ? -1 : -4)!)
  const engine = openThreaded(machines[0]!, loadKey(machines[0]!, readKey(zkey), 2), readKey(zkey), 2)
  const blindings = Array.from({ length: 3 }, draw)
  const made = await Promise.all(blindings.map((blinding) => engine.prove(values, blinding)))
  for (const [i, blinding] of blindings.entries())
    expect(made[i]).toEqual((await proveWith(zkey, wtns, blinding)).proof)
  await engine.close()
})
