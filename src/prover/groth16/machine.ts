/**
 * The machine that the phases run on: what a set of kernels offers.
 *
 * Forms. Scalars are elements of the scalar field in 32 bytes, little-endian: plain and below P, as a `.wtns` holds them,
 * or in Montgomery form (x * 2^256). Points and coefficients are those of a `.zkey`.
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

/** Coefficients of A and B where kernels keep them, with the number of rows; plain data like points. */
export type Rows = { readonly rows: number; readonly place: unknown }

/** One of so many parts of a sum, by its place: together they are the whole. */
export type Share = { readonly place: number; readonly of: number }

/** What transforms need, where kernels keep it; plain data like points. */
export type Domain = { readonly points: number; readonly place: unknown }

export type Machine = {
  readonly tier: TierName
  /** Takes points of a key's section. Points off their curve are taken too: what they sum up to means nothing. */
  loadPoints<Name extends GroupName>(group: Name, bytes: Uint8Array, count: number): Points<Name>
  /**
   * a[i] + scalars[i] * b[i], and behind these the differences: points of G1 as keys have them, plain scalars. What
   * transforms of points are made of.
   */
  butterflies(a: Uint8Array, b: Uint8Array, scalars: Uint8Array): Uint8Array
  /** Takes a key's coefficients, of matrices of so many rows: a power of two from 2 on. */
  loadRows(coefficients: Uint8Array, rows: number): Rows
  /** The sum of scalars[i] * points[i]: plain scalars, as many as there are points. A share of it where one is given. */
  multiply<Name extends GroupName>(points: Points<Name>, scalars: Uint8Array, share?: Share): AffineOf<Name>
  /** The same of points that are not kept, of which the machine keeps no more than their room. */
  multiplyOnce<Name extends GroupName>(group: Name, points: Uint8Array, scalars: Uint8Array): AffineOf<Name>
  /** scalars[i] times the group's generator, as keys have points: plain scalars. */
  multiplesOf(group: GroupName, scalars: Uint8Array): Uint8Array<ArrayBuffer>
  /**
   * Of A w and B w at the n points w^i of the domain, one a row: the plain values of A B - C at the n odd points of the
   * domain of twice the size, where C = A B on the even ones. Takes a witness's plain values.
   */
  quotientOf(rows: Rows, witness: Uint8Array): Uint8Array
  /** Makes ready for polynomials over a domain of so many points: a power of two from 2 on. */
  loadDomain(points: number): Domain
  /**
   * Of plain values of two polynomials A and B at the first of the n points x of a domain, at whose others both are 0: the
   * plain values there of (2 / n) x (A B)'(x), with the derivative of the product. Four transforms.
   */
  slopesOf(domain: Domain, a: Uint8Array, b: Uint8Array): Uint8Array
  /** The sum of scalars[classes[i]] * points[i]: many points, few plain scalars. */
  multiplyClasses(points: Points<'g1'>, classes: Uint32Array, scalars: Uint8Array): G1Affine
  /** `quotientOf` and `slopesOf` in parts, for threads over one memory. */
  readonly parts?: QuotientParts
  readonly slopeParts?: SlopeParts
  /** What `open` of this machine's tier wants in another thread, to work over the same memory. Can be sent there. */
  readonly shared: unknown
}

export type QuotientParts = {
  /** Room for one witness's values; undefined where rows are too few to share. It may be used again after `join`. */
  take(rows: Rows, wireBytes: number): Values | undefined
  evaluate(rows: Rows, values: Values, witness: Uint8Array): void
  /** From the domain to the odd points: A w, B w, or their product. Each may be done by another thread. */
  carry(rows: Rows, values: Values, which: Which): void
  join(rows: Rows, values: Values): Uint8Array
}

export type SlopeParts = {
  /** Room for two polynomials; undefined where points are too few to share. It may be used again after all is joined. */
  take(domain: Domain): Values | undefined
  /** The values of A or of B, and from them the slopes: each may be done by another thread. */
  carry(domain: Domain, values: Values, which: 0 | 1, plain: Uint8Array): void
  /** The slopes of the product at some points, from an even one on. */
  join(values: Values, from: number, to: number): Uint8Array
}

/** Where the values of A w, B w and C w are; plain data. */
export type Values = { readonly place: unknown }
export type Which = 0 | 1 | 2

/** From the fastest to what runs everywhere. */
export type TierName = 'fma' | 'integer' | 'plain' | 'reference'

export type Tier = {
  readonly name: TierName
  /** Throws where the platform lacks what it needs. */
  open(shared?: unknown): Promise<Machine>
}
