/** Where keys come from: what the manifest keeps of it, and the transcript that proves it. */
import { z } from 'zod'
import { pathOf } from './paths.js'
import { MissingFileError, readJson } from './store.js'

export const Sha256 = z.templateLiteral(['sha256:', z.string().regex(/^[0-9a-f]{64}$/)])
const Count = z.number().int().min(0)
const Blake2b = z.string().regex(/^[0-9a-f]{128}$/)

/** The powers of tau that keys come from, and how they are known to be sound. */
const PtauRecord = z.strictObject({
  name: z.string(),
  power: Count,
  /** Of the file, as the digests of the Perpetual Powers of Tau are published. */
  blake2b: Blake2b,
  /** Its digest is a published one, it was verified in full, or everyone can compute its secrets. */
  verified: z.enum(['published', 'full', 'dev']),
})

/** A beacon's value in hexadecimal, hashed 2^iterations times. */
const Beacon = z.strictObject({ value: z.string().regex(/^([0-9a-f]{2})+$/), iterations: Count })

/** The hash is the one that contributors publish. */
const Contributor = z.strictObject({ name: z.string(), hash: Blake2b, beacon: Beacon.optional() })

/** Written by setup, and again after each contribution. */
export const SetupRecord = z.strictObject({
  /** Whoever made dev keys, or the powers of tau that they come from, can forge proofs. */
  kind: z.enum(['dev', 'ceremony']),
  /** Of the proving key. */
  zkey: Sha256,
  /** Of the verifying key: SHA-256 of its canonical JSON without our mark. None before the first contribution. */
  verificationKey: Sha256.optional(),
  ptau: PtauRecord.optional(),
  /** The key before any contribution, which anyone derives from circuit and powers of tau; snarkjs's circuit hash. */
  firstKey: z.strictObject({ sha256: Sha256, circuitHash: Blake2b }).optional(),
  /** In the order in which they were made. */
  contributions: z.array(Contributor).optional(),
  /** The file beside the manifest that proves them. */
  transcript: z.strictObject({ file: z.string(), sha256: Sha256 }).optional(),
})

export type SetupRecord = z.infer<typeof SetupRecord>
export type PtauRecord = z.infer<typeof PtauRecord>

const G1 = z.tuple([z.string(), z.string(), z.string()])
const Pair = z.tuple([z.string(), z.string()])

/** Enough to check the contributions, and that they lead to the verifying key, without any other file. */
export const Transcript = z.strictObject({
  format: z.literal('zkonnx-ceremony/1'),
  /** Of the circuit's `.r1cs`. */
  circuit: Sha256,
  ptau: PtauRecord,
  firstKey: z.strictObject({ sha256: Sha256, circuitHash: Blake2b }),
  contributions: z.array(
    Contributor.extend({
      /** What its points answer: the hash of all before it. */
      challenge: Blake2b,
      deltaAfter: G1,
      s: G1,
      sx: G1,
      spx: z.tuple([Pair, Pair, Pair]),
    }),
  ),
  zkey: Sha256,
  verificationKey: Sha256,
})

export type Transcript = z.infer<typeof Transcript>

const Shown = z.strictObject({ deltaAfter: G1, s: G1, sx: G1, spx: z.tuple([Pair, Pair, Pair]) })

/** The same of keys of circuits with lookups: each contributor has two secrets. */
export const LookupTranscript = z.strictObject({
  ...Transcript.shape,
  format: z.literal('zkonnx-lookup-ceremony/1'),
  contributions: z.array(Contributor.extend({ challenge: Blake2b, secrets: z.tuple([Shown, Shown]) })),
})

export type LookupTranscript = z.infer<typeof LookupTranscript>
export type AnyTranscript = Transcript | LookupTranscript

const AnyTranscript = z.discriminatedUnion('format', [Transcript, LookupTranscript])

/** The folder's transcript; undefined where it has none. Throws `NotJsonError`, `SchemaError`. */
export async function findTranscript(dir: string): Promise<AnyTranscript | undefined> {
  return readJson(pathOf(dir, 'transcript'), AnyTranscript).catch((error: unknown) => {
    if (error instanceof MissingFileError) return undefined
    throw error
  })
}
