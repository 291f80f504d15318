/**
 * Designs of lookups that look alike and prove nothing: each wrong one accepts a false statement here, and ours refuses it.
 *
 * The second half is the circuit's own: whichever row of round 2 is changed, the constraints are refused as a whole, so
 * that no key is made for them.
 */
import { describe, expect, test } from 'vitest'
import type { R1cs } from '../../src/artifacts/iden3/r1cs.js'
import { assertLookups, LookupRowsError } from '../../src/artifacts/lookup-rows.js'
import { type LookupLayout, layOut } from '../../src/artifacts/lookups.js'
import { answerChallenge } from '../../src/attack/second-round.js'
import { firstBroken, firstBrokenRow, openLookups, wiresOf } from '../../src/attack/system.js'
import { inverse, mod, P } from '../../src/base/field.js'
import { Builder } from '../../src/circuit/cs/builder.js'
import { type LookupChoice, Lookups } from '../../src/circuit/cs/chunks.js'
import { add, divide, type Felt, multiply, subtract } from '../../src/circuit/cs/felt.js'
import { rangeTable, Tables } from '../../src/circuit/cs/tables.js'
import { WireValues } from '../../src/circuit/cs/wires.js'
import { tabulateLines } from '../../src/circuit/gadgets/lines.js'
import { linesOf } from '../../src/circuit/gadgets/piecewise.js'
import { type Larger, tabulateLarger } from '../../src/circuit/gadgets/pool.js'
import { decompose } from '../../src/circuit/gadgets/range.js'
import { lookUp, tabulate } from '../../src/circuit/gadgets/tabulate.js'
import { buildGadget, decomposeCase, evaluateGadget, linesCase, rescaleReluCase } from '../helpers/gadgets.js'
import { CHALLENGE, provable, SMALL } from '../helpers/lookups.js'
import { rowOf } from '../helpers/mutants.js'
import { type Row, system } from '../helpers/r1cs.js'

/** The wire of the private input. */
const PRIVATE = 3

const CHOICE: LookupChoice = { ranges: [3], intervals: [], entryWorth: Infinity }

/** Circuits of one public signal and one private input, and what is looked up of them. */
function circuitOf(write: (builder: Builder) => void): { r1cs: R1cs; layout: LookupLayout } {
  const layout = { publicOutputs: [], publicInputs: ['x'], privateInputs: [{ name: 'y', size: 1 }] }
  const builder = new Builder(layout, new Lookups(CHOICE))
  write(builder)
  return { r1cs: builder.finish(), layout: builder.laidOut()! }
}

/** Round 1 of such a circuit: the signal, the input, further words, and the multiplicities. */
function roundOf(
  signal: Felt,
  input: Felt,
  words: readonly Felt[],
  multiplicities: readonly Felt[],
): WireValues {
  const values = new WireValues()
  for (const value of [1, signal, 0, input, ...words, ...multiplicities]) values.push(value)
  return values
}

const counts = (size: number, ...at: number[]) =>
  Array.from({ length: size }, (_, i) => at.filter((t) => t === i).length)

