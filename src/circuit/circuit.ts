/** A compiled circuit, and the witness of one sample. */
import type { R1cs } from '../artifacts/iden3/r1cs.js'
import type { LookupLayout } from '../artifacts/lookups.js'
import type { HintName } from './cs/api.js'
import { Builder } from './cs/builder.js'
import { Lookups } from './cs/chunks.js'
import { Counter } from './cs/counter.js'
import { type Assignment, Evaluator } from './cs/evaluator.js'
import type { BitsHint, WordsHint } from './cs/hints.js'
import type { Paths } from './cs/paths.js'
import { type Blueprint, synthesize } from './synthesize.js'

export type Circuit = {
  readonly r1cs: R1cs
  /** Where its lookups stand; undefined in the scheme that has none. */
  readonly lookups: LookupLayout | undefined
  /** Constraints of each layer, in the order of the model; the inputs first, the statement last. */
  readonly layers: readonly LayerCost[]
  /** The path of a wire, e.g. `main.conv1/group[3].bit[2]`. */
  readonly wireName: (wire: number) => string
  /** The path of the scope that made a constraint. */
  readonly constraintName: (constraint: number) => string
  /** How many runs of bits and words each kind of hint asked for. */
  readonly hints: Readonly<Partial<Record<HintName, number>>>
}

export type LayerCost = {
  readonly name: string
  readonly constraints: number
}

/** Writes the constraints of a model down. Deterministic. */
export function build(blueprint: Blueprint): Circuit {
  const builder = new Builder(blueprint.layout, lookupsOf(blueprint))
  synthesize(builder, blueprint)
  const r1cs = builder.finish()
  const hints: Partial<Record<HintName, number>> = {}
  for (const { name } of [...builder.hints, ...builder.words]) hints[name] = (hints[name] ?? 0) + 1
  return {
    r1cs,
    lookups: builder.laidOut(),
    layers: countLayers(builder.paths, builder.constraintScope.view()),
    wireName: (wire) => builder.paths.wire(wire),
    constraintName: (constraint) => builder.paths.scope(builder.constraintScope.get(constraint)),
    hints,
  }
}

export type CircuitCost = {
  readonly constraints: number
  readonly wires: number
  /** Entries of the matrices A and B; at most, since terms that cancel are counted apart. */
  readonly entries: number
  readonly layers: readonly LayerCost[]
  /** How many rows are lookups, and how many entries their tables have; none in the scheme without. */
  readonly lookups: number
  readonly tableEntries: number
  readonly tables: number
}

/** What `build` would cost, layer by layer, without writing anything. */
export function count(blueprint: Blueprint): CircuitCost {
  const counter = new Counter(blueprint.layout, lookupsOf(blueprint))
  synthesize(counter, blueprint)
  counter.finish()
  const { constraints, wires, entries, lookupCount } = counter
  const layers = Array.from(counter.layers, ([name, cost]) => ({ name, constraints: cost }))
  return {
    constraints,
    wires,
    entries,
    layers,
    lookups: lookupCount,
    tableEntries: counter.tableEntries(),
    tables: counter.tables.list.length,
  }
}

/**
 * The value of every wire, for integers inside the declared domain; with lookups, of every wire of round 1, and 0 for the
 * challenge. Hints are for tests and attacks.
 */
export function evaluate(
  blueprint: Blueprint,
  assignment: Assignment,
  hint?: BitsHint,
  words?: WordsHint,
): Evaluator {
  const evaluator = new Evaluator(blueprint.layout, assignment, hint, lookupsOf(blueprint), words)
  synthesize(evaluator, blueprint)
  evaluator.finish()
  return evaluator
}

function lookupsOf({ lookups }: Blueprint): Lookups | undefined {
  return lookups && new Lookups(lookups)
}

/** In the order in which layers were begun: rows of lookups come after all others. */
function countLayers(paths: Paths, scopes: Int32Array): LayerCost[] {
  const byScope = new Map<number, number>()
  for (const scope of scopes) {
    const layer = paths.outermost(scope)
    byScope.set(layer, (byScope.get(layer) ?? 0) + 1)
  }
  const counts = new Map<string, number>()
  for (const scope of [...byScope.keys()].sort((a, b) => a - b)) {
    const layer = paths.layer(scope)
    counts.set(layer, (counts.get(layer) ?? 0) + byScope.get(scope)!)
  }
  return Array.from(counts, ([name, constraints]) => ({ name, constraints }))
}
