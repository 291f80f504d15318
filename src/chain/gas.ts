/**
 * What a model's contracts cost on chain, from its statement alone: whole transactions, with their base and call data,
 * as `deploy` and `submit` report them. And what they would cost if the statement showed more or less.
 */
import { INPUT_VISIBILITIES, type InputVisibility, isRow } from '../artifacts/disclosure.js'
import { type Extent, type Packing, plan, type Statement, signalCount } from '../artifacts/statement.js'
import type { Shape } from '../base/tensor.js'
import { outputBits } from './solidity/model-library.js'

export type GasEstimate = {
  /** Of the verifier and the record, two transactions. */
  readonly deploy: number
  /** Of one prediction that is verified and recorded, as `submit` does it: its output is stored where it takes no slot. */
  readonly record: number
  /** The same with its output stored in any case. */
  readonly store: number
  /** Of one proof that the model's own verifier checks, with nothing recorded. */
  readonly verify: number
  /** Of registering the key with the verifier of many keys, instead of deploying one of the model's own. */
  readonly register: number
  /** Of ten, or a hundred, proofs that the verifier of many keys checks at once: of each. */
  readonly batchOf10: number
  readonly batchOf100: number
  readonly verifierBytes: number
  /** Whether a chain takes a contract of that size (EIP-170). */
  readonly fits: boolean
}

const MOST_BYTES = 24_576
/** Of an output for which the record has room beside the beneficiary. */
const ENTRY_BITS = 55

/** Whether the record stores such an output at no cost. */
export function storesFree(outputs: readonly Packing[]): boolean {
  return outputBits(outputs) <= ENTRY_BITS
}

/**
 * Fitted to what anvil measured, to within 3 % from 2 to 12 signals and up to 60 values (sizes and deployments up to
 * 240 signals). `test/e2e/chain.gas.test.ts` holds them to it.
 */
const FIGURES = {
  verifier: { gas: 293_600, perSignal: 16_840, bytes: 1_108, bytesPerSignal: 78 },
  recordContract: { gas: 633_600, perOutput: 23_800 },
  register: { gas: 150_150, perSignal: 14_576 },
  verify: { gas: 206_900, perSignal: 7_130 },
  // Signals of the output are logged.
  record: { gas: 236_900, perSignal: 7_160, perOutputSignal: 30 },
  // A new slot for each signal of the output.
  store: { perOutputSignal: 22_500 },
  // Three pairings and a multiplication a signal are shared; a proof brings a pairing and two multiplications.
  batch: { gas: 175_000, perSignal: 6_775, perProof: 51_610, perProofSignal: 1_000 },
} as const

/** A statement as far as its cost goes. */
export type GasFacts = { readonly outputs: readonly Packing[]; readonly context: number }

export function estimateGas(statement: GasFacts): GasEstimate {
  const { verifier, recordContract, register, verify } = FIGURES
  const signals = signalCount(statement)
  const verifierBytes = verifier.bytes + verifier.bytesPerSignal * signals
  const outputs = Math.max(0, statement.outputs.length - 1)
  return {
    deploy:
      verifier.gas + verifier.perSignal * signals + recordContract.gas + recordContract.perOutput * outputs,
    record: recordGas(statement),
    store:
      recordGas(statement) +
      (storesFree(statement.outputs) ? 0 : FIGURES.store.perOutputSignal * sum(statement.outputs, 'signals')),
    verify: verify.gas + verify.perSignal * signals,
    register: register.gas + register.perSignal * signals,
    batchOf10: batchGas(signals, 10) / 10,
    batchOf100: batchGas(signals, 100) / 100,
    verifierBytes,
    fits: verifierBytes <= MOST_BYTES,
  }
}

/** Of one transaction in which the verifier of many keys checks so many proofs. */
export function batchGas(signals: number, proofs: number): number {
  const { gas, perSignal, perProof, perProofSignal } = FIGURES.batch
  return gas + perSignal * signals + proofs * (perProof + perProofSignal * signals)
}

function recordGas({ outputs, context }: GasFacts): number {
  const { gas, perSignal, perOutputSignal } = FIGURES.record
  return gas + perSignal * (context + 1) + perOutputSignal * sum(outputs, 'signals')
}

/** A port as the planner sees it. */
export type PlannedPort = Extent & { readonly shape: Shape }

export type GasChoice = {
  readonly inputs: InputVisibility
  /** Whether outputs that are one row of scores show the predicted class only. */
  readonly outputs: 'public' | 'class'
  readonly signals: number
  readonly gas: GasEstimate
}

/**
 * The cost of every choice: inputs public, hashed or private, and outputs as they are or, where a class can be read off
 * them, as the class. `model` is what commits to weights that are secret.
 */
export function gasPlan(
  inputs: readonly PlannedPort[],
  outputs: readonly PlannedPort[],
  model?: NonNullable<Statement['model']>['commitment'],
): readonly GasChoice[] {
  const shown = outputs.some(({ shape }) => isRow(shape))
    ? (['public', 'class'] as const)
    : (['public'] as const)
  return INPUT_VISIBILITIES.flatMap((visibility) =>
    shown.map((show): GasChoice => {
      const statement = plan(
        outputs,
        inputs,
        {
          inputs: inputs.map(() => ({ visibility, salted: false })),
          outputs: outputs.map(({ shape }) => ({
            visibility: isRow(shape) ? show : 'public',
            salted: false,
          })),
        },
        model,
      )
      return {
        inputs: visibility,
        outputs: show,
        signals: signalCount(statement),
        gas: estimateGas(statement),
      }
    }),
  )
}

/** What a recorded prediction should cost at most, in gas: beyond it, `deploy --dry-run` says how to get there. */
export const RECORD_BUDGET = 260_000

/** The choice that gets a recorded prediction below the budget and hides least of the outputs, then of the inputs. */
export function withinBudget(choices: readonly GasChoice[]): GasChoice | undefined {
  const hides = ({ inputs, outputs }: GasChoice) =>
    (outputs === 'class' ? INPUT_VISIBILITIES.length : 0) + INPUT_VISIBILITIES.indexOf(inputs)
  return choices
    .filter(({ gas }) => gas.record <= RECORD_BUDGET)
    .reduce<GasChoice | undefined>(
      (best, one) => (best === undefined || hides(one) < hides(best) ? one : best),
      undefined,
    )
}

function sum(parts: readonly Packing[], key: 'signals' | 'count'): number {
  return parts.reduce((total, part) => total + part[key], 0)
}
