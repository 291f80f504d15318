/** Finished proofs become transactions, each kept before it is sent; and credits are collected. */

import { explainRevert, RevertError } from '../../chain/abi.js'
import { BOARD } from '../../chain/abi-board.js'
import { creditOf, ZERO_ADDRESS } from '../../chain/board.js'
import type { Asked } from '../../chain/board-events.js'
import { capped, type Fees, feesNow } from '../../chain/fees.js'
import { type Call, nextNonce, post, sign } from '../../chain/outbox.js'
import { reach } from '../../chain/provider.js'
import { proofWords } from '../../chain/solidity/points.js'
import { parseSignals } from '../../chain/submit.js'
import type { Hex } from '../../chain/types.js'
import { skip } from './jobs.js'
import type { Served } from './models.js'
import { isSent, type Node, type Ready } from './node.js'
import type { Mark, Purpose } from './state.js'
import { gasOf, judge } from './worth.js'

/** Sends what is ready and still pays. Throws the errors of `reach` and `WriteError`; what was not sent stays ready. */
export async function sendReady(node: Node, head: Mark, seconds: number): Promise<void> {
  for (const [id, ready] of [...node.ready]) {
    const known = node.state.requests.get(id)
    if (known === undefined || known.closed !== undefined || isSent(node, id)) continue
    await sendOne(node, known.asked, ready, head, seconds)
  }
}

async function sendOne(node: Node, asked: Asked, ready: Ready, head: Mark, seconds: number): Promise<void> {
  const { id, board } = asked
  const { proof, signals, beneficiary } = ready.answer
  const args = [id, proofWords(proof), parseSignals(signals), beneficiary]
  const data = BOARD.encodeFunctionData('fulfil', args) as Hex
  const estimated = await estimate(node, asked, ready.model, { to: board, data })
  if (estimated === undefined) return
  // a callback may take more in the block than it does now
  const most = asked.callbackGas === 0 ? 0n : gasOf(asked, ready.model)
  const gas = estimated > most ? estimated : most
  const fees = await feesNow(node.account.chain)
  const worth = judge(asked, ready.model, node.terms, { fees, seconds, gas })
  // gas may become cheaper: the proof is kept
  if (!worth.take) return skip(node, id, worth.skip, worth.reason)
  const call = { to: board, data, gas: gas + gas / 4n }
  const cap = (worth.value - node.terms.margin) / gas
  const purpose = { kind: 'fulfil', request: id, value: worth.value } as const
  const form = await dispatch(node, purpose, call, { fees, cap, head })
  node.ready.delete(id)
  node.emit({ kind: 'sent', request: id, transaction: form.hash, nonce: form.nonce })
}

/** What the chain says that it takes; nothing if it refuses, which is told. */
async function estimate(
  node: Node,
  asked: Asked,
  model: Served,
  call: Pick<Call, 'to' | 'data'>,
): Promise<bigint | undefined> {
  const { chain, address } = node.account
  try {
    const gas = await reach(chain, () => chain.provider.estimateGas({ ...call, from: address }))
    return gas
  } catch (thrown) {
    const error = explainRevert(thrown)
    if (!(error instanceof RevertError)) throw error
    // the event that says who was quicker is in a block that is read next
    if (error.contractError === 'NotOpen') return undefined
    const reason =
      error.contractError === 'ProofInvalid'
        ? `the verifier of registry entry ${asked.modelId} is of other keys than those in ${model.own.dir}`
        : `the contract says ${error.contractError}`
    skip(node, asked.id, 'refused', reason)
    node.ready.delete(asked.id)
    node.refused.add(asked.id)
    return undefined
  }
}

/** Signs, keeps, and only then sends. */
async function dispatch(
  node: Node,
  purpose: Purpose,
  call: Call,
  { fees, cap, head }: { readonly fees: Fees; readonly cap: bigint; readonly head: Mark },
): Promise<{ hash: Hex; nonce: number }> {
  const { account, state } = node
  const nonce = await nextNonce(account, state.outbox)
  const form = await sign(account, call, nonce, capped(fees, cap), head.number)
  state.outbox = [...state.outbox, { purpose, nonce, call, cap, forms: [form] }]
  await node.save()
  await post(account, form)
  return { hash: form.hash, nonce }
}

/** Withdraws what a board credited the signing account with in ether, once it reaches `least`. */
export async function collect(node: Node, head: Mark, least: bigint): Promise<void> {
  const { chain, address } = node.account
  for (const board of node.state.boards) {
    const underWay = node.state.outbox.some(
      ({ purpose, mined }) => purpose.kind === 'withdraw' && purpose.board === board && mined === undefined,
    )
    if (underWay) continue
    const amount = await creditOf(chain, board, ZERO_ADDRESS, address)
    if (amount === 0n || amount < least) continue
    const data = BOARD.encodeFunctionData('withdraw', [ZERO_ADDRESS, address]) as Hex
    const gas = await reach(chain, () => chain.provider.estimateGas({ to: board, data, from: address }))
    const fees = await feesNow(chain)
    const cap = amount / gas
    if (fees.expected > cap) continue
    const call = { to: board, data, gas: gas + gas / 4n }
    const { hash } = await dispatch(node, { kind: 'withdraw', board }, call, { fees, cap, head })
    node.emit({ kind: 'collecting', board, amount, transaction: hash })
  }
}
