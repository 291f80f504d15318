/** The calls, errors and events of the registry of models and of the board of requests. */
import { PROOF } from './abi-proof.js'
import { Interface } from './provider.js'

const COMMITMENT =
  '(bytes32 modelHash, bytes32 circuitHash, bytes32 vkHash, bytes4 proofSystemId, string uri)'
const PART =
  '(uint8 role, uint8 shows, uint8 width, uint8 perSignal, uint32 count, int64 lo, uint64 scale)[] schema'
const MODEL = `(bytes32 onnx, bytes32 manifest, bytes32 circuit, bytes32 verifyingKey, bytes32 fidelity, bytes32 statementModel, address verifier, bytes32 keyId, uint8 setup, uint256 weights, uint256 predecessor, ${PART}, string uri)`
const FACTS =
  '(address publisher, uint64 registeredAt, bytes32 statementModel, address verifier, bytes32 keyId, bytes32 verifierCode, uint8 setup, uint256 outputSignals, uint256 inputSignals, uint256 signals, uint256 weights, uint256 predecessor, bytes4 proofSystem)'
const ASK =
  '(uint256 modelId, uint256[] input, bytes data, address token, uint256 bounty, uint64 deadline, address callback, uint32 callbackGas)'
const REQUEST =
  '(uint8 state, uint64 deadline, address asker, address callback, uint32 callbackGas, address token, uint256 bounty, uint256 modelId, bytes32 inputHash, address beneficiary)'

const REGISTRY_ERRORS = [
  'error SignalCount(uint256 expected, uint256 given)',
  'error SchemaInvalid(uint256 part)',
  'error SignalNotCanonical(uint256 index, uint256 signal)',
  'error WriteFailed(uint256 bytesLength)',
  'error ModelNotFound(uint256 modelId)',
  'error NotModelOwner(uint256 modelId, address caller)',
  'error InvalidProof()',
  'error ModelMismatch()',
  'error InputCommitmentMismatch()',
  'error OutputMismatch()',
  'error UnsupportedProofSystem(bytes4 proofSystemId)',
  'error VerificationRefused_ModelDeprecated(uint256 modelId)',
  'error AlreadyRegistered(uint256 modelId)',
  'error EntryImmutable(uint256 modelId)',
  'error AlreadyDeprecated(uint256 modelId)',
  'error OtherPublisher(uint256 predecessor, address publisher, address caller)',
  'error VerifierMissing(address verifier)',
  'error VerifierChanged(address verifier, bytes32 expected, bytes32 given)',
  'error NoVerifier(uint256 modelId)',
  'error SetupMismatch(uint8 given, bool devKeys)',
  'error BatchEmpty()',
  'error WeightsMismatch(uint256 weights, uint256 weightSignals)',
  'error OtherWeights(uint256 expected, uint256 given)',
]

/** `ModelRegistry`. */
export const REGISTRY = new Interface([
  ...REGISTRY_ERRORS,
  `event ModelRegistered(uint256 indexed modelId, address indexed owner, ${COMMITMENT} commitment)`,
  `event ModelUpdated(uint256 indexed modelId, ${COMMITMENT} oldCommitment, ${COMMITMENT} newCommitment)`,
  'event ModelDeprecated(uint256 indexed modelId)',
  'event VersionRegistered(uint256 indexed modelId, uint256 indexed predecessor)',
  'event InferenceVerified(uint256 indexed modelId, bytes32 indexed inputCommitment, bytes output, address indexed caller)',
  `function register(${MODEL} model) returns (uint256 modelId)`,
  `function registerModel(${COMMITMENT} commitment) returns (uint256 modelId)`,
  `function updateModel(uint256 modelId, ${COMMITMENT}) view`,
  'function deprecateModel(uint256 modelId)',
  'function verifyInference(uint256 modelId, bytes32 inputCommitment, bytes output, bytes proof)',
  `function verify(uint256 modelId, ${PROOF} proof, uint256[] signals) view`,
  `function verifyBatch(uint256 modelId, ${PROOF}[] proofs, uint256[] signals) view`,
  'function decodeOutput(uint256 modelId, uint256[] signals) view returns (int256[])',
  'function inputCommitmentOf(uint256 modelId, uint256[] signals) view returns (bytes32)',
  `function modelIdOf(address publisher, ${MODEL} model) view returns (uint256)`,
  `function modelOf(uint256 modelId) view returns (${MODEL} model)`,
  `function factsOf(uint256 modelId) view returns (${FACTS})`,
  'function isDeprecated(uint256 modelId) view returns (bool)',
  `function getModel(uint256 modelId) view returns (${COMMITMENT} commitment, bool deprecated, address owner)`,
  'function proofSystemOf(uint256 modelId) view returns (bytes4)',
  'function registry() view returns (address)',
  'function supportsInterface(bytes4 interfaceId) pure returns (bool)',
])

