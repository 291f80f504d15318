/** Models under attack in tests: their system, and inputs to start from. */
import type { DisclosureOptions } from '../../src/artifacts/disclosure.js'
import type { R1cs } from '../../src/artifacts/iden3/r1cs.js'
import type { Scheme } from '../../src/artifacts/scheme.js'
import { assignmentOf, edgeInputs, randomInputs } from '../../src/attack/inputs.js'
import { openLookups, openSystem, type System } from '../../src/attack/system.js'
import { Random } from '../../src/base/random.js'
import { build } from '../../src/circuit/circuit.js'
import type { LookupChoice } from '../../src/circuit/cs/chunks.js'
import type { Assignment } from '../../src/circuit/cs/evaluator.js'
import { type Blueprint, draft } from '../../src/circuit/synthesize.js'
import type { QuantizedModel } from '../../src/model/quantized.js'

import { ModelBuilder } from './integer-models.js'

export type Victim = {
  readonly blueprint: Blueprint
  readonly r1cs: R1cs
  readonly system: System
  readonly constraintName: (row: number) => string
}

export function victimOf(
  model: QuantizedModel,
  disclose: DisclosureOptions,
  scheme: Scheme | LookupChoice = 'groth16',
): Victim {
  const blueprint =
    typeof scheme === 'string'
      ? draft(model, disclose, scheme)
      : { ...draft(model, disclose), lookups: scheme }
  const { r1cs, wireName, constraintName, lookups } = build(blueprint)
  const system = lookups === undefined ? openSystem(r1cs, wireName) : openLookups(r1cs, lookups, wireName)
  return { blueprint, r1cs, system, constraintName }
}

/** The edges of the domain, zero (signs, ties) among them, and `count` seeded inputs. */
export function assignmentsOf(blueprint: Blueprint, seed: number, count: number): Assignment[] {
  const { model } = blueprint
  const random = new Random(seed)
  const seeded = Array.from({ length: count }, () => randomInputs(model, random))
  return [...edgeInputs(model), ...seeded].map((inputs) => assignmentOf(blueprint, inputs, random))
}

/** Models whose statement is a claim in place of the numbers. */
export const CLAIMS = (['class', 'margin', 'threshold'] as const).map((outputs) => ({
  name: `an output that shows the ${outputs} only`,
  model: scores(outputs === 'threshold' ? 1 : 3),
  disclose: { inputs: 'private', outputs } satisfies DisclosureOptions,
}))

/** A Relu of each input, as scores. */
export function scores(classes: number): QuantizedModel {
  const builder = new ModelBuilder()
  const x = builder.input('x', [classes], -90, 100)
  return builder.finish([builder.node({ kind: 'rescale', shift: 1, relu: true }, [x], [classes])], 'scores')
}
