/**
 * The machine that the phases run on: what a set of kernels offers.
 *
 * Forms. Scalars are elements of the scalar field in 32 bytes, little-endian: plain and below P, as a `.wtns` holds them,
 * or in Montgomery form (x * 2^256), as a key's coefficients times a witness give them. Points are those of a `.zkey`.
 */
import type { G1Affine, G2Affine } from './group.js'

export type GroupName = 'g1' | 'g2'

/**
 * Points where kernels keep them. Plain data: a machine in another thread, opened over the same memory, takes it as well.
 */
export type Points<Name extends GroupName = GroupName> = {
  readonly group: Name
  readonly count: number
  /** Only the kernels that made it read it. */
  readonly place: unknown
}

export type AffineOf<Name extends GroupName> = Name extends 'g1' ? G1Affine : G2Affine
export type Affine = AffineOf<GroupName>

export type Kernels = {
  /** Takes points of a key's section. Points off their curve are taken too: what they sum up to means nothing. */
  loadPoints<Name extends GroupName>(group: Name, bytes: Uint8Array, count: number): Points<Name>
  /** The sum of scalars[i] * points[i]: plain scalars, as many as there are points. */
  multiply<Name extends GroupName>(points: Points<Name>, scalars: Uint8Array): AffineOf<Name>
  /**
   * From A w and B w at the n points w^i of the domain, in Montgomery form: the plain values of A B - C at the n odd points
   * of the domain of twice the size, where C = A B on the even ones. n is a power of two from 2 on.
   */
  quotient(a: Uint8Array, b: Uint8Array): Uint8Array
}

export type Machine = Kernels & {
  readonly tier: TierName
  /** A w and B w in Montgomery form, row by row, of a key's coefficients and a witness's plain values. */
  evaluate(coefficients: Uint8Array, rows: number, witness: Uint8Array): Evaluated
  /** What `open` of this machine's tier wants in another thread, to work over the same memory. Can be sent there. */
  readonly shared: unknown
}

export type Evaluated = { readonly a: Uint8Array; readonly b: Uint8Array }

/** From the fastest to what runs everywhere. */
export type TierName = 'plain' | 'reference'

export type Tier = {
  readonly name: TierName
  /** Throws where the platform lacks what it needs. */
  open(shared?: unknown): Promise<Machine>
}
