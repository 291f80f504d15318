/**
 * ONNX files (docs/IR.md of github.com/onnx/onnx) to and from their bytes.
 *
 * Traps: protobuf has no magic number, so that many a file that is not ONNX decodes to an empty model; and the parser of
 * ONNX Runtime trusts what it reads. Everything that is cheap to check is therefore checked here, first.
 */
import { readFile, stat } from 'node:fs/promises'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { type Sha256, sha256 } from '../base/digest.js'
import { BaseError, messageOf } from '../base/errors.js'
import { inlineExternalData } from './external.js'
import {
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  ValueInfoProtoSchema,
} from './gen/onnx_pb.js'
import { rawBytes, TensorError } from './tensor-proto.js'

/** A model that surely has a graph. */
export type Model = ModelProto & { graph: GraphProto }

export type ModelFile = {
  /** With all weights inside, also those that stood in files of their own. */
  readonly model: Model
  /** Over the bytes of the ONNX file and of its external data, in the order in which the model first names them. */
  readonly digest: Sha256
  /** The files read: the ONNX file, then its external data. */
  readonly files: readonly string[]
}

/**
 * Reads a model from disk, external data included.
 * Throws `ModelFileError` for a file that is missing, not a file, empty, cut short or not ONNX, `External.DataError` for
 * external data that is not there whole, and `TensorError` for stored tensors of the wrong size.
 */
export async function readModel(path: string): Promise<ModelFile> {
  const bytes = await readBytes(path)
  const model = parse(bytes, path)
  const external = await inlineExternalData(model.graph, path)
  checkTensors(model)
  const digest = sha256(bytes, ...external.map((file) => file.bytes))
  return { model, digest, files: [path, ...external.map((file) => file.path)] }
}

/** Its graph alone: tensors whose values stand in files of their own are left empty. Throws `ModelFileError`. */
export async function readModelWithoutData(path: string): Promise<Model> {
  return parse(await readBytes(path), path)
}

/** The same for bytes at hand, which have no folder to keep external data in. `where` names them in errors. */
export function decodeModel(bytes: Uint8Array, where = 'the model'): Model {
  const model = parse(bytes, where)
  checkTensors(model)
  return model
}

/** A copy with further outputs, whose types and shapes are left to inference. */
export function withOutputs(model: Model, names: readonly string[]): Model {
  const copy = fromBinary(ModelProtoSchema, encodeModel(model)) as Model
  const own = new Set(copy.graph.output.map(({ name }) => name))
  const more = names.filter((name) => !own.has(name))
  copy.graph.output.push(...more.map((name) => create(ValueInfoProtoSchema, { name })))
  return copy
}

export function encodeModel(model: ModelProto): Uint8Array {
  return toBinary(ModelProtoSchema, model)
}

export function encodeNode(node: NodeProto): Uint8Array {
  return toBinary(NodeProtoSchema, node)
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const entry = await stat(path)
    if (!entry.isFile())
      throw new ModelFileError(path, entry.isDirectory() ? 'it is a folder' : 'it is not a file')
    return await readFile(path)
  } catch (cause) {
    if (cause instanceof BaseError) throw cause
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    throw new ModelFileError(path, missing ? 'there is no such file' : messageOf(cause), { cause })
  }
}

function parse(bytes: Uint8Array, where: string): Model {
  if (bytes.length === 0) throw new ModelFileError(where, 'it is empty')
  const model = parseProto(bytes, where)
  if (model.graph === undefined) throw notOnnx(bytes, where, 'it holds no graph')
  if (model.opsetImport.length === 0) throw notOnnx(bytes, where, 'it names no operator set')
  if (model.graph.output.length === 0) throw notOnnx(bytes, where, 'its graph has no output')
  return model as Model
}

function parseProto(bytes: Uint8Array, where: string): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes)
  } catch (cause) {
    throw notOnnx(bytes, where, 'its bytes do not parse', cause)
  }
}

/** Every exporter writes the IR version first: with that byte in place, the file most likely lacks its end. */
function notOnnx(bytes: Uint8Array, where: string, found: string, cause?: unknown): ModelFileError {
  const head = Buffer.from(bytes.subarray(0, 64)).toString('latin1')
  if (head.startsWith('version https://git-lfs')) {
    return new ModelFileError(where, 'it is a Git LFS pointer, not the file it points to', { cause })
  }
  const verdict = bytes[0] === 0x08 ? 'it is cut short or damaged' : 'it is not an ONNX file'
  return new ModelFileError(where, `${verdict} (${found})`, { cause })
}

/** Sizes that disagree with shapes are what a reader in C++ would run past. */
function checkTensors({ graph }: Model): void {
  for (const tensor of graph.initializer) {
    const expected = rawBytes(tensor)
    if (expected === undefined || tensor.rawData.length === 0) continue
    if (tensor.rawData.length !== expected) {
      throw new TensorError(tensor.name, `should take ${expected} bytes, but stores ${tensor.rawData.length}`)
    }
  }
}

export class ModelFileError extends BaseError {
  override name = 'Onnx.ModelFileError'
  constructor(
    readonly path: string,
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`Cannot read a model from ${path}: ${reason}.`, {
      hint: 'give the path of an .onnx file as an exporter wrote it, whole',
      ...options,
    })
  }
}
