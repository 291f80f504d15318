/** What a call of a contract costs and how it ends, apart from the transaction around it. */
import type { TransactionResponse } from 'ethers'
import { expect } from 'vitest'
import { RevertError, revertError } from '../../src/chain/abi.js'
import type { Chain, Signer, TransactionReceipt } from '../../src/chain/provider.js'
import { minedReceipt } from '../../src/chain/receipt.js'
import type { Hex, Proof } from '../../src/chain/types.js'

/** On the twist y^2 = x^3 + 3 / (9 + i), but of another order than r. */
export const OUT_OF_SUBGROUP: Proof['pi_b'] = [
  ['1', '0'],
  [
    '18278151005453108793778860132295291098363647455926340152056652516292830556603',
    '5912654199736721486680175016176231956195085055698687135131307249486702594212',
  ],
  ['1', '0'],
]

/** Call data costs 4 gas a zero byte and 16 any other (EIP-2028). */
export function callDataGas(data: string): number {
  return [...Buffer.from(data.slice(2), 'hex')].reduce((sum, byte) => sum + (byte === 0 ? 4 : 16), 0)
}

/** Gas of execution: without a transaction's base and its call data, in which the number of zeros is chance. */
export async function execution(signer: Signer, to: string, data: string, value = 0n): Promise<number> {
  const { gasUsed } = await mined(signer.sendTransaction({ to, data, value, gasLimit: 15_000_000 }))
  return Number(gasUsed) - 21_000 - callDataGas(data)
}

/** The receipt of a transaction that is sent and must pass. */
export async function mined(sending: Promise<TransactionResponse>): Promise<TransactionReceipt> {
  const receipt = await ended(sending)
  expect(receipt.status).toBe(1)
  return receipt
}

/** The receipt of a transaction that may fail. */
export async function ended(sending: Promise<TransactionResponse>): Promise<TransactionReceipt> {
  const { provider, hash } = await sending
  return minedReceipt(provider, hash)
}

/** How a call that must revert does. */
export async function revertOf(chain: Chain, to: string, data: string): Promise<RevertError> {
  const answer = await chain.provider.call({ to, data }).then(
    () => undefined,
    (thrown: { data?: Hex }) => revertError(thrown.data ?? '0x'),
  )
  expect(answer).toBeInstanceOf(RevertError)
  return answer!
}

/** The refusal of an action, with the contract's error and its arguments. */
export async function refusal(action: Promise<unknown>): Promise<RevertError> {
  const error = await action.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(RevertError)
  return error as RevertError
}
