/**
 * The constraint system that writes a rank-1 constraint system down.
 *
 * Deterministic: the same calls give the same `R1cs`. Typed arrays throughout, one row a constraint.
 */
import { LARGE, type Matrix, type R1cs } from '../../artifacts/iden3/r1cs.js'
import { assertLookups } from '../../artifacts/lookup-rows.js'
import { type LookupLayout, layOut } from '../../artifacts/lookups.js'
import { InternalError } from '../../base/errors.js'
import { CAPACITY_BITS, mod } from '../../base/field.js'
import {
  type BitRun,
  type ConstraintSystem,
  type HintName,
  type Layout,
  privateInputCount,
  type Rows,
} from './api.js'
import type { Lookups } from './chunks.js'
import { Ints } from './growable.js'
import { type Lc, ofBits, ofConstant, ofWire, Summer, ZERO } from './lc.js'
import { Paths } from './paths.js'
import { type Table, Tables } from './tables.js'

export class Builder implements ConstraintSystem<Lc> {
  readonly paths = new Paths()
  /** For each constraint, the scope that made it. */
  readonly constraintScope = new Ints()
  /** For each run of bits: who asked, which wires, and whether a constraint on their sum follows theirs. */
  readonly hints: { name: HintName; run: BitRun; summed: boolean }[] = []
  /** For each run of words: who asked, and which wires. */
  readonly words: { name: HintName; first: number; count: number }[] = []
  private readonly a = new GrowingMatrix()
  private readonly b = new GrowingMatrix()
  private readonly c = new GrowingMatrix()
  private readonly large = new LargeCoefficients()
  private readonly summer = new Summer()
  private readonly tables = new Tables()
  /** What is looked up, in which table, and by which scope. */
  private readonly looked: { value: Lc; table: number; scope: number }[] = []
  private wires = 0
  private lookupLayout: LookupLayout | undefined

  constructor(
    private readonly layout: Layout,
    readonly lookups?: Lookups,
  ) {
    this.allocate('one')
    for (const name of layout.publicOutputs) this.allocate(`main.${name}`)
    for (const name of layout.publicInputs) this.allocate(`main.${name}`)
    if (lookups !== undefined) this.allocate('main.beta')
    for (const { name, size, group = 'input' } of layout.privateInputs) {
      for (let i = 0; i < size; i++) this.allocate(`main.${group}.${name}`, i)
    }
  }

  constant(value: number | bigint): Lc {
    return ofConstant(value)
  }

  combine(values: readonly Lc[], weights: readonly (number | bigint)[], constant: number | bigint = 0): Lc {
    return this.summer.combine(values, weights, constant, this.wires)
  }

  row(rows: Rows, index: number, values: readonly Lc[]): Lc {
    return this.summer.row(rows, index, values, this.wires)
  }

  product(a: Lc, b: Lc, label: string): Lc {
    return this.multiplyAdd(a, b, ZERO, label)
  }

  wire(value: Lc, label: string): Lc {
    const wire = ofWire(this.allocate(label))
    this.push(ZERO, ZERO, this.combine([value, wire], [1, -1]))
    return wire
  }

  output(name: string, index: number, value: Lc): Lc {
    const scope = this.paths.current
    this.paths.current = -1
    const wire = ofWire(this.allocate(`main.output.${name}`, index))
    this.paths.current = scope
    this.push(ZERO, ZERO, this.combine([value, wire], [1, -1]))
    return wire
  }

  multiplyAdd(a: Lc, b: Lc, base: Lc, label: string): Lc {
    const wire = ofWire(this.allocate(label))
    this.push(a, b, base === ZERO ? wire : this.combine([wire, base], [1, -1]))
    return wire
  }

  bits(value: Lc, count: number, hint: HintName): BitRun {
    if (count >= CAPACITY_BITS)
      throw new InternalError(`A decomposition to ${count} bits could wrap around the field.`)
    const run = this.allocateBits(count, hint, true)
    this.push(ZERO, ZERO, this.combine([ofBits(run.first, count), value], [1, -1]))
    return run
  }

  choose(_values: readonly Lc[], count: number, hint: HintName): BitRun {
    return this.allocateBits(count, hint, false)
  }

  private allocateBits(count: number, hint: HintName, summed: boolean): BitRun {
    const run = { first: this.wires, count }
    this.hints.push({ name: hint, run, summed })
    for (let i = 0; i < count; i++) {
      const bit = this.allocate('bit', i)
      this.a.pushOne(bit)
      this.b.pushOne(bit)
      this.c.pushOne(bit)
      this.constraintScope.push(this.paths.current)
    }
    return run
  }

  advise(_values: readonly Lc[], count: number, hint: HintName): Lc[] {
    if (this.lookups === undefined) throw new InternalError('Words are asked for where there are no tables.')
    const first = this.wires
    for (let i = 0; i < count; i++) this.allocate('word', i)
    this.words.push({ name: hint, first, count })
    return Array.from({ length: count }, (_, i) => ofWire(first + i))
  }

  lookup(table: Table, value: Lc): void {
    if (this.lookups === undefined) throw new InternalError('A value is looked up where there are no tables.')
    this.looked.push({ value, table: this.tables.idOf(table), scope: this.paths.current })
  }

  limb(run: BitRun, from: number, to: number): Lc {
    return ofBits(run.first + from, to - from)
  }

  assertProduct(a: Lc, b: Lc, c: Lc): void {
    this.push(a, b, c)
  }

  privateInput(index: number): Lc {
    const { publicOutputs, publicInputs } = this.layout
    const first = 1 + publicOutputs.length + publicInputs.length + Number(this.lookups !== undefined)
    return ofWire(first + index)
  }

