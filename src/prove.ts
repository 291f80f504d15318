/**
 * `zkonnx/prove`: zkonnx's own prover in one thread, for workers of browsers, and wherever else WebAssembly has shared
 * memory. Imports no built-in module of Node.
 *
 * The page must be isolated from others (`Cross-Origin-Opener-Policy: same-origin` and `Cross-Origin-Embedder-Policy:
 * require-corp`) in browsers that give shared memory to such pages alone. A proof takes a second for each hundred thousand
 * constraints, and blocks its thread: run it in a worker.
 *
 * @example
 * import { openProver } from 'zkonnx/prove'
 *
 * const bytes = async (file) => new Uint8Array(await (await fetch(file)).arrayBuffer())
 * const prover = await openProver(await bytes('circuit.zkey'))
 * const { proof, publicSignals } = await prover.prove(await bytes('witness.wtns'))
 */
import { BaseError } from './base/errors.js'
import { drawElement } from './prover/draw.js'
import { chooseMachine } from './prover/groth16/choose.js'
import { openSingle } from './prover/groth16/engine.js'
import { fma } from './prover/groth16/fast/fma.js'
import { integer } from './prover/groth16/fast/integer.js'
import { readKey } from './prover/groth16/key.js'
import { loadKey } from './prover/groth16/loaded.js'
import { readWitness } from './prover/groth16/witness.js'
import { openVerifier } from './prover/pairing.js'
import { type Proof, type PublicSignals, parseProof, type VerificationKey } from './prover/proof.js'
import { verificationKeyOf } from './prover/verification-key.js'

export { BaseError } from './base/errors.js'
export type { Proof, PublicSignals, VerificationKey } from './prover/proof.js'

export type Prover = {
  /** With which its proofs verify. */
  readonly verificationKey: VerificationKey
  /**
   * Proves the bytes of a `.wtns`; every proof is verified before it is returned. Throws `MalformedFileError`,
   * `WitnessError`, `NoProofError` for a witness that does not satisfy its circuit.
   */
  prove(wtns: Uint8Array): Promise<{ readonly proof: Proof; readonly publicSignals: PublicSignals }>
}

/**
 * Takes the bytes of a `.zkey`, converts it once, and keeps it. Throws `MalformedFileError`, `UnsafeKeyError` for a key whose
 * gamma equals its delta, `FieldError` for one with points off their curves, `NoTierError` where the kernels do not work.
 */
export async function openProver(zkey: Uint8Array): Promise<Prover> {
  const key = readKey(zkey)
  const verificationKey = verificationKeyOf(key.header)
  const machine = await chooseMachine([fma, integer])
  const engine = openSingle(machine, loadKey(machine, key, 1), key)
  const verifies = openVerifier(verificationKey)
  return {
    verificationKey,
    async prove(wtns) {
      const { values, publicSignals } = readWitness(key, wtns)
      const proof = await engine.prove(values, { r: drawElement(), s: drawElement() })
      if (!verifies(publicSignals, parseProof(proof))) throw new NoProofError()
      return { proof, publicSignals }
    },
  }
}

export class NoProofError extends BaseError {
  override name = 'Prove.NoProofError'
  constructor() {
    super('The proof that was made of this witness does not verify.', {
      hint: 'the witness does not satisfy its circuit, or the proving key is damaged',
    })
  }
}
