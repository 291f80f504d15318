/** Bundles: the same bytes wherever they are written, verified with nothing else at hand, and nothing hostile let in. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeBundle } from '../../src/artifacts/bundle.js'
import { readZip } from '../../src/artifacts/samples/zip.js'
import { decodeStored, encodeStored } from '../../src/artifacts/stored-zip.js'
import { sha256 } from '../../src/base/digest.js'
import { BaseError } from '../../src/base/errors.js'
import { bundle, verifyBundle } from '../../src/stages/bundle.js'
import { compile } from '../../src/stages/compile.js'
import { prove } from '../../src/stages/prove.js'
import { setup } from '../../src/stages/setup.js'
import { answer, tempDir, zkonnx } from '../helpers/cli.js'
import { Random } from '../helpers/random.js'
import { writeSmallNet } from '../helpers/small-net.js'

const dir = tempDir()
const at = (...parts: string[]) => join(dir, ...parts)
const PROOFS = ['000000', '000001', '000002']

let archive: Buffer

beforeAll(async () => {
  await writeSmallNet(dir)
  await compile({ model: at('model.onnx'), data: at('samples.npz'), out: at('model'), bits: {} })
  await setup({ dir: at('model'), kind: 'dev' })
  await prove({ dir: at('model'), input: at('samples.npz'), limit: 3, out: at('proofs'), threads: 1 })
  await bundle({ dir: at('model'), proofs: PROOFS.map((name) => at('proofs', name)), out: at('bundle.zip') })
  archive = readFileSync(at('bundle.zip'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** The bundle with some files changed, added, or (where undefined) left out, as `encodeStored` writes it. */
function forged(changes: Readonly<Record<string, string | Uint8Array | undefined>>): string {
  const files = new Map(decodeStored(archive, 'bundle.zip'))
  for (const [name, content] of Object.entries(changes)) {
    if (content === undefined) files.delete(name)
    else files.set(name, typeof content === 'string' ? Buffer.from(content) : content)
  }
  const sorted = new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)))
  return written(encodeStored(sorted))
}

let count = 0
function written(bytes: Uint8Array): string {
  const path = at(`forged${count++}.zip`)
  writeFileSync(path, bytes)
  return path
}

const textOf = (name: string) => Buffer.from(decodeStored(archive, 'bundle.zip').get(name)!).toString('utf8')

test('the same files give the same bytes, from another folder and in another order', async () => {
  mkdirSync(at('elsewhere'))
  for (const name of ['model', 'proofs']) cpSync(at(name), at('elsewhere', name), { recursive: true })
  // for the prover alone, and so not for a bundle
  writeFileSync(at('elsewhere/proofs/000001/opening.json'), '{}')
  const names = [...PROOFS].reverse()
  const proofs = [...names, names[0]!].map((name) => at('elsewhere/proofs', name, 'proof.json'))
  const made = await bundle({ dir: at('elsewhere/model'), proofs, out: at('elsewhere/again.zip') })
  expect(readFileSync(made.path).equals(archive)).toBe(true)
  expect(made).toMatchObject({ sha256: sha256(archive), bytes: archive.length, proofs: 3 })
})

test('it verifies alone, in an empty folder, and says what was verified and what not', async () => {
  mkdirSync(at('alone'))
  cpSync(at('bundle.zip'), at('alone/b.zip'))
  const ran = await zkonnx(at('alone'), 'verify', '--bundle', 'b.zip', '--json')
  expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining('Dev keys') })
  const verdict = answer<Record<string, unknown>>(ran)
  expect(verdict).toMatchObject({
    ...{ holds: true, devKeys: true, sha256: sha256(archive) },
    checks: expect.arrayContaining([
      expect.objectContaining({ what: 'proofs', outcome: 'holds' }),
      expect.objectContaining({ what: 'circuit', outcome: 'not checked' }),
    ]),
    proofs: PROOFS.map((name) => expect.objectContaining({ folder: `proofs/${name}`, valid: true })),
  })
  const said = await zkonnx(at('alone'), 'verify', '--bundle', 'b.zip')
  for (const line of said.stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
  expect(readdirSync(at('alone'))).toEqual(['b.zip'])
  expect(await zkonnx(at('alone'), 'verify')).toMatchObject({ code: 2 })
  expect(await zkonnx(at('alone'), 'verify', '--bundle', 'nowhere.zip')).toMatchObject({ code: 2 })
})

test('other readers of archives find the same in it', () => {
  const files = decodeStored(archive, 'bundle.zip')
  const entries = readZip(archive, 'bundle.zip')
  expect(entries.map(({ name }) => name)).toEqual([...files.keys()])
  for (const entry of entries) expect(Buffer.from(entry.read()).equals(files.get(entry.name)!)).toBe(true)
})