describe('a value of 12 that is to be below 8', () => {
  const { r1cs, layout } = circuitOf((cs) => cs.lookup(rangeTable(3), cs.privateInput(0)))
  /** The count at entry 0 for which the sum holds at this challenge, though 12 is no entry. */
  const forged = (beta: bigint) => [divide(beta, subtract(beta, 12)), ...counts(7)]

  test('passes where the challenge is known before the counts are fixed, and not where it is drawn after', () => {
    const first = roundOf(0, 12, [], forged(CHALLENGE))
    expect(provable(r1cs, layout, first, CHALLENGE)).toBe(true)
    expect(provable(r1cs, layout, first, CHALLENGE + 1n)).toBe(false)
    expect(provable(r1cs, layout, roundOf(0, 5, [], counts(8, 5)), CHALLENGE + 1n)).toBe(true)
  })

  test('passes where counts are of round 2: such a layout is refused', () => {
    // the same rows, but the counts are wires that the prover fills in once the challenge is there
    for (const beta of [CHALLENGE, CHALLENGE + 7n])
      expect(provable(r1cs, layout, roundOf(0, 12, [], forged(beta)), beta)).toBe(true)
    const late = {
      ...layout,
      secondRound: layout.secondRound - 8,
      tables: layout.tables.map((table) => ({ ...table })),
    }
    expect(() => assertLookups(r1cs, late)).toThrow(LookupRowsError)
  })

  test('passes with any signal where the challenge does not hash the signals that are looked up', () => {
    const shown = circuitOf((cs) => cs.lookup(rangeTable(3), cs.publicInput(0)))
    // counts are fixed, then the challenge is there, then the signal is chosen
    const multiplicities = [3, ...counts(7)]
    const rest = divide(3, CHALLENGE)
    const signal = subtract(CHALLENGE, divide(1, rest))
    expect(BigInt(signal) < 8n).toBe(false)
    expect(provable(shown.r1cs, shown.layout, roundOf(signal, 0, [], multiplicities))).toBe(true)
    // ours hashes it: another signal is another challenge
    expect(provable(shown.r1cs, shown.layout, roundOf(signal, 0, [], multiplicities), CHALLENGE + 1n)).toBe(
      false,
    )
  })

  test('passes where what is looked up holds a wire of round 2: such rows are refused', () => {
    // one wire more, which no sum counts: it is chosen when the challenge is there
    const free = r1cs.wires
    const { r1cs: rows } = withRow({ ...r1cs, wires: free + 1 }, layout.firstLookup, ([a, b, c]) => [
      a,
      { ...b, [free]: -1n },
      c,
    ])
    const whole = answerChallenge(r1cs, layout, roundOf(0, 0, [], counts(8, 0)), CHALLENGE)
    whole.set(PRIVATE, 12)
    whole.push(-12)
    expect(firstBrokenRow(rows, whole)).toBeUndefined()
    expect(() => assertLookups(rows, layout)).toThrow(LookupRowsError)
    // nor where the layout counts that wire in
    const counted = { ...layout, tableOf: Uint16Array.of(0, 0) }
    expect(() => assertLookups(rows, counted)).toThrow(LookupRowsError)
    const { r1cs: held } = withRow(r1cs, layout.firstLookup, ([a, b, c]) => [
      a,
      { ...b, [r1cs.wires - 1]: -1n },
      c,
    ])
    expect(() => assertLookups(held, layout)).toThrow('of the second round')
  })
})

describe('tables', () => {
  test('that share a sum take each other’s entries, tags or not; with a sum each they do not', () => {
    const TAG = 2 ** 40
    const merged = new Set([
      ...Array.from({ length: 8 }, (_, t) => t),
      ...Array.from({ length: 4 }, (_, t) => TAG + 2 * t),
    ])
    // "x is even and below 8" as x + tag: a field element whose tagged form is an entry of the other table
    const lie = 5 - TAG
    expect(merged.has(lie + TAG)).toBe(true)
    const even = { name: 'even', size: 4, entries: () => Float64Array.of(0, 2, 4, 6) }
    const { r1cs, layout } = circuitOf((cs) => {
      cs.lookup(rangeTable(3), cs.publicInput(0))
      cs.lookup(even, cs.privateInput(0))
    })
    expect(provable(r1cs, layout, roundOf(3, 4, [], [...counts(8, 3), ...counts(4, 2)]))).toBe(true)
    for (const value of [lie, 5]) {
      const forgeries = [counts(8, 3), counts(8, 3, 5), counts(8, 5)].flatMap((own) =>
        [counts(4), counts(4, 2)].map((other) => [...own, ...other]),
      )
      for (const forgery of forgeries)
        expect(provable(r1cs, layout, roundOf(3, value, [], forgery))).toBe(false)
    }
    // one sum for both: 5, which is odd, is taken for an entry of the first
    const sums = layout.firstLookup + 2 + 12
    const shared = merge(r1cs, sums, sums + 1)
    const whole = answerChallenge(
      r1cs,
      layout,
      roundOf(3, 5, [], [...counts(8, 3, 5), ...counts(4)]),
      CHALLENGE,
    )
    expect(firstBrokenRow(shared, whole)).toBeUndefined()
    expect(() => assertLookups(shared, layout)).toThrow(LookupRowsError)
  })

  test('of one name are one table, or none', () => {
    const tables = new Tables()
    tables.idOf({ name: 'f', size: 2, entries: () => Float64Array.of(0, 1) })
    expect(tables.idOf({ name: 'f', size: 2, entries: () => Float64Array.of(0, 1) })).toBe(0)
    expect(() => tables.idOf({ name: 'f', size: 2, entries: () => Float64Array.of(0, 2) })).toThrow(
      'called "f"',
    )
  })

  test('with an entry twice are refused', () => {
    const plan = { beta: 1, secondRound: 9, firstLookup: 0, tableOf: Uint16Array.of(0) }
    expect(() => layOut({ ...plan, tables: [{ name: 't', entries: Float64Array.of(3, 3) }] })).toThrow(
      'twice',
    )
  })

  test('whose entry is the challenge give no proof: another is drawn', () => {
    const { r1cs, layout } = circuitOf((cs) => cs.lookup(rangeTable(3), cs.privateInput(0)))
    expect(() => answerChallenge(r1cs, layout, roundOf(0, 5, [], counts(8, 5)), 5n)).toThrow(RangeError)
  })
})

