/**
 * The prover of circuits with lookups. Every proof is verified before it is returned, so that a fault of arithmetic is
 * never more than lost time: no other program makes such proofs, so where one does not hold, or kernels fail, the next
 * tier of ours makes it, down to the one that runs wherever WebAssembly does, and a note says so.
 */
import * as Wtns from '../../artifacts/iden3/wtns.js'
import { BaseError, messageOf } from '../../base/errors.js'
import { drawElement } from '../draw.js'
import { chooseMachine } from '../groth16/choose.js'
import type { Machine, Tier, TierName } from '../groth16/machine.js'
import { openMachine, TIERS } from '../groth16/tiers.js'
import type { PublicSignals } from '../proof.js'
import type { challengeOf } from './challenge.js'
import { type Engine, type Known, type Made, openSingle } from './engine.js'
import { findStray, type LookupKey, readKey } from './key.js'
import { verificationKeyOf } from './keys.js'
import { type LoadedLookup, loadKey } from './loaded.js'
import type { LookupProof, LookupVerificationKey } from './proof.js'
import { ChallengeError, LookupError, MultiplicityError } from './rounds.js'
import { openThreaded } from './threads.js'
import { openOwnVerifier } from './verify.js'

/** Where the key is, its bytes, which may be shared with other threads, and what `prepare` made of it. */
export type LookupProvingKey = {
  readonly path: string
  readonly bytes: Uint8Array
  readonly prepared?: LoadedLookup
}

export type LookupProven = {
  readonly proof: LookupProof
  readonly publicSignals: PublicSignals
  /** What the user should know of how it was made. */
  readonly note?: string
  /** Milliseconds of verifying it. */
  readonly verified: number
}

export type OpenedLookup = {
  /** Of a `.wtns` of round 1. */
  prove(wtns: Uint8Array): Promise<LookupProven>
  close(): Promise<void>
}

/** Converts a key once for many threads, each of which proves alone. Throws `MalformedFileError`, `NoTierError`. */
export async function prepare(tier: TierName | undefined, { bytes, path }: LookupProvingKey) {
  const key = readKey(bytes, path)
  return loadKey(await (tier === undefined ? chooseMachine(TIERS) : openMachine(tier)), key, 1)
}

/** Throws `MalformedFileError`, `SameDeltaError`, `FieldError`, `NoTierError`. */
export async function open(
  tier: TierName | undefined,
  provingKey: LookupProvingKey,
  options: open.Options,
): Promise<OpenedLookup> {
  const { tiers = TIERS, threads } = options
  const key = readKey(provingKey.bytes, provingKey.path)
  const verificationKey = options.verificationKey ?? verificationKeyOf(key.header)
  const { prepared } = provingKey
  const machine =
    prepared !== undefined
      ? await openMachine(prepared.tier, prepared.shared)
      : tier === undefined
        ? await chooseMachine(tiers)
        : await openMachine(tier)
  const own: Own = {
    ...{
      key,
      verifier: openOwnVerifier(verificationKey),
      threads,
      closed: false,
      challenge: options.challenge,
    },
    tier: machine.tier,
    engine: engineOn(machine, prepared, key, threads, options.challenge),
    left: tiers.slice(tiers.findIndex(({ name }) => name === machine.tier) + 1),
  }
  return {
    prove: (wtns) => prove(own, wtns),
    async close() {
      own.closed = true
      await own.engine.close()
    },
  }
}

export declare namespace open {
  type Options = {
    /** That one proof may use. */
    readonly threads: number
    /** With which every proof is verified; by default the key's own. */
    readonly verificationKey?: LookupVerificationKey
    /** From which tiers are taken, where none is named: only tests give others. */
    readonly tiers?: readonly Tier[]
    /** Another challenge, which no verifier accepts: only tests give one. */
    readonly challenge?: typeof challengeOf
  }
}

