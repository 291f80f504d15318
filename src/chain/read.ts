/** Reads what a record holds, and asks a verifier without a transaction. */
import { InternalError } from '../base/errors.js'
import { RECORD, VERIFIER } from './abi.js'
import { ask, contractAt } from './contract.js'
import type { Chain } from './provider.js'
import { proofWords } from './solidity/points.js'
import { parseSignals } from './submit.js'
import type { Hex, Proof } from './types.js'

export type RecordedPrediction = {
  /** The model's outputs as integers, one output after the other, row-major; `real = integer * scale`. */
  readonly output: readonly number[]
  readonly beneficiary: string
  /** Unix time of the block, in seconds. */
  readonly recordedAt: number
}

/** Throws `RevertError` NotRecorded, `NoContractError`, and the errors of `reach`. */
export async function predictionOf(
  chain: Chain,
  recordAddress: string,
  statement: Hex,
): Promise<RecordedPrediction> {
  const record = await contractAt(chain, recordAddress, RECORD)
  const answer = await ask(chain, record, () =>
    record.getFunction('predictionOf(bytes32)').staticCall(statement),
  )
  return predictionFrom(answer)
}

/** The same from a statement's signals, for predictions that were announced as well. */
export async function announcedPrediction(
  chain: Chain,
  recordAddress: string,
  signals: readonly string[],
): Promise<RecordedPrediction> {
  const record = await contractAt(chain, recordAddress, RECORD)
  const args = [parseSignals(signals)]
  return predictionFrom(
    await ask(chain, record, () => record.getFunction('predictionOf(uint256[])').staticCall(...args)),
  )
}

/** Returns if the verifier accepts the proof; throws `RevertError` if not, `NoContractError`, the errors of `reach`. */
export async function verifyOnChain(
  chain: Chain,
  verifierAddress: string,
  proof: Proof,
  signals: readonly string[],
): Promise<void> {
  const args = [proofWords(proof), parseSignals(signals)]
  const verifier = await contractAt(chain, verifierAddress, VERIFIER)
  await ask(chain, verifier, () => verifier.getFunction('verify').staticCall(...args))
}

/** What a record or a ledger answers. */
export function predictionFrom(answer: unknown): RecordedPrediction {
  const [output, beneficiary, recordedAt] = answer as [bigint[], string, bigint]
  return { output: [...output].map(exactNumber), beneficiary, recordedAt: Number(recordedAt) }
}

function exactNumber(value: bigint): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw new InternalError(`The recorded integer ${value} exceeds 2^53.`)
  return number
}
