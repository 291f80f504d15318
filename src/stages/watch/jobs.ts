/** Proofs under way: started where they pay best, stopped where another was quicker. */
import { messageOf } from '../../base/errors.js'
import type { Asked } from '../../chain/board-events.js'
import { type Fees, feesNow } from '../../chain/fees.js'
import { keccak256 } from '../../chain/provider.js'
import type { Hex } from '../../chain/types.js'
import { openPool } from '../../workers/pool.js'
import { answerOf, taskOf } from '../board/answer.js'
import { type ProvableInput, provableInput, UnprovableInputError } from '../board/inputs.js'
import type { Skip } from './events.js'
import type { Served } from './models.js'
import { isOpen, isSent, type Node } from './node.js'
import { type Judgement, judge } from './worth.js'

type Candidate = { readonly asked: Asked; readonly model: Served; readonly worth: Judgement & { take: true } }

/** Milliseconds. */
const LOOK_AGAIN = 5_000

/** Starts as many proofs as there are free workers, of the requests that leave most. Throws the errors of `reach`. */
export async function startJobs(node: Node, seconds: number): Promise<void> {
  if (node.jobs.size >= node.threads) return
  const open = [...node.state.requests.values()].filter(
    ({ asked: { id }, closed }) =>
      closed === undefined &&
      !node.jobs.has(id) &&
      !node.ready.has(id) &&
      !node.refused.has(id) &&
      (node.later.get(id) ?? 0) <= performance.now() &&
      !isSent(node, id),
  )
  if (open.length === 0) return
  const fees = await feesNow(node.account.chain)
  const candidates = []
  for (const { asked } of open) {
    const candidate = await candidateOf(node, asked, fees, seconds)
    if (candidate !== undefined) candidates.push(candidate)
  }
  for (const candidate of inOrder(candidates, node.account.address)) {
    if (node.jobs.size >= node.threads) return
    await start(node, candidate)
  }
}

async function candidateOf(
  node: Node,
  asked: Asked,
  fees: Fees,
  seconds: number,
): Promise<Candidate | undefined> {
  const model = await node.models.find(node.account.chain, asked.board, asked.modelId)
  if (model === undefined) return undefined
  const worth = judge(asked, model, node.terms, { fees, seconds })
  if (worth.take) return { asked, model, worth }
  skip(node, asked.id, worth.skip, worth.reason)
  return undefined
}

/**
 * What leaves most comes first. Among equals each node has an order of its own, so that two nodes seldom prove the same.
 */
function inOrder(candidates: readonly Candidate[], account: string): Candidate[] {
  const left = ({ worth }: Candidate) => worth.value - worth.cost
  const lot = ({ asked }: Candidate) => keccak256(`${asked.id}${account.slice(2)}`)
  return candidates.toSorted((a, b) =>
    left(a) === left(b) ? (lot(a) < lot(b) ? -1 : 1) : left(a) > left(b) ? -1 : 1,
  )
}

/** Says why a request is left, once for each reason. */
export function skip(node: Node, request: Hex, why: Skip, reason: string): void {
  if (node.said.get(request) === why) return
  node.said.set(request, why)
  node.emit({ kind: 'skipped', request, skip: why, reason })
}

async function start(node: Node, { asked, model, worth }: Candidate): Promise<void> {
  const input = await inputOf(node, asked, model)
  if (input === undefined) return
  const { id, board } = asked
  node.said.delete(id)
  node.emit({
    ...{ kind: 'proving', request: id, model: model.own.manifest.model.name, board },
    ...{ value: worth.value, cost: worth.cost },
  })
  const abort = new AbortController()
  // the job is in the map before it can end
  const done = Promise.resolve().then(() => run(node, asked, model, input, abort.signal))
  node.jobs.set(id, { model, abort, done })
}

async function inputOf(node: Node, asked: Asked, { own }: Served): Promise<ProvableInput | undefined> {
  try {
    return await provableInput(own.manifest, asked.input, { data: asked.data, folder: node.inputs })
  } catch (error) {
    if (!(error instanceof UnprovableInputError)) throw error
    skip(node, asked.id, 'input', error.reason)
    // a file that opens it may come
    node.later.set(asked.id, performance.now() + LOOK_AGAIN)
    return undefined
  }
}

async function run(
  node: Node,
  asked: Asked,
  model: Served,
  input: ProvableInput,
  signal: AbortSignal,
): Promise<void> {
  const { id } = asked
  const { own } = model
  try {
    const binding = { chainId: node.account.chain.id, modelId: own.modelId, beneficiary: node.beneficiary }
    const began = performance.now()
    const outcome = await poolOf(node, model).run(taskOf(asked, input, binding), signal)
    signal.throwIfAborted()
    model.milliseconds = performance.now() - began
    if (node.late.has(id)) return
    node.ready.set(id, { model, answer: answerOf(asked, outcome, node.beneficiary, own.manifest) })
    node.emit({ kind: 'proven', request: id, milliseconds: model.milliseconds })
  } catch (error) {
    if (!signal.aborted && !node.late.has(id)) {
      node.refused.add(id)
      node.emit({ kind: 'failed', request: id, reason: messageOf(error) })
    }
  } finally {
    node.jobs.delete(id)
    node.late.delete(id)
    node.wake()
  }
}

function poolOf({ pools, threads }: Node, model: Served) {
  const pool = pools.get(model) ?? openPool(model.own.dir, { threads, scheme: model.own.manifest.scheme })
  pools.set(model, pool)
  return pool
}

/** Stops proofs, and forgets finished ones, of requests that no longer wait for them. */
export function dropOvertaken(node: Node): void {
  for (const [id, job] of node.jobs) {
    if (isOpen(node, id) || node.late.has(id)) continue
    node.late.add(id)
    // to end a worker costs what starting another does: a proof that is nearly done is not worth that
    const timer = setTimeout(() => job.abort.abort(), node.grace)
    void job.done.finally(() => clearTimeout(timer))
    node.emit({ kind: 'overtaken', request: id, while: 'proving' })
  }
  for (const id of node.ready.keys()) {
    if (isOpen(node, id)) continue
    node.ready.delete(id)
    node.emit({ kind: 'overtaken', request: id, while: 'waiting' })
  }
}

/** Stops everything. */
export async function closeJobs({ jobs, pools }: Node): Promise<void> {
  const under = [...jobs.values()]
  for (const { abort } of under) abort.abort()
  await Promise.all([...pools.values()].map((pool) => pool.close()))
  await Promise.all(under.map(({ done }) => done))
}
