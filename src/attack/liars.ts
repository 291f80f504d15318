/**
 * A prover that lies when it is asked for bits, and computes the rest of the witness from the lie.
 *
 * A walk through a whole model is dear, so it carries many lies: one is told only where the value to decompose is still
 * the honest one. The rows that end in its bits see that value and those bits alone, so what they refuse there they
 * refuse when it is the only lie. One that they let pass gets a walk of its own, and every row has its say.
 */

import type { Random } from '../base/random.js'
import type { HintName } from '../circuit/cs/api.js'
import type { Assignment, Evaluator } from '../circuit/cs/evaluator.js'
import type { Felt } from '../circuit/cs/felt.js'
import { equal } from '../circuit/cs/felt.js'
import { honestBits } from '../circuit/cs/hints.js'
import type { WireValues } from '../circuit/cs/wires.js'
import { liesFor, liesForWords } from './lies.js'
import { wiresOfRow } from './own-rows.js'
import { firstBroken, holdsUnslotted, wiresOf } from './system.js'
import { breaksWithin, type Request, requestsOf, rowsWithin, type Target, walk } from './target.js'

export type LieCount = { lies: number; accepted: number }

export type AcceptedLie = {
  readonly lie: string
  readonly request: Request
  readonly evaluator: Evaluator
}

export type Lied = {
  readonly counts: Partial<Record<HintName, LieCount>>
  readonly accepted: readonly AcceptedLie[]
}

type Told = { readonly name: string; readonly answer: (request: Request) => readonly Felt[] }
type Plan = { readonly request: Request; readonly lie: Told }

/** Tells up to `perHint` lies of every kind of hint in use, seeded, spread over all requests. */
export function lieTo(target: Target, assignment: Assignment, random: Random, perHint: number): Lied {
  const { requests, evaluator } = requestsOf(target, assignment)
  const honest = { requests, wires: evaluator.wires }
  const counts: Partial<Record<HintName, LieCount>> = {}
  const accepted: AcceptedLie[] = []
  for (const hint of new Set(requests.filter(({ count }) => count > 0).map((request) => request.hint))) {
    const plans = planLies(
      requests.filter((request) => request.hint === hint),
      random,
      perHint,
    )
    const passed = tellAll(target, assignment, plans, honest)
    counts[hint] = { lies: plans.length, accepted: passed.length }
    accepted.push(...passed)
  }
  return { counts, accepted }
}

/** Lies that differ from the truth, no more of one request than of another. */
function planLies(requests: readonly Request[], random: Random, most: number): Plan[] {
  const queues = random.shuffle(requests).map((request) => {
    const lies = liesTo(request).filter((lie) => !isTruth(lie, request))
    return { request, lies: random.shuffle(lies) }
  })
  const plans: Plan[] = []
  for (let round = 0; plans.length < most; round++) {
    const before = plans.length
    for (const { request, lies } of queues) {
      const lie = lies[round]
      if (lie !== undefined && plans.length < most) plans.push({ request, lie })
    }
    if (plans.length === before) break
  }
  return plans
}

function liesTo({ hint, count, words }: Request): Told[] {
  if (words !== undefined)
    return liesForWords(count).map((lie) => ({
      name: lie.name,
      answer: (request) => lie.words(request.words!),
    }))
  return liesFor(hint, count).map((lie) => ({
    name: lie.name,
    answer: ({ value }) => lie.bits(value, count) as readonly Felt[],
  }))
}

function isTruth(lie: Told, request: Request): boolean {
  const { value, count, hint, serial, words } = request
  const truth = words ?? honestBits(value, count, hint, serial)
  return lie.answer(request).every((answer, i) => equal(answer, truth[i]!))
}

/** Whether an honest prover would be asked the same. */
function isSame(request: Request, honest: Request): boolean {
  if (request.words === undefined) return equal(request.value, honest.value)
  return request.words.every((word, i) => equal(word, honest.words![i]!))
}

/**
 * What the rows say of the lie at this request, whatever other lies the walk carries. Of bits those that end in them. With
 * lookups often only what follows refuses a word, in rows that end in other wires soon after: they see this lie alone where
 * all their earlier wires are honest, for lies stand further apart than that. Else nothing is clear, and it is told again
 * in a walk with fewer lies; that of the first of a walk is always clear.
 */
function verdictOn(
  target: Target,
  { wires }: Evaluator,
  honest: Honest,
  { serial, first, count }: Request,
): 'refused' | 'passes' | 'unclear' {
  const { system } = target
  if (system.slots === undefined)
    return breaksWithin(target, { wires }, first, first + count) ? 'refused' : 'passes'
  const end = honest.requests[serial + REACH]?.first ?? system.slots.firstWire
  // signals are computed last: rows that have one hold whatever it says
  const isSignal = (wire: number) => wire > 0 && wire <= system.r1cs.publicOutputs
  const rows = rowsWithin(target, first, end).filter((row) => !wiresOfRow(system, row).some(isSignal))
  const isHonest = (wire: number) => wire >= first || equal(wires.get(wire), honest.wires.get(wire))
  if (!rows.every((row) => wiresOfRow(system, row).every(isHonest))) return 'unclear'
  return rows.some((row) => !holdsUnslotted(system, row, wires)) ? 'refused' : 'passes'
}

type Honest = { readonly requests: readonly Request[]; readonly wires: WireValues }

/** Requests from a lie on in which its rows are looked for. */
const REACH = 12

function tellAll(
  target: Target,
  assignment: Assignment,
  plans: readonly Plan[],
  honest: Honest,
): AcceptedLie[] {
  const accepted: AcceptedLie[] = []
  let pending = plans
  while (pending.length > 0) {
    const { told, evaluator } = tellMany(target, assignment, pending)
    const settled = new Set<Plan>()
    for (const plan of told) {
      const verdict = verdictOn(target, evaluator, honest, plan.request)
      if (verdict !== 'unclear') settled.add(plan)
      if (verdict !== 'passes') continue
      const alone = tellMany(target, assignment, [plan]).evaluator
      if (firstBroken(target.system, wiresOf(target.system, alone.wires)) !== undefined) continue
      accepted.push({ request: plan.request, lie: plan.lie.name, evaluator: alone })
    }
    pending = pending.filter((plan) => !settled.has(plan))
  }
  return accepted
}

/** One walk, with as many of the lies as do not stand in each other's way. */
function tellMany(
  target: Target,
  assignment: Assignment,
  pending: readonly Plan[],
): { told: Set<Plan>; evaluator: Evaluator } {
  const bySerial = new Map<number, Plan>()
  const apart = target.system.slots === undefined ? 1 : REACH
  const taken = new Set<number>()
  for (const plan of pending) {
    const { serial } = plan.request
    if (Array.from({ length: 2 * apart - 1 }, (_, i) => serial - apart + 1 + i).some((at) => taken.has(at)))
      continue
    taken.add(serial)
    bySerial.set(serial, plan)
  }
  const told = new Set<Plan>()
  const evaluator = walk(target, assignment, (request) => {
    const plan = bySerial.get(request.serial)
    if (plan === undefined || !isSame(request, plan.request)) return undefined
    told.add(plan)
    return plan.lie.answer(request)
  })
  return { told, evaluator }
}
