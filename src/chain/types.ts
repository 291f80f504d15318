/**
 * What the chain's modules exchange: iden3's JSON shapes, taken structurally, and the facts of a model that its
 * contracts need.
 *
 * Traps: coordinates are decimal strings; points are projective with a last coordinate of 1, or 0 for infinity; a
 * coordinate of the twist is [real, imaginary] in files and (imaginary, real) on the chain (EIP-197).
 */

/** iden3's `verification_key.json`, or that of the scheme with lookups; the `zkonnx` member is ours and says how the keys were made. */
export type VerificationKey = {
  readonly protocol: string
  readonly curve: string
  readonly nPublic: number
  readonly vk_alpha_1: readonly string[]
  readonly vk_beta_2: readonly (readonly string[])[]
  readonly vk_gamma_2: readonly (readonly string[])[]
  readonly vk_delta_2: readonly (readonly string[])[]
  /** Of keys with lookups. */
  readonly vk_commitment_2?: readonly (readonly string[])[]
  readonly IC: readonly (readonly string[])[]
  readonly zkonnx?: { readonly setup?: string | undefined } | undefined
}

/** iden3's `proof.json`, or that of the scheme with lookups. */
export type Proof = {
  readonly pi_a: readonly string[]
  readonly pi_b: readonly (readonly string[])[]
  readonly pi_c: readonly string[]
  /** Of proofs with lookups. */
  readonly commitment?: readonly string[]
}

export type Hex = `0x${string}`

/** Dev keys are for local chains only. */
export type KeyKind = 'dev' | 'ceremony'

/** The context of a prediction beside chain, record and model: `IPredictionConsumer.Terms`. */
export type Terms = {
  readonly beneficiary: string
  readonly nonce: bigint
  /** Unix time in seconds; the last timestamp at which the record accepts the prediction. */
  readonly deadline: bigint
}

/** Chains whose accounts everyone knows: Foundry's and Ganache's ids. Contracts with dev keys deploy nowhere else. */
export const LOCAL_CHAIN_IDS: readonly bigint[] = [31337n, 1337n]