  publicInput(index: number): Lc {
    return ofWire(1 + this.layout.publicOutputs.length + index)
  }

  assertPublicOutput(index: number, value: Lc): void {
    this.push(ZERO, ZERO, this.combine([value, ofWire(1 + index)], [1, -1]))
  }

  scope<T>(name: string, index: number | undefined, body: () => T): T {
    const outer = this.paths.enter(name, index)
    const result = body()
    this.paths.current = outer
    return result
  }

  /** Once. With lookups, what is round 2 follows what gadgets asked for. Throws `LookupRowsError` for a circuit that would prove nothing. */
  finish(): R1cs {
    if (this.lookups === undefined) return this.system()
    this.lookupLayout = this.writeLookups()
    const r1cs = this.system()
    assertLookups(r1cs, this.lookupLayout)
    return r1cs
  }

  /** Where lookups stand, after `finish`; undefined where there are none. */
  laidOut(): LookupLayout | undefined {
    return this.lookupLayout
  }

  /** Rows as `lookup-rows.ts` says. */
  private writeLookups(): LookupLayout {
    const beta = 1 + this.layout.publicOutputs.length + this.layout.publicInputs.length
    const tables = this.tables.list.map((table) => ({ name: table.name, entries: table.entries() }))
    this.allocateEach(tables, 'multiplicity')
    const plan = { beta, secondRound: this.wires, firstLookup: this.constraintScope.length, tables }
    this.looked.forEach(({ scope }) => {
      this.within(scope, () => this.allocate('inverse'))
    })
    this.allocateEach(tables, 'quotient')
    const layout = layOut({ ...plan, tableOf: Uint16Array.from(this.looked, ({ table }) => table) })
    this.looked.forEach(({ value, scope }, i) => {
      const under = this.combine([ofWire(beta), value], [1, -1])
      this.within(scope, () => this.push(ofWire(layout.secondRound + i), under, ofConstant(1)))
    })
    const sums = layout.tables.map(({ name, entries, multiplicities, quotients }) =>
      this.scope('tables', undefined, () =>
        this.scope(name, undefined, () => {
          entries.forEach((entry, t) => {
            const under = this.combine([ofWire(beta)], [1], -entry)
            this.push(ofWire(quotients + t), under, ofWire(multiplicities + t))
          })
          return this.paths.current
        }),
      ),
    )
    layout.tables.forEach(({ entries, quotients }, table) => {
      const inverses = this.looked.flatMap((one, i) => (one.table === table ? [layout.secondRound + i] : []))
      const minus = Array.from(entries, (_, t) => ofWire(quotients + t))
      const terms = [...inverses.map(ofWire), ...minus]
      const weights = terms.map((_, i) => (i < inverses.length ? 1 : -1))
      const sum = this.combine(terms, weights)
      this.within(sums[table]!, () => this.push(ZERO, ZERO, sum))
    })
    return layout
  }

  private allocateEach(tables: readonly { name: string; entries: Float64Array }[], label: string): void {
    for (const { name, entries } of tables) {
      this.scope('tables', undefined, () =>
        this.scope(name, undefined, () => {
          for (let t = 0; t < entries.length; t++) this.allocate(label, t)
        }),
      )
    }
  }

  private within<T>(scope: number, body: () => T): T {
    const outer = this.paths.current
    this.paths.current = scope
    const result = body()
    this.paths.current = outer
    return result
  }

  private system(): R1cs {
    return {
      wires: this.wires,
      publicOutputs: this.layout.publicOutputs.length,
      publicInputs: this.layout.publicInputs.length + Number(this.lookups !== undefined),
      privateInputs: privateInputCount(this.layout),
      constraints: this.constraintScope.length,
      a: this.a.matrix(),
      b: this.b.matrix(),
      c: this.c.matrix(),
      large: this.large.values,
    }
  }

  private allocate(label: string, index?: number): number {
    this.paths.addWire(label, index)
    return this.wires++
  }

  private push(a: Lc, b: Lc, c: Lc): void {
    this.a.push(a, this.large)
    this.b.push(b, this.large)
    this.c.push(c, this.large)
    this.constraintScope.push(this.paths.current)
  }
}

/** One of the three matrices while it grows. */
class GrowingMatrix {
  private readonly rowStart = new Ints()
  private readonly wire = new Ints()
  private readonly coefficient = new Ints()

  constructor() {
    this.rowStart.push(0)
  }

  pushOne(wire: number): void {
    this.wire.push(wire)
    this.coefficient.push(1)
    this.rowStart.push(this.wire.length)
  }

  push({ wires, coefficients }: Lc, large: LargeCoefficients): void {
    this.wire.pushAll(wires)
    for (let i = 0; i < wires.length; i++) this.coefficient.push(large.code(coefficients[i]!))
    this.rowStart.push(this.wire.length)
  }

  matrix(): Matrix {
    return {
      rowStart: this.rowStart.view().slice(),
      wire: this.wire.view().slice(),
      coefficient: this.coefficient.view().slice(),
    }
  }
}

/** Interns the coefficients that do not fit a code of their own. */
class LargeCoefficients {
  readonly values: bigint[] = []
  private readonly ids = new Map<bigint, number>()

  code(value: number | bigint): number {
    const small = Number(value)
    if (Math.abs(small) < LARGE) return small
    const canonical = mod(BigInt(value))
    const known = this.ids.get(canonical)
    if (known !== undefined) return LARGE + known
    this.ids.set(canonical, this.values.length)
    this.values.push(canonical)
    return LARGE + this.values.length - 1
  }
}