describe('a chunk of 2 bits in a table of 3', () => {
  // 3 is a double chunk and a single one: 2 + 3 bits
  const gadget = decomposeCase([5], [0, 31])
  const { r1cs, layout, names } = buildGadget(gadget, CHOICE)
  const half = inverse(2n)

  test('shifted alone takes a half; looked up as it is too, it does not', () => {
    const shifted = circuitOf((cs) => cs.lookup(rangeTable(3), cs.combine([cs.privateInput(0)], [2])))
    expect(provable(shifted.r1cs, shifted.layout, roundOf(0, half, [], counts(8, 1)))).toBe(true)
    const both = circuitOf((cs) => void decompose(cs, cs.privateInput(0), [2], 'range'))
    const attempts = [counts(8, 1), counts(8, 1, 0), counts(8, 1, 1)]
    for (const attempt of attempts)
      expect(provable(both.r1cs, both.layout, roundOf(0, half, [], attempt))).toBe(false)
    expect(provable(both.r1cs, both.layout, roundOf(0, 3, [], counts(8, 3, 6)))).toBe(true)
  })

  test('unshifted alone takes 4 to 7', () => {
    const alone = circuitOf((cs) => cs.lookup(rangeTable(3), cs.privateInput(0)))
    expect(provable(alone.r1cs, alone.layout, roundOf(0, 6, [], counts(8, 6)))).toBe(true)
  })

  test('refuses halves in a chain too', () => {
    const ideal = openLookups(r1cs, layout!, (wire) => names[wire]!)
    const evaluator = evaluateGadget({ ...gadget, inputs: [[0, 31]] }, [5], undefined, CHOICE)
    for (const value of [half, mod(half + 4n), P - 1n, mod(-half)]) {
      evaluator.wires.set(2, value)
      expect(firstBroken(ideal, wiresOf(ideal, evaluator.wires)), `${value}`).toBeDefined()
    }
  })
})

describe('a pair packed in one entry', () => {
  const relu = tabulate('relu', -4, 3, (x) => Math.max(0, x))!
  const bounds = { lo: -4, hi: 3 }
  const packed = (x: number, y: Felt) => subtract(multiply(relu.factor, y), -(x + 4))

  test('takes a fraction where nothing bounds its value; with the range check it does not', () => {
    const free = circuitOf((cs) => {
      cs.lookup(relu.table, cs.combine([cs.publicInput(0), cs.privateInput(0)], [1, relu.factor], 4))
    })
    // Relu of -3 is d / F: its pair is that of -2
    const lie = divide(1, relu.factor)
    expect(Number(packed(-3, lie))).toBe(packed(-2, 0))
    expect(provable(free.r1cs, free.layout, roundOf(-3, lie, [], counts(8, 2)))).toBe(true)
    const ours = circuitOf((cs) => {
      const y = lookUp(cs, { value: cs.publicInput(0), ...bounds }, relu, 'relu')
      cs.assertProduct(cs.constant(0), cs.constant(0), cs.combine([y, cs.privateInput(0)], [1, -1]))
    })
    const honest = roundOf(3, 3, [3], [...counts(8, 3), ...counts(8, 7)])
    expect(provable(ours.r1cs, ours.layout, honest)).toBe(true)
    for (const inRange of [counts(8), counts(8, 0), counts(8, 1)]) {
      const first = roundOf(-3, lie, [lie], [...inRange, ...counts(8, 2)])
      expect(provable(ours.r1cs, ours.layout, first)).toBe(false)
    }
  })

  test('takes another pair where its factor is below what bounds x; ours refuses such a factor when it is written', () => {
    // factor 4 for x - lo up to 7, as samples that stay within 0 .. 3 might suggest
    const entries = Array.from({ length: 4 }, (_, t) => t + 4 * Math.max(0, t - 4 + 4))
    const narrow = { name: 'narrow', size: 4, entries: () => Float64Array.from(entries) }
    const wrong = circuitOf((cs) => {
      cs.lookup(narrow, cs.combine([cs.publicInput(0), cs.privateInput(0)], [1, 4], 0))
    })
    // f(6) is to be 6, outside the table; 6 + 4 * 1 is the pair of 2 with 2
    expect(provable(wrong.r1cs, wrong.layout, roundOf(6, 1, [], counts(4, 2)))).toBe(true)
    const cut = tabulate('relu', 0, 3, (x) => Math.max(0, x))!
    const write = () =>
      circuitOf((cs) => void lookUp(cs, { value: cs.publicInput(0), lo: 0, hi: 7 }, cut, 'relu'))
    expect(write).toThrow('does not hold 0 to 7')
    const loose = { ...relu, factor: 8 }
    const pack = () =>
      circuitOf((cs) => void lookUp(cs, { value: cs.publicInput(0), ...bounds }, loose, 'relu'))
    expect(pack).toThrow('does not hold')
  })
})

