/** The calls, errors and events of our contracts, and how a revert reads. */
import { BaseError } from '../base/errors.js'
import { BOARD, BOARD_HINTS, REGISTRY } from './abi-board.js'
import { LEDGER } from './abi-ledger.js'
import { PROOF } from './abi-proof.js'
import { Interface, isError } from './provider.js'
import type { Hex } from './types.js'

const TERMS = '(address beneficiary, uint256 nonce, uint256 deadline)'

const VERIFIER_ERRORS = [
  'error SignalCount(uint256 expected, uint256 given)',
  'error SignalOutOfField(uint256 index, uint256 signal)',
  'error ProofMalformed()',
  'error ProofInvalid()',
  'error DevKeyOutsideLocalChain(uint256 chainId)',
]

/** `IVerifier`, as `contracts/interfaces` has it. */
export const VERIFIER = new Interface([
  ...VERIFIER_ERRORS,
  `function verify(${PROOF} proof, uint256[] signals) view`,
  'function MODEL_ID() view returns (bytes32)',
  'function PROOF_SYSTEM() view returns (bytes4)',
  'function DEV_KEYS() view returns (bool)',
])

/** `IPredictionRecord`, with the errors that the verifier passes up through it. */
export const RECORD = new Interface([
  ...VERIFIER_ERRORS,
  'error DeadlinePassed(uint256 deadline, uint256 timestamp)',
  'error ContextMismatch(uint256 expected, uint256 given)',
  'error OtherWeights(uint256 expected, uint256 given)',
  'error AlreadyRecorded(bytes32 statement)',
  'error VerifierMissing(address verifier)',
  'error NotRecorded(bytes32 statement)',
  'error OutputNotStored(bytes32 statement)',
  'event PredictionRecorded(bytes32 indexed statement, address indexed beneficiary, uint256 nonce, uint256[] output)',
  `function record(${PROOF} proof, uint256[] signals, ${TERMS} terms) returns (bytes32 statement)`,
  `function announce(${PROOF} proof, uint256[] signals, ${TERMS} terms) returns (bytes32 statement)`,
  'function verifiedAt(bytes32 statement) view returns (uint64)',
  'function predictionOf(bytes32 statement) view returns (int256[] output, address beneficiary, uint64 recordedAt)',
  'function predictionOf(uint256[] signals) view returns (int256[] output, address beneficiary, uint64 recordedAt)',
  'function statementOf(uint256[] signals) view returns (bytes32)',
  `function contextOf(${TERMS} terms) view returns (uint256)`,
  'function VERIFIER() view returns (address)',
])

const KEY =
  '(uint256[2] alpha, uint256[2][2] beta, uint256[2][2] gamma, uint256[2][2] delta, uint256[2][2] commitment, uint256[2][] ic)'

/** `IGroth16Verifier`, with the errors of `IVerifier` that it reverts with. */
export const SHARED_VERIFIER = new Interface([
  ...VERIFIER_ERRORS,
  'error KeySize(uint256 points)',
  'error KeyPointMalformed(uint256 point)',
  'error GammaNotGenerator()',
  'error DeltaIsGamma()',
  'error CommitmentIsDelta()',
  'error KeyNotStored()',
  'error UnknownKey(bytes32 keyId)',
  'error BatchEmpty()',
  'event KeyRegistered(bytes32 indexed keyId, uint256 signals, bool devKeys)',
  `function register(${KEY} key, bool devKeys) returns (bytes32 keyId)`,
  `function verify(bytes32 keyId, ${PROOF} proof, uint256[] signals) view`,
  `function verifyBatch(bytes32 keyId, ${PROOF}[] proofs, uint256[] signals) view`,
  'function PROOF_SYSTEM() view returns (bytes4)',
  'function keyOf(bytes32 keyId) view returns (uint256 signals, bool devKeys, address data)',
])

/** What was thrown, as a `RevertError` if a contract reverted; anything else as it came. */
export function explainRevert(error: unknown): unknown {
  if (!isError(error, 'CALL_EXCEPTION')) return error
  return revertError((error.data ?? '0x') as Hex)
}

/** The error that revert data stands for. */
export function revertError(data: Hex): RevertError {
  // a call that ran out of gas reverts without data, and ethers parses no fewer than the four bytes of a selector
  const parsed = [RECORD, SHARED_VERIFIER, BOARD, REGISTRY, LEDGER]
    .map((abi) => (data.length < 10 ? null : abi.parseError(data)))
    .find((found) => found !== null)
  if (parsed === undefined) return new RevertError('no error of ours', { data })
  const args = parsed.fragment.inputs.map((input, index) => [input.name, String(parsed.args[index])])
  return new RevertError(parsed.name, Object.fromEntries(args))
}

const HINTS: Readonly<Record<string, string>> = {
  SignalCount: 'give the proof of the model that these contracts were made for',
  SignalOutOfField: 'give public signals as the prover wrote them, below the order of the scalar field',
  ProofMalformed: 'give the proof as the prover wrote it: a point of it is not on its curve',
  ProofInvalid: 'check that proof, public signals and contract belong to the same model and keys',
  DevKeyOutsideLocalChain: 'make keys in a ceremony: dev keys stay on local chains',
  DeadlinePassed: 'prove again with a later deadline',
  ContextMismatch: 'prove for this chain, record, beneficiary, nonce and deadline',
  OtherWeights: 'give a prediction of the model that this record is of: another has the same circuit and key',
  AlreadyRecorded: 'read the recorded prediction, or prove it again with another nonce',
  NotRecorded: 'submit the prediction first',
  OutputNotStored: 'give the signals instead: predictionOf(signals) answers for announced statements too',
  AlreadyConsumed: 'prove it again with another nonce: the contract acted on this statement before',
  KeySize: 'deploy a verifier of its own for a key with so many signals',
  KeyPointMalformed: 'give the verifying key as the setup wrote it, to the verifier for keys of its scheme',
  GammaNotGenerator: 'deploy a verifier of its own for this key',
  DeltaIsGamma: 'finish the setup: anyone can forge proofs for this key',
  CommitmentIsDelta: 'finish the setup: anyone can forge proofs for this key',
  KeyNotStored: 'give the transaction more gas',
  UnknownKey: 'register the verifying key first, with this verifier on this chain',
  BatchEmpty: 'give at least one proof',
  TermsCount: 'give the terms of each proof',
  VerifierMissing: 'deploy the verifier first, on this chain',
}

/** The chain's answer is no: a contract reverted. */
export class RevertError extends BaseError {
  override name = 'Chain.RevertError'
  constructor(
    /** The name of the contract's error. */
    readonly contractError: string,
    /** Its arguments by name, numbers in decimal. */
    readonly args: Readonly<Record<string, string>>,
  ) {
    const hint = HINTS[contractError] ?? BOARD_HINTS[contractError]
    super(`The contract refused: ${contractError}.`, {
      details: Object.entries(args).map(([name, value]) => `${name}: ${value}`),
      ...(hint === undefined ? {} : { hint }),
      fault: 'answer',
    })
  }
}
