/**
 * A w and B w, row by row, plain elements. Only gadgets' rows are evaluated: a lookup's are the inverse and the
 * difference of the entry that it hits, an entry's its quotient and its difference, a table's nothing; public rows are the
 * constant one, the signals and the challenge on A.
 */
import { BYTES, toBytesLE } from '../../base/field.js'
import type { LookupKey } from './key.js'
import { type SecondRound, spread } from './rounds.js'
import { evaluate, type Values, writeValues } from './values.js'

export type GadgetRows = { readonly a: Values; readonly b: Values }

export function gadgetRows({ rows, layout }: Pick<LookupKey, 'rows' | 'layout'>, values: Values): GadgetRows {
  const of = (matrix: typeof rows.a) => evaluate(matrix, rows.large, values, 0, layout.firstLookup)
  return { a: of(rows.a), b: of(rows.b) }
}

export function polynomials(
  { layout, shape, rows }: LookupKey,
  gadgets: GadgetRows,
  { beta, inverses, quotients, differences }: SecondRound,
  hits: Uint32Array,
  witness: Uint8Array,
): [a: Uint8Array, b: Uint8Array] {
  const [a, b] = [new Uint8Array(BYTES * shape.rows), new Uint8Array(BYTES * shape.rows)]
  writeValues(gadgets.a, a)
  writeValues(gadgets.b, b)
  const lookups = BYTES * layout.firstLookup
  spread(inverses, hits, a, lookups)
  spread(differences, hits, b, lookups)
  const entries = lookups + BYTES * hits.length
  a.set(quotients, entries)
  b.set(differences, entries)
  const statement = BYTES * rows.constraints
  a.set(witness.subarray(0, BYTES * layout.beta), statement)
  toBytesLE(beta, a, statement + BYTES * layout.beta)
  return [a, b]
}
