/** A ceremony as its people hold it: three contributors, one of them with the file alone, a beacon, and strangers. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Manifest, readManifest } from '../../src/artifacts/manifest.js'
import { accept, applyBeacon, contribute, status } from '../../src/stages/ceremony.js'
import { prove } from '../../src/stages/prove.js'
import { beginCeremony } from '../../src/stages/setup.js'
import { verify } from '../../src/stages/verify.js'
import { type Verified, verifyCeremony } from '../../src/stages/verify-ceremony.js'
import { POWER, writeModelAndPtau } from '../helpers/ceremony.js'
import { answer, startZkonnx, tempDir, zkonnx } from '../helpers/cli.js'
import { keepThreads } from '../helpers/threads.js'

const SNARKJS = join(dirname(createRequire(import.meta.url).resolve('snarkjs')), 'cli.cjs')
const VALUE = '00112233445566778899aabbccddeeff'
const dir = tempDir()
const at = (name: string) => join(dir, name)
const entropy = 'what the test types'
let [model, ptau] = ['', '']

keepThreads()
beforeAll(async () => {
  ;({ model, ptau } = await writeModelAndPtau(dir))
  await beginCeremony({ dir: model, ptau })
  cpSync(join(model, 'circuit.zkey'), at('first.zkey'))
  await contribute({ at: at('first.zkey'), name: 'Ada', entropy, out: at('ada.zkey') })
  await contribute({ at: at('ada.zkey'), name: 'Bob', entropy, out: at('bob.zkey') })
  // Bob's file brings Ada's contribution with it
  await accept(model, at('bob.zkey'))
  await contribute({ at: model, name: 'Carol', entropy })
  cpSync(model, at('unended'), { recursive: true })
  await applyBeacon({ at: model, name: 'block 1', value: `0x${VALUE}`, iterations: 10 })
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const names = async (path: string) => (await status(path)).contributions.map(({ name }) => name)

describe('a ceremony of three contributors and a beacon', () => {
  test('has them all in key, transcript and manifest, with the hashes that they saw', async () => {
    expect(await names(model)).toEqual(['Ada', 'Bob', 'Carol', 'block 1'])
    const { setup } = (await readManifest(model)) as Manifest & { setup: NonNullable<Manifest['setup']> }
    expect(setup).toMatchObject({
      kind: 'ceremony',
      ptau: { name: 'honest.ptau', power: POWER, verified: 'full' },
      transcript: { file: 'ceremony.json' },
    })
    const transcript = JSON.parse(readFileSync(join(model, 'ceremony.json'), 'utf8'))
    const { contributions } = await status(model)
    for (const list of [setup.contributions!, transcript.contributions])
      expect(list.map(({ hash }: { hash: string }) => hash)).toEqual(contributions.map(({ hash }) => hash))
    expect(setup.contributions!.at(-1)!.beacon).toEqual({ value: VALUE, iterations: 10 })
  })

  test('is verified link by link, and by the snarkjs program', async () => {
    const { holds, links } = await verifyCeremony({ dir: model, ptau })
    expect(links.map(({ what, outcome }) => [what, outcome])).toEqual([
      ['circuit', 'holds'],
      ['contributions', 'holds'],
      ['verifying key and transcript', 'holds'],
      ['powers of tau', 'holds'],
      ['first key', 'holds'],
      ['key, by snarkjs', 'holds'],
    ])
    expect(holds).toBe(true)
    const args = ['zkey', 'verify', join(model, 'circuit.r1cs'), ptau, join(model, 'circuit.zkey')]
    const said = execFileSync(process.execPath, [SNARKJS, ...args], { encoding: 'utf8', timeout: 120_000 })
    expect(said).toContain('ZKey Ok!')
    for (const name of ['Ada', 'Bob', 'Carol']) expect(said).toContain(name)
  })

  test('gives keys that prove and verify', async () => {
    await prove({ dir: model, input: at('samples.npz'), limit: 1, out: at('proofs') })
    expect(await verify(model, at('proofs/000000'))).toMatchObject({ valid: true })
  })

  test('is over with its beacon', async () => {
    await expect(contribute({ at: model, name: 'Late', entropy })).rejects.toMatchObject({
      name: 'Ceremony.EndedError',
    })
  })
})

test('keys can be used before a beacon, once somebody contributed', async () => {
  expect(await status(at('unended'))).toMatchObject({ missing: undefined })
  expect((await verifyCeremony({ dir: at('unended') })).links.map(({ outcome }) => outcome)).toEqual([
    ...['holds', 'holds', 'holds'],
    ...['not checked', 'not checked', 'not checked'],
  ])
  await prove({ dir: at('unended'), input: at('samples.npz'), limit: 1, out: at('proofs-2') })
  expect(await verify(at('unended'), at('proofs-2/000000'))).toMatchObject({ valid: true })
})

test('what a killed command left is made again from the key', async () => {
  const folder = at('killed')
  cpSync(model, folder, { recursive: true })
  const files = ['verification_key.json', 'ceremony.json', 'manifest.json'].map((name) => join(folder, name))
  const before = files.map((file) => String(readFileSync(file)))
  // the key is there, what follows from it is not, and the manifest still tells of the key before
  cpSync(at('unended/manifest.json'), files[2]!)
  rmSync(files[0]!)
  rmSync(files[1]!)
  writeFileSync(join(folder, 'circuit.zkey.next'), 'half a key')
  await expect(verify(folder, at('proofs/000000'))).rejects.toMatchObject({
    name: 'Prover.LostKeyError',
    hint: `make it again from the key: zkonnx ceremony accept ${folder} ${join(folder, 'circuit.zkey')}`,
  })
  expect(await accept(folder, join(folder, 'circuit.zkey'))).toEqual([])
  expect(files.map((file) => String(readFileSync(file)))).toEqual(before)
  expect(await verify(folder, at('proofs/000000'))).toMatchObject({ valid: true })
})

describe('at the command line', () => {
  test('a ceremony is told to people in 80 columns, and to programs in JSON', async () => {
    cpSync(at('unended'), at('cli'), { recursive: true })
    const made = await zkonnx(
      dir,
      'ceremony',
      'contribute',
      'cli',
      '--name',
      'Dora',
      '--entropy',
      entropy,
      '--json',
    )
    expect(made).toMatchObject({ code: 0 })
    expect(answer(made)).toMatchObject({ place: 4, name: 'Dora', hash: /^[0-9a-f]{128}$/ })
    const [told, verified] = await Promise.all([
      zkonnx(dir, 'ceremony', 'status', 'cli'),
      zkonnx(dir, 'ceremony', 'verify', 'cli', '--ptau', 'honest.ptau'),
    ])
    for (const text of ['honest.ptau', 'Ada', 'Dora', 'can be used']) expect(told.stdout).toContain(text)
    expect(verified).toMatchObject({ code: 0 })
    for (const line of (told.stdout + verified.stdout).split('\n'))
      expect(line.length, line).toBeLessThanOrEqual(80)
  })

  test('an altered key is exit code 1, and the link is named', async () => {
    cpSync(model, at('altered'), { recursive: true })
    const bytes = readFileSync(join(at('altered'), 'circuit.zkey'))
    bytes[bytes.length - 200]! ^= 1
    writeFileSync(join(at('altered'), 'circuit.zkey'), bytes)
    const ran = await zkonnx(dir, 'ceremony', 'verify', 'altered', '--ptau', 'honest.ptau', '--json')
    expect(ran.code).toBe(1)
    const { holds, links } = answer<Verified>(ran)
    expect(holds).toBe(false)
    expect(links.at(-1)).toMatchObject({ what: 'contributions', outcome: 'fails' })
  })

  test('an interrupted contribution leaves the key as it was, and nothing beside it', async () => {
    cpSync(at('unended'), at('stopped'), { recursive: true })
    const before = readdirSync(at('stopped')).map((name) => readFileSync(join(at('stopped'), name)))
    const child = startZkonnx(dir, 'ceremony', 'contribute', 'stopped', '--name', 'Eve', '--entropy', entropy)
    const ended = new Promise((resolve) => child.once('close', resolve))
    // while snarkjs writes
    while (!existsSync(join(at('stopped'), 'circuit.zkey.next')) && child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 2))
    child.kill('SIGINT')
    expect(await ended).toBe(130)
    expect(readdirSync(at('stopped'))).toEqual(readdirSync(at('unended')))
    readdirSync(at('stopped')).forEach((name, i) => {
      expect(readFileSync(join(at('stopped'), name)).equals(before[i]!), name).toBe(true)
    })
  })

  test('powers of tau are made, honestly with an estimate before, and as dev ones', async () => {
    const honest = ['ceremony', 'new-ptau', '--power', '1', '-o', 'tiny.ptau', '--entropy', entropy, '--json']
    const quick = ['ceremony', 'new-ptau', '--power', '1', '-o', 'dev.ptau', '--dev', '--json']
    const [made, dev] = await Promise.all([zkonnx(dir, ...honest), zkonnx(dir, ...quick)])
    expect(made).toMatchObject({ code: 0, stderr: /This will take about/ })
    expect(answer(made)).toMatchObject({ power: 1, dev: false })
    expect(dev).toMatchObject({ code: 0, stderr: /DEV/ })
    expect(answer(dev)).toMatchObject({ power: 1, dev: true })
    const parts = readdirSync(dir).filter((name) => name.includes('.part'))
    expect(parts).toEqual([])
  })

  test('nobody is asked where there is no terminal: entropy must be given', async () => {
    const ran = await zkonnx(dir, 'ceremony', 'contribute', 'unended', '--name', 'Eve', '--json')
    expect(ran.code).toBe(2)
    expect(answer<{ error: unknown }>(ran).error).toMatchObject({ name: 'Ceremony.EntropyError' })
  })
})
