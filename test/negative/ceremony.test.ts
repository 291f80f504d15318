/**
 * Every guard rail between a powers-of-tau file and a verifying key, each walked into: unsafe, cut, foreign and forged
 * files are refused at the step that they are given to, with what was found and what to do, and change nothing.
 */
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { zKey } from 'snarkjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as Binfile from '../../src/artifacts/iden3/binfile.js'
import type { Manifest } from '../../src/artifacts/manifest.js'
import type { Transcript } from '../../src/artifacts/setup-record.js'
import { BaseError } from '../../src/base/errors.js'
import { withThreads } from '../../src/prover/curve.js'
import { readKeyFile } from '../../src/prover/key-file.js'
import { keyDigest } from '../../src/prover/keys.js'
import type { VerificationKey } from '../../src/prover/proof.js'
import { DEV_SECTION } from '../../src/prover/ptau.js'
import { PUBLISHED } from '../../src/prover/published-ptau.js'
import { transcriptOf } from '../../src/prover/transcript.js'
import { accept, applyBeacon, contribute } from '../../src/stages/ceremony.js'
import { deployModel, type OpenChain } from '../../src/stages/chain.js'
import { compile } from '../../src/stages/compile.js'
import { newPowers } from '../../src/stages/powers.js'
import { prove } from '../../src/stages/prove.js'
import { beginCeremony, setup } from '../../src/stages/setup.js'
import { verify } from '../../src/stages/verify.js'
import { verifyCeremony } from '../../src/stages/verify-ceremony.js'
import {
  contributedBy,
  devPtau,
  editContributions,
  editPtau,
  POWER,
  writeModelAndPtau,
} from '../helpers/ceremony.js'
import { tempDir } from '../helpers/cli.js'
import { writeSmallNet } from '../helpers/small-net.js'
import { keepThreads } from '../helpers/threads.js'

const dir = tempDir()
const at = (...parts: string[]) => join(dir, ...parts)
const entropy = 'what the test types'
let [model, ptau] = ['', '']
let honest: Uint8Array

/** `fresh` is begun, `model` has Ada and Bob; ada.zkey and bob.zkey are the keys after each, first.zkey before. */
keepThreads()
beforeAll(async () => {
  ;({ model, ptau } = await writeModelAndPtau(dir))
  honest = readFileSync(ptau)
  await beginCeremony({ dir: model, ptau })
  cpSync(model, at('fresh'), { recursive: true })
  cpSync(join(model, 'circuit.zkey'), at('first.zkey'))
  for (const [name, file] of [
    ['Ada', 'ada.zkey'],
    ['Bob', 'bob.zkey'],
  ] as const) {
    await contribute({ at: model, name, entropy })
    cpSync(join(model, 'circuit.zkey'), at(file))
  }
  await prove({ dir: model, input: at('samples.npz'), limit: 1, out: at('proofs') })
  await writeSmallNet(dir, { name: 'other', seed: 2 })
  const bits = { activation: 4, weight: 4, input: 4 }
  await compile({ model: at('other.onnx'), data: at('samples.npz'), out: at('other'), bits })
  await beginCeremony({ dir: at('other'), ptau })
  await contribute({ at: at('other'), name: 'Olga', entropy })
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

function write(name: string, bytes: Uint8Array): string {
  writeFileSync(at(name), bytes)
  return at(name)
}

function copyOf(folder: string, name: string): string {
  cpSync(folder, at(name), { recursive: true })
  return at(name)
}

const json = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8'))
const put = (path: string, value: unknown) => writeFileSync(path, JSON.stringify(value))
const contents = (folder: string) =>
  readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString('base64')])

/** That it fails by this name and says what to do, and that the folder is as it was. */
async function refused(folder: string, name: string, act: () => Promise<unknown>): Promise<string> {
  const before = contents(folder)
  const error = await act().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error, `${name} expected`).toBeInstanceOf(BaseError)
  expect(error).toMatchObject({ name, message: /What to do: / })
  expect(contents(folder)).toEqual(before)
  return (error as Error).message
}

const flipped = (bytes: Uint8Array, place: number) => {
  const copy = Uint8Array.from(bytes)
  copy[place]! ^= 1
  return copy
}

