/**
 * The search for answers that are isolated, and so escape the rank test: a second decomposition of the same value, a
 * sign of zero, a tie, a root of the other sign.
 *
 * From the given wires, every other wire is deduced as the rows and tables force it, or as they hold it to an interval.
 * Where a row leaves several values, or an interval few, each is tried: one that the rows contradict at once is out, and so
 * is one that says all that another says, whose witnesses are among the other's. What is left beside the honest value is
 * followed until a row contradicts it or a whole other witness stands there. Where nothing is forced, a wire with two
 * values is flipped, and any other wire is taken to be honest (what it could be else is the rank test's matter). So where
 * no such assumption was needed, nothing was left unresolved and no other witness found, the honest witness is the only
 * one that these inputs have: `unique` is a proof.
 */
import type { Felt } from '../circuit/cs/felt.js'
import { equal, normal } from '../circuit/cs/felt.js'
import type { WireValues } from '../circuit/cs/wires.js'
import { entryWays } from './entries.js'
import { formsOf, type Option, type Options, optionsOf, type Scene, sameOption } from './equation.js'
import { wiresOfRow } from './own-rows.js'
import { narrow } from './range.js'
import { nameSides } from './sides.js'
import { FEW, State } from './state.js'
import { copyOf, firstBroken, hasGaps, holds, isSlot, isSlotRow, type System, tableAt } from './system.js'
import { wideDecompositions } from './wide.js'

