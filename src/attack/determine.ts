/**
 * The search for answers that are isolated, and so escape the rank test: a second decomposition of the same value, a
 * sign of zero, a tie, a root of the other sign.
 *
 * From the given wires, every other wire is deduced as the rows force it, or as they hold it to an interval. Where a row leaves several values, all but the
 * honest one are followed until a row contradicts them or a whole other witness stands there. Where nothing is forced,
 * a wire with two values is flipped, and any other wire is taken to be honest (what it could be else is the rank test's
 * matter). So where no such assumption was needed and no other witness found, the honest witness is the only one that
 * these inputs have: `unique` is a proof.
 */
import type { Felt } from '../circuit/cs/felt.js'
import { equal } from '../circuit/cs/felt.js'
import type { WireValues } from '../circuit/cs/wires.js'
import { type Option, optionsOf, sameOption } from './equation.js'
import { narrow } from './range.js'
import { State } from './state.js'
import { copyOf, firstBroken, holds, isSlot, type System, slotRange } from './system.js'
import { wideDecompositions } from './wide.js'

export type Determined = {
  /** Places where the rows left more than one value. */
  readonly choices: number
  /** Other values that were followed. */
  readonly alternatives: number
  /** Wires that no row forced and that were taken to be honest. */
  readonly assumed: number
  /** Alternatives that were followed to no end, neither contradicted nor a witness. */
  readonly unresolved: number
  /** First wires of decompositions that reach the field's size. */
  readonly wide: readonly number[]
  /** No witness but the honest one exists for these inputs. */
  readonly unique: boolean
  /** Other witnesses. */
  readonly accepted: readonly WireValues[]
}

/** Enough witnesses to look at; a free bit early in a circuit would give thousands. */
const MOST_ACCEPTED = 16
/** Ways back in one alternative before it is left unresolved. */
const MOST_RETREATS = 256
const DEEPEST = 2000

/** Looks for witnesses other than the honest one, with the same given wires. */
export function determine(system: System, honest: WireValues): Determined {
  return new Search(system, honest).run()
}

type Outcome = 'witness' | 'contradiction' | 'unresolved'
type Choice = { readonly options: readonly Option[]; readonly assumed: boolean }

class Search {
  private readonly state: State
  private readonly accepted: WireValues[] = []
  private readonly stalled = new Map<number, number>()
  private readonly several = new Set<number>()
  private choices = 0
  private alternatives = 0
  private assumed = 0
  private unresolved = 0
  private retreats = 0
  /** Wires below have their values, in every alternative too. */
  private settled = 0
  /** Wires with two values are looked for from here on first. */
  private pairedFrom = 0

  constructor(
    private readonly system: System,
    private readonly honest: WireValues,
  ) {
    this.state = new State(system)
  }

  run(): Determined {
    for (let wire = 0; wire < this.system.r1cs.wires; wire++) {
      if (isSlot(this.system, wire)) this.state.confine(wire, slotRange(this.system, wire))
      else if (this.system.given[wire] === 1) this.state.assign(wire, this.honest.get(wire))
    }
    this.propagate()
    for (let choice = this.choose(); choice !== undefined; choice = this.choose()) {
      const [honest, ...others] = choice.options
      if (choice.assumed) this.assumed++
      else if (others.length > 0) this.choices++
      if (this.accepted.length < MOST_ACCEPTED) for (const option of others) this.follow(option)
      this.apply(honest!)
      this.propagate()
      this.settled = this.firstOpen()
      this.pairedFrom = this.firstPaired(this.pairedFrom) ?? this.pairedFrom
    }
    const { choices, alternatives, assumed, unresolved, accepted } = this
    const unique = assumed + unresolved + accepted.length === 0
    const wide = wideDecompositions(this.system, this.state.pairs)
    return { choices, alternatives, assumed, unresolved, wide, unique, accepted }
  }

  /** Goes on from a value that is not the honest one, and comes back. */
  private follow(option: Option): void {
    const mark = this.state.mark()
    this.alternatives++
    this.retreats = 0
    const outcome = this.apply(option) ? this.complete() : 'contradiction'
    if (outcome === 'unresolved') this.unresolved++
    // the search is trusted no further than its result
    if (outcome === 'witness' && firstBroken(this.system, this.state.values) === undefined) {
      this.accepted.push(copyOf(this.state.values))
    }
    this.state.undo(mark)
  }

  private isOther(): boolean {
    for (let wire = 0; wire < this.system.r1cs.wires; wire++) {
      if (!equal(this.state.values.get(wire), this.honest.get(wire))) return true
    }
    return false
  }

