/** Hands a proven prediction in to the record. */
import { BaseError } from '../base/errors.js'
import { RECORD } from './abi.js'
import { contractAt } from './contract.js'
import type { Chain, Signer } from './provider.js'
import { proofWords } from './solidity/points.js'
import { transact } from './transact.js'
import type { Hex, Proof, Terms } from './types.js'

export type Submission = {
  /** The key of the recorded prediction. */
  readonly statement: Hex
  readonly transaction: string
  readonly block: number
  readonly gas: bigint
}

/**
 * Records a prediction; returns when it is mined.
 *
 * The chain is asked first without a transaction, so that a refusal costs nothing and says why. Throws `RevertError`
 * with the contract's error, `PointError` and `SignalsError` for malformed files, `NoContractError`, and the errors of
 * `reach`.
 */
export async function submit(
  chain: Chain,
  signer: Signer,
  recordAddress: string,
  prediction: submit.Prediction,
): Promise<Submission> {
  const args = [proofWords(prediction.proof), parseSignals(prediction.signals), prediction.terms]
  const record = await contractAt(chain, recordAddress, RECORD, signer)
  const { answer, receipt } = await transact<Hex>(chain, record, {
    method: prediction.store === false ? 'announce' : 'record',
    args,
  })
  return { statement: answer, transaction: receipt.hash, block: receipt.blockNumber, gas: receipt.gasUsed }
}

export declare namespace submit {
  type Prediction = {
    proof: Proof
    /** The public signals in decimal, as in iden3's `public.json`. */
    signals: readonly string[]
    terms: Terms
    /** Whether the record keeps the output; it stays in the event alone if not. Default: true. */
    store?: boolean
  }
}

/** Whether they are below the field's order is for the contract to say. Throws `SignalsError`. */
export function parseSignals(signals: readonly string[]): bigint[] {
  return signals.map((text, index) => {
    const value = /^(0|[1-9][0-9]{0,77})$/.test(text) ? BigInt(text) : -1n
    if (value < 0n || value >> 256n !== 0n) throw new SignalsError(index, text)
    return value
  })
}

export class SignalsError extends BaseError {
  override name = 'Chain.SignalsError'
  constructor(
    readonly index: number,
    readonly value: unknown,
  ) {
    super(`Public signal ${index} is not a decimal number of at most 256 bits.`, {
      details: [`value: ${JSON.stringify(value)}`],
      hint: "give the public signals as the prover wrote them, in iden3's public.json",
    })
  }
}