describe('a chain of largest ones by a table', () => {
  const op = { shift: 1, relu: true }
  const members = [5, -3, 2]
  const bounds = { lo: -6, hi: 7 }
  const larger = tabulateLarger(bounds, members.length, op)!

  /** Results that some quotients, remainders and integers between make every step's value an entry. */
  const results = ({ lo, factor, table }: Larger) => {
    const entries = Array.from(table.entries())
    const found = new Set<number>()
    const step = (before: number, left: readonly number[]): void => {
      const [member, ...rest] = left
      if (member === undefined) {
        if (Number.isInteger(before) && before >= 0 && before < 4) found.add(before)
        return
      }
      for (const remainder of [0, 1]) {
        const quotient = (member + 1 - remainder) / 2
        // before - quotient - lo + factor (after - quotient) is an entry
        for (const entry of entries) step(quotient + (entry + lo + quotient - before) / factor, rest)
      }
    }
    step(0, members)
    return [...found].sort((a, b) => a - b)
  }

  test('has one result with the factor of its bounds, and others with a smaller one', () => {
    expect(results(larger)).toEqual([3])
    const factor = 4
    const entries = () =>
      Float64Array.from({ length: larger.table.size }, (_, t) => t + factor * Math.max(0, larger.lo + t))
    expect(results({ ...larger, factor, table: { ...larger.table, entries } }).length).toBeGreaterThan(1)
  })

  test('is not made of so many that their sum would wrap around the field', () => {
    expect(tabulateLarger(bounds, 20, op)).toBeDefined()
    expect(tabulateLarger(bounds, 40, op)).toBeUndefined()
    expect(tabulateLarger({ lo: -(2 ** 20), hi: 2 ** 20 }, 2, op)).toBeUndefined()
  })
})

describe('a line that is looked up', () => {
  const choice = SMALL[0]!
  const lines = { start: [-4, 1, 5], slope: [0, 2, -1, 3], offset: [1, 9, 4, -2] }
  const gadget = linesCase([-9, 8], lines)
  const { tables, slopes } = tabulateLines(new Lookups(choice), 'lines', linesOf(lines, -9, 8))!
  const [length, slope, value] = tables[0]!.columns

  test('has another value where its slope is no integer: only the range check of slopes refuses it', () => {
    expect(tables.length).toBe(1)
    expect([length!.of, slope!.of, value!.of]).toEqual(['length', 'slope', 'value'])
    // 3 from the start of its piece; one less in y is paid for by (slope.factor - 3 value.factor) in the slope
    const [x, past] = [-1, 3]
    const change = divide(value!.factor, subtract(slope!.factor, past * value!.factor))
    const requests: string[] = []
    const lie = evaluateGadget(gadget, [x], undefined, choice, (honest, _, serial) => {
      requests[serial] = `${honest}`
      if (serial === 2) return [add(honest[0]!, change)]
      return serial === 3 ? [add(honest[0]!, -1), ...honest.slice(1)] : honest
    })
    expect(requests.slice(0, 3)).toEqual([`${past}`, '1', `${2 - slopes.least}`])
    const { r1cs, layout, names, outputs } = buildGadget(gadget, choice)
    expect(lie.wires.get(outputs[0]!)).toBe(2 * x + 9 - 1)
    const system = openLookups(r1cs, layout!, (wire) => names[wire]!)
    expect(firstBrokenRow(system.r1cs, wiresOf(system, lie.wires))).toBeUndefined()
    expect(lie.misses).toBe(1)
    expect(firstBroken(system, wiresOf(system, lie.wires))).toBeDefined()
    expect(provable(r1cs, layout!, lie.wires)).toBe(false)
  })
})

