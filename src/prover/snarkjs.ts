/**
 * snarkjs's Groth16: its one user. What it logs, returns or throws as text becomes typed errors here.
 *
 * Traps: its prover does not look whether the witness satisfies the circuit, and then makes a proof that does not verify;
 * its verifier accepts coordinates that are not canonical, so everything is parsed strictly before it sees it.
 */
import { BaseError, messageOf } from '../base/errors.js'
import { withAnyCurve, withoutThreads, withThreads } from './curve.js'
import { loadIden3 } from './iden3.js'
import {
  type Proof,
  type PublicSignals,
  parseProof,
  parsePublicSignals,
  parseVerificationKey,
  type VerificationKey,
} from './proof.js'

/**
 * Proves the witness. `zkey` is a path or the file's bytes, `wtns` the bytes of a `.wtns`.
 * Throws `ProveError` when snarkjs fails: a witness of another circuit, a damaged key.
 */
export async function prove(
  zkey: string | Uint8Array,
  wtns: Uint8Array,
  options: prove.Options = {},
): Promise<prove.ReturnType> {
  const { singleThread = false, threads = singleThread ? 1 : undefined } = options
  const { snarkjs } = await loadIden3()
  const use = async () => {
    try {
      const { proof, publicSignals } = await snarkjs.groth16.prove(zkey, wtns)
      return { proof: parseProof(proof), publicSignals: parsePublicSignals(publicSignals) }
    } catch (cause) {
      throw new ProveError(typeof zkey === 'string' ? zkey : 'in memory', cause)
    }
  }
  return threads === 1 ? withoutThreads(use) : withThreads(use, threads)
}

export declare namespace prove {
  type Options = {
    /** Work in the calling thread only, as a worker of a pool must; otherwise one thread a core. */
    singleThread?: boolean
    /** How many threads, by default one a core; those of a curve that is held already count. */
    threads?: number | undefined
  }
  type ReturnType = { readonly proof: Proof; readonly publicSignals: PublicSignals }
}

/** Starts threads that proofs find, and keeps them until they are released: starting them takes longer than a small proof. */
export async function holdThreads(count: number): Promise<{ release(): Promise<void> }> {
  let release = () => {}
  const over = new Promise<void>((resolve) => {
    release = resolve
  })
  let ended: Promise<void> = over
  await new Promise<void>((ready, fail) => {
    ended = withThreads(async () => {
      ready()
      await over
    }, count)
    ended.catch(fail)
  })
  return {
    async release() {
      release()
      await ended
    },
  }
}

/**
 * Whether the proof shows the statement. Throws `FieldError` where anything is not in its canonical form or the number
 * of signals is not the key's, and `VerifyError` when snarkjs fails.
 */
export async function verify(
  verificationKey: VerificationKey,
  publicSignals: PublicSignals,
  proof: Proof,
): Promise<boolean> {
  const key = parseVerificationKey(verificationKey)
  const signals = parsePublicSignals(publicSignals, key.nPublic)
  const checked = parseProof(proof)
  const { snarkjs } = await loadIden3()
  return withAnyCurve(async () => {
    try {
      return await snarkjs.groth16.verify(key, signals, checked)
    } catch (cause) {
      throw new VerifyError(cause)
    }
  })
}

export class ProveError extends BaseError {
  override name = 'Snarkjs.ProveError'
  constructor(
    readonly zkey: string,
    cause: unknown,
  ) {
    super('snarkjs could not make the proof.', {
      details: [`proving key: ${zkey}`, `snarkjs says: ${messageOf(cause)}`],
      hint: 'check that key and witness come from the same build, and make the keys again if the file may be damaged',
      cause,
    })
  }
}

export class VerifyError extends BaseError {
  override name = 'Snarkjs.VerifyError'
  constructor(cause: unknown) {
    super('snarkjs could not check the proof.', {
      details: [`snarkjs says: ${messageOf(cause)}`],
      hint: 'this is a fault of zkonnx or snarkjs: please report it with the proof and the verification key',
      fault: 'internal',
      cause,
    })
  }
}
