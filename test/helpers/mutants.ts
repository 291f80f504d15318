/** Constraint systems with rows added. */
import type { Matrix, R1cs } from '../../src/artifacts/iden3/r1cs.js'
import { coefficientOf } from '../../src/artifacts/iden3/r1cs.js'
import { type Row, system } from './r1cs.js'

type Sides = readonly [Row, Row, Row]

/** A row's three sides, wire -> coefficient. */
export function rowOf(r1cs: R1cs, row: number): Sides {
  const side = ({ rowStart, wire, coefficient }: Matrix): Row => {
    const entries: [number, bigint][] = []
    for (let entry = rowStart[row]!; entry < rowStart[row + 1]!; entry++) {
      entries.push([wire[entry]!, coefficientOf(r1cs, coefficient[entry]!)])
    }
    return Object.fromEntries(entries)
  }
  return [side(r1cs.a), side(r1cs.b), side(r1cs.c)]
}

/** The system with `wires` wires, and with more rows after its own. */
export function withRows(r1cs: R1cs, wires: number, rows: readonly Sides[]): R1cs {
  const own = Array.from({ length: r1cs.constraints }, (_, row) => rowOf(r1cs, row))
  const { publicOutputs: outputs, publicInputs: inputs, privateInputs } = r1cs
  return system(wires, { outputs, inputs, privateInputs }, [...own, ...rows])
}
