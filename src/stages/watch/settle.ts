/**
 * What became of our transactions. One that the node of the chain forgot is sent again; one that stays for blocks gets a
 * higher fee; one that is no longer wanted is replaced by one that does nothing. Until the chain has built on it, a mined
 * one is looked after too: a reorganisation may bring it back.
 */
import { type Fees, feesNow, replacing } from '../../chain/fees.js'
import {
  cancellation,
  type Form,
  isKnown,
  type Parcel,
  post,
  raised,
  receiptOf,
  sign,
} from '../../chain/outbox.js'
import { RpcError, reach, type TransactionReceipt } from '../../chain/provider.js'
import type { Hex } from '../../chain/types.js'
import { isOpen, type Node } from './node.js'
import type { Mark, Purpose } from './state.js'

/** Blocks without a transaction of ours after which its fee is raised. */
const STUCK = 3
/** Looks after which a nonce that was used without a receipt was used by another. */
const MISSING = 5

type Kept = Parcel<Purpose>

/** Throws the errors of `reach` and `WriteError`. */
export async function settle(node: Node, head: Mark): Promise<void> {
  const { account, state } = node
  if (state.outbox.length === 0) return
  const { chain, address } = account
  const used = await reach(chain, () => chain.provider.getTransactionCount(address, 'latest'))
  for (const parcel of state.outbox) {
    const next =
      parcel.nonce < used ? await settleUsed(node, parcel, head) : await settleUnused(node, parcel, head)
    const { nonce } = parcel
    state.outbox = state.outbox.flatMap((one) =>
      one.nonce !== nonce ? [one] : next === undefined ? [] : [next],
    )
  }
}

/** The nonce is used: by one of the forms, or by something else. */
async function settleUsed(node: Node, parcel: Kept, head: Mark): Promise<Kept | undefined> {
  const found = await receiptOf(node.account, parcel)
  if (found === undefined) {
    const missing = (parcel.missing ?? 0) + 1
    if (missing <= MISSING) return { ...parcel, missing }
    node.emit({ kind: 'displaced', nonce: parcel.nonce })
    return undefined
  }
  const { receipt, form } = found
  const passed = receipt.status === 1 && !form.cancels
  if (parcel.mined?.hash !== form.hash) await tell(node, parcel, receipt, form)
  if (head.number - receipt.blockNumber >= node.confirmations) return undefined
  const { missing: _, ...rest } = parcel
  return { ...rest, mined: { block: receipt.blockNumber, hash: form.hash, passed } }
}

async function tell(
  node: Node,
  { purpose, nonce }: Kept,
  receipt: TransactionReceipt,
  form: Form,
): Promise<void> {
  const [transaction, cost] = [form.hash, receipt.fee]
  if (form.cancels) return node.emit({ kind: 'cancelled', transaction, nonce, cost })
  if (purpose.kind === 'withdraw') {
    return node.emit({ kind: 'collected', board: purpose.board, transaction, cost })
  }
  const { request, value } = purpose
  if (receipt.status !== 1) {
    // were it to be tried again, the same could happen again and again
    if (isOpen(node, request)) node.refused.add(request)
    return node.emit({ kind: 'reverted', request, transaction, cost })
  }
  await learn(node, request, receipt.gasUsed)
  node.emit({ kind: 'fulfilled', request, transaction, value, gas: receipt.gasUsed, cost })
}

/** What the next request of the same model will take. Callbacks take what they like, so those that have one teach nothing. */
async function learn({ state, models, account }: Node, request: Hex, gas: bigint): Promise<void> {
  const asked = state.requests.get(request)?.asked
  if (asked === undefined || asked.callbackGas > 0) return
  const model = await models.find(account.chain, asked.board, asked.modelId)
  if (model !== undefined) model.gas = gas
}

/** The nonce is free: the transaction is on its way, was forgotten, or came back. */
async function settleUnused(node: Node, parcel: Kept, head: Mark): Promise<Kept | undefined> {
  const { mined, missing: _, ...open } = parcel
  if (mined !== undefined) node.emit({ kind: 'unmined', transaction: mined.hash })
  const newest = open.forms.at(-1)!
  const known = await isKnown(node.account, open)
  if (!newest.cancels && !isWanted(node, open, head)) return takeBack(node, open, known, head)
  if (!known) {
    const taken = await post(node.account, newest).catch((error: unknown) => error)
    if (taken === true) return open
    if (taken instanceof RpcError && !newest.cancels) return giveUp(node, open, head, taken)
    if (taken !== false) throw taken
  }
  if (head.number - newest.block < STUCK || (newest.cancels && isLast(node, open))) return open
  const fees = raised(open, await feesNow(node.account.chain))
  return fees === undefined ? open : replace(node, open, open.call, fees, head)
}

function isWanted(node: Node, { purpose, forms }: Kept, head: Mark): boolean {
  if (purpose.kind === 'withdraw') return true
  const known = node.state.requests.get(purpose.request)
  // mined already, where the node that counts nonces lags behind the one that has the logs
  if (forms.some(({ hash }) => hash === known?.closed?.transaction)) return true
  return isOpen(node, purpose.request) && known!.asked.deadline >= BigInt(head.timestamp)
}

/** The node of the chain will not have it: the nonce goes to something that it takes. */
async function giveUp(node: Node, parcel: Kept, head: Mark, reason: RpcError): Promise<Kept | undefined> {
  if (parcel.purpose.kind === 'fulfil') {
    const { request } = parcel.purpose
    node.refused.add(request)
    node.emit({ kind: 'failed', request, reason: reason.details.join(' ') })
  }
  return free(node, parcel, false, head)
}

/** Frees the nonce of a transaction that is no longer wanted. */
async function takeBack(node: Node, parcel: Kept, known: boolean, head: Mark): Promise<Kept | undefined> {
  const { purpose } = parcel
  if (purpose.kind === 'fulfil') {
    node.emit({ kind: 'overtaken', request: purpose.request, while: 'sending' })
  }
  return free(node, parcel, known, head)
}

async function free(node: Node, parcel: Kept, known: boolean, head: Mark): Promise<Kept | undefined> {
  // nobody has it, and nothing waits behind it
  if (!known && isLast(node, parcel)) return undefined
  // no more than it takes to replace it: while that is too little for a block, so is what it replaces
  const before = { expected: 0n, ...parcel.forms.at(-1)!.fees }
  const fees = replacing(before, { expected: 0n, most: 0n, tip: 0n })
  return replace(node, parcel, cancellation(node.account), fees, head)
}

/** Whether no transaction of ours waits behind it. */
function isLast({ state }: Node, { nonce }: Kept): boolean {
  return state.outbox.every((one) => one.nonce <= nonce)
}

async function replace(
  node: Node,
  parcel: Kept,
  call: Parcel<Purpose>['call'],
  fees: Fees,
  head: Mark,
): Promise<Kept> {
  const { account, state } = node
  const form = await sign(account, call, parcel.nonce, fees, head.number)
  const next = { ...parcel, call, forms: [...parcel.forms, form] }
  state.outbox = state.outbox.map((one) => (one.nonce === parcel.nonce ? next : one))
  await node.save()
  await post(account, form)
  if (!form.cancels && parcel.purpose.kind === 'fulfil') {
    const { request } = parcel.purpose
    node.emit({ kind: 'replaced', request, transaction: form.hash, nonce: parcel.nonce })
  }
  return next
}
