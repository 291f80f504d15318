/** Models under attack in tests: their system, and inputs to start from. */

import type { R1cs } from '../../src/artifacts/iden3/r1cs.js'
import { edgeInputs, randomInputs } from '../../src/attack/inputs.js'
import { Random } from '../../src/attack/random.js'
import { openSystem, type System } from '../../src/attack/system.js'
import { build } from '../../src/circuit/circuit.js'
import type { Assignment } from '../../src/circuit/cs/evaluator.js'
import { type Blueprint, draft } from '../../src/circuit/synthesize.js'
import type { QuantizedModel } from '../../src/model/quantized.js'

export type Victim = {
  readonly blueprint: Blueprint
  readonly r1cs: R1cs
  readonly system: System
  readonly constraintName: (row: number) => string
}

export function victimOf(model: QuantizedModel, visibility: 'public' | 'private'): Victim {
  const blueprint = draft(model, visibility)
  const { r1cs, wireName, constraintName } = build(blueprint)
  return { blueprint, r1cs, system: openSystem(r1cs, wireName), constraintName }
}

/** The edges of the domain, zero (signs, ties) among them, and `count` seeded inputs. */
export function assignmentsOf(model: QuantizedModel, seed: number, count: number): Assignment[] {
  const random = new Random(seed)
  const seeded = Array.from({ length: count }, () => randomInputs(model, random))
  return [...edgeInputs(model), ...seeded].map((inputs, i) => ({
    publicInputs: [BigInt(1000 + i)],
    privateInputs: inputs.flatMap((input) => [...input]),
  }))
}
