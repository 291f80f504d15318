/**
 * Whether a key is another one with more contributions: everything as it was but the deltas, and what is divided by each
 * of them divided by it. That is checked on random combinations with 128-bit factors: a wrong point passes once in 2^128.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as Binfile from '../../artifacts/iden3/binfile.js'
import { canonicalJson } from '../../base/digest.js'
import { BaseError } from '../../base/errors.js'
import { pause, unlessAborted } from '../abort.js'
import { type Curve, withThreads } from '../curve.js'
import { LostContributionError, OtherCircuitError } from '../successor.js'
import { searchStray } from './key.js'
import type { LookupKeyFile } from './key-file.js'
import { type Body, type Header, readBody, SECTION } from './key-format.js'

/**
 * Throws `OtherCircuitError` for a key of another circuit, `LostContributionError` where one of `before` is missing in
 * `after` or stands elsewhere, `ChangedLookupKeyError` where points differ that no contribution changes, or do not differ as
 * its contributions say.
 */
export async function assertSuccessor(
  before: LookupKeyFile,
  after: LookupKeyFile,
  signal?: AbortSignal,
): Promise<void> {
  if (before.circuitHash !== after.circuitHash)
    throw new OtherCircuitError(after.path, after.circuitHash, before.circuitHash)
  before.contributions.forEach((contribution, index) => {
    if (canonicalJson(contribution) !== canonicalJson(after.contributions[index] ?? null))
      throw new LostContributionError(after.path, index, contribution, after.contributions[index]?.hash)
  })
  assertSameHeader(before, after)
  await assertBodies(before, after, signal)
}

function assertSameHeader(before: LookupKeyFile, after: LookupKeyFile): void {
  const fixed = ({ deltaD1: _, deltaD2: __, deltaC1: ___, deltaC2: ____, ...rest }: Header) =>
    Object.entries(rest).map(([name, value]) => `${name} ${value}`)
  if (canonicalJson(fixed(before.header)) !== canonicalJson(fixed(after.header)))
    throw new ChangedLookupKeyError(after.path, 'the header', 'it is another')
}

async function assertBodies(
  before: LookupKeyFile,
  after: LookupKeyFile,
  signal: AbortSignal | undefined,
): Promise<void> {
  const [old, now] = [before, after].map(({ path }) =>
    readBody(Binfile.fromBytes(new Uint8Array(readFileSync(path)), path)),
  ) as [Body, Body]
  for (const name of ['coefficients', 'layout', 'a', 'b1', 'b2'] as const)
    if (Buffer.compare(old[name], now[name]) !== 0)
      throw new ChangedLookupKeyError(after.path, `section ${SECTION[name]} (${name})`, 'it is another')
  for (const stray of searchStray({ points: now })) {
    if (stray !== undefined) throw new ChangedLookupKeyError(after.path, stray, 'it is not on the curve')
    await pause(signal)
  }
  const work = async (curve: Curve) => {
    for (const [name, delta] of [
      ['d', 'deltaD2'],
      ['c', 'deltaC2'],
      ['h', 'deltaC2'],
    ] as const)
      if (!(await isDivided(curve, [old[name], before.header[delta]], [now[name], after.header[delta]])))
        throw new ChangedLookupKeyError(
          after.path,
          `section ${SECTION[name]} (${name})`,
          `it was not divided as ${delta} was multiplied`,
        )
  }
  await withThreads((curve) => unlessAborted(signal, () => work(curve)))
}

type Divided = readonly [points: Uint8Array, delta: Uint8Array]

async function isDivided(curve: Curve, [old, oldDelta]: Divided, [now, nowDelta]: Divided): Promise<boolean> {
  if (old.length !== now.length) return false
  if (old.length === 0) return true
  const { G1 } = curve
  const factors = randomBytes((old.length / POINT) * FACTOR)
  const [left, right] = [await sumOf(curve, old, factors), await sumOf(curve, now, factors)]
  if (G1.isZero(left) || G1.isZero(right)) return G1.isZero(left) && G1.isZero(right)
  return curve.pairingEq(right, nowDelta, G1.neg(left), oldDelta)
}

/** In whole 32-byte scalars, which any multiplication takes. */
async function sumOf(curve: Curve, points: Uint8Array, factors: Uint8Array): Promise<Uint8Array> {
  const scalars = new Uint8Array(32 * (points.length / POINT))
  for (let i = 0; i < factors.length / FACTOR; i++)
    scalars.set(factors.subarray(FACTOR * i, FACTOR * (i + 1)), 32 * i)
  return curve.G1.multiExpAffine(Uint8Array.from(points), scalars)
}

const POINT = 64
const FACTOR = 16

export class ChangedLookupKeyError extends BaseError {
  override name = 'Ceremony.ChangedLookupKeyError'
  constructor(
    readonly path: string,
    readonly what: string,
    problem: string,
  ) {
    super(`The key in ${path} differs otherwise than its contributions say: ${what}.`, {
      details: [problem],
      hint: 'the file is damaged or forged: take it again from its maker, or go on from the key before it',
      fault: 'answer',
    })
  }
}
