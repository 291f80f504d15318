/**
 * Waiting until a transaction is mined, by asking for its receipt.
 *
 * Trap: ethers' own `wait` follows new blocks and misses the one that is mined between its first question and its first
 * look at the block number; on a chain that mines a block a transaction there is no other, and it waits for ever.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { BaseError } from '../base/errors.js'
import type { Provider, TransactionReceipt } from './provider.js'

/** Returns also where the transaction failed (`status` 0). Throws `NotMinedError` after `timeoutMs`. */
export async function minedReceipt(
  provider: Pick<Provider, 'getTransactionReceipt'>,
  transaction: string,
  { intervalMs = 25, timeoutMs = 600_000 }: minedReceipt.Options = {},
): Promise<TransactionReceipt> {
  const end = performance.now() + timeoutMs
  for (;;) {
    const receipt = await provider.getTransactionReceipt(transaction)
    if (receipt !== null) return receipt
    if (performance.now() >= end) throw new NotMinedError(transaction, timeoutMs)
    await sleep(intervalMs)
  }
}

export declare namespace minedReceipt {
  /** How often to ask, and for how long, in milliseconds. */
  type Options = { readonly intervalMs?: number; readonly timeoutMs?: number }
}

export class NotMinedError extends BaseError {
  override name = 'Chain.NotMinedError'
  constructor(
    readonly transaction: string,
    timeoutMs: number,
  ) {
    super(`Transaction ${transaction} was not mined within ${Math.round(timeoutMs / 1000)} s.`, {
      details: ['it may still be mined: sending the same again could pay twice'],
      hint: 'look the transaction up in an explorer; where its fee is too low, replace it from your wallet',
    })
  }
}
