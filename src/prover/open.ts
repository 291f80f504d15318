/** The keys of a compiled model's folder, opened to prove and verify. */
import { pathOf } from '../artifacts/paths.js'
import { parseJson, readBytes, readText } from '../artifacts/store.js'
import { canonicalJson, type Sha256 } from '../base/digest.js'
import { BaseError } from '../base/errors.js'
import { type BackendChoice, backendOf, DEFAULT_BACKEND } from './backend.js'
import { assertKeyFits, assertSafe, verificationKeyOf, zkeyHeader } from './keys.js'
import { type Proof, type PublicSignals, parseVerificationKey, type VerificationKey } from './proof.js'
import * as Snarkjs from './snarkjs.js'

export type Prover = {
  readonly verificationKey: VerificationKey
  prove(wtns: Uint8Array): Promise<Snarkjs.prove.ReturnType>
  verify(signals: PublicSignals, proof: Proof): Promise<boolean>
  close(): Promise<void>
}

/**
 * Opens the folder's keys; the proving key is read once into memory, unless its bytes are given. `circuit` is the digest
 * of the `.r1cs` that they must belong to. Throws `WrongCircuitError`, `UnsafeKeyError`, and what reading the files throws.
 */
export async function openProver(
  dir: string,
  circuit: Sha256,
  options: openProver.Options = {},
): Promise<Prover> {
  const { backend = DEFAULT_BACKEND, threads = 1 } = options
  const verificationKey = await openVerificationKey(dir, circuit)
  const path = pathOf(dir, 'zkey')
  const bytes = options.bytes ?? (await readBytes(path))
  assertSafe(zkeyHeader(bytes))
  const opened = await backendOf(backend).open({ path, bytes }, { threads })
  return {
    verificationKey,
    prove: (wtns) => opened.prove(wtns),
    verify: (signals, proof) => Snarkjs.verify(verificationKey, signals, proof),
    close: () => opened.close(),
  }
}

export declare namespace openProver {
  type Options = {
    readonly backend?: BackendChoice
    /** Of one proof; by default 1, the calling one. */
    readonly threads?: number
    /** Of the proving key, which may be shared with other threads. */
    readonly bytes?: Uint8Array | undefined
  }
}

/**
 * That the folder's two keys belong together and to this circuit, before any work is begun with them.
 * Throws `WrongCircuitError`, `KeyMismatchError`, `KeyPairError`, `UnsafeKeyError`, and what reading the files throws.
 */
export async function assertKeysBelong(dir: string, circuit: CircuitSizes): Promise<void> {
  const { zkonnx, ...verificationKey } = await openVerificationKey(dir, circuit.sha256)
  const path = pathOf(dir, 'zkey')
  const header = zkeyHeader(path)
  assertKeyFits(header, { ...circuit, publicOutputs: circuit.publicSignals, publicInputs: 0 })
  const exported = await verificationKeyOf(header)
  if (canonicalJson(exported) !== canonicalJson(verificationKey)) {
    throw new KeyPairError(path, pathOf(dir, 'verificationKey'))
  }
}

/** What a manifest says of its circuit. */
export type CircuitSizes = {
  readonly sha256: Sha256
  readonly wires: number
  readonly constraints: number
  readonly publicSignals: number
}

/** The folder's verifying key. Throws `WrongCircuitError` when its mark names another circuit, `FieldError`. */
export async function openVerificationKey(dir: string, circuit: Sha256): Promise<VerificationKey> {
  const path = pathOf(dir, 'verificationKey')
  const key = parseVerificationKey(parseJson(await readText(path), path), path)
  if (key.zkonnx?.circuit !== circuit) throw new WrongCircuitError(path, key.zkonnx?.circuit, circuit)
  return key
}

export class WrongCircuitError extends BaseError {
  override name = 'Prover.WrongCircuitError'
  constructor(
    readonly path: string,
    readonly found: Sha256 | undefined,
    readonly expected: Sha256,
  ) {
    super(`${path} does not belong to this circuit.`, {
      details: [
        `it was made for ${found ?? 'a circuit that it does not name'}`,
        `the circuit is ${expected}`,
      ],
      hint: 'make the keys again with setup',
    })
  }
}

export class KeyPairError extends BaseError {
  override name = 'Prover.KeyPairError'
  constructor(
    readonly zkey: string,
    readonly verificationKey: string,
  ) {
    super(`${zkey} and ${verificationKey} do not belong together.`, {
      details: ['proofs made with the first would not verify with the second'],
      hint: 'make the keys again with setup, or restore the pair as it was made',
    })
  }
}