describe('setup refuses powers of tau', () => {
  const begin = (path: string) => () => beginCeremony({ dir: at('fresh'), ptau: path })
  /** A point in the middle of a section. */
  const inSection = (id: number, edit: (content: Uint8Array) => Uint8Array) =>
    editPtau(honest, (sections) => sections.set(id, edit(sections.get(id)!)))

  const need = () => json<Manifest>(at('fresh', 'manifest.json')).circuit.power

  test('that are too few, and says which would do', async () => {
    await newPowers({ power: need() - 1, out: at('small.ptau'), dev: true })
    const message = await refused(at('fresh'), 'Setup.PtauTooSmallError', begin(at('small.ptau')))
    expect(message).toContain(`of power ${need() - 1}, the circuit needs ${need()}`)
    expect(message).toContain('powersOfTau28_hez_final_08.ptau')
  })

  test('that are dev, by their mark or because only a beacon contributed', async () => {
    const marked = await devPtau(POWER)
    await refused(at('fresh'), 'Setup.DevPtauError', begin(write('dev.ptau', marked)))
    const bare = editPtau(marked, (sections) => sections.delete(DEV_SECTION))
    await refused(at('fresh'), 'Setup.DevPtauError', begin(write('bare.ptau', bare)))
  })

  test('that nobody contributed to, or that are not prepared', async () => {
    const empty = editPtau(honest, (sections) => sections.set(7, new Uint8Array(4)))
    await refused(at('fresh'), 'Setup.EmptyPtauError', begin(write('empty.ptau', empty)))
    const raw = editPtau(honest, (sections) => [12, 13, 14, 15].map((id) => sections.delete(id)))
    await refused(at('fresh'), 'Setup.UnpreparedPtauError', begin(write('raw.ptau', raw)))
  })

  test.each([2, 3, 4, 5, 6, 12, 13, 14, 15])('with a point of section %i exchanged', async (id) => {
    const size = [3, 6, 13].includes(id) ? 128 : 64
    const base = editPtau(honest, () => {})
    const other = Binfile.readSections(Binfile.fromBytes(base, 'ptau'), {
      ...{ magic: 'ptau', version: 1, sections: [1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15] },
    })
    // points that are ones, of other powers
    const point = size === 64 ? other.get(2)!.slice(640, 704) : other.get(3)!.slice(768, 896)
    const place = id === 6 ? 0 : 5 * size
    const bytes = inSection(id, (content) => {
      const copy = Uint8Array.from(content)
      copy.set(point, place)
      return copy
    })
    const message = await refused(
      at('fresh'),
      'Setup.UnsoundPtauError',
      begin(write('exchanged.ptau', bytes)),
    )
    expect(message).toContain('snarkjs says: ')
  })

  test('whose contribution is altered', async () => {
    const bytes = inSection(7, (content) => flipped(content, 4 + 448 + 700))
    await refused(at('fresh'), 'Setup.UnsoundPtauError', begin(write('altered.ptau', bytes)))
  })

  test('whose beacon would be hashed for ever', async () => {
    const beacon = { value: 'ab'.repeat(32), iterations: 63 }
    const bytes = inSection(7, (content) => {
      const two = contributedBy(content, 'Block', beacon)
      return Buffer.concat([Uint8Array.of(2, 0, 0, 0), content.subarray(4), two.subarray(4)])
    })
    const message = await refused(at('fresh'), 'Setup.UnsoundPtauError', begin(write('endless.ptau', bytes)))
    expect(message).toContain('2^63')
  })

  test('with a published name and another content, with both digests', async () => {
    const { name, blake2b } = PUBLISHED[0]!
    const message = await refused(at('fresh'), 'Setup.PtauDigestError', begin(write(name, honest)))
    expect(message).toContain(`published is       ${blake2b}`)
  })

  test('that are cut, of another kind, or over another curve', async () => {
    await refused(at('fresh'), 'Iden3.MalformedFileError', begin(write('cut.ptau', honest.subarray(0, 9999))))
    await refused(at('fresh'), 'Iden3.MalformedFileError', begin(join(model, 'circuit.r1cs')))
    const other = inSection(1, (content) => flipped(content, 9))
    await refused(at('fresh'), 'Ptau.OtherCurveError', begin(write('curve.ptau', other)))
  })

  test('for a circuit that is not the one of the manifest', async () => {
    const folder = copyOf(at('fresh'), 'changed')
    writeFileSync(join(folder, 'circuit.r1cs'), readFileSync(at('other', 'circuit.r1cs')))
    await refused(folder, 'Setup.CircuitChangedError', () => beginCeremony({ dir: folder, ptau }))
  })
})

