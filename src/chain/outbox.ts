/**
 * Transactions under way, each signed and kept before it is sent, so that a process that dies in between sends the same
 * one again and not another. A nonce stands for one purpose until it is used on the chain: what replaces a transaction
 * (for a higher fee, or to take it back) has the same nonce, so that only one of them can ever happen.
 */
import { messageOf } from '../base/errors.js'
import { capped, type Fees, feeFields, replacing } from './fees.js'
import { type Chain, isError, keccak256, reach, type Signer, type TransactionReceipt } from './provider.js'
import type { Hex } from './types.js'

export type Account = { readonly chain: Chain; readonly signer: Signer; readonly address: string }

export type Call = { readonly to: string; readonly data: Hex; readonly gas: bigint }

/** One signed form of a transaction. */
export type Form = {
  readonly hash: Hex
  readonly raw: Hex
  readonly fees: Pick<Fees, 'most' | 'tip'>
  /** Whether it does nothing but use up the nonce. */
  readonly cancels: boolean
  /** The newest block when it was signed. */
  readonly block: number
}

export type Parcel<P> = {
  readonly purpose: P
  readonly nonce: number
  readonly call: Call
  /** The most that a fee may rise to. */
  readonly cap: bigint
  /** The last is the one that is wanted. */
  readonly forms: readonly Form[]
  readonly mined?: { readonly block: number; readonly hash: Hex; readonly passed: boolean }
  /** For how many looks the nonce has been used by something that is none of the forms. */
  readonly missing?: number
}

/** The nonce of the next transaction: behind everything that the node knows of and everything in the outbox. */
export async function nextNonce(account: Account, outbox: readonly Parcel<unknown>[]): Promise<number> {
  const { chain, address } = account
  const known = await reach(chain, () => chain.provider.getTransactionCount(address, 'pending'))
  return Math.max(known, ...outbox.map(({ nonce }) => nonce + 1))
}

/** Signs, and sends nothing. Throws the errors of `reach`. */
export async function sign(
  account: Account,
  call: Call,
  nonce: number,
  fees: Fees,
  block: number,
): Promise<Form> {
  const { chain, signer, address } = account
  const fields = {
    ...{ to: call.to, data: call.data, value: 0n, gasLimit: call.gas },
    ...{ chainId: chain.id, nonce, from: address },
    ...feeFields(fees),
  }
  const raw = (await reach(chain, () => signer.signTransaction(fields))) as Hex
  const { most, tip } = fees
  const cancels = call.data === '0x'
  return {
    ...{ hash: keccak256(raw) as Hex, raw, cancels, block },
    fees: tip === undefined ? { most } : { most, tip },
  }
}

/** A transaction to oneself, which takes the place of another that is no longer wanted. */
export function cancellation({ address }: Account): Call {
  return { to: address, data: '0x', gas: 21_000n }
}

/** What the newest form must offer to be replaced, up to what fees are now; nothing where that is above its cap. */
export function raised(parcel: Parcel<unknown>, now: Fees): Fees | undefined {
  const { fees, cancels } = parcel.forms.at(-1)!
  const before = { expected: now.expected, ...fees }
  const least = replacing(before, { ...now, most: 0n, tip: 0n })
  if (cancels) return replacing(before, now)
  return least.most > parcel.cap ? undefined : capped(replacing(before, now), parcel.cap)
}

/**
 * Hands a signed transaction to the node. Returns whether the node has it now; it has not if the nonce is used up, or if
 * it wants a higher fee. Throws `OutOfFundsError` and `NoAnswerError`.
 */
export async function post({ chain }: Account, { raw }: Form): Promise<boolean> {
  try {
    await chain.provider.send('eth_sendRawTransaction', [raw])
    return true
  } catch (error) {
    // nodes say it in words of their own, which ethers keeps in its message
    if (/already (known|imported)|known transaction/i.test(messageOf(error))) return true
    if (isError(error, 'NONCE_EXPIRED') || isError(error, 'REPLACEMENT_UNDERPRICED')) return false
    if (/nonce|underpriced|max fee per gas/i.test(messageOf(error))) return false
    return reach(chain, () => Promise.reject(error))
  }
}

/** The receipt of whichever form was mined. */
export async function receiptOf(
  { chain }: Account,
  { forms }: Parcel<unknown>,
): Promise<{ receipt: TransactionReceipt; form: Form } | undefined> {
  for (const form of forms.toReversed()) {
    const receipt = await reach(chain, () => chain.provider.getTransactionReceipt(form.hash))
    if (receipt !== null) return { receipt, form }
  }
  return undefined
}

/** Whether the node holds the newest form, mined or not. */
export async function isKnown({ chain }: Account, { forms }: Parcel<unknown>): Promise<boolean> {
  const { hash } = forms.at(-1)!
  return (await reach(chain, () => chain.provider.send('eth_getTransactionByHash', [hash]))) !== null
}
