/**
 * ONNX Runtime, as the project uses it.
 *
 * Two uses: to fold a graph before import (constants, shape computations, BatchNormalization into Conv), and to run the
 * float model that predictions are compared with. Its native code works in worker threads too. One thread a session
 * unless told otherwise: the pool above spends the machine's cores.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BaseError, messageOf } from '../base/errors.js'
import { formatShape, type Shape, sizeOf, type Tensor } from '../base/tensor.js'
import { type InferenceSession, type OrtTensor, runtime } from './runtime.js'
import { fromFloat16, toFloat16 } from './tensor-proto.js'

/** Values for one input, row-major; the element type is the model's own. */
export type Feed = { readonly dims: Shape; readonly data: ArrayLike<number> }

export type PortInfo = {
  readonly name: string
  /** ONNX Runtime's name of the element type, e.g. `float32`. */
  readonly type: string
  /** A string where the extent is still open. */
  readonly shape: readonly (number | string)[]
}

export type Inference = {
  readonly inputs: readonly PortInfo[]
  /** Those that are tensors of numbers. */
  readonly outputs: readonly PortInfo[]
  /** The outputs that are left out of `run`, with the reason: sequences of maps (ZipMap), strings. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[]
  /** Throws `RuntimeRunError` where ONNX Runtime refuses the inputs or fails. */
  run(feeds: Readonly<Record<string, Feed>>): Promise<Record<string, Tensor>>
  release(): Promise<void>
}

const QUIET = 4

/**
 * The model with everything computed that does not depend on its inputs ("basic" optimizations: standard operators only).
 * Throws `RuntimeLoadError` for a model that ONNX Runtime refuses.
 */