type Own = {
  readonly key: LookupKey
  readonly verifier: ReturnType<typeof openOwnVerifier>
  readonly threads: number
  readonly challenge: typeof challengeOf | undefined
  tier: TierName
  engine: Engine
  /** Tiers that are tried next. */
  left: readonly Tier[]
  note?: string
  closed: boolean
}

function engineOn(
  machine: Machine,
  prepared: LoadedLookup | undefined,
  key: LookupKey,
  threads: number,
  challenge: typeof challengeOf | undefined,
): Engine {
  const loaded = prepared ?? loadKey(machine, key, threads)
  return threads === 1
    ? openSingle(machine, loaded, key, challenge)
    : openThreaded(machine, loaded, key, threads, challenge)
}

async function prove(own: Own, wtns: Uint8Array): Promise<LookupProven> {
  const witness = Wtns.decode(wtns)
  const { secondRound } = own.key.shape
  if (witness.wires !== secondRound) throw new WitnessError(own.key.name, witness.wires, secondRound)
  for (;;) {
    const found = await attempt(own, witness.values)
    if (typeof found !== 'string') return found
    if (!(await fallBack(own, found))) throw new NoProofError(own.key.name, findStray(own.key), found)
  }
}

/** A proof that verifies, or why there is none. What is the witness's fault is thrown. */
async function attempt(own: Own, values: Uint8Array): Promise<LookupProven | string> {
  let made: Made
  const check = own.verifier()
  try {
    made = await blinded(own.engine, values, check.begin)
  } catch (error) {
    if (own.closed || (error instanceof BaseError && isOfWitness(error))) throw error
    return `Its kernels (${own.tier}) failed: ${messageOf(error)}`
  }
  const { proof, publicSignals } = made
  if (!check.holds(proof.pi_c)) return `A proof that its kernels (${own.tier}) made did not verify.`
  return {
    proof,
    publicSignals,
    verified: check.milliseconds(),
    ...(own.note === undefined ? {} : { note: own.note }),
  }
}

/** Draws until the challenge is no entry of a table: the first nearly always. */
async function blinded(engine: Engine, values: Uint8Array, early: (known: Known) => void): Promise<Made> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const blinding = { kappa: drawElement(), r: drawElement(), s: drawElement() }
    const made = await engine.prove(values, blinding, early)
    if (made !== undefined) return made
  }
  throw new ChallengeError(0n)
}

/** Each fails with a probability of about 2^-240. */
const MOST_TRIES = 3

const isOfWitness = (error: BaseError) => error instanceof LookupError || error instanceof MultiplicityError

/** Goes on to the next tier that opens. */
async function fallBack(own: Own, reason: string): Promise<boolean> {
  for (;;) {
    const [next, ...left] = own.left
    if (next === undefined || own.closed) return false
    own.left = left
    const machine = await next.open().catch(() => undefined)
    if (machine === undefined) continue
    await own.engine.close()
    own.engine = engineOn(machine, undefined, own.key, own.threads, own.challenge)
    own.tier = next.name
    own.note = `zkonnx proves with its kernels of the tier ${next.name}. ${reason}`
    return true
  }
}

export class WitnessError extends BaseError {
  override name = 'Lookup.WitnessError'
  constructor(
    readonly lkey: string,
    readonly values: number,
    readonly wires: number,
  ) {
    super(`The witness has ${values} values, the proving key ${wires} wires of round 1.`, {
      details: [`proving key: ${lkey}`],
      hint: 'check that key and witness come from the same build',
    })
  }
}

export class NoProofError extends BaseError {
  override name = 'Lookup.NoProofError'
  constructor(
    readonly lkey: string,
    readonly stray: string | undefined,
    reason: string,
  ) {
    super('No proof of this witness verifies with this key.', {
      details: [
        `proving key: ${lkey}`,
        reason,
        ...(stray === undefined ? [] : [`${stray} is not on the curve`]),
      ],
      hint: 'the proving key is damaged, or the witness does not satisfy its circuit: make the keys again with setup',
    })
  }
}
