/**
 * External data (docs/ExternalData.md of github.com/onnx/onnx): weights in files beside the model.
 *
 * `location` is relative to the model's folder, and a hostile model may point it anywhere: it must lead to a plain file
 * inside that folder, symbolic links followed.
 */
import { readFile, realpath, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { BaseError, messageOf } from '../base/errors.js'
import { type GraphProto, TensorProto_DataLocation as Location, type TensorProto } from './gen/onnx_pb.js'
import { rawBytes } from './tensor-proto.js'

export type ExternalFile = { readonly path: string; readonly bytes: Uint8Array }

/**
 * Moves the values of every external tensor into the graph itself, and returns the files they came from.
 * Throws `ExternalDataError`, naming tensor and file, where a file is missing, outside the folder or too short.
 */
export async function inlineExternalData(graph: GraphProto, modelPath: string): Promise<ExternalFile[]> {
  const files = new Map<string, ExternalFile>()
  for (const tensor of storedTensors(graph)) {
    if (tensor.dataLocation !== Location.EXTERNAL) continue
    const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]))
    const location = entries.get('location') ?? ''
    const file = files.get(location) ?? (await openBeside(modelPath, location, tensor.name))
    files.set(location, file)
    tensor.rawData = slice(tensor, file, entries)
    tensor.externalData = []
    tensor.dataLocation = Location.DEFAULT
  }
  return [...files.values()]
}

function storedTensors(graph: GraphProto): TensorProto[] {
  const inNodes = graph.node.flatMap((node) =>
    node.attribute.flatMap(({ t, tensors }) => (t ? [t, ...tensors] : tensors)),
  )
  return [...graph.initializer, ...inNodes]
}

async function openBeside(modelPath: string, location: string, tensor: string): Promise<ExternalFile> {
  const path = join(dirname(modelPath), location)
  try {
    const [folder, target] = await Promise.all([realpath(dirname(modelPath)), realpath(path)])
    const within = relative(folder, target)
    if (isAbsolute(location) || isAbsolute(within) || within === '' || within.split(sep)[0] === '..') {
      throw new ExternalDataError(tensor, location, "the file is outside the model's folder")
    }
    if (!(await stat(target)).isFile()) throw new ExternalDataError(tensor, location, 'that is not a file')
    return { path, bytes: await readFile(target) }
  } catch (cause) {
    if (cause instanceof BaseError) throw cause
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    throw new ExternalDataError(tensor, location, missing ? 'there is no such file' : messageOf(cause))
  }
}

function slice(tensor: TensorProto, file: ExternalFile, entries: ReadonlyMap<string, string>): Uint8Array {
  const offset = Number(entries.get('offset') ?? 0)
  const length = Number(entries.get('length') ?? rawBytes(tensor) ?? file.bytes.length - offset)
  const location = entries.get('location') ?? ''
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0) {
    throw new ExternalDataError(tensor.name, location, `offset ${offset} and length ${length} make no sense`)
  }
  if (offset + length > file.bytes.length) {
    const found = `it needs bytes ${offset} to ${offset + length}, but the file has ${file.bytes.length}`
    throw new ExternalDataError(tensor.name, location, found)
  }
  return file.bytes.subarray(offset, offset + length)
}

export class ExternalDataError extends BaseError {
  override name = 'Onnx.ExternalDataError'
  constructor(
    readonly tensor: string,
    readonly location: string,
    readonly reason: string,
  ) {
    super(`The weights of "${tensor}" cannot be read from "${location}": ${reason}.`, {
      hint: 'keep the .onnx file and the data files that were exported with it in one folder, under their own names',
    })
  }
}
