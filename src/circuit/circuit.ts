/** A compiled circuit, and the witness of one sample. */
import type { R1cs } from '../artifacts/iden3/r1cs.js'
import type { HintName } from './cs/api.js'
import { Builder } from './cs/builder.js'
import { Counter } from './cs/counter.js'
import { type Assignment, Evaluator } from './cs/evaluator.js'
import type { BitsHint } from './cs/hints.js'
import type { Paths } from './cs/paths.js'
import { type Blueprint, synthesize } from './synthesize.js'

export type Circuit = {
  readonly r1cs: R1cs
  /** Constraints of each layer, in the order of the model; the inputs first, the statement last. */
  readonly layers: readonly LayerCost[]
  /** The path of a wire, e.g. `main.conv1/group[3].bit[2]`. */
  readonly wireName: (wire: number) => string
  /** The path of the scope that made a constraint. */
  readonly constraintName: (constraint: number) => string
  /** How many runs of bits each kind of hint asked for. */
  readonly hints: Readonly<Partial<Record<HintName, number>>>
}

export type LayerCost = {
  readonly name: string
  readonly constraints: number
}

/** Writes the constraints of a model down. Deterministic. */
export function build(blueprint: Blueprint): Circuit {
  const builder = new Builder(blueprint.layout)
  synthesize(builder, blueprint)
  const hints: Partial<Record<HintName, number>> = {}
  for (const { name } of builder.hints) hints[name] = (hints[name] ?? 0) + 1
  return {
    r1cs: builder.finish(),
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
}

/** What `build` would cost, layer by layer, without writing anything. */
export function count(blueprint: Blueprint): CircuitCost {
  const counter = new Counter(blueprint.layout)
  synthesize(counter, blueprint)
  const { constraints, wires, entries } = counter
  const layers = Array.from(counter.layers, ([name, cost]) => ({ name, constraints: cost }))
  return { constraints, wires, entries, layers }
}

/** The value of every wire, for integers inside the declared domain. `hint` is for tests and attacks. */
export function evaluate(blueprint: Blueprint, assignment: Assignment, hint?: BitsHint): Evaluator {
  const evaluator = new Evaluator(blueprint.layout, assignment, hint)
  synthesize(evaluator, blueprint)
  return evaluator
}

function countLayers(paths: Paths, scopes: Int32Array): LayerCost[] {
  const counts = new Map<string, number>()
  for (const scope of scopes) {
    const layer = paths.layer(scope)
    counts.set(layer, (counts.get(layer) ?? 0) + 1)
  }
  return Array.from(counts, ([name, constraints]) => ({ name, constraints }))
}
