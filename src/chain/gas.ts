/**
 * What a model's contracts will cost on chain, from its statement alone: whole transactions, with their base and call
 * data, as `deploy` and `submit` report them.
 *
 * Fitted to what scripts/bench/gas.bench.ts measured on anvil, to within 2 % from 2 to 240 signals and up to 60 values.
 */
import type { Packing } from '../artifacts/statement.js'

export type GasEstimate = {
  /** Of the verifier and the record, two transactions. */
  readonly deploy: number
  /** Of one prediction that is verified and recorded. */
  readonly record: number
  readonly verifierBytes: number
  /** Whether a chain takes a contract of that size (EIP-170). */
  readonly fits: boolean
}

const MOST_BYTES = 24_576

const VERIFIER = { gas: 322_300, perSignal: 16_860, bytes: 1_240, bytesPerSignal: 78 }
const RECORD = { gas: 537_000, perOutput: 23_800 }
/** A new slot for each signal of the output; its values are unpacked and logged. */
const PREDICTION = { gas: 239_000, perSignal: 7_100, perOutputSignal: 22_400, perValue: 750 }

export function estimateGas(statement: {
  readonly outputs: readonly Packing[]
  readonly context: number
}): GasEstimate {
  const { outputs, context } = statement
  const signals = context + 1
  const [outputSignals, values] = [sum(outputs, 'signals'), sum(outputs, 'count')]
  const verifierBytes = VERIFIER.bytes + VERIFIER.bytesPerSignal * signals
  const verifier = VERIFIER.gas + VERIFIER.perSignal * signals
  return {
    deploy: verifier + RECORD.gas + RECORD.perOutput * Math.max(0, outputs.length - 1),
    record:
      PREDICTION.gas +
      PREDICTION.perSignal * signals +
      PREDICTION.perOutputSignal * outputSignals +
      PREDICTION.perValue * values,
    verifierBytes,
    fits: verifierBytes <= MOST_BYTES,
  }
}

function sum(parts: readonly Packing[], key: 'signals' | 'count'): number {
  return parts.reduce((total, part) => total + part[key], 0)
}
