/**
 * The witness in its two rounds. Round 1 is what the circuit's evaluator gives: everything that does not depend on the
 * challenge, multiplicities last. Round 2 follows from it and from the challenge: an inverse for each table entry, which is
 * the value of all lookups that hit it, and a quotient, which is its multiplicity times that.
 */
import type { Matrix, R1cs } from '../../artifacts/iden3/r1cs.js'
import type * as Wtns from '../../artifacts/iden3/wtns.js'
import { entriesOf, type LookupLayout } from '../../artifacts/lookups.js'
import { BaseError } from '../../base/errors.js'
import { BYTES, inverse, mod, toBytesLE } from '../../base/field.js'
import { evaluate, readValues, type Values, valueAt } from './values.js'

/** The entries of all tables, one after another: the value of each, and where to find it. */
export type Entries = {
  readonly values: readonly bigint[]
  /** Of each table: from an entry to its place among all. */
  readonly places: readonly ReadonlyMap<number, number>[]
}

export function entriesIndex(layout: LookupLayout): Entries {
  const values: bigint[] = []
  const places = layout.tables.map(({ entries }) => {
    const map = new Map<number, number>()
    for (const entry of entries) map.set(entry, values.push(mod(BigInt(entry))) - 1)
    return map
  })
  return { values, places }
}

/** The entry that each lookup hits. Throws `LookupError` where one hits none. */
export function findHits(
  rows: { readonly b: Matrix; readonly large: R1cs['large'] },
  layout: LookupLayout,
  { places }: Entries,
  values: Values,
): Uint32Array {
  const { firstLookup, tableOf, tables } = layout
  // B's row is beta - a, and beta's place is zero
  const end = firstLookup + tableOf.length
  const { small } = evaluate(rows.b, rows.large, values, firstLookup, end)
  return tableOf.reduce((hits, table, i) => {
    // no -0
    const value = 0 - small[i]!
    const place = places[table]!.get(value)
    if (place === undefined) throw new LookupError(i, tables[table]!.name, value)
    hits[i] = place
    return hits
  }, new Uint32Array(tableOf.length))
}

/** Throws `MultiplicityError` where a wire does not say how often its entry is hit: no proof of such a witness verifies. */
export function checkMultiplicities(layout: LookupLayout, hits: Uint32Array, values: Values): void {
  const counts = new Float64Array(entriesOf(layout))
  for (const place of hits) counts[place]!++
  const first = layout.secondRound - counts.length
  const wrong = counts.findIndex((count, place) => values.small[first + place] !== count)
  if (wrong >= 0) throw new MultiplicityError(first + wrong, valueAt(values, first + wrong), counts[wrong]!)
}

/** Plain elements, one a table entry. */
export type SecondRound = {
  readonly beta: bigint
  readonly inverses: Uint8Array
  readonly quotients: Uint8Array
  /** beta - entry */
  readonly differences: Uint8Array
}

/** Nothing where beta is an entry, whose difference has no inverse. */
export function secondRound(
  layout: LookupLayout,
  { values: entries }: Entries,
  values: Values,
  beta: bigint,
): SecondRound | undefined {
  const differences = entries.map((entry) => mod(beta - entry))
  if (differences.includes(0n)) return undefined
  const inverses = invertAll(differences)
  const first = layout.secondRound - entries.length
  const quotients = inverses.map((value, place) => mod(value * valueAt(values, first + place)))
  return {
    beta,
    inverses: elements(inverses),
    quotients: elements(quotients),
    differences: elements(differences),
  }
}

/**
 * The whole witness at a challenge, of the witness of round 1: what `snarkjs wtns check` takes. Throws `LookupError`, and
 * `ChallengeError` for a challenge that is a table entry.
 */
export function completeWitness(
  r1cs: R1cs,
  layout: LookupLayout,
  wtns: Wtns.Witness,
  beta: bigint,
): Wtns.Witness {
  const values = readValues(wtns.values)
  const entries = entriesIndex(layout)
  const hits = findHits(r1cs, layout, entries, values)
  const second = secondRound(layout, entries, values, mod(beta))
  if (second === undefined) throw new ChallengeError(beta)
  const all = new Uint8Array(BYTES * r1cs.wires)
  all.set(wtns.values.subarray(0, BYTES * layout.secondRound))
  toBytesLE(mod(beta), all, BYTES * layout.beta)
  spread(second.inverses, hits, all, BYTES * layout.secondRound)
  all.set(second.quotients, BYTES * (layout.secondRound + hits.length))
  return { wires: r1cs.wires, values: all }
}

/** Writes the element of each hit, one after another. */
export function spread(elements: Uint8Array, hits: Uint32Array, out: Uint8Array, offset: number): void {
  for (let i = 0; i < hits.length; i++) {
    const from = BYTES * hits[i]!
    for (let byte = 0; byte < BYTES; byte++) out[offset + BYTES * i + byte] = elements[from + byte]!
  }
}

/** Montgomery's trick: one inversion for all. */
function invertAll(values: readonly bigint[]): bigint[] {
  const products: bigint[] = []
  let product = 1n
  for (const value of values) {
    products.push(product)
    product = mod(product * value)
  }
  let rest = inverse(product)
  const inverses = new Array<bigint>(values.length)
  for (let i = values.length - 1; i >= 0; i--) {
    inverses[i] = mod(rest * products[i]!)
    rest = mod(rest * values[i]!)
  }
  return inverses
}

function elements(values: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(BYTES * values.length)
  values.forEach((value, i) => {
    toBytesLE(value, bytes, BYTES * i)
  })
  return bytes
}

export class LookupError extends BaseError {
  override name = 'Lookup.LookupError'
  constructor(
    readonly lookup: number,
    readonly table: string,
    readonly value: number,
  ) {
    const shown = Number.isNaN(value) ? 'a value of more than 52 bits' : value
    super(`Lookup ${lookup} looks for ${shown}, which is not in its table "${table}".`, {
      hint: 'the witness does not satisfy its circuit: make it again from inputs inside their domain',
    })
  }
}

export class MultiplicityError extends BaseError {
  override name = 'Lookup.MultiplicityError'
  constructor(
    readonly wire: number,
    readonly found: bigint,
    readonly hits: number,
  ) {
    super(`Wire ${wire} counts ${found} lookups of its table entry, of which there are ${hits}.`, {
      hint: 'the witness does not satisfy its circuit: make it again',
    })
  }
}

export class ChallengeError extends BaseError {
  override name = 'Lookup.ChallengeError'
  constructor(readonly beta: bigint) {
    super(`The challenge ${beta} is an entry of a table, where no witness can be completed.`, {
      hint: 'take a challenge of a commitment, which never is one',
    })
  }
}
