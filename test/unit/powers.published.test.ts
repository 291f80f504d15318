/** Published powers of tau are known by their digest: as none of them is at hand, one of ours is taken for published. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { digestOf } from '../../src/prover/ptau.js'
import { verifyPowers } from '../../src/prover/snarkjs-setup.js'
import { checkPowers } from '../../src/stages/powers.js'
import { honestPtau } from '../helpers/ceremony.js'
import { tempDir } from '../helpers/cli.js'

const { listed } = vi.hoisted(() => ({ listed: new Set<string>() }))
vi.mock('../../src/prover/published-ptau.js', async (original) => ({
  ...(await original<object>()),
  findPublished: (blake2b: string) => (listed.has(blake2b) ? { name: 'x', power: 3, blake2b } : undefined),
}))
vi.mock('../../src/prover/snarkjs-setup.js', async (original) => ({
  ...(await original<object>()),
  verifyPowers: vi.fn(async () => undefined),
}))

const dir = tempDir()
afterAll(() => rmSync(dir, { recursive: true, force: true }))

test('a published digest is enough, and any other file is verified in full', async () => {
  const path = join(dir, 'any-name.ptau')
  writeFileSync(path, await honestPtau(3))
  const blake2b = await digestOf(path)
  const found = { name: 'any-name.ptau', power: 3, blake2b }
  expect(await checkPowers(path, { power: 2 })).toEqual({ ...found, verified: 'full' })
  expect(verifyPowers).toHaveBeenCalledTimes(1)
  listed.add(blake2b)
  expect(await checkPowers(path, { power: 2 })).toEqual({ ...found, verified: 'published' })
  expect(verifyPowers).toHaveBeenCalledTimes(1)
})
