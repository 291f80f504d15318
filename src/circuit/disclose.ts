/** The statement in constraints: what is shown of outputs and inputs, and the claims. */
import type { Packing, Part, Statement } from '../artifacts/statement.js'
import type { ConstraintSystem } from './cs/api.js'
import type { Bounded } from './gadgets/bounded.js'
import { commitTo } from './gadgets/commit.js'
import { argmax, type Leader, leader } from './gadgets/max.js'
import { assertPacked } from './gadgets/pack.js'
import { decompose } from './gadgets/range.js'

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
  const leads = leadsOf(cs, statement, outputs)
  for (const part of statement.outputs) {
    const extra = needsExtra(part) ? rest.shift() : undefined
    cs.scope(`output.${part.name}.${part.shows}`, undefined, () =>
      disclosePart(cs, part, outputs[part.port]!, extra, leads.get(part.port)),
    )
  }
  for (const part of statement.inputs) {
    const extra = needsExtra(part) ? rest.shift() : undefined
    cs.scope(`input.${part.name}.${part.shows}`, undefined, () =>
      disclosePart(cs, part, inputs[part.port]!, extra),
    )
  }
}

function needsExtra({ shows, commitment }: Part): boolean {
  return shows === 'threshold' || shows === 'margin' || commitment?.salted === true
}

/** By port: class and margin of an output are told by the same comparisons. */
function leadsOf<V>(
  cs: ConstraintSystem<V>,
  statement: Statement,
  outputs: Ports<V>,
): ReadonlyMap<number, Leader<V>> {
  const margins = statement.outputs.filter(({ shows }) => shows === 'margin')
  return new Map(
    margins.map(({ port, name }) => [
      port,
      cs.scope(`output.${name}.leader`, undefined, () => leader(cs, outputs[port]!)),
    ]),
  )
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
  lead?: Leader<V>,
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
      assertPacked(cs, part, [lead?.place ?? argmax(cs, elements)])
      break
    case 'threshold':
      assertAtLeast(cs, part, values[0]!, extra!)
      break
    case 'margin':
      assertAtLeast(cs, part, lead!.lead, extra!)
  }
}

/**
 * Proves: lo <= limit <= value, where the signal is the packing of the limit.
 * Assumes: value is an integer in [lo, lo + 2^width), lo and width those of the part.
 * Cost: 2 * (width + 1) + 1.
 *
 * The limit is a number that the prover gives: it is range-checked as the signal's reader will read it, so that no
 * element of the field near P passes for a small or a large one. Both ranges are a power of two wide, and no tighter one
 * is needed: of value - lo = (value - limit) + (limit - lo), both parts at least 0, neither exceeds the sum.
 */
export function assertAtLeast<V>(cs: ConstraintSystem<V>, packing: Packing, value: V, limit: V): void {
  const { lo, width } = packing
  cs.scope('limit', undefined, () => decompose(cs, cs.combine([limit], [1], -lo), [width], 'claim'))
  cs.scope('excess', undefined, () => decompose(cs, cs.combine([value, limit], [1, -1]), [width], 'claim'))
  assertPacked(cs, packing, [limit])
}