describe('a rehearsal with dev powers of tau', () => {
  test('makes dev keys, which no verification takes for others', async () => {
    const folder = copyOf(at('fresh'), 'rehearsal')
    const path = write('dev.ptau', await devPtau(POWER))
    await beginCeremony({ dir: folder, ptau: path, dev: true })
    await contribute({ at: folder, name: 'Ada', entropy })
    const { setup: record } = json<Manifest>(join(folder, 'manifest.json'))
    expect(record).toMatchObject({ kind: 'dev', ptau: { verified: 'dev' } })
    const key = json<VerificationKey>(join(folder, 'verification_key.json'))
    expect(key.zkonnx).toMatchObject({ setup: 'dev', warning: /forge/ })
    expect((await verifyCeremony({ dir: folder, ptau: path })).links.at(-1)).toMatchObject({
      ...{ what: 'powers of tau', outcome: 'fails', detail: /Everyone can compute the secrets/ },
    })
    expect((await verifyCeremony({ dir: folder, ptau: path, dev: true })).holds).toBe(true)
    // called a ceremony's in every file, it still is not: its transcript says what it came from
    put(join(folder, 'verification_key.json'), { ...key, zkonnx: { ...key.zkonnx, setup: 'ceremony' } })
    const manifest = json<Manifest>(join(folder, 'manifest.json'))
    put(join(folder, 'manifest.json'), { ...manifest, setup: { ...record, kind: 'ceremony' } })
    await refused(folder, 'Prover.KeyRecordError', () => verify(folder, at('proofs/000000')))
  })
})

describe('contributing refuses', () => {
  const add = (path: string) => contribute({ at: path, name: 'Eve', entropy, out: at('eve.zkey') })

  test('dev keys, folders without a ceremony, and missing files', async () => {
    const folder = copyOf(at('fresh'), 'dev-keys')
    await setup({ dir: folder, kind: 'dev' })
    await refused(folder, 'Ceremony.NotBegunError', () => add(folder))
    await refused(folder, 'Ceremony.DevKeyError', () => add(join(folder, 'circuit.zkey')))
    await refused(folder, 'Store.MissingFileError', () => add(at('none.zkey')))
  })

  test('names that nothing can show, empty entropy, and beacons that are none', async () => {
    for (const name of ['', '  ', 'x'.repeat(65), 'a\nb', 'a\u001b[31m', 'a\u202eb'])
      await refused(model, 'Ceremony.NameError', () => contribute({ at: model, name, entropy }))
    await refused(model, 'Ceremony.EntropyError', () => contribute({ at: model, name: 'Eve', entropy: ' ' }))
    const beacon = (value: string, iterations = 10) =>
      applyBeacon({ at: model, name: 'block', value, iterations })
    for (const value of ['', '0x', 'xyz', '001', '00112233'])
      await refused(model, 'Ceremony.BeaconValueError', () => beacon(value))
    for (const iterations of [9, 25, 10.5])
      await refused(model, 'Ceremony.IterationsError', () => beacon('00'.repeat(16), iterations))
  })

  test('a beacon before anybody contributed', async () => {
    const act = () => applyBeacon({ at: at('fresh'), name: 'block', value: '00'.repeat(16), iterations: 10 })
    await refused(at('fresh'), 'Ceremony.NoContributionError', act)
  })

  test('a key whose contributions do not hold', async () => {
    const dropped = write(
      'dropped.zkey',
      editContributions(readFileSync(at('bob.zkey')), (parts) => parts.slice(1)),
    )
    const message = await refused(model, 'Ceremony.ContributionError', () => add(dropped))
    expect(message).toContain('contribution 1, "Bob", does not hold: it answers another challenge')
    expect(readdirSync(dir).filter((name) => name.startsWith('eve.zkey'))).toEqual([])
  })
})

/** Exchanges two neighbours, of so many bytes each, that are not the same. */
function exchange(bytes: Uint8Array, from: number, size: number): void {
  const [left, right] = [bytes.slice(from, from + size), bytes.slice(from + size, from + 2 * size)]
  if (Buffer.compare(left, right) === 0) exchange(bytes, from + size, size)
  else {
    bytes.set(right, from)
    bytes.set(left, from + size)
  }
}

