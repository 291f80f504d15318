/**
 * The slot for provers. A backend makes Groth16 proofs from a `.zkey` and witnesses; others than snarkjs (a native
 * program, our own kernels) answer the same calls and share its conformance tests.
 */
import * as Rapidsnark from './rapidsnark.js'
import * as Snarkjs from './snarkjs.js'

export type Backend = {
  readonly name: string
  /** Makes ready for many proofs with one key: here a backend converts it, or starts its threads. */
  open(key: ProvingKey, options: Backend.Options): Promise<Backend.Opened>
}

/** Where the key is, and its bytes, which may be shared with other threads. */
export type ProvingKey = { readonly path: string; readonly bytes: Uint8Array }

export declare namespace Backend {
  type Options = {
    /** That one proof may use: 1 inside a worker of a pool of many; a thread is then the caller's own. */
    readonly threads: number
  }
  type Opened = {
    prove(wtns: Uint8Array): Promise<Snarkjs.prove.ReturnType>
    /** Ends what was started; proofs under way fail. */
    close(): Promise<void>
  }
}

/** Which backend, as plain data: it travels to workers. */
export type BackendChoice =
  | { readonly name: 'snarkjs' }
  /** The path of its program. */
  | { readonly name: 'rapidsnark'; readonly path: string }

export const DEFAULT_BACKEND: BackendChoice = { name: 'snarkjs' }

export function backendOf(choice: BackendChoice): Backend {
  switch (choice.name) {
    case 'snarkjs':
      return snarkjs
    case 'rapidsnark':
      return { name: 'rapidsnark', open: (key, options) => Rapidsnark.open(choice.path, key, options) }
  }
}

export const snarkjs: Backend = {
  name: 'snarkjs',
  open: async ({ bytes }, { threads }) => {
    const held = threads === 1 ? undefined : await Snarkjs.holdThreads(threads)
    return {
      prove: (wtns) => Snarkjs.prove(bytes, wtns, { threads }),
      close: async () => held?.release(),
    }
  },
}
