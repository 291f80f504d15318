/**
 * The slot for provers. A backend makes Groth16 proofs from a `.zkey` and witnesses; all answer the same calls, make
 * proofs that the others verify, and share their conformance tests.
 */
import type { Scheme } from '../artifacts/scheme.js'
import type { Loaded } from './groth16/loaded.js'
import type { TierName } from './groth16/machine.js'
import type { LoadedLookup } from './lookup/loaded.js'
import * as Lookup from './lookup/prover.js'
import type { Proof, PublicSignals, VerificationKey } from './proof.js'
import * as Rapidsnark from './rapidsnark.js'
import type { AnyProof } from './schemes.js'
import * as Snarkjs from './snarkjs.js'
import * as Zkonnx from './zkonnx.js'

export type Backend = {
  readonly name: string
  /** Makes ready for many proofs with one key: here a backend converts it, or starts its threads. */
  open(key: ProvingKey, options: Backend.Options): Promise<Backend.Opened>
}

/** Where the key is, and its bytes, which may be shared with other threads; and what `prepareKey` made of it. */
export type ProvingKey = { readonly path: string; readonly bytes: Uint8Array; readonly prepared?: Prepared }

/** A key in a backend's own form, in memory that threads share. Plain data: it travels to workers. */
export type Prepared = Loaded
export type AnyPrepared = Prepared | LoadedLookup

export type Proven<Made extends AnyProof = Proof> = {
  readonly proof: Made
  readonly publicSignals: PublicSignals
  /** What the user should know of how it was made. */
  readonly note?: string
  /** Milliseconds of verifying it, by a backend that returns only what it has verified with the key that it was given. */
  readonly verified?: number
}

export declare namespace Backend {
  type Options = {
    /** That one proof may use: 1 inside a worker of a pool of many; a thread is then the caller's own. */
    readonly threads: number
    /** With which a backend verifies what it made; by default the key's own. */
    readonly verificationKey?: VerificationKey
  }
  type Opened = {
    prove(wtns: Uint8Array): Promise<Proven>
    /** Ends what was started; proofs under way fail. */
    close(): Promise<void>
  }
}

/** Which backend, as plain data: it travels to workers. */
export type BackendChoice =
  | { readonly name: 'snarkjs' }
  /** Kernels of a tier where one is named, or else the fastest that work here. */
  | { readonly name: 'zkonnx'; readonly tier?: TierName }
  /** The path of its program. */
  | { readonly name: 'rapidsnark'; readonly path: string }

/** Our own: where its kernels do not work or a proof of theirs does not hold, it leaves the proof to snarkjs. */
export const DEFAULT_BACKEND: BackendChoice = { name: 'zkonnx' }

export function backendOf(choice: BackendChoice): Backend {
  switch (choice.name) {
    case 'snarkjs':
      return snarkjs
    case 'zkonnx':
      return { name: 'zkonnx', open: (key, options) => Zkonnx.open(choice.tier, key, options) }
    case 'rapidsnark':
      return { name: 'rapidsnark', open: (key, options) => Rapidsnark.open(choice.path, key, options) }
  }
}

/** Converts a key for threads that each prove alone, where the backend has a form of its own. */
export async function prepareKey(
  choice: BackendChoice,
  key: Omit<ProvingKey, 'prepared'>,
  scheme: Scheme = 'groth16',
): Promise<AnyPrepared | undefined> {
  if (scheme === 'groth16-lookup')
    return choice.name === 'zkonnx' ? Lookup.prepare(choice.tier, key) : undefined
  return choice.name === 'zkonnx' ? Zkonnx.prepare(choice.tier, key) : undefined
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
