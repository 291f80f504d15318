/**
 * What a model's contracts cost on chain, from its statement alone: whole transactions, with their base and call data,
 * as `deploy` and `submit` report them. And what they would cost if the statement showed more or less.
 */
import { INPUT_VISIBILITIES, type InputVisibility, isRow } from '../artifacts/disclosure.js'
import type { Scheme } from '../artifacts/scheme.js'
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
 * 240 signals). `test/e2e/chain.gas.test.ts` and `test/e2e/chain.lookups.gas.test.ts` hold them to it.
 */
const FIGURES = {
  groth16: {
    verifier: { gas: 307_500, perSignal: 16_840, bytes: 1_174, bytesPerSignal: 78 },
    register: { gas: 150_750, perSignal: 14_576 },
    verify: { gas: 207_150, perSignal: 7_130 },
    // Signals of the output are logged.
    record: { gas: 237_400, perSignal: 7_160 },
    // Three pairings and a multiplication a signal are shared; a proof brings a pairing and two multiplications.
    batch: { gas: 177_000, perSignal: 6_100, perProof: 52_300, perProofSignal: 930 },
  },
  // Apart from it by what is pinned (test/pinned/gas*.json): a pairing more, a point of the key more and its multiplication, the challenge to hash, two words of call data.
  'groth16-lookup': {
    verifier: { gas: 385_150, perSignal: 16_840, bytes: 1_532, bytesPerSignal: 78 },
    register: { gas: 194_820, perSignal: 14_576 },
    verify: { gas: 248_588, perSignal: 7_130 },
    record: { gas: 278_838, perSignal: 7_160 },
    // Four pairings are shared; a proof brings three multiplications.
    batch: { gas: 209_000, perSignal: 6_600, perProof: 60_900, perProofSignal: 940 },
  },
} as const satisfies Readonly<Record<Scheme, unknown>>

const RECORD = {
  contract: { gas: 633_600, perOutput: 23_800 },
  perOutputSignal: 30,
  // A new slot for each signal of the output.
  storePerOutputSignal: 22_500,
} as const

/** A statement as far as its cost goes. */
export type GasFacts = { readonly outputs: readonly Packing[]; readonly context: number }

export function estimateGas(statement: GasFacts, scheme: Scheme = 'groth16'): GasEstimate {
  const { verifier, register, verify } = FIGURES[scheme]
  const signals = signalCount(statement)
  const verifierBytes = verifier.bytes + verifier.bytesPerSignal * signals
  const outputs = Math.max(0, statement.outputs.length - 1)
  const record = recordGas(statement, scheme)
  const slots = storesFree(statement.outputs) ? 0 : sum(statement.outputs, 'signals')
  return {
    deploy:
      verifier.gas + verifier.perSignal * signals + RECORD.contract.gas + RECORD.contract.perOutput * outputs,
    record,
    store: record + RECORD.storePerOutputSignal * slots,
    verify: verify.gas + verify.perSignal * signals,
    register: register.gas + register.perSignal * signals,
    batchOf10: batchGas(signals, 10, scheme) / 10,
    batchOf100: batchGas(signals, 100, scheme) / 100,
    verifierBytes,
    fits: verifierBytes <= MOST_BYTES,
  }
}

/** Of one transaction in which the verifier of many keys checks so many proofs. */
export function batchGas(signals: number, proofs: number, scheme: Scheme = 'groth16'): number {
  const { gas, perSignal, perProof, perProofSignal } = FIGURES[scheme].batch
  return gas + perSignal * signals + proofs * (perProof + perProofSignal * signals)
}

function recordGas({ outputs, context }: GasFacts, scheme: Scheme): number {
  const { gas, perSignal } = FIGURES[scheme].record
  return gas + perSignal * (context + 1) + RECORD.perOutputSignal * sum(outputs, 'signals')
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
 * them, as the class.
 */
export function gasPlan(
  inputs: readonly PlannedPort[],
  outputs: readonly PlannedPort[],
  { model, scheme }: gasPlan.Options = {},
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
        gas: estimateGas(statement, scheme),
      }
    }),
  )
}

export declare namespace gasPlan {
  type Options = {
    /** What commits to weights that are secret. */
    readonly model?: NonNullable<Statement['model']>['commitment'] | undefined
    readonly scheme?: Scheme
  }
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
