/**
 * How a circuit is proven, which is known before it is written: plain Groth16, where all that a prover chooses is bits;
 * or Groth16 with one round of commitment and lookups (docs/lookups.md).
 */
export const SCHEMES = ['groth16', 'groth16-lookup'] as const
export type Scheme = (typeof SCHEMES)[number]
