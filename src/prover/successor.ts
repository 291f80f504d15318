/**
 * Whether a key is another one with more contributions: the same circuit's points, and those that are divided by delta
 * divided by the new one.
 *
 * The last is checked on a random combination of them: with 128-bit factors a wrong point passes once in 2^128.
 */
import { randomBytes } from 'node:crypto'
import { withFile } from '../artifacts/iden3/binfile-file.js'
import { canonicalJson } from '../base/digest.js'
import { BaseError } from '../base/errors.js'
import { unlessAborted } from './abort.js'
import { type Curve, type Element, withThreads } from './curve.js'
import type { KeyFile } from './key-file.js'
import { keySections, type ZkeyHeader } from './zkey.js'

/**
 * Throws `OtherCircuitError` for a key of another circuit, `LostContributionError` where one of `before` is missing in
 * `after` or stands elsewhere, `ChangedKeyError` where points differ that no contribution changes.
 */
export async function assertSuccessor(before: KeyFile, after: KeyFile, signal?: AbortSignal): Promise<void> {
  if (before.circuitHash !== after.circuitHash)
    throw new OtherCircuitError(after.path, after.circuitHash, before.circuitHash)
  before.contributions.forEach((contribution, index) => {
    if (canonicalJson(contribution) !== canonicalJson(after.contributions[index] ?? null))
      throw new LostContributionError(after.path, index, contribution, after.contributions[index]?.hash)
  })
  assertSamePoints(before, after)
  const work = async (curve: Curve) => {
    for (const id of [8, 9]) {
      if (!(await isDivided(curve, before, after, id))) throw new ChangedKeyError(after.path, id)
    }
  }
  await withThreads((curve) => unlessAborted(signal, () => work(curve)))
}

/** Everything but delta, and sections 8 to 10. */
function assertSamePoints(before: KeyFile, after: KeyFile): void {
  const fixed = ({ delta1: _, delta2: __, contributions: ___, ...rest }: ZkeyHeader) => Object.values(rest)
  const [left, right] = [fixed(before.header), fixed(after.header)]
  if (left.some((value, index) => String(value) !== String(right[index])))
    throw new ChangedKeyError(after.path, 2)
  for (const id of [3, 4, 5, 6, 7]) {
    const pairs = zip(chunksOf(before.path, id, CHUNK), chunksOf(after.path, id, CHUNK))
    for (const [a, b] of pairs) if (Buffer.compare(a, b) !== 0) throw new ChangedKeyError(after.path, id)
  }
}

async function isDivided(curve: Curve, before: KeyFile, after: KeyFile, id: number): Promise<boolean> {
  let sums: [Element, Element] | undefined
  for (const [a, b] of zip(chunksOf(before.path, id, CHUNK), chunksOf(after.path, id, CHUNK))) {
    if (a.length !== b.length) return false
    const factors = randomBytes((a.length / POINT) * FACTOR)
    const parts = [
      await curve.G1.multiExpAffine(a, factors),
      await curve.G1.multiExpAffine(b, factors),
    ] as const
    sums =
      sums === undefined ? [...parts] : [curve.G1.add(sums[0], parts[0]), curve.G1.add(sums[1], parts[1])]
  }
  if (sums === undefined) return true
  const [old, now] = sums
  if (curve.G1.isZero(old) || curve.G1.isZero(now)) return curve.G1.isZero(old) && curve.G1.isZero(now)
  return curve.pairingEq(now, after.header.delta2, curve.G1.neg(old), before.header.delta2)
}

const POINT = 64
const FACTOR = 16
/** A whole number of points, and of the entries of no section. */
const CHUNK = 2 ** 16 * POINT

/** A section in pieces, each read when it is asked for. */
function* chunksOf(path: string, id: number, size: number): Generator<Uint8Array> {
  const extent = withFile(path, (source) => keySections(source).get(id)!)
  for (let offset = 0; offset < extent.size; offset += size) {
    const length = Math.min(size, extent.size - offset)
    yield withFile(path, (source) => source.read(extent.offset + offset, length))
  }
}

function* zip(
  left: Generator<Uint8Array>,
  right: Generator<Uint8Array>,
): Generator<[Uint8Array, Uint8Array]> {
  const nothing = new Uint8Array()
  for (;;) {
    const [a, b] = [left.next(), right.next()]
    if (a.done && b.done) return
    yield [a.value ?? nothing, b.value ?? nothing]
  }
}

export class OtherCircuitError extends BaseError {
  override name = 'Ceremony.OtherCircuitError'
  constructor(
    readonly path: string,
    found: string,
    expected: string,
  ) {
    super(`The key in ${path} is of another circuit, or of other powers of tau.`, {
      details: [`its circuit hash is ${found}`, `expected is        ${expected}`],
      hint: 'take the key that this ceremony has come to, as its coordinator published it',
    })
  }
}

export class LostContributionError extends BaseError {
  override name = 'Ceremony.LostContributionError'
  constructor(
    readonly path: string,
    readonly index: number,
    lost: { readonly name: string; readonly hash: string },
    found: string | undefined,
  ) {
    super(`The key in ${path} has lost contribution ${index + 1}, ${JSON.stringify(lost.name)}.`, {
      details: [`its hash is ${lost.hash}`, `there stands ${found ?? 'none'}`],
      hint: 'its maker went on from an older key: let them contribute again to the last one',
      fault: 'answer',
    })
  }
}

export class ChangedKeyError extends BaseError {
  override name = 'Ceremony.ChangedKeyError'
  constructor(
    readonly path: string,
    readonly section: number,
  ) {
    super(`The key in ${path} differs where no contribution changes it: in section ${section}.`, {
      details: [SECTIONS[section] ?? 'an unknown section'],
      hint: 'the file is damaged or forged: take it again from its maker, or go on from the key before it',
      fault: 'answer',
    })
  }
}

const SECTIONS: Readonly<Record<number, string>> = {
  2: 'the verifying key, but for delta',
  3: 'the points of the public signals',
  4: 'the coefficients of the circuit',
  5: 'the points of A',
  6: 'the points of B in G1',
  7: 'the points of B in G2',
  8: 'the points of C, which are not the earlier ones divided by the new secret',
  9: 'the points of H, which are not the earlier ones divided by the new secret',
}
