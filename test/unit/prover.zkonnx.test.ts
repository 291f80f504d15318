/** What becomes of a proof where our kernels do not work: snarkjs makes it, and a note says why. */
import { expect, test } from 'vitest'
import type { Machine, Tier } from '../../src/prover/groth16/machine.js'
import { reference } from '../../src/prover/groth16/reference.js'
import { verify } from '../../src/prover/snarkjs.js'
import * as Zkonnx from '../../src/prover/zkonnx.js'
import { chain, keysOf } from '../helpers/prover-circuits.js'

const { zkey, wtns, verificationKey } = await keysOf(chain(10))
const key = { path: 'circuit.zkey', bytes: zkey }

const tierOf = (change: Partial<Machine>): Tier => ({
  name: 'reference',
  open: async () => ({ ...reference, ...change }),
})
const cannotOpen: Tier = { name: 'fma', open: () => Promise.reject(new Error('no such instruction')) }
const wrong = tierOf({ multiply: () => undefined })
/** Right on what the self-test tries, which has 24 points, and wrong on others. */
const wrongLater = tierOf({
  multiply: (points, scalars) =>
    reference.multiply(points, points.count === 24 ? scalars : scalars.map(() => 1)),
})
const fails = tierOf({
  multiply(points, scalars) {
    if (points.count !== 24) throw new RangeError('out of memory')
    return reference.multiply(points, scalars)
  },
})

test.each([
  ['there is no tier', [], "None of zkonnx's own kernels works"],
  ['its tiers cannot be opened', [cannotOpen], 'fma: no such instruction'],
  ['its tiers are wrong', [cannotOpen, wrong], 'reference: sums in G1 are wrong'],
  ['a proof does not verify', [wrongLater], 'did not verify'],
  ['its kernels fail', [fails], 'out of memory'],
])('snarkjs proves where %s', async (_, tiers, reason) => {
  const opened = await Zkonnx.open(undefined, key, { threads: 1 }, tiers)
  const { proof, publicSignals, note } = await opened.prove(wtns)
  expect(note).toContain('snarkjs makes proofs')
  expect(note).toContain(reason)
  expect(await verify(verificationKey, publicSignals, proof)).toBe(true)
  await opened.close()
})

test('a tier that works is taken after one that does not', async () => {
  const opened = await Zkonnx.open(undefined, key, { threads: 1 }, [cannotOpen, wrong, tierOf({})])
  const { note, proof, publicSignals } = await opened.prove(wtns)
  expect(note).toBe(undefined)
  expect(await verify(verificationKey, publicSignals, proof)).toBe(true)
})

test('r and s are drawn for each proof, and are never those of another', async () => {
  const opened = await Zkonnx.open(undefined, key, { threads: 1 })
  const proofs = await Promise.all(Array.from({ length: 5 }, () => opened.prove(wtns)))
  for (const part of ['pi_a', 'pi_b', 'pi_c'] as const)
    expect(new Set(proofs.map(({ proof }) => String(proof[part]))).size).toBe(5)
})

test('closing ends the threads, and what is under way fails', async () => {
  const opened = await Zkonnx.open(undefined, key, { threads: 2 })
  const proofs = Promise.allSettled([opened.prove(wtns), opened.prove(wtns), opened.prove(wtns)])
  await opened.close()
  expect((await proofs).at(-1)).toMatchObject({ status: 'rejected', reason: { name: 'Threads.ThreadError' } })
})
