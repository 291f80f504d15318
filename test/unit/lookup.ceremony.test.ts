/** Ceremonies with two secrets a contributor: what comes of one proves, and what was tampered with is refused. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as Binfile from '../../src/artifacts/iden3/binfile.js'
import { Random } from '../../src/base/random.js'
import type { AnyContribution } from '../../src/prover/ceremony.js'
import { ceremonyOf } from '../../src/prover/ceremony.js'
import {
  assertEnough,
  BeaconOnlyError,
  ContributionError,
  NoContributionError,
  TranscriptEndError,
} from '../../src/prover/contributions.js'
import { applyBeacon, contribute, extend } from '../../src/prover/lookup/contribute.js'
import {
  appended,
  assertChain,
  bytesOf,
  hashOf,
  type LookupContribution,
} from '../../src/prover/lookup/contributions.js'
import { firstKey } from '../../src/prover/lookup/first-key.js'
import { readKey, SameDeltaError } from '../../src/prover/lookup/key.js'
import { assertKeyFile, type LookupKeyFile, readKeyFile } from '../../src/prover/lookup/key-file.js'
import { CONTRIBUTIONS_HEAD, encode, readBody, readHeader } from '../../src/prover/lookup/key-format.js'
import { readCircuit, verificationKeyOf } from '../../src/prover/lookup/keys.js'
import { open } from '../../src/prover/lookup/prover.js'
import { prove } from '../../src/prover/lookup/reference.js'
import { assertSuccessor, ChangedLookupKeyError } from '../../src/prover/lookup/successor.js'
import { assertTranscript, transcriptOf } from '../../src/prover/lookup/transcript.js'
import { verifyLookup } from '../../src/prover/lookup/verify.js'
import { sectionSizes } from '../../src/prover/ptau.js'
import { LostContributionError } from '../../src/prover/successor.js'
import { devPtau, editPtau } from '../helpers/ceremony.js'
import { tempDir } from '../helpers/cli.js'
import { filesOf, MIXED, rescales } from '../helpers/lookup-circuits.js'

const deep = process.env.ZKONNX_DEEP !== undefined
const SECTIONS = ['d', 'c', 'h', 'a', 'b1', 'b2', 'layout', 'coefficients'] as const
const dir = tempDir()
const files = filesOf(MIXED)
const circuit = readCircuit(files.r1cs, files.lookups)
const at = (name: string) => join(dir, name)
const random = new Random(5)
const blinding = { kappa: random.element(), r: random.element(), s: random.element() }
/** The first key, after Ada, Bo and Cy, and after the beacon. */
let keys: Uint8Array[]
const BEACON = { name: 'beacon', value: 'ab'.repeat(16), iterations: 10 }

