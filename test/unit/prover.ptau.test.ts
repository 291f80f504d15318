import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { powersOfTau } from 'snarkjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as Binfile from '../../src/artifacts/iden3/binfile.js'
import { MissingFileError } from '../../src/artifacts/store.js'
import { withThreads } from '../../src/prover/curve.js'
import { makeDevPtau } from '../../src/prover/dev-ptau.js'
import {
  DEV_CONTRIBUTION,
  DEV_PTAU_MARK,
  DEV_SECTION,
  digestOf,
  OtherCurveError,
  PTAU,
  ptauBytes,
  readPtau,
} from '../../src/prover/ptau.js'
import { findPublished, PUBLISHED, publishedBytes, publishedFor } from '../../src/prover/published-ptau.js'
import { verifyPowers } from '../../src/prover/snarkjs-setup.js'
import { damage, randomOf } from '../helpers/r1cs.js'
import { keepThreads } from '../helpers/threads.js'

type Memory = { type: 'mem'; data?: Uint8Array }

const dir = mkdtempSync(join(tmpdir(), 'zkonnx-ptau-'))
const VALUE = '0123456789abcdef'.repeat(4)
const POWER = 4
let own: Uint8Array

keepThreads()
beforeAll(async () => {
  own = await devBytes(POWER)
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

async function devBytes(power: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  await makeDevPtau(power, async (bytes) => void parts.push(Uint8Array.from(bytes)), { value: VALUE })
  return Buffer.concat(parts)
}

function write(name: string, bytes: Uint8Array): string {
  writeFileSync(join(dir, name), bytes)
  return join(dir, name)
}

const sectionsOf = (bytes: Uint8Array) => Binfile.readSections(Binfile.fromBytes(bytes, 'ptau'), PTAU)

/** snarkjs's own steps from nothing to a prepared file, the last of them with a name and a value of ours. */
async function snarkjsBytes(power: number): Promise<Uint8Array> {
  const [empty, contributed, prepared]: [Memory, Memory, Memory] = [memory(), memory(), memory()]
  await withThreads(async (curve) => {
    await powersOfTau.newAccumulator(curve, power, empty)
    await powersOfTau.beacon(empty, contributed, DEV_CONTRIBUTION, VALUE, 10)
    await powersOfTau.preparePhase2(contributed, prepared)
  })
  return prepared.data!
}
const memory = (): Memory => ({ type: 'mem' })

describe('dev powers of tau', () => {
  test.each([1, POWER])('2^%i: what snarkjs makes of the same beacon, but for the mark', async (power) => {
    const [ours, theirs] = [sectionsOf(await devBytes(power)), sectionsOf(await snarkjsBytes(power))]
    for (const [id, content] of theirs)
      expect(Buffer.from(ours.get(id)!).equals(content), `section ${id}`).toBe(true)
    expect([...ours.keys()].filter((id) => !theirs.has(id))).toEqual([DEV_SECTION])
  })

  test('say what they are from the first byte that can, and snarkjs finds nothing wrong with them', async () => {
    const mark = new TextEncoder().encode(DEV_PTAU_MARK)
    // the first section's type, then its length, then its content
    expect(Buffer.from(own.subarray(12, 16)).toString('latin1')).toBe('dev\0')
    expect(Buffer.from(own.subarray(24, 24 + mark.length)).equals(mark)).toBe(true)
    expect(await verifyPowers(write('own.ptau', own))).toBeUndefined()
  })

  test('are known without the mark too, since nobody but a beacon contributed', async () => {
    const path = write('unmarked.ptau', await snarkjsBytes(1))
    expect(readPtau(path)).toMatchObject({
      ...{ power: 1, ceremonyPower: 1, prepared: true, dev: true },
      contributions: [{ name: DEV_CONTRIBUTION, beacon: { value: VALUE, iterations: 10 } }],
    })
  })
})

describe('readPtau', () => {
  test('an honest contribution makes powers that are not dev, until they are prepared of no use', async () => {
    const [empty, contributed]: [Memory, Memory] = [memory(), memory()]
    await withThreads(async (curve) => {
      await powersOfTau.newAccumulator(curve, 2, empty)
      await powersOfTau.contribute(empty, contributed, 'somebody', 'random')
    })
    const contributions = [{ name: 'somebody', beacon: undefined }]
    expect(readPtau(write('raw.ptau', contributed.data!))).toMatchObject({
      ...{ power: 2, dev: false, prepared: false, contributions },
    })
  })

  test('another curve, a missing file and files of other kinds are refused', () => {
    const header = own.subarray(0, 12)
    const other = new Uint8Array(4 + 48 + 8)
    other[0] = 48
    other.set([...Array(48).keys()], 4)
    const head = Uint8Array.of(1, 0, 0, 0, other.length, 0, 0, 0, 0, 0, 0, 0)
    const rest = [2, 3, 4, 5, 6, 7].flatMap((id) => [id, ...Array<number>(11).fill(0)])
    const bytes = Buffer.concat([header, head, other, Uint8Array.from(rest)])
    bytes[8] = 7
    expect(() => readPtau(write('bls.ptau', bytes))).toThrow(OtherCurveError)
    expect(() => readPtau(join(dir, 'none.ptau'))).toThrow(MissingFileError)
    expect(() => readPtau(write('text.ptau', Buffer.from('no powers of tau at all')))).toThrow(
      'it begins with "no p" instead of "ptau"',
    )
    expect(() => readPtau(write('cut.ptau', own.subarray(0, own.length - 1)))).toThrow(
      `would end at byte ${own.length} of ${own.length - 1}`,
    )
  })

  test('damaged files raise MalformedFileError or OtherCurveError, or differ where points stand', () => {
    const seed = 5
    const random = randomOf(seed)
    let refused = 0
    for (let round = 0; round < 300; round++) {
      try {
        const { power } = readPtau(write('damaged.ptau', damage(own, random)))
        expect(power, `seed ${seed}, round ${round}`).toBe(POWER)
      } catch (error) {
        const names = ['Iden3.MalformedFileError', 'Ptau.OtherCurveError']
        expect(names, `seed ${seed}, round ${round}`).toContain((error as Error).name)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(100)
  })
})

describe('the published files', () => {
  test('are one a power from 8 to 28, each with a digest of its own', () => {
    expect(PUBLISHED.map(({ power }) => power)).toEqual(Array.from({ length: 21 }, (_, i) => 8 + i))
    expect(new Set(PUBLISHED.map(({ blake2b }) => blake2b)).size).toBe(21)
    for (const { blake2b } of PUBLISHED) expect(blake2b).toMatch(/^[0-9a-f]{128}$/)
    expect(publishedFor(3)!.name).toBe('powersOfTau28_hez_final_08.ptau')
    expect(publishedFor(14)!.name).toBe('powersOfTau28_hez_final_14.ptau')
    expect(publishedFor(28)!.name).toBe('powersOfTau28_hez_final.ptau')
    expect(publishedFor(29)).toBeUndefined()
  })

  test('stand in the guide as they do here', () => {
    const guide = readFileSync(new URL('../../docs/CEREMONY.md', import.meta.url), 'utf8')
    for (const { power, name, blake2b } of PUBLISHED) {
      expect(guide).toContain(`| ${power} | \`${name}\` | `)
      expect(guide).toContain(` | \`${blake2b.slice(0, 32)}\` |`)
    }
  })

  test('are looked up by the digest of the whole file, and as large as their points say', async () => {
    const path = write('own.ptau', own)
    expect(findPublished(await digestOf(path))).toBeUndefined()
    expect(findPublished(PUBLISHED[3]!.blake2b)).toBe(PUBLISHED[3])
    const said = 12 + DEV_PTAU_MARK.length
    const parameters = 2 + DEV_CONTRIBUTION.length + 2 + 2 + VALUE.length / 2
    expect(own.length).toBe(ptauBytes(POWER, 1) + said + parameters)
    // 36 MiB, as others of the same format are listed
    expect(Math.round(publishedBytes(PUBLISHED.find(({ power }) => power === 15)!) / 2 ** 20)).toBe(36)
  })
})