export async function fold(model: Uint8Array): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'zkonnx-fold-'))
  try {
    const path = join(folder, 'folded.onnx')
    const session = await createSession(model, {
      graphOptimizationLevel: 'basic',
      optimizedModelFilePath: path,
      intraOpNumThreads: 1,
    })
    await session.release()
    return await readFile(path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Loads a model to run it. Throws `RuntimeLoadError`. Call `release` when done. */
export async function createInference(
  model: Uint8Array,
  options: createInference.Options = {},
): Promise<Inference> {
  const session = await createSession(model, { intraOpNumThreads: options.threads ?? 1 }, options.file)
  const inputs = session.inputMetadata.flatMap((port) => (port.isTensor ? [portInfo(port)] : []))
  const outputs: PortInfo[] = []
  const skipped: { name: string; reason: string }[] = []
  for (const port of session.outputMetadata) {
    if (!port.isTensor) skipped.push({ name: port.name, reason: 'it is a sequence or a map, not a tensor' })
    else if (port.type === 'string') skipped.push({ name: port.name, reason: 'it holds strings' })
    else outputs.push(portInfo(port))
  }
  const names = outputs.map((port) => port.name)
  return {
    inputs,
    outputs,
    skipped,
    run: async (feeds) => toTensors(await runSession(session, toFeeds(inputs, feeds), names)),
    release: () => session.release(),
  }
}

export declare namespace createInference {
  /** `file` stands in errors: where the model was read from. */
  type Options = { threads?: number; file?: string }
}

async function createSession(
  model: Uint8Array,
  options: InferenceSession.SessionOptions,
  file?: string,
): Promise<InferenceSession> {
  const { InferenceSession } = runtime()
  try {
    return await InferenceSession.create(model, {
      executionMode: 'sequential',
      interOpNumThreads: 1,
      logSeverityLevel: QUIET,
      ...options,
    })
  } catch (cause) {
    throw new RuntimeLoadError(shorten(messageOf(cause)), cause, file)
  }
}

function portInfo({ name, type, shape }: InferenceSession.TensorValueMetadata): PortInfo {
  return { name, type, shape }
}

async function runSession(
  session: InferenceSession,
  feeds: InferenceSession.FeedsType,
  outputs: string[],
): Promise<InferenceSession.ReturnType> {
  try {
    return await session.run(feeds, outputs)
  } catch (cause) {
    throw new RuntimeRunError(shorten(messageOf(cause)), cause)
  }
}

function toFeeds(
  inputs: readonly PortInfo[],
  feeds: Readonly<Record<string, Feed>>,
): Record<string, OrtTensor> {
  return Object.fromEntries(
    inputs.map(({ name, type }) => {
      const feed = feeds[name]
      if (feed === undefined) throw new RuntimeRunError(`Input "${name}" was not given`)
      if (feed.data.length !== sizeOf(feed.dims)) {
        const found = `Input "${name}" has shape ${formatShape(feed.dims)} but ${feed.data.length} values`
        throw new RuntimeRunError(found)
      }
      return [name, toOrtTensor(type, feed, name)]
    }),
  )
}

function toOrtTensor(type: string, { dims, data }: Feed, name: string): OrtTensor {
  const OrtTensor = runtime().Tensor
  const big = (value: number) => BigInt(Math.trunc(value))
  switch (type) {
    case 'float32':
      return new OrtTensor(type, Float32Array.from(data), dims)
    case 'float64':
      return new OrtTensor(type, Float64Array.from(data), dims)
    case 'int64':
      return new OrtTensor(type, BigInt64Array.from(Array.from(data, big)), dims)
    case 'int32':
      return new OrtTensor(type, Int32Array.from(data), dims)
    case 'int16':
      return new OrtTensor(type, Int16Array.from(data), dims)
    case 'int8':
      return new OrtTensor(type, Int8Array.from(data), dims)
    case 'uint8':
      return new OrtTensor(type, Uint8Array.from(data), dims)
    case 'uint16':
      return new OrtTensor(type, Uint16Array.from(data), dims)
    case 'uint32':
      return new OrtTensor(type, Uint32Array.from(data), dims)
    case 'uint64':
      return new OrtTensor(type, BigUint64Array.from(Array.from(data, big)), dims)
    case 'float16':
      return new OrtTensor(type, toHalves(data), dims)
    case 'bool':
      return new OrtTensor(
        type,
        Uint8Array.from(data, (value) => (value === 0 ? 0 : 1)),
        dims,
      )
    default:
      throw new RuntimeRunError(`Input "${name}" holds ${type}, which zkonnx cannot feed`)
  }
}

/** As ONNX Runtime wants half precision: as numbers where JavaScript has an array of them (from Node 24), else as bits. */
function toHalves(data: ArrayLike<number>): Uint16Array {
  const { Float16Array } = globalThis as { Float16Array?: typeof Uint16Array }
  return Float16Array === undefined ? Uint16Array.from(data, toFloat16) : Float16Array.from(data)
}

function toTensors(results: InferenceSession.ReturnType): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(results).map(([name, value]) => {
      const { dims, data, type } = value as OrtTensor
      const read = type === 'float16' && data instanceof Uint16Array ? fromFloat16 : Number
      return [name, { shape: dims, data: Float64Array.from(data as unknown as ArrayLike<number>, read) }]
    }),
  )
}

/** The first line carries the cause; what follows are source lines of ONNX Runtime. */
function shorten(message: string): string {
  const line = message.split('\n', 1)[0]!
  return line.length > 400 ? `${line.slice(0, 400)}...` : line
}

export class RuntimeLoadError extends BaseError {
  override name = 'Onnx.RuntimeLoadError'
  constructor(reason: string, cause?: unknown, file = 'the model') {
    super(`ONNX Runtime refuses ${file}.`, {
      details: [reason],
      hint: 'check that the model runs in ONNX Runtime elsewhere; export it again, or with an older opset',
      cause,
    })
  }
}

export class RuntimeRunError extends BaseError {
  override name = 'Onnx.RuntimeRunError'
  constructor(reason: string, cause?: unknown) {
    super('ONNX Runtime could not run the model on this input.', {
      details: [reason],
      hint: "compare the input's names and shapes with the model's",
      cause,
    })
  }
}
