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
import { type Lie, liesFor } from './lies.js'
import { firstBroken, wiresOf } from './system.js'
import { breaksWithin, type Request, requestsOf, type Target, walk } from './target.js'

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

type Plan = { readonly request: Request; readonly lie: Lie }

/** Tells up to `perHint` lies of every kind of hint in use, seeded, spread over all requests. */
export function lieTo(target: Target, assignment: Assignment, random: Random, perHint: number): Lied {
  const { requests } = requestsOf(target, assignment)
  const counts: Partial<Record<HintName, LieCount>> = {}
  const accepted: AcceptedLie[] = []
  for (const hint of new Set(requests.filter(({ count }) => count > 0).map((request) => request.hint))) {
    const plans = planLies(
      requests.filter((request) => request.hint === hint),
      random,
      perHint,
    )
    const passed = tellAll(target, assignment, plans)
    counts[hint] = { lies: plans.length, accepted: passed.length }
    accepted.push(...passed)
  }
  return { counts, accepted }
}

/** Lies that differ from the truth, no more of one request than of another. */
function planLies(requests: readonly Request[], random: Random, most: number): Plan[] {
  const queues = random.shuffle(requests).map((request) => {
    const lies = liesFor(request.hint, request.count).filter((lie) => !isTruth(lie, request))
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

function isTruth(lie: Lie, { value, count, hint, serial }: Request): boolean {
  const truth = honestBits(value, count, hint, serial)
  return lie.bits(value, count).every((bit, i) => equal(bit, truth[i]!))
}

function tellAll(target: Target, assignment: Assignment, plans: readonly Plan[]): AcceptedLie[] {
  const accepted: AcceptedLie[] = []
  let pending = plans
  while (pending.length > 0) {
    const { told, evaluator } = tellMany(target, assignment, pending)
    for (const plan of told) {
      const { first, count } = plan.request
      if (breaksWithin(target, evaluator, first, first + count)) continue
      const alone = tellMany(target, assignment, [plan]).evaluator
      if (firstBroken(target.system, wiresOf(target.system, alone.wires)) !== undefined) continue
      accepted.push({ request: plan.request, lie: plan.lie.name, evaluator: alone })
    }
    pending = pending.filter((plan) => !told.has(plan))
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
  for (const plan of pending) {
    if (!bySerial.has(plan.request.serial)) bySerial.set(plan.request.serial, plan)
  }
  const told = new Set<Plan>()
  const evaluator = walk(target, assignment, ({ serial, value, count }) => {
    const plan = bySerial.get(serial)
    if (plan === undefined || !equal(value, plan.request.value)) return undefined
    told.add(plan)
    return plan.lie.bits(value, count) as readonly Felt[]
  })
  return { told, evaluator }
}
