/** A transaction that calls a contract, with every way that it can fail typed. */
import { BaseError } from '../base/errors.js'
import { ask } from './contract.js'
import { type Chain, type Contract, pollingInterval, reach, type TransactionReceipt } from './provider.js'
import { minedReceipt } from './receipt.js'

export type Transacted<T> = {
  /** What the call would have returned when it was sent. */
  readonly answer: T
  readonly receipt: TransactionReceipt
}

/**
 * Calls a contract that is bound to a signer; returns when the transaction is mined.
 *
 * The chain is asked first without a transaction, so that a refusal costs nothing and says why. Throws `RevertError`,
 * `TransactionFailedError`, `NotMinedError`, and the errors of `reach`.
 */
export async function transact<T>(
  chain: Chain,
  contract: Contract,
  call: transact.Call,
): Promise<Transacted<T>> {
  const method = contract.getFunction(call.method)
  const args = [...call.args, { value: call.value ?? 0n }]
  const answer: T = await ask(chain, contract, () => method.staticCall(...args))
  const sent = await ask(chain, contract, () => method.send(...args))
  const intervalMs = pollingInterval(chain.id)
  const receipt = await reach(chain, () => minedReceipt(chain.provider, sent.hash, { intervalMs }))
  if (receipt.status === 0) {
    // another transaction came first; the chain as it is now says what stood in the way
    await ask(chain, contract, () => method.staticCall(...args))
    throw new TransactionFailedError(receipt.hash)
  }
  return { answer, receipt }
}

export declare namespace transact {
  type Call = {
    readonly method: string
    readonly args: readonly unknown[]
    /** Ether that goes along, in wei. */
    readonly value?: bigint
  }
}

export class TransactionFailedError extends BaseError {
  override name = 'Chain.TransactionFailedError'
  constructor(readonly transaction: string) {
    super(`Transaction ${transaction} was mined and failed, though the same call passes now.`, {
      hint: 'submit again; if it fails again, look at the transaction in an explorer',
    })
  }
}