  /** Tries to give every open wire a value. The way back is only over wires with several values. */
  private complete(depth = 0): Outcome {
    let blank: Outcome = 'contradiction'
    for (;;) {
      if (!this.propagate()) return blank
      const choice = this.choose()
      // a product that is zero because both of its sides are has two ways to the honest witness, and others beside them
      if (choice === undefined) return this.isOther() ? 'witness' : blank
      if (choice.options.length > 1) return this.branch(choice.options, blank, depth)
      if (choice.assumed) blank = 'unresolved'
      if (!this.apply(choice.options[0]!)) return blank
    }
  }

  private branch(options: readonly Option[], blank: Outcome, depth: number): Outcome {
    if (depth > DEEPEST) return 'unresolved'
    let outcome = blank
    for (const option of options) {
      const mark = this.state.mark()
      const result = this.apply(option) ? this.complete(depth + 1) : 'contradiction'
      if (result === 'witness') return result
      if (result === 'unresolved') outcome = result
      this.state.undo(mark)
      if (++this.retreats > MOST_RETREATS) return 'unresolved'
    }
    return outcome
  }

  private apply(option: Option): boolean {
    return [...option].every(([wire, value]) => this.state.assign(wire, value))
  }

  /** Draws every conclusion; false at a contradiction. */
  private propagate(): boolean {
    for (let row = this.state.next(); row !== undefined; row = this.state.next()) {
      if (!this.conclude(row)) return false
    }
    return true
  }

  private conclude(row: number): boolean {
    const { state, system } = this
    if (state.open[row] === 0) return holds(system, row, state.values)
    const options = optionsOf(system, state, row, (wire) => this.honest.get(wire))
    if (options === 'unclear') {
      if (!narrow(system, state, row)) return false
      if (state.loose[row] === 0 && state.open[row]! > 0) this.stalled.set(row, state.open[row]!)
      return true
    }
    if (options.length === 0) return false
    if (options.length === 1) return this.apply(options[0]!)
    const wires = new Set(options.flatMap((option) => [...option.keys()]))
    if (options.length === 2 && wires.size === 1) {
      const [wire] = [...wires] as [number]
      return state.restrict(wire, [options[0]!.get(wire)!, options[1]!.get(wire)!])
    }
    this.several.add(row)
    return true
  }

  /** Where to branch, the honest way first; nothing where every wire has its value. */
  private choose(): Choice | undefined {
    // in the order of the wires, which is gadget by gadget: an alternative that goes on elsewhere ends late
    const paired = this.firstPaired(this.pairedFrom)
    if (paired !== undefined) return this.chooseWire(paired)
    return this.chooseRow() ?? this.chooseWire(this.firstOpen())
  }

  private chooseRow(): Choice | undefined {
    for (const row of this.rowsToRetry()) {
      const options = optionsOf(this.system, this.state, row, (wire) => this.honest.get(wire))
      if (options === 'unclear' || options.length === 0) continue
      return { options: this.honestFirst(options), assumed: false }
    }
    return undefined
  }

  /** Rows that had several ways, and rows that have become shorter since they were unclear. */
  private *rowsToRetry(): Generator<number> {
    const { open } = this.state
    for (const row of this.several) if (open[row]! > 0) yield row
    for (const [row, before] of this.stalled) {
      if (open[row] === 0 || open[row] === before) continue
      this.stalled.set(row, open[row]!)
      yield row
    }
  }

  private honestFirst(options: readonly Option[]): readonly Option[] {
    const isHonest = (option: Option) =>
      [...option].every(([wire, value]) => equal(value, this.honest.get(wire)))
    const honest = options.filter(isHonest)
    return [...honest, ...options.filter((option) => !honest.some((other) => sameOption(option, other)))]
  }

  private chooseWire(wire: number): Choice | undefined {
    if (wire === this.system.r1cs.wires) return undefined
    const paired = this.firstPaired(wire)
    const chosen = paired ?? wire
    const truth: Felt = this.honest.get(chosen)
    const values = paired === undefined ? [truth] : this.state.pairs.get(chosen)!
    return {
      options: this.honestFirst(values.map((value) => new Map([[chosen, value]]))),
      assumed: paired === undefined,
    }
  }

  private firstOpen(): number {
    let wire = this.settled
    while (wire < this.system.r1cs.wires && this.state.isKnown(wire)) wire++
    return wire
  }

  private firstPaired(from: number): number | undefined {
    for (let wire = from; wire < this.system.r1cs.wires; wire++) {
      if (!this.state.isKnown(wire) && this.state.pairs.has(wire)) return wire
    }
    return undefined
  }
}
