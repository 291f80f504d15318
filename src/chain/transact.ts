/** A transaction that calls a contract, with every way that it can fail typed. */
import { BaseError, InternalError } from '../base/errors.js'
import { ask } from './contract.js'
import { type Chain, type Contract, isError, type TransactionReceipt } from './provider.js'

export type Transacted<T> = {
  /** What the call would have returned when it was sent. */
  readonly answer: T
  readonly receipt: TransactionReceipt
}

/**
 * Calls a contract that is bound to a signer; returns when the transaction is mined.
 *
 * The chain is asked first without a transaction, so that a refusal costs nothing and says why. Throws `RevertError`,
 * `TransactionFailedError`, and the errors of `reach`.
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
  const receipt = await ask(chain, contract, () => sent.wait().catch(receiptOfFailure))
  if (receipt === null) throw new InternalError('A transaction was mined without a receipt.')
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

function receiptOfFailure(error: unknown): TransactionReceipt {
  if (isError(error, 'CALL_EXCEPTION') && error.receipt) return error.receipt as TransactionReceipt
  throw error
}

export class TransactionFailedError extends BaseError {
  override name = 'Chain.TransactionFailedError'
  constructor(readonly transaction: string) {
    super(`Transaction ${transaction} was mined and failed, though the same call passes now.`, {
      hint: 'submit again; if it fails again, look at the transaction in an explorer',
    })
  }
}
