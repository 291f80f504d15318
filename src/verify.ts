/**
 * `zkonnx/verify`: verification alone, for browsers and Node. Imports no built-in module of Node.
 *
 * @example
 * import { verifyPrediction } from 'zkonnx/verify'
 *
 * const [manifest, verificationKey, publicSignals, proof] = await Promise.all(
 *   ['manifest.json', 'verification_key.json', 'public.json', 'proof.json'].map(async (file) => (await fetch(file)).json()),
 * )
 * const { valid, reason, says, devKeys } = await verifyPrediction({ manifest, verificationKey, publicSignals, proof })
 */
export { SignalError } from './artifacts/statement.js'
export { BaseError } from './base/errors.js'
export { FieldError } from './prover/proof.js'
export {
  type Decoded,
  type DecodedStatement,
  decode,
  type Ports,
  type PredictedClass,
  SignalCountError,
} from './verify/decode.js'
export {
  type Model,
  modelId,
  NotManifestError,
  OtherKeyError,
  type Prediction,
  ProtocolError,
  type Verdict,
  verifyPrediction,
  verifyProof,
} from './verify/verify.js'
