/** Every witness of every gadget at small widths, listed over the whole field. */
import { describe, expect, test } from 'vitest'
import { inverse, mod } from '../../src/base/field.js'
import { toBigInts } from '../helpers/circuits.js'
import {
  allInputs,
  buildGadget,
  COMPOSED,
  evaluateGadget,
  type GadgetCase,
  HASHES,
  TINY,
} from '../helpers/gadgets.js'
import { solve, without } from '../helpers/solve.js'

describe.each([...TINY, ...COMPOSED, ...HASHES])('$name', (gadget) => {
  const { r1cs, inputs, outputs } = buildGadget(gadget)

  test('has exactly one witness where the gadget accepts, and none elsewhere', () => {
    for (const values of allInputs(gadget)) {
      const solutions = [...solve(r1cs, known(inputs, values))]
      const truth = gadget.truth(values)
      expect(solutions.length, `inputs ${values}`).toBe(truth === undefined ? 0 : 1)
      if (truth === undefined) continue
      const [solution] = solutions
      expect(solution!.guessed).toBe(false)
      expect(
        outputs.map((wire) => solution!.values[wire]!),
        `inputs ${values}`,
      ).toEqual(truth.map((value) => mod(BigInt(value))))
      expect(solution!.values, `inputs ${values}`).toEqual(toBigInts(evaluateGadget(gadget, values)))
    }
  })

  test('needs each of its constraints', () => {
    const needless = Array.from({ length: r1cs.constraints }, (_, row) => row).filter(
      (row) => !allInputs(gadget).some((values) => admitsLie(gadget, row, values)),
    )
    expect(needless).toEqual(gadget.spare ?? [])
  })

  /** Whether without constraint `row` some witness shows a wrong output, or accepts what must be refused. */
  function admitsLie({ truth }: GadgetCase, row: number, values: readonly number[]): boolean {
    const expected = truth(values)?.map((value) => mod(BigInt(value)))
    for (const solution of solve(without(r1cs, row), known(inputs, values))) {
      if (expected === undefined) return true
      if (outputs.some((wire, i) => solution.values[wire] !== expected[i])) return true
    }
    return false
  }
})

test('no field element far from the integers passes a range check', () => {
  for (const gadget of TINY.filter(({ name }) => /^(decompose|assertInterval)/.test(name))) {
    const { r1cs, inputs } = buildGadget(gadget)
    for (const far of [1n << 64n, 1n << 252n, 1n << 253n, mod(-(1n << 40n)), inverse(2n), inverse(8n)]) {
      expect([...solve(r1cs, new Map([[inputs[0]!, far]]))], `${gadget.name}, ${far}`).toEqual([])
    }
  }
})

function known(wires: readonly number[], values: readonly number[]): Map<number, bigint> {
  return new Map(wires.map((wire, i) => [wire, BigInt(values[i]!)]))
}
