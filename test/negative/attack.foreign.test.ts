/** Circuits that circom made, with two holes that were found in the wild: the attack finds both. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { decode } from '../../src/artifacts/iden3/r1cs.js'
import * as Sym from '../../src/artifacts/iden3/sym.js'
import { fromValues } from '../../src/artifacts/iden3/wtns.js'
import { attackSystem, type Report } from '../../src/attack/attack.js'
import { openSystem, type System, valuesOf } from '../../src/attack/system.js'
import { type Compiled, compileCircom } from '../helpers/circom.js'

const FOLDER = fileURLToPath(new URL('circuits', import.meta.url))

/** From circom's rows as they were written to those that it has simplified. */
describe.each(['--O0', '--O1', '--O2'])('compiled with %s', (level) => {
  describe('a dense layer whose remainder is checked by an assert', () => {
    const inputs = { in: [3n, 1n, 4n], weight: [1n, 5n, 9n], bias: [2n], quotient: [4n], remainder: [6n] }
    const names = ['main.in', 'main.weight', 'main.bias']
    let circuit: Compiled
    beforeAll(async () => {
      circuit = await compile('dense-unchecked.circom', level)
    })

    test('quotient and remainder are free', () => {
      const report = attack(circuit, inputs, names)
      expect(report.rank.free).toEqual(expect.arrayContaining(['main.out', 'main.remainder']))
      expect(report.rank.unknowns - report.rank.rank).toBe(1)
      expect(report.accepted).toContainEqual(expect.objectContaining({ by: 'rank', changesStatement: true }))
    })

    test('is sound where both are given', () => {
      expect(attack(circuit, inputs).accepted).toEqual([])
    })
  })

  describe('a Relu by the top of 254 bits', () => {
    let circuit: Compiled
    beforeAll(async () => {
      circuit = await compile('relu-full-width.circom', level)
    })

    test('every value that has two forms has two witnesses, which no tangent shows', () => {
      const report = attack(circuit, { in: [5n, 7n] })
      expect(report.rank).toMatchObject({ rank: report.rank.unknowns, free: [] })
      expect(report.isolated).toMatchObject({ unique: 0, choices: 2, accepted: 2 })
      const outputs = report.accepted.flatMap(({ wires }) => wires.filter((name) => /^main\.out/.test(name)))
      expect(outputs.sort()).toEqual(['main.out[0]', 'main.out[1]'])
    })

    test('a value that has one form has one witness', () => {
      const report = attack(circuit, { in: [-5n, 1n << 253n] })
      expect(report.accepted).toEqual([])
      expect(report.isolated).toMatchObject({ unique: 1, choices: 0, unresolved: 0 })
      // of this value one form is known to be the only one; of others it is not
      expect(report.isolated.wide.length).toBeGreaterThanOrEqual(2)
    })
  })
})

async function compile(file: string, level: string): Promise<Compiled> {
  return compileCircom(FOLDER, await readFile(`${FOLDER}/${file}`, 'utf8'), [level])
}

function attack(
  circuit: Compiled,
  inputs: Readonly<Record<string, readonly bigint[]>>,
  prefixes?: readonly string[],
): Report {
  const nameOf = Sym.namesByWire(Sym.decode(circuit.sym))
  const isInput = prefixes && ((wire: number) => prefixes.some((prefix) => nameOf(wire).startsWith(prefix)))
  const system: System = openSystem(decode(circuit.r1cs, 'main.r1cs', 'any'), nameOf, isInput)
  return attackSystem(system, [valuesOf(fromValues(circuit.witness(inputs)))])
}
