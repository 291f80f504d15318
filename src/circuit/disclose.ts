/** The statement in constraints: what is shown of outputs and inputs, and the claims. */
import type { Part, Statement } from '../artifacts/statement.js'
import type { ConstraintSystem } from './cs/api.js'
import type { Bounded } from './gadgets/bounded.js'
import { commitTo } from './gadgets/commit.js'
import { type Leader, leader } from './gadgets/max.js'
import { assertPacked } from './gadgets/pack.js'
import { assertInterval } from './gadgets/range.js'

/** What a prover adds to the inputs, one field element each: salts of commitments, and the numbers of claims. */
export type Extra = {
  readonly kind: 'salt' | 'threshold' | 'margin'
  /** The port that it belongs to, and on which side; or the model's weights. */
  readonly side: 'input' | 'output' | 'model'
  readonly name: string
}

/** In the order in which they stand after the model's inputs among the private inputs. */
export function extrasOf({ outputs, inputs, model }: Statement): Extra[] {
  const extraOf =
    (side: Extra['side']) =>
    (part: Part): Extra[] => {
      const { shows, commitment, name } = part
      if (shows === 'threshold' || shows === 'margin') return [{ kind: shows, side, name }]
      return commitment?.salted ? [{ kind: 'salt', side, name }] : []
    }
  return [
    ...outputs.flatMap(extraOf('output')),
    ...inputs.flatMap(extraOf('input')),
    ...(model === undefined ? [] : extraOf('model')(model)),
  ]
}

/** The elements of each port, with their bounds. */
export type Ports<V> = readonly (readonly Bounded<V>[])[]

/**
 * Proves: each signal of the statement says the truth about the model's outputs and inputs (see `disclosePart`).
 * `extras` are the private wires of `extrasOf`.
 */
export function disclose<V>(
  cs: ConstraintSystem<V>,
  statement: Statement,
  outputs: Ports<V>,
  inputs: Ports<V>,
  extras: readonly V[],
): void {
  const rest = [...extras]
  const leaders = new Map<number, Leader<V>>()
  for (const part of statement.outputs) {
    const extra = needsExtra(part) ? rest.shift() : undefined
    cs.scope(`show.${part.name}`, undefined, () =>
      disclosePart(cs, part, outputs[part.port]!, extra, leaders),
    )
  }
  for (const part of statement.inputs) {
    const extra = needsExtra(part) ? rest.shift() : undefined
    cs.scope(`show.${part.name}`, undefined, () => disclosePart(cs, part, inputs[part.port]!, extra, leaders))
  }
}

function needsExtra({ shows, commitment }: Part): boolean {
  return shows === 'threshold' || shows === 'margin' || commitment?.salted === true
}

/**
 * Proves, by what the part shows:
 * - values: the signals are the packing of the values;
 * - commitment: the signal is the commitment to the values, with the salt that the prover knows;
 * - class: the signal is the place of the largest score, of equal ones the first;
 * - threshold: the value is at least the signal's T, and T is among the integers that the value can be;
 * - margin: the largest score is at least the signal's m above every other, and m is not negative.
 */
function disclosePart<V>(
  cs: ConstraintSystem<V>,
  part: Part,
  elements: readonly Bounded<V>[],
  extra: V | undefined,
  leaders: Map<number, Leader<V>>,
): void {
  const values = elements.map(({ value }) => value)
  switch (part.shows) {
    case 'values':
      assertPacked(cs, part, values)
      break
    case 'commitment':
      cs.assertPublicOutput(part.first, commitTo(cs, part.commitment!, values, extra))
      break
    case 'class':
      assertPacked(cs, part, [leaderOf(cs, part.port, elements, leaders).place])
      break
    case 'threshold':
      assertAtLeast(cs, part, elements[0]!, extra!)
      break
    case 'margin': {
      const { lead, greatestLead } = leaderOf(cs, part.port, elements, leaders)
      assertAtLeast(cs, part, { value: lead, lo: 0, hi: greatestLead }, extra!)
    }
  }
}

/** Once a port: the class and the margin of one output are told by the same comparisons. */
function leaderOf<V>(
  cs: ConstraintSystem<V>,
  port: number,
  elements: readonly Bounded<V>[],
  leaders: Map<number, Leader<V>>,
): Leader<V> {
  const known = leaders.get(port)
  if (known !== undefined) return known
  const made = cs.scope('leader', undefined, () => leader(cs, elements))
  leaders.set(port, made)
  return made
}

/**
 * Proves: value >= limit, where the signal is the packing of the limit.
 * The limit is a number that the prover gives: it is range-checked as the signal's reader will read it, so that no
 * element of the field near P passes for a small or a large one.
 */
function assertAtLeast<V>(cs: ConstraintSystem<V>, part: Part, { value, hi }: Bounded<V>, limit: V): void {
  const greatest = part.lo + 2 ** part.width - 1
  assertInterval(cs, limit, part.lo, greatest, 'claim')
  assertInterval(cs, cs.combine([value, limit], [1, -1]), 0, Math.max(1, hi - part.lo), 'claim')
  assertPacked(cs, part, [limit])
}
