/** What follows from a chain of largest ones: found where bounds hold it, and nowhere else. */
import { describe, expect, test } from 'vitest'
import { digitsOf } from '../../src/attack/steps.js'
import { openLookups, type System, wiresOf } from '../../src/attack/system.js'
import type { WireValues } from '../../src/circuit/cs/wires.js'
import {
  allInputs,
  buildGadget,
  evaluateGadget,
  type GadgetCase,
  poolByTableCase,
} from '../helpers/gadgets.js'
import { SMALL, withoutLookup } from '../helpers/lookups.js'

const choice = SMALL[0]!

describe.each([
  poolByTableCase({ shift: 1, relu: true }, [-5, 3], [-4, 6], [-3, 2]),
  poolByTableCase({ shift: 2, relu: false }, [-9, 6], [-6, 9], [0, 3]),
])('$name', (gadget) => {
  const { r1cs, layout, names } = buildGadget(gadget, choice)
  const system = openLookups(r1cs, layout!, (wire) => names[wire]!)
  const relu = gadget.name.startsWith('Relu')
  const steps = relu ? 3 : 2

  test('both digits of each step lie in their intervals, for many inputs', () => {
    for (const values of allInputs(gadget).filter((_, i) => i % 7 === 0)) {
      const honest = honestOf(system, gadget, values)
      const digits = digitsOf(system, honest)
      expect(digits.length, `inputs ${values}`).toBe(2 * steps)
      for (const { terms, range } of digits) {
        const sum = [...terms].reduce((sum, [wire, factor]) => sum + factor * BigInt(honest.get(wire)), 0n)
        expect(range.lo <= sum && sum <= range.hi, `inputs ${values}`).toBe(true)
      }
    }
  })

  test('nothing follows without the range check of a remainder or of the result', () => {
    const { tableOf } = system.slots!
    const chain = Math.max(...tableOf)
    const checks = Array.from(tableOf.keys()).filter((lookup) => tableOf[lookup] !== chain)
    const honest = honestOf(
      system,
      gadget,
      gadget.inputs.map(([lo]) => lo),
    )
    for (const lookup of checks) {
      const mutant = withoutLookup(system, lookup)
      expect(digitsOf(mutant, honest).length, system.nameOf(system.slots!.firstWire + lookup)).toBe(0)
    }
    expect(checks.length).toBeGreaterThan(2)
  })
})

function honestOf(system: System, gadget: GadgetCase, values: readonly number[]): WireValues {
  return wiresOf(system, evaluateGadget(gadget, values, undefined, choice).wires)
}