export type Determined = {
  /** Places where the rows left more than one value. */
  readonly choices: number
  /** Other values that were tried. */
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
const DEEPEST = 500
/** Rows looked at in following all alternatives of a witness, for each row that there is: a bound that no clock moves. */
const MOST_LOOKS = 100
/** Rows looked at in all, for each row: a witness that is not settled by then is taken as it is, its choices left open. */
const MOST_LOOKS_IN_ALL = 300
/** What a smaller system is counted as. */
const FEWEST_ROWS = 2000
/** Integers of an interval that are tried one by one. */
const MOST_VALUES = 64n

/** Open wires of a row that is one gadget's. */
const MOST_NEAR = 24

/** Looks for witnesses other than the honest one, with the same given wires. */
export function determine(system: System, honest: WireValues): Determined {
  return new Search(system, honest).run()
}

type Outcome = 'witness' | 'contradiction' | 'unresolved'
type Choice = { readonly options: readonly Option[]; readonly assumed: boolean }

class Search {
  private readonly scene: Scene
  private readonly state: State
  private readonly honest: WireValues
  private readonly accepted: WireValues[] = []
  /** Rows with several ways, once each, that have not been weighed since; and those that weighing did not settle. */
  private readonly several: number[] = []
  private readonly guess = (wire: number) => this.honest.get(wire)
  private readonly listed: Uint8Array
  private readonly rows: number
  private readonly deferred: number[] = []
  private choices = 0
  private alternatives = 0
  private assumed = 0
  private unresolved = 0
  private retreats = 0
  private looks = 0
  /** Of these, those in following alternatives, and all others. */
  private followed = 0
  private looksAhead = 0
  /** Wires below, but for outputs, have their values, in every alternative too. */
  private settled = 0
  /** Wires with two values are looked for from here on. */
  private pairedFrom = 0

  constructor(
    private readonly original: System,
    honest: WireValues,
  ) {
    const sides = original.slots === undefined ? undefined : nameSides(original, honest)
    const system = sides?.system ?? original
    this.honest = sides?.extend(honest) ?? honest
    this.state = new State(system, sides?.watched)
    this.scene = { system, state: this.state, sides }
    this.listed = new Uint8Array(system.r1cs.constraints)
    this.rows = Math.max(system.r1cs.constraints, FEWEST_ROWS)
  }

  run(): Determined {
    const { system } = this.scene
    for (let wire = 0; wire < system.r1cs.wires; wire++) {
      if (isSlot(system, wire)) this.confineSlot(wire)
      else if (system.given[wire] === 1) this.state.assign(wire, this.honest.get(wire))
    }
    for (const { wire, unit } of this.scene.sides?.bits ?? []) this.state.restrict(wire, [0, unit])
    for (const { wire, range } of this.scene.sides?.digits ?? []) this.state.confine(wire, range)
    this.propagate()
    while (this.advance());
    const { choices, alternatives, assumed, unresolved, accepted } = this
    const unique = assumed + unresolved + accepted.length === 0
    const wide = wideDecompositions(this.original, this.state.pairs)
    return { choices, alternatives, assumed, unresolved, wide, unique, accepted }
  }

  private confineSlot(slot: number): void {
    const { lo, hi } = tableAt(this.scene.system, slot)
    if (hi - lo < Infinity) this.state.confine(slot, { lo: BigInt(lo), hi: BigInt(hi) })
  }

  /** Settles one more place; false where every wire has its value. */
  private advance(): boolean {
    if (this.looks > MOST_LOOKS_IN_ALL * this.rows) return this.giveUp()
    // earlier rows are of earlier gadgets, which later ones wait for
    this.several.sort((one, other) => other - one)
    for (let row = this.several.pop(); row !== undefined; row = this.several.pop()) {
      this.listed[row] = 0
      const options = this.severalAt(row)
      if (options === undefined) continue
      const left = this.weigh(this.honestFirst(options))
      if (left.length > 1) {
        this.deferred.push(row)
        continue
      }
      this.choices++
      return this.proceed(left[0]!)
    }
    const choice = this.choose()
    if (choice === undefined) return false
    if (choice.assumed) this.assumed++
    else if (choice.options.length > 1) this.choices++
    const [honest, ...others] = choice.options.length > 1 ? this.weigh(choice.options) : choice.options
    if (this.accepted.length < MOST_ACCEPTED) for (const option of others) this.follow(option, honest!)
    return this.proceed(honest!)
  }

  /** Takes all that is open as it is. */
  private giveUp(): boolean {
    const open = this.firstOpen()
    if (open === this.scene.system.r1cs.wires) return false
    this.unresolved++
    return this.proceed(new Map([[open, this.honest.get(open)]]))
  }

  /** Goes on with what is true. */
  private proceed(honest: Option): boolean {
    this.apply(honest)
    this.propagate()
    this.settled = Math.max(this.settled, this.firstOpen())
    this.pairedFrom = this.firstPaired() ?? this.pairedFrom
    return true
  }

  /**
   * Of options, the honest one first, those that are not contradicted at once; without those that say all that another one
   * says. The honest one's place is first in what is left too.
   */
  private weigh(options: readonly Option[]): Option[] {
    const [first, ...others] = options as readonly [Option, ...Option[]]
    this.alternatives += others.length
    const said = new Map<Option, ReadonlySet<Option>>()
    for (const option of others) {
      const says = this.saidBy(option, options)
      if (says !== undefined) said.set(option, says)
    }
    // whoever goes on with the only one that is left sees whether it holds
    if ([...said.values()].every((says) => says.has(first))) return [first]
    const says = this.saidBy(first, options)
    if (says !== undefined) said.set(first, says)
    const possible = options.filter((option) => said.has(option))
    const left = new Set(possible)
    // from the last: of two that say the same, the first stays
    for (const option of possible.toReversed()) {
      if (possible.some((other) => left.has(other) && said.get(option)!.has(other))) left.delete(option)
    }
    return this.honestFirst([...left])
  }

  /** Which of the others an option says as well; nothing where it is contradicted. */
  private saidBy(option: Option, options: readonly Option[]): ReadonlySet<Option> | undefined {
    const [mark, listed] = [this.state.mark(), this.several.length]
    const holds = this.apply(option) && this.propagate()
    const says = holds ? options.filter((other) => other !== option && this.says(other)) : undefined
    this.back(mark, listed)
    return says && new Set(says)
  }

  /** Whether every wire of the option has the option's value already. */
  private says(option: Option): boolean {
    const { state } = this
    return [...option].every(([wire, value]) => state.isKnown(wire) && equal(state.values.get(wire), value))
  }

  private back(mark: number, listed: number): void {
    this.state.undo(mark)
    while (this.several.length > listed) this.listed[this.several.pop()!] = 0
  }

  /** Goes on from a value that is not the honest one, and comes back. */
  private follow(option: Option, honest: Option): void {
    const [mark, listed] = [this.state.mark(), this.several.length]
    this.retreats = 0
    this.looksAhead = this.looks - this.followed
    const outcome = this.apply(option) ? this.complete([honest], listed) : 'contradiction'
    this.followed = this.looks - this.looksAhead
    if (outcome === 'unresolved') this.unresolved++
    // the search is trusted no further than its result
    if (outcome === 'witness' && firstBroken(this.scene.system, this.state.values) === undefined) {
      this.accepted.push(copyOf(this.state.values, this.original.r1cs.wires))
    }
    this.back(mark, listed)
  }

  private isOther(): boolean {
    for (let wire = 0; wire < this.honest.length; wire++) {
      if (!equal(this.state.values.get(wire), this.honest.get(wire))) return true
    }
    return false
  }

  /**
   * Tries to give every open wire a value. The way back is only over wires with several values. `done` are options whose
   * witnesses are looked for elsewhere: who says one of them is among those. Rows listed from `from` on are near.
   */
  private complete(done: readonly Option[], from: number, depth = 0): Outcome {
    let blank: Outcome = 'contradiction'
    for (;;) {
      if (!this.propagate() || done.some((option) => this.says(option))) return blank
      if (this.looks - this.looksAhead > MOST_LOOKS * this.rows) return 'unresolved'
      const choice = this.chooseNear(from) ?? this.choose()
      // a product that is zero because both of its sides are has two ways to the honest witness, and others beside them
      if (choice === undefined) return this.isOther() ? 'witness' : blank
      if (choice.assumed) blank = 'unresolved'
      const options = choice.options.length > 1 ? this.weigh(choice.options) : choice.options
      if (options.length === 0) return blank
      if (options.length > 1) return this.branch(options, done, from, blank, depth)
      if (!this.apply(options[0]!)) return blank
    }
  }

  private branch(
    options: readonly Option[],
    done: readonly Option[],
    from: number,
    blank: Outcome,
    depth: number,
  ): Outcome {
    if (depth > DEEPEST) return 'unresolved'
    let outcome = blank
    const tried = [...done]
    for (const option of options) {
      const [mark, listed] = [this.state.mark(), this.several.length]
      const result = this.apply(option) ? this.complete(tried, from, depth + 1) : 'contradiction'
      if (result === 'witness') return result
      if (result === 'unresolved') outcome = result
      this.back(mark, listed)
      tried.push(option)
      if (++this.retreats > MOST_RETREATS) return 'unresolved'
    }
    return outcome
  }

  private apply(option: Option): boolean {
    for (const [wire, value] of option) if (!this.state.assign(wire, value)) return false
    return true
  }

  /** Draws every conclusion; false at a contradiction. */
  private propagate(): boolean {
    const { state } = this
    for (;;) {
      for (let row = state.next(); row !== undefined; row = state.next()) {
        if (!this.conclude(row)) return false
      }
      const row = state.nextLater()
      if (row === undefined) return true
      this.looks++
      if (!this.take(row, entryWays(this.scene, row))) return false
    }
  }

  private conclude(row: number): boolean {
    const { scene, state } = this
    const { system } = scene
    this.looks++
    if (state.open[row] === 0) return holds(system, row, state.values)
    if (state.blank[row]! > 1 && state.open[row]! > FEW) return true
    const forms = formsOf(scene, row)
    const options = optionsOf(scene, row, forms, this.guess)
    if (options !== 'unclear') return this.take(row, options)
    if (!narrow(scene, row, forms)) return false
    if (isSlotRow(system, row) && this.isTelling(row)) state.delay(row)
    return true
  }

  /** Whether the entries of a row's table say more than where they begin and end. */
  private isTelling(row: number): boolean {
    const { system, state } = this.scene
    if (state.open[row] === 2 && state.blank[row] === 1) return true
    return hasGaps(tableAt(system, system.slots!.firstWire + row - system.slots!.firstRow))
  }

  /** What a row's ways are says of its wires. */
  private take(row: number, options: Options): boolean {
    if (options === 'unclear') return true
    if (options.length === 0) return false
    if (options.length === 1) return this.apply(options[0]!)
    const wires = new Set(options.flatMap((option) => [...option.keys()]))
    if (options.length === 2 && wires.size === 1) {
      const [wire] = [...wires] as [number]
      return this.state.restrict(wire, [options[0]!.get(wire)!, options[1]!.get(wire)!])
    }
    // wires with two values are flipped one by one, which no two ways of a row overlap in
    if (this.listed[row] === 0 && ![...wires].every((wire) => this.state.pairs.has(wire))) {
      this.listed[row] = 1
      this.several.push(row)
    }
    return true
  }

  /** The ways of a row, where it still has several. */
  private severalAt(row: number): readonly Option[] | undefined {
    const { scene, state } = this
    if (state.open[row] === 0) return undefined
    const options = optionsOf(scene, row, formsOf(scene, row), this.guess)
    if (options !== 'unclear') return options.length > 1 ? options : undefined
    if (!isSlotRow(scene.system, row)) return undefined
    const ways = entryWays(scene, row)
    // what it said of intervals is drawn already, but for those that have been narrowed too often
    this.propagate()
    return ways !== 'unclear' && ways.length > 1 ? ways : undefined
  }

  /** Where an alternative has left several ways itself. */
  private chooseNear(from: number): Choice | undefined {
    return this.chooseRow(this.several, from)
  }

  private chooseRow(rows: readonly number[], from: number): Choice | undefined {
    for (let at = rows.length - 1; at >= from; at--) {
      const options = this.severalAt(rows[at]!)
      if (options !== undefined) return { options: this.honestFirst(options), assumed: false }
    }
    return undefined
  }

  /** Where to branch, the honest way first; nothing where every wire has its value. */
  private choose(): Choice | undefined {
    const near = this.chooseAround(this.firstOpen())
    if (near !== undefined) return near
    // in the order of the wires, which is gadget by gadget: an alternative that goes on elsewhere ends late
    const paired = this.firstPaired()
    if (paired !== undefined) return this.chooseWire(paired, this.state.pairs.get(paired)!)
    const row = this.chooseRow(this.several, 0) ?? this.chooseRow(this.deferred, 0)
    if (row !== undefined) return row
    const open = this.firstOpen()
    if (open === this.scene.system.r1cs.wires) return undefined
    const taken = this.firstOutput() ?? open
    return (
      this.chooseInterval(open) ?? { options: [new Map([[taken, this.honest.get(taken)]])], assumed: true }
    )
  }

  /** With lookups, the wire with the fewest integers left in the rows of the first open one: its gadget's, which others wait for. */
  private chooseAround(open: number): Choice | undefined {
    const { system } = this.scene
    if (system.slots === undefined || open === system.r1cs.wires) return undefined
    let [best, fewest] = [-1, MOST_VALUES + 1n]
    for (const row of this.state.rowsWith(open)) {
      if (this.state.open[row]! > MOST_NEAR) continue
      for (const wire of wiresOfRow(system, row)) {
        const range = this.state.isKnown(wire) ? undefined : this.state.rangeOf(wire)
        if (range === undefined || range.hi - range.lo + 1n >= fewest) continue
        best = wire
        fewest = this.state.pairs.has(wire) ? 2n : range.hi - range.lo + 1n
      }
    }
    return best < 0 ? undefined : this.chooseValue(best)
  }

  private chooseValue(wire: number): Choice {
    const pair = this.state.pairs.get(wire)
    if (pair !== undefined) return this.chooseWire(wire, pair)
    const { lo, hi } = this.state.rangeOf(wire)!
    const values = Array.from({ length: Number(hi - lo) + 1 }, (_, i) => normal(lo + BigInt(i)))
    return this.chooseWire(
      wire,
      values.filter((value) => this.state.allows(wire, value)),
    )
  }

  /** The wire with the fewest integers left. */
  private chooseInterval(from: number): Choice | undefined {
    let [best, fewest] = [-1, MOST_VALUES + 1n]
    for (const [wire, { lo, hi }] of this.state.ranges) {
      if (wire < from || this.state.isKnown(wire) || hi - lo + 1n >= fewest) continue
      best = wire
      fewest = hi - lo + 1n
    }
    if (best < 0) return undefined
    return this.chooseValue(best)
  }

  private chooseWire(wire: number, values: readonly Felt[]): Choice {
    return { options: this.honestFirst(values.map((value) => new Map([[wire, value]]))), assumed: false }
  }

  private honestFirst(options: readonly Option[]): readonly Option[] & Option[] {
    const isHonest = (option: Option) =>
      [...option].every(([wire, value]) => equal(value, this.honest.get(wire)))
    const honest = options.filter(isHonest)
    return [...honest, ...options.filter((option) => !honest.some((other) => sameOption(option, other)))]
  }

  /** The first wire without a value. Outputs stand first, and get theirs last. */
  private firstOpen(): number {
    const { wires, publicOutputs } = this.scene.system.r1cs
    let wire = Math.max(1 + publicOutputs, this.settled)
    while (wire < wires && this.state.isKnown(wire)) wire++
    return wire < wires ? wire : (this.firstOutput() ?? wires)
  }

  private firstOutput(): number | undefined {
    for (let wire = 0; wire <= this.scene.system.r1cs.publicOutputs; wire++) {
      if (!this.state.isKnown(wire)) return wire
    }
    return undefined
  }

  private firstPaired(): number | undefined {
    if (!this.state.hasPairs()) return undefined
    for (let wire = this.pairedFrom; wire < this.scene.system.r1cs.wires; wire++) {
      if (!this.state.isKnown(wire) && this.state.pairs.has(wire)) return wire
    }
    return undefined
  }
}
