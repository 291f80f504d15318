/** Transcripts of ceremonies with two secrets a contributor: made from a key, and checked against one. */
import type { LookupTranscript, PtauRecord } from '../../artifacts/setup-record.js'
import type { Sha256 } from '../../base/digest.js'
import { keyDigest } from '../keys.js'
import { parseG1, parseG2 } from '../proof.js'
import { findPublished } from '../published-ptau.js'
import { TranscriptError } from '../transcript.js'
import { assertChain, type LookupContributions, type Shown } from './contributions.js'
import type { LookupVerificationKey } from './proof.js'

export type Made = LookupContributions & {
  readonly circuit: Sha256
  readonly ptau: PtauRecord
  readonly firstKey: Sha256
  readonly zkey: Sha256
  readonly verificationKey: LookupVerificationKey
}

export function transcriptOf({ circuitHash, contributions, ...made }: Made): LookupTranscript {
  return {
    format: 'zkonnx-lookup-ceremony/1',
    circuit: made.circuit,
    ptau: made.ptau,
    firstKey: { sha256: made.firstKey, circuitHash },
    contributions: contributions.map(({ name, hash, beacon, challenge, secrets }) => ({
      ...{ name, hash, ...(beacon === undefined ? {} : { beacon }), challenge },
      secrets: secrets.map(toRecord) as [Secret, Secret],
    })),
    zkey: made.zkey,
    verificationKey: keyDigest(made.verificationKey),
  }
}

type Secret = LookupTranscript['contributions'][number]['secrets'][number]

function toRecord({ deltaAfter, s, sx, spx }: Shown): Secret {
  return {
    deltaAfter: [...deltaAfter] as [string, string, string],
    s: [...s] as [string, string, string],
    sx: [...sx] as [string, string, string],
    spx: spx.map((pair) => [...pair]) as Secret['spx'],
  }
}

/**
 * That the key is a ceremony's, as `assertTranscript` of plain keys has it, for both of its deltas. Throws
 * `TranscriptError`, `FieldError` for points that are none, and what `assertChain` throws.
 */
export async function assertTranscript(
  transcript: LookupTranscript,
  key: LookupVerificationKey,
  circuit: Sha256,
  where: string,
): Promise<void> {
  const expect = (what: string, found: string, expected: string) => {
    if (found !== expected) throw new TranscriptError(where, `it is of another ${what}`, found, expected)
  }
  expect('circuit', transcript.circuit, circuit)
  const { ptau } = transcript
  if (ptau.verified === 'published' && findPublished(ptau.blake2b)?.power !== ptau.power)
    throw new TranscriptError(where, 'its powers of tau are not the published ones', ptau.blake2b)
  await assertChain(contributionsOf(transcript, where), key, where)
  expect('verifying key', transcript.verificationKey, keyDigest(key))
}

/** The contributions of a transcript, with their points checked. Throws `FieldError`. */
function contributionsOf({ firstKey, contributions }: LookupTranscript, where: string): LookupContributions {
  return {
    circuitHash: firstKey.circuitHash,
    contributions: contributions.map(({ name, hash, challenge, beacon, secrets }, index) => ({
      ...{ name, hash, challenge, beacon },
      secrets: secrets.map(({ deltaAfter, s, sx, spx }, i) => {
        const field = (part: string) => `contributions[${index}].secrets[${i}].${part}`
        return {
          deltaAfter: parseG1(deltaAfter, where, field('deltaAfter')),
          s: parseG1(s, where, field('s')),
          sx: parseG1(sx, where, field('sx')),
          spx: parseG2(spx, where, field('spx')),
        }
      }) as [Shown, Shown],
    })),
  }
}