describe('the rows of round 2', () => {
  const gadget = rescaleReluCase([-20, 20], 2)
  const { r1cs, layout } = buildGadget(gadget, { ranges: [2, 3], intervals: [], entryWorth: 0 })
  const lookups = layout!

  test('are those of the lookups as they are written', () => {
    expect(() => assertLookups(r1cs, lookups)).not.toThrow()
  })

  test('whichever coefficient is changed, the circuit is refused', () => {
    for (let row = lookups.firstLookup; row < r1cs.constraints; row++) {
      const sides = rowOf(r1cs, row)
      for (const side of [0, 1, 2] as const) {
        for (const wire of Object.keys(sides[side]).map(Number)) {
          // what is looked up is the gadgets' matter, not the rows'
          const isLooked =
            side === 1 && row < lookups.firstLookup + lookups.tableOf.length && wire !== lookups.beta
          if (isLooked) continue
          const changed = withRow(
            r1cs,
            row,
            (before) =>
              before.map((terms, i) =>
                i === side ? { ...terms, [wire]: terms[wire]! + 1n } : terms,
              ) as never,
          )
          expect(
            () => assertLookups(changed.r1cs, lookups),
            `row ${row}, side ${side}, wire ${wire}`,
          ).toThrow(LookupRowsError)
        }
      }
    }
  })

  test('whichever is missing, the circuit is refused', () => {
    for (let row = lookups.firstLookup; row < r1cs.constraints; row++) {
      const rows = Array.from({ length: r1cs.constraints }, (_, i) => i).filter((i) => i !== row)
      expect(() => assertLookups(only(r1cs, ...rows), lookups), `row ${row}`).toThrow(LookupRowsError)
    }
  })

  test('a gadget that holds the challenge or a wire of round 2 is refused', () => {
    for (const wire of [lookups.beta, lookups.secondRound, r1cs.wires - 1]) {
      const changed = withRow(r1cs, 0, ([a, b, c]) => [a, b, { ...c, [wire]: 1n }])
      expect(() => assertLookups(changed.r1cs, lookups)).toThrow('a row before the lookups')
    }
  })

  test('a challenge that is no public wire is refused', () => {
    expect(() => assertLookups({ ...r1cs, publicInputs: 0 }, lookups)).toThrow('the challenge is wire')
  })
})

/** The system with one row changed. */
function withRow(
  r1cs: R1cs,
  row: number,
  change: (sides: readonly [Row, Row, Row]) => readonly [Row, Row, Row],
): { r1cs: R1cs } {
  const rows = Array.from({ length: r1cs.constraints }, (_, i) => rowOf(r1cs, i))
  rows[row] = change(rows[row]!) as (typeof rows)[number]
  return { r1cs: rebuilt(r1cs, rows) }
}

function only(r1cs: R1cs, ...rows: readonly number[]): R1cs {
  return rebuilt(
    r1cs,
    rows.map((row) => rowOf(r1cs, row)),
  )
}

/** Two sum rows as one. */
function merge(r1cs: R1cs, first: number, second: number): R1cs {
  const rows = Array.from({ length: r1cs.constraints }, (_, i) => rowOf(r1cs, i))
  const [, , own] = rows[first]!
  const [, , other] = rows[second]!
  return rebuilt(r1cs, [
    ...rows.filter((_, i) => i !== first && i !== second),
    [{}, {}, { ...own, ...other }],
  ])
}

function rebuilt(r1cs: R1cs, rows: readonly (readonly [Row, Row, Row])[]): R1cs {
  const { publicOutputs: outputs, publicInputs: inputs, privateInputs } = r1cs
  return system(r1cs.wires, { outputs, inputs, privateInputs }, rows)
}
