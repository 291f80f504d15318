/** Transcripts of ceremonies: made from a key, and checked against one. */
import type { AnyTranscript, PtauRecord, SetupRecord, Transcript } from '../artifacts/setup-record.js'
import { canonicalJson, type Sha256 } from '../base/digest.js'
import { BaseError } from '../base/errors.js'
import type { Parameters } from './contribution-parameters.js'
import { assertChain, type Contribution, type Contributions } from './contributions.js'
import { keyDigest } from './keys.js'
import { parseG1, parseG2, type VerificationKey } from './proof.js'
import { findPublished } from './published-ptau.js'

export type Made = Contributions & {
  readonly circuit: Sha256
  readonly ptau: PtauRecord
  readonly firstKey: Sha256
  readonly zkey: Sha256
  readonly verificationKey: VerificationKey
}

export function transcriptOf({ circuitHash, contributions, ...made }: Made): Transcript {
  return {
    format: 'zkonnx-ceremony/1',
    circuit: made.circuit,
    ptau: made.ptau,
    firstKey: { sha256: made.firstKey, circuitHash },
    contributions: contributions.map(toRecord),
    zkey: made.zkey,
    verificationKey: keyDigest(made.verificationKey),
  }
}

/** What the manifest keeps of contributions. */
export function contributorsOf(
  contributions: readonly (Parameters & { readonly hash: string })[],
): NonNullable<SetupRecord['contributions']> {
  return contributions.map(({ name, hash, beacon }) => ({
    name,
    hash,
    ...(beacon === undefined ? {} : { beacon }),
  }))
}

/**
 * That the key is a ceremony's: the transcript is of this circuit, its contributions hold one after another, somebody
 * other than a beacon is among them, they lead to this key, and the powers of tau are not known to be unsound. Reads no
 * other file: that the first key is the circuit's, and what the powers of tau are, is for `ceremony verify` to show.
 *
 * Throws `TranscriptError`, `FieldError` for points that are none, and what `assertChain` throws.
 */
export async function assertTranscript(
  transcript: Transcript,
  key: VerificationKey,
  circuit: Sha256,
  where: string,
): Promise<void> {
  const expect = (what: string, found: string, expected: string) => {
    if (found !== expected) throw new TranscriptError(where, `it is of another ${what}`, found, expected)
  }
  expect('circuit', transcript.circuit, circuit)
  const { ptau } = transcript
  if (ptau.verified === 'published' && findPublished(ptau.blake2b)?.power !== ptau.power) {
    throw new TranscriptError(where, 'its powers of tau are not the published ones', ptau.blake2b)
  }
  await assertChain(contributionsOf(transcript, where), key, where)
  expect('verifying key', transcript.verificationKey, keyDigest(key))
}

/** The contributions of a transcript, with their points checked. Throws `FieldError`. */
export function contributionsOf({ firstKey, contributions }: Transcript, where: string): Contributions {
  return {
    circuitHash: firstKey.circuitHash,
    contributions: contributions.map(({ deltaAfter, s, sx, spx, beacon, ...rest }, index) => {
      const field = (name: string) => `contributions[${index}].${name}`
      return {
        ...rest,
        beacon,
        deltaAfter: parseG1(deltaAfter, where, field('deltaAfter')),
        s: parseG1(s, where, field('s')),
        sx: parseG1(sx, where, field('sx')),
        spx: parseG2(spx, where, field('spx')),
      }
    }),
  }
}

/** Whether two transcripts say the same. */
export function sameTranscript(left: AnyTranscript, right: AnyTranscript): boolean {
  return canonicalJson(left) === canonicalJson(right)
}

function toRecord({ name, hash, beacon, challenge, deltaAfter, s, sx, spx }: Contribution) {
  return {
    ...{ name, hash, ...(beacon === undefined ? {} : { beacon }), challenge },
    deltaAfter: [...deltaAfter] as [string, string, string],
    s: [...s] as [string, string, string],
    sx: [...sx] as [string, string, string],
    spx: spx.map((pair) => [...pair]) as Transcript['contributions'][number]['spx'],
  }
}

export class TranscriptError extends BaseError {
  override name = 'Ceremony.TranscriptError'
  constructor(
    readonly where: string,
    problem: string,
    found: string,
    expected?: string,
  ) {
    super(`${where} does not show where these keys come from: ${problem}.`, {
      details: [`found    ${found}`, ...(expected === undefined ? [] : [`expected ${expected}`])],
      hint: 'give the transcript and the keys of one ceremony, as its coordinator published them',
      fault: 'answer',
    })
  }
}
