/** The whole way on the digits example, command by command, as a user goes it; and other tools on what it leaves. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Manifest } from '../../src/artifacts/manifest.js'
import type { GasChoice } from '../../src/chain/gas.js'
import { callArguments, castArguments } from '../../src/stages/calldata.js'
import { answer, tempDir, zkonnx } from '../helpers/cli.js'

const EXAMPLE = fileURLToPath(new URL('../../examples/digits/', import.meta.url))
const SNARKJS = join(dirname(createRequire(import.meta.url).resolve('snarkjs')), 'cli.cjs')
const HELD_OUT = join(EXAMPLE, 'heldout.npz')
const dir = tempDir()

const NAMES = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
const compileInto = (cwd: string, out: string) =>
  zkonnx(
    cwd,
    ...['compile', join(EXAMPLE, 'digits.onnx'), '--data', join(EXAMPLE, 'calibration.npz')],
    ...['--holdout', HELD_OUT, '--max-flip', '1%', '--classes', NAMES.join(','), '-o', out, '--json'],
  )

function snarkjs(...args: string[]): string {
  return execFileSync(process.execPath, [SNARKJS, ...args], { cwd: dir, encoding: 'utf8', timeout: 60_000 })
}
const json = (path: string) => JSON.parse(readFileSync(join(dir, path), 'utf8'))

const COMMANDS = ['compile', 'prove', 'bundle', 'verify', 'verify-build', 'deploy', 'register', 'submit']
let manifest: Manifest

beforeAll(async () => {
  const compiled = await compileInto(dir, 'm')
  expect(compiled).toMatchObject({ code: 0 })
  manifest = answer<{ manifest: Manifest }>(compiled).manifest
  expect(await zkonnx(dir, 'setup', 'm', '--dev')).toMatchObject({ code: 0 })
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

test('the circuit keeps to 16,000 constraints, and no layer passes 2^52', () => {
  expect(manifest.circuit.constraints).toBeLessThanOrEqual(16_000)
  for (const { lo, hi } of manifest.layers) expect(Math.max(-lo, hi)).toBeLessThanOrEqual(2 ** 52)
})

test('a dry run of deploy tells the cost of every choice, and sends nothing', async () => {
  const run = await zkonnx(dir, 'deploy', 'm', '--dry-run', '--json')
  expect(run).toMatchObject({ code: 0 })
  const { signals, choices } = answer<{ signals: number; choices: GasChoice[] }>(run)
  expect(signals).toBe(manifest.statement.context + 1)
  const shown = choices.map(({ inputs, outputs }) => `${inputs} ${outputs}`)
  expect(new Set(shown).size).toBe(6)
  const record = (name: string) => choices[shown.indexOf(name)]!.gas.record
  expect(record('hashed public')).toBeLessThanOrEqual(260_000)
  expect(record('public public')).toBeGreaterThan(260_000)
  const said = await zkonnx(dir, 'deploy', 'm', '--dry-run')
  expect(said.stdout).toMatch(/to keep a recorded prediction to 260,000 gas: compile --inputs hashed\n/)
  expect(existsSync(join(dir, 'm', 'deployment.json'))).toBe(false)
})

test('compiling again, from another folder, gives the same bytes', async () => {
  mkdirSync(join(dir, 'elsewhere'))
  expect(await compileInto(join(dir, 'elsewhere'), 'm2')).toMatchObject({ code: 0 })
  for (const file of ['circuit.r1cs', 'circuit.sym', 'quantized.npz', 'quantized.json', 'model.onnx'])
    expect(
      readFileSync(join(dir, 'elsewhere/m2', file)).equals(readFileSync(join(dir, 'm', file))),
      file,
    ).toBe(true)
  const { setup: _, ...compiled } = json('m/manifest.json')
  const again = readFileSync(join(dir, 'elsewhere/m2/manifest.json'), 'utf8')
  expect(again).toBe(`${JSON.stringify(compiled, null, 2)}\n`)
})

test('a prediction is deployed, proven, verified, recorded, and not recorded twice', async () => {
  const deployed = await zkonnx(dir, 'deploy', 'm', '--json')
  expect(deployed).toMatchObject({ code: 0 })
  const proved = await zkonnx(dir, 'prove', 'm', '--input', HELD_OUT, '--limit', '1', '-o', 'p', '--json')
  expect(proved).toMatchObject({ code: 0 })
  const [result] = answer<{ integer: { integers: number[] }[]; label: number }[]>(proved)
  const truth = result!.integer[0]!.integers
  const verified = await zkonnx(dir, 'verify', 'm', 'p/000000', '--json')
  expect(answer<unknown[]>(verified)[0]).toMatchObject({
    valid: true,
    says: { outputs: [{ integers: truth }] },
  })
  const said = await zkonnx(dir, 'verify', 'm', 'p/000000')
  expect(said.stdout).toContain(`(${NAMES[result!.label]})`)
  const library = readFileSync(join(dir, 'm/contracts/DigitsModel.sol'), 'utf8')
  expect(library).toMatch(/enum Class \{\s+Zero,\s+One,[\s\w,]+Nine\s+\}/)
  const recorded = await zkonnx(dir, 'submit', 'm', 'p/000000', '--json')
  expect(recorded).toMatchObject({ code: 0 })
  expect(answer<{ onChain: { output: string[] } }[]>(recorded)[0]!.onChain.output.map(Number)).toEqual(truth)
  const call = await callArguments(join(dir, 'm'), join(dir, 'p/000000'))
  expect(call.signals.map(String)).toEqual(json('p/000000/public.json'))
  const [points, signals, terms] = castArguments(call)
  expect(points).toMatch(/^\(\[\d+,\d+\],\[\[\d+,\d+\],\[\d+,\d+\]\],\[\d+,\d+\],\[0,0\]\)$/)
  expect([signals, terms]).toEqual([
    `[${call.signals.join(',')}]`,
    `(0x${'0'.repeat(40)},0,${2n ** 64n - 1n})`,
  ])
  const replayed = await zkonnx(dir, 'submit', 'm', 'p/000000')
  expect(replayed).toMatchObject({ code: 1, stderr: expect.stringContaining('AlreadyRecorded') })
})

test('a proof that is bound to nothing is not submitted', async () => {
  const proved = ['prove', 'm', '--input', HELD_OUT, '--limit', '1', '-o', 'unbound', '--unbound']
  expect(await zkonnx(dir, ...proved)).toMatchObject({ code: 0 })
  await expect(callArguments(join(dir, 'm'), join(dir, 'unbound/000000'))).rejects.toThrow(
    'bound to no contract',
  )
  const ran = await zkonnx(dir, 'submit', 'm', 'unbound/000000')
  expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('Chain.UnboundProofError') })
})

test('the snarkjs program takes every file that we write, and proves and verifies with them', async () => {
  expect(await zkonnx(dir, 'witness', 'm', '--input', HELD_OUT, '--limit', '1', '-o', 'w')).toMatchObject({
    code: 0,
  })
  expect(snarkjs('r1cs', 'info', 'm/circuit.r1cs')).toContain(
    `# of Constraints: ${manifest.circuit.constraints}`,
  )
  expect(snarkjs('wtns', 'check', 'm/circuit.r1cs', 'w/000000/witness.wtns')).toContain('WITNESS IS CORRECT')
  snarkjs('zkey', 'export', 'verificationkey', 'm/circuit.zkey', 'exported.json')
  const { zkonnx: _mark, ...key } = json('m/verification_key.json')
  expect(json('exported.json')).toEqual(key)
  snarkjs('groth16', 'prove', 'm/circuit.zkey', 'w/000000/witness.wtns', 'proof.json', 'public.json')
  expect(json('public.json')).toEqual(json('w/000000/public.json'))
  expect(snarkjs('groth16', 'verify', 'm/verification_key.json', 'public.json', 'proof.json')).toContain(
    'OK!',
  )
  // and the other way: their proof in our folder
  writeFileSync(join(dir, 'w/000000/proof.json'), readFileSync(join(dir, 'proof.json')))
  expect(await zkonnx(dir, 'verify', 'm', 'w/000000')).toMatchObject({ code: 0 })
})

// a dozen starts of the program
test.runIf(process.env.ZKONNX_DEEP)(
  'what people read fits 80 columns, has no colours in a pipe, and ends its lines',
  async () => {
    for (const args of [
      ['witness', 'm', '--input', HELD_OUT, '--limit', '2'],
      ...COMMANDS.map((command) => [command, '--help']),
      ['--help'],
      ['compile', '--help'],
    ]) {
      const { stdout, code } = await zkonnx(dir, ...args)
      expect(code).toBe(0)
      expect(stdout.endsWith('\n')).toBe(true)
      expect(stdout).not.toContain('\x1b')
      for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
    }
  },
)
