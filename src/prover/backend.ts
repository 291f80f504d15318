/**
 * The slot for provers. A backend makes a Groth16 proof from a `.zkey` and a witness; others than snarkjs (a native
 * program, our own kernels) answer the same call and share its conformance tests.
 */
import * as Snarkjs from './snarkjs.js'

export type Backend = {
  readonly name: string
  prove(key: ProvingKey, wtns: Uint8Array, options: Backend.Options): Promise<Snarkjs.prove.ReturnType>
}

/** Where the key is; `bytes` when the caller keeps it in memory over many proofs. */
export type ProvingKey = { readonly path: string; readonly bytes?: Uint8Array }

export declare namespace Backend {
  type Options = {
    /** `one` inside a worker of a pool; `all` when a single proof may have every core. */
    readonly threads: 'one' | 'all'
  }
}

export const snarkjs: Backend = {
  name: 'snarkjs',
  prove: (key, wtns, { threads }) =>
    Snarkjs.prove(key.bytes ?? key.path, wtns, { singleThread: threads === 'one' }),
}