const BOARD_ERRORS = [
  'error SignalCount(uint256 expected, uint256 given)',
  'error NoVerifier(uint256 modelId)',
  'error BountyZero()',
  'error WrongValue(uint256 expected, uint256 given)',
  'error DeadlinePassed(uint256 deadline, uint256 timestamp)',
  'error TooEarly(uint256 deadline, uint256 timestamp)',
  'error CallbackGasTooHigh(uint256 most, uint256 given)',
  'error ModelIsDeprecated(uint256 modelId)',
  'error InputNotInStatement(uint256 modelId)',
  'error InputCount(uint256 expected, uint256 given)',
  'error InputMismatch(bytes32 expected, bytes32 given)',
  'error ContextMismatch(uint256 expected, uint256 given)',
  'error NoBeneficiary()',
  'error NotOpen(bytes32 requestId, uint8 state)',
  'error NotAnswered(bytes32 requestId, uint8 state)',
  'error NotEnoughGas(uint256 needed, uint256 left)',
  'error TokenMissing(address token)',
  'error TransferFailed(address token)',
  'error TokenLied(address token, uint256 expected, uint256 moved)',
  'error EtherRefused(address to)',
  'error NothingToWithdraw(address token, address account)',
  'error Reentrant()',
]

/** `PredictionBoard`. */
export const BOARD = new Interface([
  ...BOARD_ERRORS,
  'constructor(address registry)',
  'event Requested(bytes32 indexed requestId, uint256 indexed modelId, address indexed asker, uint256[] input, bytes data, address token, uint256 bounty, uint64 deadline, address callback, uint32 callbackGas)',
  'event Fulfilled(bytes32 indexed requestId, address indexed beneficiary, uint256[] output, bool delivered)',
  'event Reclaimed(bytes32 indexed requestId, address indexed asker)',
  'event Withdrawn(address indexed account, address indexed token, address to, uint256 amount)',
  `function request(${ASK} ask) payable returns (bytes32 requestId)`,
  `function fulfil(bytes32 requestId, ${PROOF} proof, uint256[] signals, address beneficiary)`,
  'function reclaim(bytes32 requestId)',
  'function withdraw(address token, address to) returns (uint256 amount)',
  'function contextOf(bytes32 requestId, address beneficiary) view returns (uint256)',
  `function requestOf(bytes32 requestId) view returns (${REQUEST})`,
  'function answerOf(bytes32 requestId) view returns (int256[] output)',
  'function creditOf(address token, address account) view returns (uint256)',
  'function REGISTRY() view returns (address)',
])

/** What can be done about the errors. */
export const BOARD_HINTS: Readonly<Record<string, string>> = {
  SchemaInvalid: 'give the statement of the manifest that `zkonnx compile` wrote',
  SignalNotCanonical: 'give public signals as the prover wrote them',
  WriteFailed: 'give the transaction more gas, or a shorter URI',
  ModelNotFound: 'register the model first, with this registry on this chain',
  NotModelOwner: 'sign with the account that registered the model',
  ModelMismatch: 'register a verifier together with the model that it was generated for',
  VerificationRefused_ModelDeprecated: 'use a newer version of the model: its publisher deprecated this one',
  AlreadyRegistered: 'use the entry that is there',
  EntryImmutable: 'register the new version, and name this entry as its predecessor',
  SetupMismatch: 'say how the keys were made: dev keys are dev keys, whatever an entry calls them',
  OtherPublisher: 'sign with the account that registered the predecessor, or name none',
  NoVerifier: 'register the model with its verifier: this entry states hashes alone',
  BountyZero: 'put up a bounty: nobody proves for nothing',
  WrongValue: 'send exactly the bounty with the call if it is in ether, and nothing if it is in a token',
  TooEarly: 'wait until the deadline has passed',
  ModelIsDeprecated: 'ask for a newer version of the model',
  InputNotInStatement: 'compile the model with public or hashed inputs',
  InputMismatch: 'prove for the input that was asked for',
  NotOpen: 'choose another request: this one was fulfilled or reclaimed, or never made',
  NotAnswered: 'wait until the request is fulfilled',
  NotEnoughGas: 'give the transaction more gas: the callback was promised its share',
  TransferFailed: 'check balance and allowance: the token refused the transfer',
  TokenLied: 'use a token that moves what it says it moves',
  EtherRefused: 'withdraw to an address that takes ether',
}
