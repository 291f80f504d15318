/**
 * The interface that gadgets are written against.
 *
 * Behind it stand three implementations that walk the same gadget code: the R1CS builder (values are linear
 * combinations), the evaluator (values are numbers: it computes the witness) and the counter (values are term counts).
 * All three must allocate the same wires in the same order, so a gadget decides only by what is known at compile time:
 * bounds, widths, shapes; never by a value.
 *
 * What constraints do not determine by themselves comes from named hints. In the scheme `groth16` only `bits` and `choose`
 * have one: all that a prover chooses freely are bits, each constrained to be one. With lookups there are words as well
 * (`advise`), which only `lookup` holds to a range. Gadgets call neither: they ask for ranges (gadgets/range.ts), and how a
 * range is met is decided there alone.
 */
import type { Lookups } from './chunks.js'
import type { Felt } from './felt.js'
import type { Table } from './tables.js'

/** Who asked for bits: what a test replaces by a lie, and what an attack reports. */
export type HintName =
  | 'argmax'
  | 'claim'
  | 'clamp'
  | 'input'
  | 'max'
  | 'pool'
  | 'quotient'
  | 'range'
  | 'rank'
  | 'relu'
  | 'rescale'
  | 'round'
  | 'root'
  | 'weights'

/** Sparse rows over a list of values, as `Linear` of the model has them. */
export type Rows = {
  readonly rowStart: Int32Array
  readonly column: Int32Array
  readonly weight: Int32Array
  readonly weights: Float64Array
  readonly bias: Float64Array
}

/** Consecutive boolean wires, least significant first. */
export type BitRun = {
  readonly first: number
  readonly count: number
}

export interface ConstraintSystem<V> {
  /** How ranges are met by tables; undefined where they are met by bits. */
  readonly lookups?: Lookups | undefined

  /** A number known at compile time. */
  constant(value: number | bigint): V

  /** constant + sum of weights[i] * values[i]. No wire, no constraint. */
  combine(values: readonly V[], weights: readonly (number | bigint)[], constant?: number | bigint): V

  /** One row of `rows` over `values`. No wire, no constraint. */
  row(rows: Rows, index: number, values: readonly V[]): V

  /** A new wire that equals a * b. One constraint; give the side with fewer terms as `b`, which costs the prover G2 work. */
  product(a: V, b: V, label: string): V

  /** A new wire that equals the value. One constraint. */
  wire(value: V, label: string): V

  /** A new wire that equals the value, named as an output of the model. One constraint. */
  output(name: string, index: number, value: V): V

  /** A new wire that equals base + a * b. One constraint; `base` may be dense, it costs the prover nothing. */
  multiplyAdd(a: V, b: V, base: V, label: string): V

  /** `count` new boolean wires whose weighted sum is the value, which proves 0 <= value < 2^count. count + 1 constraints. */
  bits(value: V, count: number, hint: HintName): BitRun

  /**
   * `count` new boolean wires that the caller constrains further; an honest prover gives the bits of
   * `honest(...values)`. `count` constraints.
   */
  choose(values: readonly V[], count: number, hint: HintName, honest: (...values: number[]) => number): BitRun

  /**
   * `count` new wires that nothing constrains yet: the caller does. An honest prover gives `honest(...values)`. No
   * constraint.
   */
  advise(
    values: readonly V[],
    count: number,
    hint: HintName,
    honest: (...values: Felt[]) => readonly Felt[],
  ): V[]

  /** Constrains the value to be an entry of the table. One row, one wire of the second round; only where `lookups` is. */
  lookup(table: Table, value: V): void

  /** Sum of 2^(i - from) * bit i for from <= i < to. No wire, no constraint. */
  limb(run: BitRun, from: number, to: number): V

  /** Constrains a * b = c. */
  assertProduct(a: V, b: V, c: V): void

  /** The private input wire at a place of the layout. */
  privateInput(index: number): V

  /** The public input wire at a place of the layout. */
  publicInput(index: number): V

  /** Constrains the public output wire at a place of the layout to equal the value. One constraint. */
  assertPublicOutput(index: number, value: V): void

  /** Everything that `body` allocates gets `name`, or `name[index]`, in its path. */
  scope<T>(name: string, index: number | undefined, body: () => T): T
}

/** Counts and names of the wires that stand first: 1, public outputs, public inputs, private inputs. */
export type Layout = {
  readonly publicOutputs: readonly string[]
  readonly publicInputs: readonly string[]
  readonly privateInputs: readonly PrivateInput[]
}

/** Wires named `main.GROUP.NAME[i]`; inputs of the model are of the group `input`. */
export type PrivateInput = {
  readonly name: string
  readonly size: number
  readonly group?: string
}

export function privateInputCount(layout: Layout): number {
  return layout.privateInputs.reduce((sum, { size }) => sum + size, 0)
}
