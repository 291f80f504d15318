/**
 * What every backend must do alike. rapidsnark's program is tested where ZKONNX_RAPIDSNARK names it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import * as Wtns from '../../src/artifacts/iden3/wtns.js'
import { BaseError } from '../../src/base/errors.js'
import { P } from '../../src/base/field.js'
import { type Backend, type BackendChoice, backendOf } from '../../src/prover/backend.js'
import { shareBytes } from '../../src/prover/groth16/memory.js'
import { TIERS } from '../../src/prover/groth16/tiers.js'
import { verify } from '../../src/prover/snarkjs.js'
import { CIRCUITS, keysOf } from '../helpers/prover-circuits.js'

const dir = mkdtempSync(join(tmpdir(), 'zkonnx-backends-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const program = process.env.ZKONNX_RAPIDSNARK
const CHOICES: readonly BackendChoice[] = [
  { name: 'snarkjs' },
  { name: 'zkonnx' },
  ...TIERS.map(({ name }): BackendChoice => ({ name: 'zkonnx', tier: name })),
  ...(program === undefined ? [] : [{ name: 'rapidsnark', path: program } as const]),
]
const cases = CHOICES.flatMap((choice) =>
  [1, 2].map((threads) => ({
    title: `${Object.values(choice).join(' ')}, threads: ${threads}`,
    choice,
    threads,
  })),
)
const keys = await Promise.all(
  CIRCUITS.map(async (circuit, i) => {
    const made = await keysOf(circuit)
    const path = join(dir, `${i}.zkey`)
    writeFileSync(path, made.zkey)
    return { ...made, key: { path, bytes: shareBytes(made.zkey) } }
  }),
)

describe.each(cases)('$title', ({ choice, threads }) => {
  const open = (key: Parameters<Backend['open']>[0]) => backendOf(choice).open(key, { threads })

  // tiers and threads were compared on all circuits by what they make of the same r and s
  const all = CIRCUITS.map(({ name }, i) => [name, i] as const)
  const some =
    threads === 1 && !('tier' in choice)
      ? all
      : all.filter(([, i]) => (process.env.ZKONNX_DEEP ? i % 4 === 3 : i === 7))

  test.each(some)('%s', async (_, i) => {
    const { key, wtns, verificationKey, values } = keys[i]!
    const opened = await open(key)
    const { proof, publicSignals, note } = await opened.prove(wtns)
    await opened.close()
    expect(note).toBe(undefined)
    expect(publicSignals).toEqual(signalsOf(values, verificationKey.nPublic))
    expect(await verify(verificationKey, publicSignals, proof)).toBe(true)
  })

  test('two proofs of one witness are not the same', async () => {
    const { key, wtns } = keys[4]!
    const opened = await open(key)
    const [one, other] = [await opened.prove(wtns), await opened.prove(wtns)]
    await opened.close()
    expect(one.proof.pi_a).not.toEqual(other.proof.pi_a)
    expect(one.proof.pi_b).not.toEqual(other.proof.pi_b)
  })

  test('a witness of another circuit is an error that says so, and the next proof is made', async () => {
    const { key, wtns } = keys[3]!
    const opened = await open(key)
    await expect(opened.prove(keys[5]!.wtns)).rejects.toThrow(BaseError)
    expect((await opened.prove(wtns)).publicSignals).toHaveLength(1)
    await opened.close()
  })

  test('what is not a witness is an error', async () => {
    const opened = await open(keys[3]!.key)
    const notBelow = keys[3]!.wtns.slice()
    notBelow.fill(0xff, -32)
    for (const bytes of [new Uint8Array(0), keys[3]!.wtns.subarray(0, 90), notBelow])
      if (choice.name === 'zkonnx') await expect(opened.prove(bytes)).rejects.toThrow(BaseError)
    await opened.close()
  })
})

test('a witness that does not satisfy its circuit makes no proof of ours, and the error blames no kernel', async () => {
  const { key, values } = keys[3]!
  const wrong = values.slice()
  wrong[32]! ^= 1
  const opened = await backendOf({ name: 'zkonnx' }).open(key, { threads: 1 })
  await expect(opened.prove(Wtns.encode({ wires: wrong.length / 32, values: wrong }))).rejects.toThrow(
    'No proof of this witness verifies',
  )
})

function signalsOf(values: Uint8Array, count: number): string[] {
  const witness = { wires: values.length / 32, values }
  const signals = Array.from({ length: count }, (_, i) => Wtns.get(witness, 1 + i))
  expect(signals.every((signal) => signal < P)).toBe(true)
  return signals.map(String)
}
