/**
 * Finds ONNX Runtime: the only door to onnxruntime-node.
 *
 * The package is an optional dependency, since its install script downloads GPU libraries on Linux and takes the whole
 * installation down with it where it cannot. So it may be missing, and what does not need it (verifying, ceremonies,
 * chains) must work without.
 */
import { createRequire } from 'node:module'
import { BaseError, messageOf } from '../base/errors.js'
import { silenceTelemetry } from './telemetry.js'

export type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'

type Runtime = typeof import('onnxruntime-node')

// before the native code is loaded: it reads the environment
silenceTelemetry()
const found = find()

/** Throws `RuntimeMissingError` where the package, or its native code for this machine, is not there. */
export function runtime(): Runtime {
  if ('missing' in found) throw new RuntimeMissingError(found.missing)
  return found
}

/** Of ONNX Runtime, which folds the graph. */
export const RUNTIME_VERSION: string =
  'missing' in found ? 'none' : (found.env.versions.node ?? found.env.versions.common)

function find(): Runtime | { readonly missing: unknown } {
  const require = createRequire(import.meta.url)
  try {
    const module: Runtime = require('onnxruntime-node')
    // problems come back as errors: what ONNX Runtime prints besides would only disturb the terminal
    module.env.logLevel = 'fatal'
    return module
  } catch (missing) {
    return { missing }
  }
}

export class RuntimeMissingError extends BaseError {
  override name = 'Onnx.RuntimeMissingError'
  constructor(cause: unknown) {
    super('ONNX Runtime is not installed, or not for this machine.', {
      details: [messageOf(cause).split('\n', 1)[0]!],
      hint: 'run "npm install --ignore-scripts onnxruntime-node" beside zkonnx: the package holds the libraries for the processor, and without its script none for GPUs are downloaded',
      cause,
    })
  }
}