describe('accepting refuses', () => {
  const take = (path: string) => () => accept(model, path)

  test('a key that lost contributions, has them reordered, or has nothing new', async () => {
    await contribute({ at: at('ada.zkey'), name: 'Eve', entropy, out: at('past-bob.zkey') })
    const lost = await refused(model, 'Ceremony.LostContributionError', take(at('past-bob.zkey')))
    expect(lost).toContain('contribution 2, "Bob"')
    await refused(model, 'Ceremony.LostContributionError', take(at('first.zkey')))
    const swapped = write(
      'swapped.zkey',
      editContributions(readFileSync(at('bob.zkey')), (parts) => parts.toReversed()),
    )
    await refused(model, 'Ceremony.LostContributionError', take(swapped))
    await refused(model, 'Ceremony.NothingNewError', take(at('bob.zkey')))
  })

  test.each([
    ['delta', 10, 'Proof.FieldError'],
    ['the challenge', 3 * 64 + 128 + 5, 'Ceremony.ContributionError'],
    ['the proof of knowledge', 3 * 64 + 5, 'Proof.FieldError'],
  ])('a contribution with %s altered', async (_, place, name) => {
    await contribute({ at: at('bob.zkey'), name: 'Carol', entropy, out: at('carol.zkey') })
    const edit = (parts: Uint8Array[]) => parts.with(2, flipped(parts[2]!, place))
    await refused(
      model,
      name,
      take(write('altered.zkey', editContributions(readFileSync(at('carol.zkey')), edit))),
    )
  })

  test('contributions that another made, under one more name', async () => {
    const twice = editContributions(readFileSync(at('bob.zkey')), (parts) => [...parts, parts[1]!])
    await refused(model, 'Ceremony.ContributionError', take(write('twice.zkey', twice)))
  })

  test.each([3, 4, 5, 6, 7, 8, 9])('a key with section %i changed', async (id) => {
    await contribute({ at: at('bob.zkey'), name: 'Carol', entropy, out: at('carol.zkey') })
    const bytes = Uint8Array.from(readFileSync(at('carol.zkey')))
    const { offset } = Binfile.directory(Binfile.fromBytes(bytes, 'key'), {
      ...{ magic: 'zkey', version: 1, sections: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] },
    }).get(id)!
    exchange(bytes, offset + (id === 4 ? 4 : 0), id === 4 ? 44 : id === 7 ? 128 : 64)
    await refused(model, 'Ceremony.ChangedKeyError', take(write('changed.zkey', bytes)))
  })

  test('a key of another circuit, a dev key, and what is no key', async () => {
    await refused(model, 'Ceremony.OtherCircuitError', take(at('other', 'circuit.zkey')))
    cpSync(at('fresh'), at('dev'), { recursive: true })
    await setup({ dir: at('dev'), kind: 'dev' })
    await refused(model, 'Ceremony.DevKeyError', take(at('dev', 'circuit.zkey')))
    await refused(model, 'Iden3.MalformedFileError', take(ptau))
    truncateSync(at('past-bob.zkey'), 4000)
    await refused(model, 'Iden3.MalformedFileError', take(at('past-bob.zkey')))
  })

  test('a key that only a beacon contributed to', async () => {
    await withThreads(() => zKey.beacon(at('first.zkey'), at('beacon.zkey'), 'b', '00'.repeat(16), 10))
    await refused(at('fresh'), 'Ceremony.BeaconOnlyError', () => accept(at('fresh'), at('beacon.zkey')))
  })
})

/** Each way to use keys, which must all refuse them. */
const USES: readonly (readonly [string, (folder: string) => Promise<unknown>])[] = [
  ['verify', (folder) => verify(folder, at('proofs/000000'))],
  ['prove', (folder) => prove({ dir: folder, input: at('samples.npz'), limit: 1 })],
  ['deploy', (folder) => deployModel(folder, NO_CHAIN)],
]
/** Keys are looked at before a chain is. */
const NO_CHAIN = {
  embedded: false,
  signer: () => Promise.reject(new Error('a chain was asked')),
} as unknown as OpenChain

type Forged = {
  readonly what: string
  readonly from: 'fresh' | 'model'
  readonly name: string
  readonly edit: (folder: string) => unknown
}

const editTranscript = (edit: (transcript: Transcript) => Transcript) => (folder: string) => {
  const path = join(folder, 'ceremony.json')
  put(path, edit(json<Transcript>(path)))
  forget(folder)
}

