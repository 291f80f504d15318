/** Which rows of a circuit with lookups see an input and the words of its range check alone. */
import type { System } from './system.js'
import { visitRows } from './system.js'

/** By element: rows whose wires are its input, words that only such rows bring in, and slots. `words` are those of all inputs. */
export function rowsOfInputs(
  system: System,
  inputs: readonly number[],
  words: ReadonlySet<number>,
): number[][] {
  const slotted = system.slots!.firstWire
  return inputs.map((input) => {
    const [own, rows] = [new Set([input]), new Set<number>()]
    for (const wire of own) {
      visitRows(system, wire, (row) => {
        const others = wiresOfRow(system, row).filter((id) => id !== 0 && id < slotted && !own.has(id))
        if (!others.every((id) => words.has(id))) return true
        rows.add(row)
        for (const id of others) own.add(id)
        return true
      })
    }
    return [...rows]
  })
}

/** A row's wires, one by one as often as they stand in it. */
export function wiresOfRow({ r1cs }: System, row: number): number[] {
  return [r1cs.a, r1cs.b, r1cs.c].flatMap(({ rowStart, wire }) =>
    Array.from(wire.subarray(rowStart[row]!, rowStart[row + 1]!)),
  )
}
