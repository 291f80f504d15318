/** Predictions of registered models, handed in to the ledger: one, or many in one transaction. */
import { BaseError } from '../base/errors.js'
import { RevertError } from './abi.js'
import { LEDGER } from './abi-ledger.js'
import { ask, contractAt } from './contract.js'
import type { Chain, Signer } from './provider.js'
import { predictionFrom, type RecordedPrediction } from './read.js'
import { proofWords } from './solidity/points.js'
import { parseSignals, type Submission } from './submit.js'
import { transact } from './transact.js'
import type { Hex, Proof, Terms } from './types.js'

/** A ledger on a chain, and the model there: its id in the ledger's registry. */
export type LedgerAt = { readonly chain: Chain; readonly address: string; readonly modelId: bigint }

export type LedgerPrediction = {
  readonly proof: Proof
  /** The public signals in decimal. */
  readonly signals: readonly string[]
  readonly terms: Terms
}

/** Records one prediction; returns when it is mined. Throws as `submit` does. */
export async function recordOne(
  { chain, address, modelId }: LedgerAt,
  signer: Signer,
  { proof, signals, terms }: LedgerPrediction,
): Promise<Submission> {
  const ledger = await contractAt(chain, address, LEDGER, signer)
  const args = [modelId, proofWords(proof), parseSignals(signals), terms]
  const { answer, receipt } = await transact<Hex>(chain, ledger, { method: 'record', args })
  return { statement: answer, transaction: receipt.hash, block: receipt.blockNumber, gas: receipt.gasUsed }
}

export type BatchSubmission = Omit<Submission, 'statement'> & { readonly statements: readonly Hex[] }

/**
 * Records many predictions of one model in one transaction: all of them, or none.
 *
 * The contract does not tell which one is at fault. So where it refuses, each is asked about by itself. Throws
 * `BatchRefusedError` with the place of the first that is refused, `BatchSizeError` for none or too many, and otherwise
 * as `submit` does.
 */
export async function recordBatch(
  at: LedgerAt,
  signer: Signer,
  batch: readonly LedgerPrediction[],
): Promise<BatchSubmission> {
  if (batch.length === 0 || batch.length > MOST_PROOFS) throw new BatchSizeError(batch.length)
  const ledger = await contractAt(at.chain, at.address, LEDGER, signer)
  const { modelId } = at
  try {
    const call = { method: 'recordBatch', args: [modelId, ...batchArguments(batch)] }
    const { answer, receipt } = await transact<Iterable<Hex>>(at.chain, ledger, call)
    const { hash: transaction, blockNumber: block, gasUsed: gas } = receipt
    return { statements: [...answer], transaction, block, gas }
  } catch (error) {
    throw error instanceof RevertError ? await located(at, batch, error) : error
  }
}

/**
 * A transaction may take 2^24 gas (EIP-7825), of which a proof in a batch takes about 90,000, with lookups
 * 100,000, and 1,000 more a signal.
 */
export const MOST_PROOFS = 128

/** Of a recorded prediction; throws `RevertError` NotRecorded, `NoContractError`, and the errors of `reach`. */
export async function ledgerPrediction(
  { chain, address, modelId }: LedgerAt,
  signals: readonly string[],
): Promise<RecordedPrediction> {
  const ledger = await contractAt(chain, address, LEDGER)
  const args = [modelId, parseSignals(signals)]
  return predictionFrom(
    await ask(chain, ledger, () => ledger.getFunction('predictionOf').staticCall(...args)),
  )
}

function batchArguments(batch: readonly LedgerPrediction[]) {
  return [
    batch.map(({ proof }) => proofWords(proof)),
    batch.flatMap(({ signals }) => parseSignals(signals)),
    batch.map(({ terms }) => terms),
  ]
}

/** Why a batch was refused: the first of its predictions that is refused alone, or that stands in it twice. */
async function located(
  { chain, address, modelId }: LedgerAt,
  batch: readonly LedgerPrediction[],
  refused: RevertError,
): Promise<BaseError> {
  const ledger = await contractAt(chain, address, LEDGER)
  const seen = new Map<string, number>()
  for (const [place, { proof, signals, terms }] of batch.entries()) {
    const before = seen.get(String(signals))
    if (before !== undefined) return new BatchRefusedError(place, batch.length, refused, before)
    seen.set(String(signals), place)
    const args = [modelId, proofWords(proof), parseSignals(signals), terms]
    const error = await ask(chain, ledger, () => ledger.getFunction('record').staticCall(...args)).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (error instanceof RevertError) return new BatchRefusedError(place, batch.length, error)
    if (error !== undefined) throw error
  }
  return refused
}

export class BatchRefusedError extends BaseError {
  override name = 'Chain.BatchRefusedError'
  constructor(
    /** Of the prediction at fault, from 0. */
    readonly place: number,
    readonly count: number,
    readonly refusal: RevertError,
    /** Of the same statement before it. */
    readonly before?: number,
  ) {
    super(
      `The contract refused prediction ${place + 1} of ${count}, so it took none: ${refusal.contractError}.`,
      {
        details: [
          ...(before === undefined ? [] : [`it is the same statement as prediction ${before + 1}`]),
          ...Object.entries(refusal.args).map(([name, value]) => `${name}: ${value}`),
        ],
        hint:
          before === undefined
            ? `leave it out, or mend it: ${refusal.hint ?? 'the contract says no more'}`
            : 'give each prediction once',
        fault: 'answer',
      },
    )
  }
}

export class BatchSizeError extends BaseError {
  override name = 'Chain.BatchSizeError'
  constructor(readonly count: number) {
    super(`A batch has from 1 to ${MOST_PROOFS} predictions, not ${count}.`, {
      hint: 'submit them in several batches: more do not fit a transaction',
    })
  }
}
