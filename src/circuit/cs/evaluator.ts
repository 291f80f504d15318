/**
 * The constraint system that computes the witness: values are numbers where exact, bigints where not, and every wire
 * that gadgets allocate is written down in the builder's order.
 *
 * It checks nothing: a hint may be replaced by a lie, and what follows from the lie is computed as a prover would;
 * whether the constraints accept it is for them alone to say.
 */
import type { BitRun, ConstraintSystem, HintName, Layout, Rows } from './api.js'
import type { Lookups } from './chunks.js'
import { add, type Felt, multiply, normal } from './felt.js'
import { type BitsHint, honestBits, honestWords, type WordsHint } from './hints.js'
import { Hits } from './hits.js'
import { type Table, Tables } from './tables.js'
import { WireValues } from './wires.js'

export type Assignment = {
  /** In the order of the layout's public inputs. */
  readonly publicInputs: readonly bigint[]
  /** The integers of all inputs, in the order of the layout's private inputs. */
  readonly privateInputs: ArrayLike<Felt>
}

export class Evaluator implements ConstraintSystem<Felt> {
  readonly wires = new WireValues()
  private serial = 0
  private readonly tables = new Tables()
  private readonly hits: Hits[] = []

  constructor(
    private readonly layout: Layout,
    assignment: Assignment,
    private readonly hint: BitsHint = honestBits,
    readonly lookups?: Lookups,
    private readonly words: WordsHint = honestWords,
  ) {
    this.wires.push(1)
    for (const _ of layout.publicOutputs) this.wires.push(0)
    for (const value of assignment.publicInputs) this.wires.push(value)
    // the challenge is drawn when all of this is fixed
    if (lookups !== undefined) this.wires.push(0)
    for (let i = 0; i < assignment.privateInputs.length; i++) this.wires.push(assignment.privateInputs[i]!)
  }

  constant(value: number | bigint): Felt {
    return value
  }

  combine(values: readonly Felt[], weights: readonly (number | bigint)[], constant: Felt = 0): Felt {
    let sum = constant
    for (let i = 0; i < values.length; i++) sum = add(sum, multiply(values[i]!, weights[i]!))
    return sum
  }

  row(rows: Rows, index: number, values: readonly Felt[]): Felt {
    const { rowStart, column, weight, weights, bias } = rows
    let sum = bias[index]!
    let magnitude = Math.abs(sum)
    for (let entry = rowStart[index]!; entry < rowStart[index + 1]!; entry++) {
      const value = values[column[entry]!]!
      if (typeof value !== 'number') return rowInField(rows, index, values)
      const term = weights[weight[entry]!]! * value
      sum += term
      magnitude += Math.abs(term)
    }
    return magnitude <= Number.MAX_SAFE_INTEGER ? sum : rowInField(rows, index, values)
  }

  product(a: Felt, b: Felt): Felt {
    return this.wire(multiply(a, b))
  }

  wire(value: Felt): Felt {
    this.wires.push(value)
    return value
  }

  output(_name: string, _index: number, value: Felt): Felt {
    return this.wire(value)
  }

  multiplyAdd(a: Felt, b: Felt, base: Felt): Felt {
    return this.wire(add(base, multiply(a, b)))
  }

  bits(value: Felt, count: number, hint: HintName): BitRun {
    const run = { first: this.wires.length, count }
    const bits = this.hint(value, count, hint, this.serial++)
    for (let i = 0; i < count; i++) this.wires.push(bits[i]!)
    return run
  }

  choose(
    values: readonly Felt[],
    count: number,
    hint: HintName,
    honest: (...values: number[]) => number,
  ): BitRun {
    // after a lie a value may be no integer of the model: then nothing is honest any more
    const integers = values.map((value) => (typeof value === 'number' ? value : normal(value)))
    const known = integers.every((value) => typeof value === 'number')
    const answer = known ? honest(...integers) : 0
    return this.bits(Number.isSafeInteger(answer) ? answer : 0, count, hint)
  }

  advise(
    values: readonly Felt[],
    count: number,
    hint: HintName,
    honest: (...values: Felt[]) => readonly Felt[],
  ): Felt[] {
    const words = this.words(honest(...values), hint, this.serial++)
    return Array.from({ length: count }, (_, i) => this.wire(words[i]!))
  }

  lookup(table: Table, value: Felt): void {
    const id = this.tables.idOf(table)
    this.hits[id] ??= new Hits(table)
    this.hits[id].add(value)
  }

  /** Writes down how often each entry was looked up: the last wires of round 1. */
  finish(): void {
    for (const { counts } of this.hits) for (const count of counts) this.wires.push(count)
  }

  /** Values that were looked up and are in no table: what follows has no proof. */
  get misses(): number {
    return this.hits.reduce((sum, { misses }) => sum + misses, 0)
  }

  limb(run: BitRun, from: number, to: number): Felt {
    let sum: Felt = 0
    for (let i = to - 1; i >= from; i--) sum = add(multiply(sum, 2), this.wires.get(run.first + i))
    return sum
  }

  assertProduct(): void {}

  privateInput(index: number): Felt {
    const { publicOutputs, publicInputs } = this.layout
    const first = 1 + publicOutputs.length + publicInputs.length + Number(this.lookups !== undefined)
    return this.wires.get(first + index)
  }

  publicInput(index: number): Felt {
    return this.wires.get(1 + this.layout.publicOutputs.length + index)
  }

  assertPublicOutput(index: number, value: Felt): void {
    this.wires.set(1 + index, value)
  }

  scope<T>(_name: string, _index: number | undefined, body: () => T): T {
    return body()
  }
}

function rowInField(
  { rowStart, column, weight, weights, bias }: Rows,
  index: number,
  values: readonly Felt[],
): Felt {
  let sum: Felt = bias[index]!
  for (let entry = rowStart[index]!; entry < rowStart[index + 1]!; entry++) {
    sum = add(sum, multiply(values[column[entry]!]!, weights[weight[entry]!]!))
  }
  return sum
}
