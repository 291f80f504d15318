/**
 * A contribution to a key of a circuit with lookups: two secrets, drawn here and let go. deltaD and deltaC are multiplied
 * by them, and what is divided by these is divided: D by the one, C and H by the other.
 */
import { randomBytes } from 'node:crypto'
import * as Binfile from '../../artifacts/iden3/binfile.js'
import { fromBytesLE, mod } from '../../base/field.js'
import { unlessAborted, type Watch } from '../abort.js'
import { blake2b } from '../challenge.js'
import type { Parameters } from '../contribution-parameters.js'
import { type Curve, type Element, withThreads } from '../curve.js'
import { pack } from '../elements.js'
import { inG1, inG2 } from '../groth16/decimals.js'
import { G1, G2 } from '../groth16/group.js'
import {
  appended,
  bytesOf,
  challengeFor,
  readContributions,
  type Shown,
  secretsOfBeacon,
  shownOn,
} from './contributions.js'
import { encode, readBody, readHeader } from './key-format.js'

/** The bytes of the key with a contribution more; the machine's randomness is mixed into `entropy`. */
export function contribute(
  key: Uint8Array,
  { name, entropy }: { readonly name: string; readonly entropy: string },
  watch: Watch = {},
): Promise<Uint8Array> {
  const draws = async (curve: Curve) => {
    const draw = () => pack([drawFrom(entropy)], 'montgomery')
    const secret = () => ({
      x: draw(),
      s: curve.G1.toAffine(curve.G1.timesFr(curve.G1.gAffine, draw())),
    })
    return [secret(), secret()] as const
  }
  return extend(key, { name, beacon: undefined }, draws, watch)
}

/** The same by a beacon, whose secrets everyone can compute once its value is known. */
export function applyBeacon(
  key: Uint8Array,
  { name, value, iterations }: { readonly name: string; readonly value: string; readonly iterations: number },
  watch: Watch = {},
): Promise<Uint8Array> {
  const beacon = { value, iterations }
  return extend(key, { name, beacon }, (curve) => secretsOfBeacon(curve, beacon, watch.signal), watch)
}

/** In Montgomery form; and where it is shown. */
type Secret = { readonly x: Element; readonly s: Element }

/** 512 bits of a hash, modulo P: none of the elements is likelier than another by more than 2^-256. */
function drawFrom(entropy: string): bigint {
  const hash = blake2b(randomBytes(64), new TextEncoder().encode(entropy))
  const value = mod(fromBytesLE(hash) + (fromBytesLE(hash, 32) << 256n))
  // neither would be a contribution
  return value > 1n ? value : drawFrom(entropy)
}

/** With two secrets that are drawn elsewhere. */
export function extend(
  key: Uint8Array,
  parameters: Parameters,
  draw: (curve: Curve) => Promise<readonly [Secret, Secret]>,
  watch: Watch = {},
): Promise<Uint8Array> {
  const source = Binfile.fromBytes(key, '.lkey')
  const [header, body] = [readHeader(source), readBody(source)]
  const earlier = readContributions(source, body.contributions)
  const work = async (curve: Curve) => {
    const { Fr } = curve
    const secrets = await draw(curve)
    const [ofD, ofC] = secrets
    const deltas = {
      deltaD1: times(curve, 'G1', header.deltaD1, ofD.x),
      deltaD2: times(curve, 'G2', header.deltaD2, ofD.x),
      deltaC1: times(curve, 'G1', header.deltaC1, ofC.x),
      deltaC2: times(curve, 'G2', header.deltaC2, ofC.x),
    }
    const divide = (name: string, points: Uint8Array, by: Element) => {
      watch.onProgress?.(`dividing ${points.length / G1.bytes} points of ${name}`)
      return curve.G1.batchApplyKey(points.slice(), Fr.inv(by), Fr.one)
    }
    const shown = await show(curve, earlier, secrets, [deltas.deltaD1, deltas.deltaC1])
    const contributions = appended(body.contributions, bytesOf({ ...parameters, ...shown }))
    return encode(
      { ...header, ...deltas },
      {
        ...body,
        d: await divide('D', body.d, ofD.x),
        c: await divide('C', body.c, ofC.x),
        h: await divide('H', body.h, ofC.x),
        contributions,
      },
    )
  }
  return withThreads((curve) => unlessAborted(watch.signal, () => work(curve)))
}

async function show(
  curve: Curve,
  earlier: ReturnType<typeof readContributions>,
  secrets: readonly [Secret, Secret],
  after: readonly Uint8Array[],
): Promise<{ challenge: string; secrets: readonly [Shown, Shown] }> {
  const decimal = (point: Uint8Array) => inG1(G1.read(point, 0))
  const inFirst = secrets.map(({ s, x }) => ({ s: decimal(s), sx: decimal(times(curve, 'G1', s, x)) }))
  const challenge = challengeFor(earlier, inFirst)
  const bases = await shownOn(curve, challenge)
  const all = secrets.map(({ x }, i) => ({
    ...inFirst[i]!,
    deltaAfter: decimal(after[i]!),
    spx: inG2(G2.read(times(curve, 'G2', bases[i]!, x), 0)),
  })) as [Shown, Shown]
  return { challenge: Buffer.from(challenge).toString('hex'), secrets: all }
}

/** Affine. */
function times(curve: Curve, group: 'G1' | 'G2', point: Uint8Array, by: Element): Uint8Array {
  return curve[group].toAffine(curve[group].timesFr(point, by))
}
