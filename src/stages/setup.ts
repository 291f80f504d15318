/** Keys for a compiled circuit. */
import { rm } from 'node:fs/promises'
import { readManifest, recordSetup } from '../artifacts/manifest.js'
import { pathOf } from '../artifacts/paths.js'
import { readBytes, writeAtomic, writeJson } from '../artifacts/store.js'
import { sha256 } from '../base/digest.js'
import { BaseError } from '../base/errors.js'
import { type Keys, keyDigest, makeDevKeys } from '../prover/keys.js'

export type SetupOptions = {
  readonly dir: string
  /** The kind of keys; dev keys are for tests and demos only. */
  readonly kind: 'dev'
}

/**
 * Makes keys and writes them beside the circuit, the verifying key last.
 * Throws `CircuitChangedError` where `circuit.r1cs` is not the one that the manifest names, and the store's errors.
 */
export async function setup({ dir }: SetupOptions): Promise<Keys> {
  const { circuit } = await readManifest(dir)
  const r1cs = await readBytes(pathOf(dir, 'r1cs'))
  const digest = sha256(r1cs)
  if (digest !== circuit.sha256) throw new CircuitChangedError(pathOf(dir, 'r1cs'), digest, circuit.sha256)
  const { keys, zkey } = await makeDevKeys(r1cs)
  await rm(pathOf(dir, 'verificationKey'), { force: true })
  await writeAtomic(pathOf(dir, 'zkey'), zkey)
  const verificationKey = keyDigest(keys.verificationKey)
  await recordSetup(dir, { kind: 'dev', zkey: keys.zkey, verificationKey })
  await writeJson(pathOf(dir, 'verificationKey'), keys.verificationKey)
  return keys
}

export class CircuitChangedError extends BaseError {
  override name = 'Setup.CircuitChangedError'
  constructor(
    readonly path: string,
    found: string,
    expected: string,
  ) {
    super(`${path} is not the circuit that the manifest names.`, {
      details: [`its digest is ${found}`, `the manifest has   ${expected}`],
      hint: 'compile the model again',
    })
  }
}
