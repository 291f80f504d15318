/** A compiled model under attack: its program, and the constraint system that is to hold a prover to it. */
import { InternalError } from '../base/errors.js'
import type { HintName } from '../circuit/cs/api.js'
import { Lookups } from '../circuit/cs/chunks.js'
import { type Assignment, Evaluator } from '../circuit/cs/evaluator.js'
import type { Felt } from '../circuit/cs/felt.js'
import { type BitsHint, honestBits, type WordsHint } from '../circuit/cs/hints.js'
import { type Blueprint, synthesize } from '../circuit/synthesize.js'
import { holdsUnslotted, type System } from './system.js'

export type Target = {
  readonly blueprint: Blueprint
  readonly system: System
  /** The rows by their last wire: those whose last wire is w from start[w] to start[w + 1]. */
  readonly rowsByLastWire: { readonly start: Int32Array; readonly row: Int32Array }
}

/** A run of bits, or of words, that the prover is asked for. */
export type Request = {
  readonly serial: number
  readonly hint: HintName
  readonly first: number
  readonly count: number
  /** What the bits are of; of words the first. */
  readonly value: Felt
  /** What an honest prover answers, where words are asked for. */
  readonly words?: readonly Felt[]
}

/** Answers a request; nothing to be honest. */
export type Answer = (request: Request) => ArrayLike<Felt> | undefined

export function openTarget(blueprint: Blueprint, system: System): Target {
  return { blueprint, system, rowsByLastWire: groupByLastWire(system) }
}

/** Computes every wire, with the prover's answers in place of the honest ones, and all that follows from them. */
export function walk(
  { blueprint }: Pick<Target, 'blueprint'>,
  assignment: Assignment,
  answer: Answer,
): Evaluator {
  const hint: BitsHint = (value, count, name, serial) =>
    answer({ serial, hint: name, first: evaluator.wires.length, count, value }) ??
    honestBits(value, count, name, serial)
  const words: WordsHint = (honest, name, serial) => {
    const request = { serial, hint: name, first: evaluator.wires.length, count: honest.length }
    return Array.from(answer({ ...request, value: honest[0] ?? 0, words: honest }) ?? honest)
  }
  const { lookups } = blueprint
  const evaluator: Evaluator = new Evaluator(
    blueprint.layout,
    assignment,
    hint,
    lookups && new Lookups(lookups),
    words,
  )
  synthesize(evaluator, blueprint)
  evaluator.finish()
  return evaluator
}

/** All that an honest prover is asked for, in order, with what it computes. */
export function requestsOf(
  target: Pick<Target, 'blueprint'>,
  assignment: Assignment,
): { requests: Request[]; evaluator: Evaluator } {
  const requests: Request[] = []
  const evaluator = walk(target, assignment, (request) => {
    if (requests.push(request) !== request.serial + 1) throw new InternalError('A request was lost.')
    return undefined
  })
  return { requests, evaluator }
}

/** Whether some row that ends within the wires from `first` to `end` is broken. */
export function breaksWithin(
  target: Target,
  { wires }: Pick<Evaluator, 'wires'>,
  first: number,
  end: number,
): boolean {
  return rowsWithin(target, first, end).some((row) => !holdsUnslotted(target.system, row, wires))
}

/** The rows that end within the wires from `first` to `end`. */
export function rowsWithin({ rowsByLastWire }: Target, first: number, end: number): number[] {
  const { start, row } = rowsByLastWire
  return Array.from(row.subarray(start[first]!, start[end]!))
}

/** A row that names a slot counts with what it looks up. */
function groupByLastWire({ r1cs, slots }: System): Target['rowsByLastWire'] {
  const last = new Int32Array(r1cs.constraints)
  for (const { rowStart, wire } of [r1cs.a, r1cs.b, r1cs.c]) {
    for (let row = 0; row < r1cs.constraints; row++) {
      const end = rowStart[row + 1]! - Number(slots !== undefined && row >= slots.firstRow)
      if (end > rowStart[row]!) last[row] = Math.max(last[row]!, wire[end - 1]!)
    }
  }
  const start = new Int32Array(r1cs.wires + 1)
  for (const wire of last) start[wire + 1]!++
  for (let wire = 0; wire < r1cs.wires; wire++) start[wire + 1]! += start[wire]!
  const next = start.slice()
  const row = new Int32Array(r1cs.constraints)
  for (const [at, wire] of last.entries()) row[next[wire]!++] = at
  return { start, row }
}