/** As if the manifest had been made without a setup: what it recorded would tell. */
function forget(folder: string): void {
  const { setup: _, ...manifest } = json<Manifest>(join(folder, 'manifest.json'))
  put(join(folder, 'manifest.json'), manifest)
}

/** A transcript and a verifying key of the key that nobody but a beacon contributed to, as a forger would write them. */
async function forgeBeaconOnly(folder: string): Promise<void> {
  await withThreads(() => zKey.beacon(at('first.zkey'), at('forged.zkey'), 'b', '00'.repeat(16), 10))
  const { circuit, setup: record } = json<Manifest>(join(folder, 'manifest.json'))
  const exported = (await withThreads(() => zKey.exportVerificationKey(at('forged.zkey')))) as VerificationKey
  const verificationKey = { ...exported, zkonnx: { setup: 'ceremony' as const, circuit: circuit.sha256 } }
  const { sha256 } = record!.firstKey!
  const facts = {
    circuit: circuit.sha256,
    ptau: record!.ptau!,
    firstKey: sha256,
    zkey: sha256,
    verificationKey,
  }
  put(join(folder, 'ceremony.json'), transcriptOf({ ...(await readKeyFile(at('forged.zkey'))), ...facts }))
  put(join(folder, 'verification_key.json'), verificationKey)
  cpSync(at('forged.zkey'), join(folder, 'circuit.zkey'))
  forget(folder)
}

const FORGED: readonly Forged[] = [
  { what: 'that nobody contributed to', from: 'fresh', name: 'Ceremony.NoContributionError', edit: () => {} },
  {
    what: 'with gamma = delta',
    from: 'model',
    name: 'Proof.FieldError',
    edit: (folder) => {
      const path = join(folder, 'verification_key.json')
      const key = json<VerificationKey>(path)
      put(path, { ...key, vk_delta_2: key.vk_gamma_2 })
    },
  },
  {
    what: 'that only a beacon contributed to',
    from: 'model',
    name: 'Ceremony.BeaconOnlyError',
    edit: forgeBeaconOnly,
  },
  {
    what: 'without a transcript',
    from: 'model',
    name: 'Prover.NoTranscriptError',
    edit: (folder) => {
      rmSync(join(folder, 'ceremony.json'))
      forget(folder)
    },
  },
  {
    what: 'whose recorded transcript is missing',
    from: 'model',
    name: 'Prover.NoTranscriptError',
    edit: (folder) => rmSync(join(folder, 'ceremony.json')),
  },
  {
    what: 'with another transcript than the recorded one',
    from: 'model',
    name: 'Prover.KeyRecordError',
    edit: (folder) =>
      writeFileSync(join(folder, 'ceremony.json'), `${readFileSync(join(folder, 'ceremony.json'))} `),
  },
  {
    what: 'whose transcript lacks the last contribution',
    from: 'model',
    name: 'Ceremony.TranscriptEndError',
    edit: editTranscript((one) => ({ ...one, contributions: one.contributions.slice(0, -1) })),
  },
  {
    what: 'whose transcript lacks the first contribution',
    from: 'model',
    name: 'Ceremony.ContributionError',
    edit: editTranscript((one) => ({ ...one, contributions: one.contributions.slice(1) })),
  },
  {
    what: 'whose transcript has them reordered',
    from: 'model',
    name: 'Ceremony.ContributionError',
    edit: editTranscript((one) => ({ ...one, contributions: one.contributions.toReversed() })),
  },
  {
    what: 'whose transcript has another hash of a contribution',
    from: 'model',
    name: 'Ceremony.ContributionError',
    edit: editTranscript((one) => ({
      ...one,
      contributions: one.contributions.with(0, { ...one.contributions[0]!, hash: 'ab'.repeat(64) }),
    })),
  },
  {
    what: 'whose transcript has an honest name on a beacon of its own',
    from: 'model',
    name: 'Ceremony.ContributionError',
    edit: editTranscript((one) => ({
      ...one,
      contributions: one.contributions.with(1, {
        ...one.contributions[1]!,
        beacon: { value: '00'.repeat(16), iterations: 10 },
      }),
    })),
  },
  {
    what: 'whose powers of tau only claim to be published',
    from: 'model',
    name: 'Ceremony.TranscriptError',
    edit: editTranscript((one) => ({ ...one, ptau: { ...one.ptau, verified: 'published' } })),
  },
  {
    what: 'with the transcript of another circuit',
    from: 'model',
    name: 'Ceremony.TranscriptError',
    edit: (folder) => {
      cpSync(at('other', 'ceremony.json'), join(folder, 'ceremony.json'))
      forget(folder)
    },
  },
  {
    what: 'that are of another circuit',
    from: 'model',
    name: 'Prover.WrongCircuitError',
    edit: (folder) => {
      for (const file of ['ceremony.json', 'verification_key.json', 'circuit.zkey'])
        cpSync(at('other', file), join(folder, file))
    },
  },
  {
    what: 'that are dev keys under a false mark',
    from: 'model',
    name: 'Ceremony.TranscriptEndError',
    edit: async (folder) => {
      const transcript = readFileSync(join(folder, 'ceremony.json'))
      await setup({ dir: folder, kind: 'dev' })
      const path = join(folder, 'verification_key.json')
      const key = json<VerificationKey>(path)
      put(path, { ...key, zkonnx: { ...key.zkonnx, setup: 'ceremony' } })
      const said = { ...JSON.parse(String(transcript)), verificationKey: keyDigest(key) }
      put(join(folder, 'ceremony.json'), said)
      forget(folder)
    },
  },
]

