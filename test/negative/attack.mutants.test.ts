/**
 * Circuits with one check taken away or loosened: range checks, sign checks and selection products of every gadget.
 * Whatever is missing, the attack finds that something can be proven that should not be.
 */
import { describe, expect, test } from 'vitest'
import { attackModel, attackSystem, type Finding } from '../../src/attack/attack.js'
import { openSystem } from '../../src/attack/system.js'
import { requestsOf } from '../../src/attack/target.js'
import type { HintName } from '../../src/circuit/cs/api.js'
import type { Assignment } from '../../src/circuit/cs/evaluator.js'
import { WireValues } from '../../src/circuit/cs/wires.js'
import type { Op } from '../../src/model/graph.js'
import type { QuantizedModel } from '../../src/model/quantized.js'
import { assignmentsOf, CLAIMS, type Victim, victimOf } from '../helpers/attack.js'
import { ModelBuilder } from '../helpers/integer-models.js'
import { rowOf, withRows } from '../helpers/mutants.js'
import { OPERATORS } from '../helpers/operator-models.js'
import { without } from '../helpers/solve.js'

const SEED = 5
const NAMING: readonly HintName[] = ['quotient', 'rank', 'root']
const OPTIONS = { seed: SEED, lies: 25, groups: 0 }

/** How many mutants each attack found, alone or with others. */
const caughtBy: Partial<Record<Finding['by'], number>> = {}
let mutants = 0

const PUBLIC = OPERATORS.map((operator) => ({ ...operator, disclose: { inputs: 'public' } as const }))

describe.each([...PUBLIC, ...CLAIMS])('$name', ({ model, disclose }) => {
  const victim = victimOf(model, disclose)
  const samples = assignmentsOf(victim.blueprint, SEED, 2)
  // a spare bit is a second answer only where the number is large enough
  const many = assignmentsOf(victim.blueprint, SEED, 20)

  test('any constraint dropped is missed', () => {
    const escaped: string[] = []
    for (const row of rowsOf(victim)) {
      const system = openSystem(without(victim.r1cs, row), victim.system.nameOf)
      const { accepted } = attackModel(victim.blueprint, system, samples, OPTIONS)
      if (accepted.length === 0) escaped.push(victim.constraintName(row))
      else tally(accepted)
    }
    expect(escaped, `seed ${SEED}`).toEqual([])
  })

  test('any decomposition with a bit too many is found', () => {
    for (const { hint, first, count } of requestsOf(victim, samples[0]!).requests) {
      // bits that name something are no decomposition, and have no sum
      if (NAMING.includes(hint) && sumRow(victim, first, count) === undefined) continue
      // few claims are weak enough for the top bit of what the number is above them
      const heavy = hint === 'claim' ? [] : [1n << BigInt(count - 1)]
      for (const weight of count < 2 ? [] : [1n, ...heavy]) {
        const { system, honest } = withSpareBit(victim, many, first, count, weight)
        const { accepted } = attackSystem(system, honest, OPTIONS)
        expect(accepted.length, `seed ${SEED}, ${system.nameOf(first)}, weight ${weight}`).toBeGreaterThan(0)
        tally(accepted)
      }
    }
  })
})

/** Two weights and a bias of three bits each, and a Relu. */
function secretNet(): QuantizedModel {
  const builder = new ModelBuilder()
  const x = builder.input('x', [2], -3, 4)
  const op: Op = {
    kind: 'linear',
    rowStart: Int32Array.of(0, 2),
    column: Int32Array.of(0, 1),
    weight: Int32Array.of(0, 1),
    weights: Float64Array.of(2, -3),
    bias: Float64Array.of(1),
    secret: { weightBits: 3, biasBits: 3, biasOf: Int32Array.of(0) },
  }
  const sum = builder.node(op, [x], [1], 'secret')
  return builder.finish([builder.node({ kind: 'rescale', shift: 1, relu: true }, [sum], [1], 'relu')])
}

// the rows of the hash itself are taken away one by one where the gadget is tested alone
test('secret weights: any constraint dropped is missed', () => {
  const victim = victimOf(secretNet(), { inputs: 'private' })
  const samples = assignmentsOf(victim.blueprint, SEED, 2)
  const rows = Array.from({ length: victim.r1cs.constraints }, (_, row) => row)
  const own = rows.filter((row) => !victim.constraintName(row).includes('poseidon'))
  expect(own.length).toBeGreaterThan(20)
  // each has the whole hash to walk through
  const tried = process.env.ZKONNX_DEEP ? own : own.filter((_, i) => i % 12 === 0)
  const escaped = tried.filter((row) => {
    const system = openSystem(without(victim.r1cs, row), victim.system.nameOf)
    const { accepted } = attackModel(victim.blueprint, system, samples, OPTIONS)
    if (accepted.length > 0) tally(accepted)
    return accepted.length === 0
  })
  expect(escaped.map(victim.constraintName), `seed ${SEED}`).toEqual([])
})

test('there were hundreds of mutants, and every attack had its share', () => {
  expect(mutants).toBeGreaterThan(300)
  for (const by of ['lie', 'domain', 'rank', 'isolated'] as const)
    expect(caughtBy[by], by).toBeGreaterThan(40)
  // an edit of a single wire needs one that no other row holds
  expect(caughtBy.edit).toBeGreaterThan(5)
})

/** All rows; by default every other of those whose names differ in numbers only, so that each kind is tried. */
function rowsOf(victim: Victim): number[] {
  const met: Record<string, number> = {}
  return Array.from({ length: victim.r1cs.constraints }, (_, row) => row).filter((row) => {
    const kind = victim.constraintName(row).replace(/\d+/g, '')
    met[kind] = (met[kind] ?? 0) + 1
    return process.env.ZKONNX_DEEP !== undefined || met[kind] % 2 === 1
  })
}

function tally(accepted: readonly Finding[]): void {
  mutants++
  for (const by of new Set(accepted.map((finding) => finding.by))) caughtBy[by] = (caughtBy[by] ?? 0) + 1
}

/** One more boolean wire, zero in honest witnesses, in the sum of the decomposition that begins at `first`. */
function withSpareBit(
  victim: Victim,
  samples: readonly Assignment[],
  first: number,
  count: number,
  weight: bigint,
) {
  const { r1cs, blueprint, system } = victim
  const spare = r1cs.wires
  const sum = sumRow(victim, first, count)
  if (sum === undefined) throw new Error(`No row sums the bits from wire ${first}.`)
  const bit = { [spare]: 1n }
  const [a, b, c] = rowOf(r1cs, sum)
  const mutant = withRows(without(r1cs, sum), spare + 1, [
    [bit, bit, bit],
    [a, b, { ...c, [spare]: weight }],
  ])
  const nameOf = (wire: number) => (wire === spare ? 'spare' : system.nameOf(wire))
  const honest = samples.map((sample) => {
    const { wires } = requestsOf({ blueprint }, sample).evaluator
    const values = new WireValues()
    for (let wire = 0; wire < wires.length; wire++) values.push(wires.get(wire))
    values.push(0)
    return values
  })
  return { system: openSystem(mutant, nameOf), honest }
}

/** The linear row that ends in the last of the bits. */
function sumRow({ r1cs: { a, c, constraints } }: Victim, first: number, count: number): number | undefined {
  const last = first + count - 1
  for (let row = 0; row < constraints; row++) {
    const isLinear = a.rowStart[row] === a.rowStart[row + 1]
    if (isLinear && c.wire[c.rowStart[row + 1]! - 1] === last) return row
  }
  return undefined
}
