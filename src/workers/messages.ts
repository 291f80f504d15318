/** What travels between the pool and its workers: one union each way, plain data only. */
import type { Said } from '../artifacts/statement.js'
import type { Extra } from '../circuit/disclose.js'
import type { AnyPrepared, BackendChoice } from '../prover/backend.js'
import type { PublicSignals } from '../prover/proof.js'
import type { AnyProof } from '../prover/schemes.js'

export type Sample = {
  /** Its place in the file that it came from. */
  readonly index: number
  /** Real values, one array an input in the model's order, row-major. */
  readonly inputs: readonly Float64Array[]
}

export type Task = {
  readonly kind: 'witness' | 'prove'
  readonly sample: Sample
  /** The context signal, below P. */
  readonly context: bigint
  /** T of threshold claims and m of margin claims, in integers by output; m is 0 where it is not given. */
  readonly claims?: Readonly<Record<string, number>>
  /** The salt of every commitment; by default a random one each. */
  readonly salt?: bigint
}

/** A task as it goes to a worker: with the proving key, which all workers share. */
export type Order = Task & { readonly key?: SharedKey | undefined }

/** A proving key's bytes, and the backend's form of it where it was converted for all. */
export type SharedKey = { readonly bytes: SharedArrayBuffer; readonly prepared?: AnyPrepared | undefined }

export type Prediction = {
  readonly sample: number
  /** What ONNX Runtime answers, by output. */
  readonly float: readonly OutputValues[]
  /** What the integer model answers: integers, and what they stand for (integer * scale). */
  readonly integer: readonly (OutputValues & { readonly integers: readonly number[] })[]
  readonly signals: PublicSignals
  /** What the signals say, part by part. */
  readonly said: { readonly outputs: readonly Said[]; readonly inputs: readonly Said[] }
  /** What opens the commitments, and the numbers of the claims. Whoever has the salts can test guesses. */
  readonly extras: readonly ExtraValue[]
  readonly times: StepTimes
}

/** In decimal. */
export type ExtraValue = Extra & { readonly value: string }

export type OutputValues = {
  readonly name: string
  readonly values: readonly number[]
}

/** Milliseconds of each step. */
export type StepTimes = {
  readonly infer: number
  readonly execute: number
  readonly witness: number
  readonly prove?: number | undefined
  readonly verify?: number | undefined
}

export type Outcome =
  | { readonly kind: 'witness'; readonly prediction: Prediction; readonly wtns: Uint8Array }
  | {
      readonly kind: 'prove'
      readonly prediction: Prediction
      readonly proof: AnyProof
      /** What the user should know of how it was made. */
      readonly note?: string
    }

/** An error in a form that survives the way between threads. */
export type Failure = {
  readonly name: string
  readonly message: string
  readonly fault: 'input' | 'answer' | 'internal'
}

export type Reply = { readonly done: Outcome } | { readonly failed: Failure }

/** What a worker is given at its start. */
export type WorkerData = {
  readonly dir: string
  /** That one worker may use, for inference as for a proof. */
  readonly threads: number
  readonly backend: BackendChoice
  /**
   * Trap: `web-worker`, which ffjavascript loads, takes every thread for one that it started itself, and runs the
   * module that it finds under this name. An empty one.
   */
  readonly mod: 'data:,'
}
