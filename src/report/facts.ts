/** All that a report shows, as plain data: gathered by the stage, before anything is drawn. */
import type { Manifest } from '../artifacts/manifest.js'
import type { ContextRecord } from '../artifacts/proof-folder.js'
import type { Sha256 } from '../base/digest.js'
import type { DecodedStatement } from '../verify/decode.js'

export type ReportFacts = {
  readonly manifest: Manifest
  readonly modelId: Sha256
  /** The folder, as one would type it. */
  readonly dir: string
  /** What compiling measured; undefined where it did not. */
  readonly fidelity: FidelityFacts | undefined
  /** Which layer reads what; undefined where the folder has no program. */
  readonly wiring: Wiring | undefined
  readonly comparison: Comparison | undefined
  readonly proofs: ProofFacts
  /** `verification_key.json`, parsed; undefined before the last step of a setup. */
  readonly verificationKey: unknown
  readonly chain: ChainFacts
}

export type FidelityFacts = {
  readonly samples: number
  readonly outside: number
  readonly labels: LabelFacts | undefined
  readonly outputs: readonly ErrorFacts[]
  readonly layers: readonly ErrorFacts[]
}

export type LabelFacts = {
  readonly flips: number
  readonly rate: number
  readonly interval: readonly [number, number]
  readonly accuracy: { readonly float: number; readonly integer: number } | undefined
  readonly flipped: readonly FlipFacts[]
}

export type FlipFacts = {
  readonly sample: number
  readonly float: readonly number[]
  readonly integer: readonly number[]
  readonly margin: number | undefined
}

/** In reals; `relative` in parts of the range that calibration saw: of outputs the worst, of layers the mean. */
export type ErrorFacts = {
  readonly name: string
  readonly source: string
  readonly worst: number
  readonly mean: number
  readonly relative: number
}

/** By layer, in the manifest's order: the layers (by place) and inputs (by name) that it reads. */
export type Wiring = {
  readonly layers: readonly (readonly Source[])[]
  readonly outputs: readonly { readonly name: string; readonly from: Source }[]
}
export type Source = { readonly layer: number } | { readonly input: string }

/** The integer model beside the float one, on samples at hand. */
export type Comparison = {
  /** Where the samples are from, in words. */
  readonly of: string
  readonly samples: number
  readonly outputs: readonly {
    readonly name: string
    readonly points: readonly Point[]
    /** Of which `points` are an even part. */
    readonly total: number
  }[]
  /** The samples whose label flips, by their places in their file, with the first input where it is at hand. */
  readonly flipped: readonly { readonly sample: number; readonly input: readonly number[] }[]
}

/** Of one number of an output: what the float model says, what the integer model says, and whether the label flips. */
export type Point = { readonly float: number; readonly integer: number; readonly flips: boolean }

export type ProofFacts = {
  readonly shown: readonly ShownProof[]
  /** In all; those that are not shown are as good. */
  readonly found: number
  /** Where they were looked for, as one would type it. */
  readonly place: string
}

export type ShownProof = {
  /** As one would type it. */
  readonly folder: string
  readonly sample: number
  readonly label: number | undefined
  /** Whether it verified when the report was written, and why not. */
  readonly valid: boolean
  readonly reason: string | undefined
  readonly says: DecodedStatement | undefined
  readonly context: ContextRecord
  /** Milliseconds. */
  readonly times: Readonly<Record<'infer' | 'execute' | 'witness', number>> & {
    readonly prove?: number | undefined
    readonly verify?: number | undefined
  }
  /** `public.json` and `proof.json`, parsed. */
  readonly signals: unknown
  readonly proof: unknown
}

export type ChainFacts = {
  readonly deployment: DeploymentFacts | undefined
  readonly registration: RegistrationFacts | undefined
  /** Of the model as it is compiled, estimated from its statement. */
  readonly gas: GasFacts
}

export type DeploymentFacts = {
  readonly chainId: string
  readonly embedded: boolean
  readonly forgeable: boolean
  readonly contracts: readonly {
    readonly what: string
    readonly address: string
    readonly transaction: string
    readonly gas: number
  }[]
}

export type RegistrationFacts = {
  readonly chainId: string
  readonly id: string
  readonly registry: string
  readonly ledger: string
  readonly verifier: string
}

export type GasFacts = {
  readonly deploy: number
  readonly record: number
  readonly verify: number
  readonly register: number
  readonly batchOf10: number
  readonly batchOf100: number
}
