/**
 * The sums of round 2 against a prover who has fixed round 1 and then learns the challenge: multiplicities that are not
 * the counts, and values that are in no table with multiplicities that were made to fit another challenge.
 *
 * Inverses and quotients follow from the challenge whatever was looked up, so a table's sum alone can refuse. All that it
 * is of is known before, so each forgery is fixed first, and the challenge drawn after it.
 */
import type { Random } from '../base/random.js'
import { add, divide, type Felt, isZero, multiply, negate, subtract } from '../circuit/cs/felt.js'
import type { WireValues } from '../circuit/cs/wires.js'
import { answerChallenge } from './second-round.js'
import { firstBrokenRow, type System } from './system.js'

export type SumsReport = {
  /** Forgeries that were tried, table by table. */
  readonly tries: number
  /** What was forged, where the sum held nevertheless. */
  readonly accepted: readonly string[]
}

/** Of one honest witness of round 1, multiplicities with it. Undefined where the honest one itself is refused. */
export function forgeSums(system: System, first: WireValues, random: Random): SumsReport | undefined {
  const { r1cs, layout } = system.whole!
  const drawn = random.element()
  const honest = answerChallenge(r1cs, layout, first, drawn)
  if (firstBrokenRow(r1cs, honest) !== undefined) return undefined
  const accepted: string[] = []
  let tries = 0
  for (const { name, entries, multiplicities } of layout.tables) {
    const counts = Array.from(entries, (_, t) => first.get(multiplicities + t))
    for (const [what, changes] of forgeries(entries, counts, random)) {
      tries++
      // by how much the sum of quotients, less that of inverses, is off at a challenge of its own
      const beta = random.element()
      const off = changes.reduce<Felt>(
        (sum, [value, change]) => add(sum, divide(change, subtract(beta, value))),
        0,
      )
      if (isZero(off)) accepted.push(`${what} in table ${name}`)
    }
  }
  return { tries, accepted }
}

type Change = readonly [value: Felt, multiplicity: Felt]

/** What a table's sum would have too much of: entries by their multiplicities, and values looked up, which count less one. */
function forgeries(
  entries: Float64Array,
  counts: readonly Felt[],
  random: Random,
): [what: string, changes: Change[]][] {
  const [t, other] = [random.int(0, entries.length - 1), random.int(0, entries.length - 1)]
  const outside = entries.reduce((most, entry) => Math.max(most, entry), 0) + 1
  const learnt = random.element()
  // the multiplicity that would balance a value outside, for a challenge that the prover has guessed
  const balancing = (value: Felt) => divide(subtract(learnt, entries[t]!), subtract(learnt, value))
  const found: [string, Change[]][] = [
    ['a multiplicity one too high', [[entries[t]!, 1]]],
    ['a multiplicity one too low', [[entries[t]!, -1]]],
    ['no multiplicity', [[entries[t]!, negate(counts[t]!)]]],
    [
      'a multiplicity moved to another entry',
      [
        [entries[t]!, 1],
        [entries[other]!, -1],
      ],
    ],
    ['a value just outside', [[outside, -1]]],
    [
      'a value outside counted at an entry',
      [
        [outside, -1],
        [entries[t]!, 1],
      ],
    ],
    [
      'a value below',
      [
        [-1, -1],
        [entries[t]!, 1],
      ],
    ],
    [
      'a fraction',
      [
        [multiply(random.element(), 1), -1],
        [entries[t]!, 1],
      ],
    ],
    [
      'a value outside balanced for another challenge',
      [
        [outside, -1],
        [entries[t]!, balancing(outside)],
      ],
    ],
  ]
  return found.filter(([, changes]) => isForged(changes, entries))
}

/** Whether anything is left once changes of the same value are added up; a value of the table is no forgery. */
function isForged(changes: readonly Change[], entries: Float64Array): boolean {
  const [[value, change], second] = changes as [Change, Change?]
  if (second === undefined) return !isZero(change)
  return value !== second[0] && (typeof value !== 'number' || !entries.includes(value) || second[1] === -1)
}