describe('keys are refused wherever they are used', () => {
  test.each(FORGED)('$what', async ({ what, from, name, edit }) => {
    const folder = copyOf(
      from === 'model' ? model : at('fresh'),
      `forged-${FORGED.findIndex((one) => one.what === what)}`,
    )
    await edit(folder)
    for (const [, use] of USES) await refused(folder, name, () => use(folder))
  })

  test('and what was not edited is used', async () => {
    const folder = copyOf(model, 'untouched')
    expect(await verify(folder, at('proofs/000000'))).toMatchObject({ valid: true })
    // the transcript alone is enough, without what the manifest records
    forget(folder)
    expect(await verify(folder, at('proofs/000000'))).toMatchObject({ valid: true })
  })
})

describe('verifying a ceremony names the link that breaks', () => {
  const firstBroken = async (folder: string, powers = ptau) => {
    const { links, holds } = await verifyCeremony({ dir: folder, ptau: powers })
    expect(holds).toBe(false)
    return links.at(-1)!
  }

  test('another circuit, other powers of tau, another first key', async () => {
    const folder = copyOf(model, 'links')
    writeFileSync(join(folder, 'circuit.r1cs'), readFileSync(at('other', 'circuit.r1cs')))
    expect(await firstBroken(folder)).toMatchObject({ what: 'circuit', outcome: 'fails' })
    const others = editPtau(await devPtau(POWER), (sections) => {
      sections.delete(DEV_SECTION)
      sections.set(
        7,
        Binfile.readSections(Binfile.fromBytes(honest, 'ptau'), {
          ...{ magic: 'ptau', version: 1, sections: [1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15] },
        }).get(7)!,
      )
    })
    expect(await firstBroken(model, write('others.ptau', others))).toMatchObject({ what: 'powers of tau' })
    const edited = copyOf(model, 'first')
    const transcript = json<Transcript>(join(edited, 'ceremony.json'))
    expect(transcript.firstKey.sha256).toMatch(/^sha256:/)
    const manifest = json<Manifest>(join(edited, 'manifest.json'))
    const firstKey = { ...manifest.setup!.firstKey!, sha256: `sha256:${'ab'.repeat(32)}` as const }
    put(join(edited, 'manifest.json'), { ...manifest, setup: { ...manifest.setup!, firstKey } })
    expect(await firstBroken(edited)).toMatchObject({ what: 'verifying key and transcript' })
  })

  test('a proving key that is not the transcript’s', async () => {
    const folder = copyOf(model, 'other-key')
    cpSync(at('ada.zkey'), join(folder, 'circuit.zkey'))
    expect(await firstBroken(folder)).toMatchObject({ what: 'verifying key and transcript' })
  })

  test('a key whose points snarkjs alone looks at', async () => {
    const folder = copyOf(model, 'points')
    const bytes = readFileSync(join(folder, 'circuit.zkey'))
    const format = { magic: 'zkey', version: 1, sections: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }
    const { offset } = Binfile.directory(Binfile.fromBytes(bytes, 'key'), format).get(9)!
    exchange(bytes, offset, 64)
    writeFileSync(join(folder, 'circuit.zkey'), bytes)
    // the digest that is recorded tells first
    expect(await firstBroken(folder)).toMatchObject({ what: 'verifying key and transcript' })
  })
})
