/** The calls, errors and events of the ledger of predictions. */
import { PROOF } from './abi-proof.js'
import { Interface } from './provider.js'

const TERMS = '(address beneficiary, uint256 nonce, uint256 deadline)'

/** `PredictionLedger`. What registry and verifier refuse passes up through it with their own errors. */
export const LEDGER = new Interface([
  'error DeadlinePassed(uint256 deadline, uint256 timestamp)',
  'error ContextMismatch(uint256 expected, uint256 given)',
  'error TermsCount(uint256 expected, uint256 given)',
  'error AlreadyRecorded(bytes32 statement)',
  'error NotRecorded(bytes32 statement)',
  'error NoVerifier(uint256 modelId)',
  'error SignalCount(uint256 expected, uint256 given)',
  'constructor(address registry)',
  'event PredictionRecorded(bytes32 indexed statement, uint256 indexed modelId, address indexed beneficiary, uint256 nonce, uint256[] output)',
  `function record(uint256 modelId, ${PROOF} proof, uint256[] signals, ${TERMS} terms) returns (bytes32 statement)`,
  `function recordBatch(uint256 modelId, ${PROOF}[] proofs, uint256[] signals, ${TERMS}[] terms) returns (bytes32[] statements)`,
  'function predictionOf(uint256 modelId, uint256[] signals) view returns (int256[] output, address beneficiary, uint64 recordedAt)',
  'function verifiedAt(bytes32 statement) view returns (uint64)',
  `function contextOf(uint256 modelId, ${TERMS} terms) view returns (uint256)`,
  'function statementOf(uint256 modelId, uint256[] signals) pure returns (bytes32)',
  'function REGISTRY() view returns (address)',
])