describe('what is wrong is found', () => {
  const outcomes = async (path: string) =>
    Object.fromEntries((await verifyBundle(path)).checks.map(({ what, outcome }) => [what, outcome]))

  test('a proof of another statement, or one that says something else', async () => {
    const swapped = { 'proofs/000001/public.json': textOf('proofs/000002/public.json') }
    expect(await outcomes(forged(swapped))).toMatchObject({ proofs: 'fails' })
    const told = JSON.parse(textOf('proofs/000001/prediction.json'))
    told.integer[0].integers[0] += 1
    const lies = forged({ 'proofs/000001/prediction.json': JSON.stringify(told) })
    expect(await outcomes(lies)).toMatchObject({ proofs: 'fails' })
    expect(await zkonnx(dir, 'verify', '--bundle', lies)).toMatchObject({ code: 1 })
  })

  test('the key of another setup, and a report that says more than the manifest', async () => {
    cpSync(at('model'), at('twice'), { recursive: true })
    await setup({ dir: at('twice'), kind: 'dev' })
    const key = readFileSync(at('twice/verification_key.json'))
    expect(await outcomes(forged({ 'verification_key.json': key }))).toMatchObject({
      'verifying key': 'fails',
    })
    const report = textOf('fidelity.json').replace('"samples": 4', '"samples": 4000')
    expect(report).not.toBe(textOf('fidelity.json'))
    expect(await outcomes(forged({ 'fidelity.json': report }))).toMatchObject({ 'fidelity report': 'fails' })
  })

  test('a manifest that passes dev keys off as a ceremony’s', async () => {
    const manifest = JSON.parse(textOf('manifest.json'))
    manifest.setup.kind = 'ceremony'
    const key = JSON.parse(textOf('verification_key.json'))
    const marked = { ...key, zkonnx: { ...key.zkonnx, setup: 'ceremony' } }
    const path = forged({
      'manifest.json': JSON.stringify(manifest),
      'verification_key.json': JSON.stringify(marked),
    })
    expect(await outcomes(path)).toMatchObject({ 'verifying key': 'fails' })
  })

  test('a proof that does not hold is not bundled', async () => {
    cpSync(at('proofs/000000'), at('bad'), { recursive: true })
    writeFileSync(at('bad/public.json'), textOf('proofs/000001/public.json'))
    const made = bundle({ dir: at('model'), proofs: [at('bad')], out: at('bad.zip') })
    await expect(made).rejects.toMatchObject({ name: 'Bundle.InvalidProofError', fault: 'answer' })
    expect(readdirSync(dir)).not.toContain('bad.zip')
  })
})

describe('hostile archives are refused before anything is written', () => {
  const before = process.env.TMPDIR
  beforeAll(() => {
    mkdirSync(at('tmp'))
    process.env.TMPDIR = at('tmp')
  })
  afterAll(() => {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  })

  async function refusal(path: string): Promise<string> {
    const error = await verifyBundle(path).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(BaseError)
    expect((error as BaseError).fault).not.toBe('internal')
    expect(readdirSync(at('tmp'))).toEqual([])
    return (error as BaseError).name
  }

  test.each([
    '../evil.json',
    'proofs/../../evil.json',
    '/tmp/evil.json',
    'proofs\\000000\\proof.json',
    'proofs/000000/../proof.json',
    'proofs/000000/opening.json',
    'proofs/000007/proof.json',
    'circuit.zkey',
    '__proto__',
    'Manifest.json',
  ])('an entry %s', async (name) => {
    expect(await refusal(forged({ [name]: '{}' }))).toBe('Bundle.ContentError')
  })

  test('a bundle that lacks a file', async () => {
    for (const name of ['manifest.json', 'README.txt', 'proofs/000001/public.json'])
      expect(await refusal(forged({ [name]: undefined }))).toBe('Bundle.ContentError')
  })

  test('names that stand there twice, or in another order', async () => {
    const renamed = Buffer.from(archive)
    for (let place = renamed.indexOf('proofs/000001/'); place >= 0; ) {
      renamed.write('proofs/000000/', place)
      place = renamed.indexOf('proofs/000001/')
    }
    expect(await refusal(written(renamed))).toBe('Bundle.ArchiveError')
    const reversed = new Map([...decodeStored(archive, 'b')].reverse())
    expect(await refusal(written(encodeStored(reversed)))).toBe('Bundle.ContentError')
  })

  test('archives that expand, or hold more than they show', async () => {
    const files = Object.fromEntries(decodeStored(archive, 'b'))
    expect(await refusal(written(zipSync(files, { level: 9 })))).toBe('Bundle.ArchiveError')
    const bomb = zipSync({ 'manifest.json': new Uint8Array(50_000_000) }, { level: 9 })
    expect(await refusal(written(bomb))).toBe('Bundle.ArchiveError')
    for (const more of [
      Buffer.concat([archive, Buffer.from('x')]),
      Buffer.concat([Buffer.from('x'), archive]),
    ])
      expect(await refusal(written(more))).toBe('Bundle.ArchiveError')
    // a comment that the end record announces
    const commented = Buffer.concat([archive, Buffer.from('hidden')])
    commented.writeUInt16LE(6, archive.length - 2)
    expect(await refusal(written(commented))).toBe('Bundle.ArchiveError')
  })

  test('archives that are cut, or changed anywhere', async () => {
    const random = new Random(9)
    for (let i = 0; i < 60; i++) {
      const cut = written(archive.subarray(0, random.int(0, archive.length - 1)))
      expect(await refusal(cut)).toBe('Bundle.ArchiveError')
      const changed = Buffer.from(archive)
      const place = random.int(0, archive.length - 1)
      changed[place] = changed[place]! ^ (1 << random.int(0, 7))
      expect(await refusal(written(changed)), `byte ${place}`).toBe('Bundle.ArchiveError')
    }
  })

  test('a folder, and JSON that is none of ours', async () => {
    await expect(verifyBundle(at('model'))).rejects.toBeInstanceOf(BaseError)
    const manifest = { ...JSON.parse(textOf('manifest.json')), more: 1 }
    expect(await refusal(forged({ 'manifest.json': JSON.stringify(manifest) }))).toBe('Store.SchemaError')
    expect(await refusal(forged({ 'proofs/000000/proof.json': '[' }))).toBe('Store.NotJsonError')
  })
})

test('what does not belong in a bundle cannot be written into one', () => {
  const files = new Map(decodeStored(archive, 'b')).set('notes.txt', Buffer.from(''))
  expect(() => encodeBundle(files)).toThrow(/"notes.txt" does not belong in a bundle/)
})
