/**
 * A ceremony over the digits net, and powers of tau of 2^15 that snarkjs makes keys from: minutes, so only where
 * ZKONNX_DEEP is set. The same steps over a small net are in ceremony.test.ts, their refusals in negative/ceremony.test.ts.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accept, applyBeacon, contribute, status } from '../../src/stages/ceremony.js'
import { compile } from '../../src/stages/compile.js'
import { witness } from '../../src/stages/prove.js'
import { beginCeremony } from '../../src/stages/setup.js'
import { verifyCeremony } from '../../src/stages/verify-ceremony.js'
import { editContributions, honestPtau } from '../helpers/ceremony.js'
import { tempDir, zkonnx } from '../helpers/cli.js'
import { keepThreads } from '../helpers/threads.js'

const EXAMPLE = fileURLToPath(new URL('../../examples/digits/', import.meta.url))
const SNARKJS = join(dirname(createRequire(import.meta.url).resolve('snarkjs')), 'cli.cjs')
const dir = tempDir()
const at = (name: string) => join(dir, name)
const entropy = 'what the test types'

const snarkjs = (...args: string[]) =>
  execFileSync(process.execPath, [SNARKJS, ...args], { cwd: dir, encoding: 'utf8' })

describe.runIf(process.env.ZKONNX_DEEP)('the digits net', { timeout: 900_000 }, () => {
  keepThreads()
  beforeAll(async () => {
    await compile({
      model: join(EXAMPLE, 'digits.onnx'),
      data: join(EXAMPLE, 'calibration.npz'),
      holdout: join(EXAMPLE, 'heldout.npz'),
      out: at('digits'),
    })
    await witness({ dir: at('digits'), input: join(EXAMPLE, 'heldout.npz'), limit: 1, out: at('w') })
  }, 300_000)
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  test('snarkjs sets it up from dev powers of tau of 2^15, and proves and verifies', async () => {
    const made = await zkonnx(dir, 'ceremony', 'new-ptau', '--power', '15', '--dev', '-o', 'dev.ptau')
    expect(made).toMatchObject({ code: 0 })
    snarkjs('groth16', 'setup', 'digits/circuit.r1cs', 'dev.ptau', '0.zkey')
    snarkjs('zkey', 'contribute', '0.zkey', '1.zkey', '--name=somebody', '-e=something')
    expect(snarkjs('zkey', 'verify', 'digits/circuit.r1cs', 'dev.ptau', '1.zkey')).toContain('ZKey Ok!')
    snarkjs('zkey', 'export', 'verificationkey', '1.zkey', 'key.json')
    snarkjs('groth16', 'prove', '1.zkey', 'w/000000/witness.wtns', 'proof.json', 'public.json')
    expect(snarkjs('groth16', 'verify', 'key.json', 'public.json', 'proof.json')).toContain('OK!')
  })

  test('has keys by three contributors and a beacon, which hold; altered ones do not', async () => {
    const [folder, ptau] = [at('digits'), at('honest.ptau')]
    writeFileSync(ptau, await honestPtau(14))
    await beginCeremony({ dir: folder, ptau })
    for (const name of ['Ada', 'Bob', 'Carol']) {
      await contribute({ at: join(folder, 'circuit.zkey'), name, entropy, out: at(`${name}.zkey`) })
      await accept(folder, at(`${name}.zkey`))
    }
    await applyBeacon({ at: folder, name: 'block', value: '00112233445566778899', iterations: 10 })
    expect((await status(folder)).contributions).toHaveLength(4)
    expect(await verifyCeremony({ dir: folder, ptau })).toMatchObject({
      holds: true,
      links: Array(6).fill({ outcome: 'holds' }),
    })
    const said = snarkjs('zkey', 'verify', 'digits/circuit.r1cs', 'honest.ptau', 'digits/circuit.zkey')
    expect(said).toContain('ZKey Ok!')

    const key = join(folder, 'circuit.zkey')
    const edits: Record<string, (parts: Uint8Array[]) => Uint8Array[]> = {
      dropped: (parts) => parts.toSpliced(1, 1),
      reordered: ([first, second, ...rest]) => [second!, first!, ...rest],
      altered: (parts) => parts.with(1, parts[1]!.with(340, parts[1]![340]! ^ 1)),
    }
    for (const [what, edit] of Object.entries(edits)) {
      cpSync(folder, at(what), { recursive: true })
      writeFileSync(join(at(what), 'circuit.zkey'), editContributions(readFileSync(key), edit))
      const { holds, links } = await verifyCeremony({ dir: at(what), ptau })
      expect([what, holds, links.at(-1)!.what]).toEqual([what, false, 'contributions'])
      await expect(accept(folder, join(at(what), 'circuit.zkey')), what).rejects.toThrow(
        /has lost contribution [12], /,
      )
    }
  })
})
