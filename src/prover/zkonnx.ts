/**
 * zkonnx's own prover as a backend. Every proof is verified before it is returned, so that a fault of arithmetic is never
 * more than lost time: where a proof does not hold, or no kernels work here, snarkjs makes it, and a note says so.
 */
import { BaseError, messageOf } from '../base/errors.js'
import type { Backend, Proven, ProvingKey } from './backend.js'
import { withStockSums } from './curve.js'
import { drawElement } from './draw.js'
import { chooseMachine } from './groth16/choose.js'
import { type Engine, openSingle } from './groth16/engine.js'
import { findStray, type Key, readKey } from './groth16/key.js'
import { type Loaded, loadKey } from './groth16/loaded.js'
import type { Machine, Tier, TierName } from './groth16/machine.js'
import { openThreaded } from './groth16/threads.js'
import { openMachine, TIERS } from './groth16/tiers.js'
import { readWitness } from './groth16/witness.js'
import { openVerifier, type Verifier } from './pairing.js'
import { FieldError, type Proof, type PublicSignals, parseProof, type VerificationKey } from './proof.js'
import * as Snarkjs from './snarkjs.js'
import { assertSafe, verificationKeyOf } from './verification-key.js'

/**
 * Converts a key once for many threads, each of which proves alone. Nothing where no kernels work here: each then finds
 * out for itself, and says so. Throws `MalformedFileError`.
 */
export async function prepare(
  tier: TierName | undefined,
  { bytes, path }: ProvingKey,
): Promise<Loaded | undefined> {
  const key = readKey(bytes, path)
  const machine = await machineOf(tier, TIERS)
  return typeof machine === 'string' ? undefined : loadKey(machine, key, 1)
}

/** Throws `MalformedFileError`, `UnsafeKeyError`, `FieldError`. A forced tier that does not run here throws too. */
export async function open(
  tier: TierName | undefined,
  provingKey: ProvingKey,
  options: Backend.Options,
  tiers: readonly Tier[] = TIERS,
): Promise<Backend.Opened> {
  const key = readKey(provingKey.bytes, provingKey.path)
  assertSafe(key.header)
  const { prepared } = provingKey
  const machine =
    prepared === undefined ? await machineOf(tier, tiers) : await openMachine(prepared.tier, prepared.shared)
  const engine = typeof machine === 'string' ? machine : engineOn(machine, prepared, key, options.threads)
  const close = async () => (typeof engine === 'string' ? undefined : engine.close())
  const own: Own = {
    key,
    verifier: await verifierOf(options.verificationKey, key, close),
    provingKey,
    threads: options.threads,
    closed: false,
  }
  return {
    prove: (wtns) => (typeof engine === 'string' ? fallBack(own, wtns, engine) : prove(own, engine, wtns)),
    async close() {
      own.closed = true
      await close()
    },
  }
}

/** While threads that were just started make themselves ready, who are ended where there is no such key. */
async function verifierOf(
  given: VerificationKey | undefined,
  { header }: Key,
  close: () => Promise<void>,
): Promise<Verifier> {
  try {
    return openVerifier(given ?? verificationKeyOf(header))
  } catch (error) {
    await close()
    throw error
  }
}

type Own = {
  readonly key: Key
  readonly verifier: Verifier
  readonly provingKey: ProvingKey
  readonly threads: number
  closed: boolean
}

/** A machine, or why there is none. */
async function machineOf(tier: TierName | undefined, tiers: readonly Tier[]): Promise<Machine | string> {
  if (tier !== undefined) return openMachine(tier)
  try {
    return await chooseMachine(tiers)
  } catch (error) {
    return messageOf(error)
  }
}

function engineOn(machine: Machine, prepared: Loaded | undefined, key: Key, threads: number): Engine {
  const loaded = prepared ?? loadKey(machine, key, threads)
  return threads === 1 ? openSingle(machine, loaded, key) : openThreaded(machine, loaded, key, threads)
}

async function prove(own: Own, engine: Engine, wtns: Uint8Array): Promise<Proven> {
  const { values, publicSignals } = readWitness(own.key, wtns)
  try {
    const proof = await engine.prove(values, { r: drawElement(), s: drawElement() })
    const start = performance.now()
    if (holds(own, publicSignals, proof)) return { proof, publicSignals, verified: performance.now() - start }
  } catch (error) {
    if (own.closed) throw error
    return fallBack(own, wtns, `Its kernels failed: ${messageOf(error)}`)
  }
  return fallBack(own, wtns, 'A proof that its kernels made did not verify.')
}

async function fallBack(own: Own, wtns: Uint8Array, reason: string): Promise<Proven> {
  const { bytes, path } = own.provingKey
  try {
    const { proof, publicSignals } = await withStockSums(['g1', 'g2'], () =>
      Snarkjs.prove(bytes, wtns, { threads: own.threads }),
    )
    if (holds(own, publicSignals, proof)) return { proof, publicSignals, note: `${FALL_BACK} ${reason}` }
  } catch (cause) {
    throw new NoProofError(path, findStray(own.key), cause)
  }
  throw new NoProofError(path, findStray(own.key))
}

const FALL_BACK = "snarkjs makes proofs instead of zkonnx's prover."

/** Sums that went wrong need not be points at all, which verifying takes for an error. */
function holds({ verifier }: Own, publicSignals: PublicSignals, proof: Proof): boolean {
  try {
    return verifier(publicSignals, parseProof(proof))
  } catch (error) {
    if (error instanceof FieldError) return false
    throw error
  }
}

export class NoProofError extends BaseError {
  override name = 'Prover.NoProofError'
  constructor(
    readonly zkey: string,
    readonly stray: string | undefined,
    cause?: unknown,
  ) {
    super('No proof of this witness verifies with this key.', {
      details: [`proving key: ${zkey}`, ...(stray === undefined ? [] : [`${stray} is not on the curve`])],
      hint: 'the proving key is damaged, or the witness does not satisfy its circuit: make the keys again with setup',
      ...(cause === undefined ? {} : { cause }),
    })
  }
}