beforeAll(async () => {
  writeFileSync(at('ptau'), await devPtau(Math.log2(circuit.shape.domainSize)))
  keys = [await firstKey(circuit, at('ptau'))]
  for (const name of ['Ada', 'Bo', 'Cy']) keys.push(await contribute(keys.at(-1)!, { name, entropy: name }))
  keys.push(await applyBeacon(keys.at(-1)!, BEACON))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

function fileOf(bytes: Uint8Array, name = 'key.lkey'): LookupKeyFile {
  writeFileSync(at(name), bytes)
  return readKeyFile(at(name))
}

/** With parts changed. */
function edited(bytes: Uint8Array, edit: (own: ReturnType<typeof parts>) => void): Uint8Array {
  const own = parts(bytes)
  edit(own)
  return encode(own.header, own.body)
}
function parts(bytes: Uint8Array) {
  const source = Binfile.fromBytes(bytes, 'key')
  const copy = <T extends object>(object: T) =>
    Object.fromEntries(
      Object.entries(object).map(([name, value]) => [
        name,
        value instanceof Uint8Array ? value.slice() : value,
      ]),
    ) as { -readonly [name in keyof T]: T[name] }
  return { header: copy(readHeader(source)), body: copy(readBody(source)) }
}
function withContributions(
  bytes: Uint8Array,
  edit: (all: LookupContribution[]) => LookupContribution[],
): Uint8Array {
  const { contributions } = fileOf(bytes, 'edited.lkey')
  return edited(bytes, ({ body }) => {
    const head = body.contributions.slice(0, CONTRIBUTIONS_HEAD)
    Binfile.view(head).setUint32(CONTRIBUTIONS_HEAD - 4, 0, true)
    body.contributions = edit([...contributions]).reduce<Uint8Array>(
      (all, one) => appended(all, bytesOf(one)),
      head,
    )
  })
}

describe('a ceremony of three and a beacon', () => {
  test('its key proves, and its transcript leads to it', async () => {
    const key = fileOf(keys.at(-1)!)
    await assertKeyFile(key)
    assertEnough(key.contributions, 'here')
    const { proof, publicSignals } = prove(readKey(keys.at(-1)!), MIXED.witness.values, blinding)
    const verificationKey = verificationKeyOf(key.header)
    expect(verifyLookup(verificationKey, publicSignals, proof)).toBe(true)
    // keys of before its end do not take it
    expect(verifyLookup(verificationKeyOf(fileOf(keys[3]!).header), publicSignals, proof)).toBe(false)
    const digest = `sha256:${'0'.repeat(64)}` as const
    const ptau = { name: 'ptau', power: 5, blake2b: '0'.repeat(128), verified: 'full' } as const
    const transcript = transcriptOf({
      ...key,
      circuit: digest,
      ptau,
      firstKey: digest,
      zkey: digest,
      verificationKey,
    })
    await assertTranscript(transcript, verificationKey, digest, 'transcript')
    const { contributions } = transcript
    for (const changed of [contributions.slice(1), contributions.slice(0, 3), contributions.toReversed()])
      await expect(
        assertTranscript({ ...transcript, contributions: changed }, verificationKey, digest, 'transcript'),
      ).rejects.toThrow()
  })

  test('each key follows from those before it', async () => {
    const all = keys.map((bytes, i) => fileOf(bytes, `${i}.lkey`))
    await assertSuccessor(all[0]!, all[4]!)
    await assertSuccessor(all[1]!, all[2]!)
    expect(await ceremonyOf('groth16-lookup').judged(at('0.lkey'), '', at('4.lkey'), {})).toBe(undefined)
    await expect(assertSuccessor(all[2]!, all[1]!)).rejects.toThrow(LostContributionError)
  })

  test('the same files give the same first key', async () => {
    expect(Buffer.compare(await firstKey(circuit, at('ptau')), keys[0]!)).toBe(0)
  })

  test('its first key cannot be used, nor one of a beacon alone', async () => {
    expect(() => readKey(keys[0]!)).toThrow(SameDeltaError)
    expect(() => verificationKeyOf(readHeader(Binfile.fromBytes(keys[0]!, 'key')))).toThrow(SameDeltaError)
    expect(() => assertEnough(fileOf(keys[0]!).contributions, 'here')).toThrow(NoContributionError)
    const alone = fileOf(await applyBeacon(keys[0]!, BEACON))
    await assertKeyFile(alone)
    expect(() => assertEnough(alone.contributions, 'here')).toThrow(BeaconOnlyError)
  })
})

type Forgery = readonly [what: string, error: RegExp, make: (key: Uint8Array) => Uint8Array]

const shown =
  (index: number, which: 0 | 1, part: 'deltaAfter' | 's' | 'sx', from: 0 | 1) =>
  (all: LookupContribution[]): LookupContribution[] =>
    all.map((one, i) => {
      if (i !== index) return one
      const secrets = one.secrets.map((secret, of) =>
        of === which ? { ...secret, [part]: all[from]!.secrets[which][part] } : secret,
      ) as unknown as LookupContribution['secrets']
      return { ...one, secrets, hash: hashOf({ ...one, secrets }) }
    })

const FORGED: readonly Forgery[] = [
  [
    'its first contribution dropped',
    /another challenge/,
    (key) => withContributions(key, (all) => all.slice(1)),
  ],
  ['its last dropped', /do not lead to this key/, (key) => withContributions(key, (all) => all.slice(0, -1))],
  [
    'two of them reordered',
    /another challenge/,
    (key) => withContributions(key, ([a, b, ...rest]) => [b!, a!, ...rest]),
  ],
  [
    'a contributor renamed',
    /another challenge/,
    (key) => withContributions(key, ([a, ...rest]) => [{ ...a!, name: 'Eve' }, ...rest]),
  ],
  [
    'a beacon of another value',
    /follows from the value/,
    (key) =>
      withContributions(key, (all) =>
        all.map((one) =>
          one.beacon === undefined ? one : { ...one, beacon: { ...one.beacon, value: 'cd'.repeat(16) } },
        ),
      ),
  ],
  [
    'the deltaD of before a contribution',
    /deltaD was not multiplied/,
    (key) => withContributions(key, shown(1, 0, 'deltaAfter', 0)),
  ],
  [
    'the deltaC of before a contribution',
    /deltaC was not multiplied/,
    (key) => withContributions(key, shown(1, 1, 'deltaAfter', 0)),
  ],
  [
    'a secret of deltaD that nobody shows',
    /another challenge/,
    (key) => withContributions(key, shown(1, 0, 'sx', 0)),
  ],
  [
    'a secret of deltaC that nobody shows',
    /another challenge/,
    (key) => withContributions(key, shown(1, 1, 'sx', 0)),
  ],
  [
    'another deltaD in G2',
    /do not lead to this key/,
    (key) =>
      edited(key, ({ header }) => {
        header.deltaD2 = header.deltaC2
      }),
  ],
  [
    'another deltaC in G1',
    /do not lead to this key/,
    (key) =>
      edited(key, ({ header }) => {
        header.deltaC1 = header.deltaD1
      }),
  ],
]

test.each(FORGED)('a key with %s is refused', async (_, message, make) => {
  const key = fileOf(make(keys.at(-1)!))
  const error = await assertKeyFile(key).catch((thrown: Error) => thrown)
  expect(error).toBeInstanceOf(Error)
  expect([ContributionError, TranscriptEndError].some((kind) => error instanceof kind)).toBe(true)
  expect((error as Error).message).toMatch(message)
})

test.each(deep ? SECTIONS : SECTIONS.slice(2, 4))(
  'a key whose section %s was changed is no successor',
  async (name) => {
    const before = fileOf(keys[1]!, 'before.lkey')
    const changed = edited(keys[2]!, ({ body }) => {
      const size = name === 'b2' ? 128 : 64
      // two points stand for each other; of other sections, a byte is another
      if (name === 'layout' || name === 'coefficients') body[name][body[name].length - 1]! ^= 1
      else body[name].copyWithin(0, size, 2 * size)
    })
    await expect(assertSuccessor(before, fileOf(changed, 'after.lkey'))).rejects.toThrow(
      ChangedLookupKeyError,
    )
  },
)

test.each([0, 1])('a contribution whose secret %i is 1 is none', async (which) => {
  const key = await extend(keys[1]!, { name: 'Eve', beacon: undefined }, async ({ G1, Fr }) => {
    const secret = (own: number) => ({ x: own === which ? Fr.one : Fr.e(7), s: G1.gAffine })
    return [secret(0), secret(1)]
  })
  const name = ['deltaD', 'deltaC'][which]
  await expect(assertKeyFile(fileOf(key))).rejects.toThrow(`its secret of ${name} is 1`)
})

test('contributors who draw the same secret for both deltas are refused', async () => {
  const key = await extend(keys[0]!, { name: 'Eve', beacon: undefined }, async ({ G1, Fr }) => {
    const secret = { x: Fr.e(7), s: G1.gAffine }
    return [secret, secret]
  })
  await expect(assertKeyFile(fileOf(key))).rejects.toThrow(SameDeltaError)
})

test('what is not divided as its delta was multiplied is no successor', async () => {
  const [before, after] = [fileOf(keys[1]!, 'before.lkey'), parts(keys[2]!)]
  const old = parts(keys[1]!)
  for (const name of ['d', 'c', 'h'] as const) {
    const bytes = encode(after.header, { ...after.body, [name]: old.body[name] })
    await expect(assertSuccessor(before, fileOf(bytes, 'after.lkey'))).rejects.toThrow(ChangedLookupKeyError)
  }
})

/** As `snarkjs powersoftau truncate` leaves them: all that is prepared for this power, and just enough powers. */
test('a file that was cut down gives the key that the whole one gives', async () => {
  const { domainSize } = circuit.shape
  const power = Math.log2(domainSize)
  const whole = await devPtau(power + 1)
  const cut = editPtau(whole, (sections) => {
    for (const [id, size] of Object.entries(sectionSizes(power)))
      sections.set(Number(id), sections.get(Number(id))!.subarray(0, size))
  })
  writeFileSync(at('whole.ptau'), whole)
  writeFileSync(at('cut.ptau'), cut)
  const first = await firstKey(circuit, at('whole.ptau'))
  expect(Buffer.compare(await firstKey(circuit, at('cut.ptau')), first)).toBe(0)
  const key = readKey(await contribute(first, { name: 'Ada', entropy: 'a' }))
  const { proof, publicSignals } = prove(key, MIXED.witness.values, blinding)
  expect(verifyLookup(verificationKeyOf(key.header), publicSignals, proof)).toBe(true)
})

test.runIf(deep)('sums of many points behind little else have room for their buckets', async () => {
  const large = rescales(3000)
  const made = filesOf(large)
  const shape = readCircuit(made.r1cs, made.lookups)
  writeFileSync(at('large.ptau'), await devPtau(Math.log2(shape.shape.domainSize)))
  const key = await contribute(await firstKey(shape, at('large.ptau')), { name: 'Ada', entropy: 'a' })
  await assertKeyFile(fileOf(key))
  const prover = await open('integer', { path: 'key', bytes: key }, { threads: 1 })
  const { proof, publicSignals } = await prover.prove(made.wtns)
  const { header } = fileOf(key)
  expect(verifyLookup(verificationKeyOf(header), publicSignals, proof)).toBe(true)
})

test('a chain that leads elsewhere is refused', async () => {
  const [one, other] = [fileOf(keys[3]!, 'one.lkey'), fileOf(keys[4]!, 'other.lkey')]
  await expect(assertChain(one, verificationKeyOf(other.header), 'here')).rejects.toThrow(TranscriptEndError)
  expect(one.contributions.map(({ name }: AnyContribution) => name)).toEqual(['Ada', 'Bo', 'Cy'])
  expect(readFileSync(at('one.lkey')).length).toBeGreaterThan(0)
})
