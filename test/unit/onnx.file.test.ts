/** Files on disk: what is read, and what bad ones get. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create } from '@bufbuild/protobuf'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeModel, encodeModel, ModelFileError, readModel } from '../../src/onnx/decode.js'
import { ExternalDataError } from '../../src/onnx/external.js'
import {
  TensorProto_DataLocation as Location,
  type ModelProto,
  TensorProtoSchema,
} from '../../src/onnx/gen/onnx_pb.js'
import { loadModel } from '../../src/onnx/load.js'
import { fold, RuntimeLoadError } from '../../src/onnx/ort.js'
import { readTensor, TensorError } from '../../src/onnx/tensor-proto.js'
import { buildModel, floats, type ModelSpec, Type } from '../helpers/onnx-model.js'

const WEIGHTS = Float32Array.of(1, 2, 3, 4, 5, 6)
const RAW = new Uint8Array(WEIGHTS.buffer)

const SPEC: ModelSpec = {
  opset: 13,
  inputs: { x: { shape: [1, 2] } },
  outputs: { y: Type.FLOAT },
  initializers: [floats('w', [2, 3], WEIGHTS)],
  nodes: [{ op: 'MatMul', in: ['x', 'w'], out: ['y'] }],
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zkonnx-test-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

describe('readModel', () => {
  test.each([
    ['a missing file', () => join(folder, 'absent.onnx'), 'no such file'],
    ['a folder', () => folder, 'it is a folder'],
    ['an empty file', () => write('empty.onnx', ''), 'it is empty'],
    ['a text', () => write('text.onnx', '{"not": "onnx"}'), 'not an ONNX file'],
    [
      'a Git LFS pointer',
      () => write('lfs.onnx', 'version https://git-lfs.github.com/spec/v1\n'),
      'Git LFS pointer',
    ],
    ['a cut file', () => write('cut.onnx', encodeModel(buildModel(SPEC)).slice(0, 60)), 'cut short'],
    ['no graph', () => write('nograph.onnx', Uint8Array.of(8, 8)), 'no graph'],
    [
      'no opset',
      () => write('noopset.onnx', encodeModel(edited((model) => (model.opsetImport = [])))),
      'operator set',
    ],
    [
      'no output',
      () => write('noout.onnx', encodeModel(edited((model) => (model.graph!.output = [])))),
      'no output',
    ],
  ])('%s is refused by name', async (_, path, reason) => {
    const error = await readModel(path()).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(ModelFileError)
    expect(error.fault).toBe('input')
    expect(error.message).toContain(reason)
    expect(error.message).toContain(folder)
  })

  test('keeps fields it does not know', () => {
    const unknown = Uint8Array.of(0xa2, 0x01, 0x02, 0x0a, 0x00) // field 20 (training_info), 2 bytes
    const bytes = new Uint8Array([...encodeModel(buildModel(SPEC)), ...unknown])
    expect(Buffer.from(encodeModel(decodeModel(bytes))).includes(Buffer.from(unknown))).toBe(true)
  })

  test('a tensor of the wrong size is refused before the runtime sees it', () => {
    const bytes = encodeModel(
      edited((model) =>
        Object.assign(model.graph!.initializer[0]!, { floatData: [], rawData: RAW.slice(4) }),
      ),
    )
    expect(() => decodeModel(bytes)).toThrow(TensorError)
  })
})

describe('external data', () => {
  function writeExternal(entries: Record<string, string>, data = RAW): string {
    write('weights.data', data)
    return write('external.onnx', encodeModel(edited((model) => pointOutside(model, entries))))
  }

  test('gives the same graph as weights inside the file', async () => {
    const shifted = new Uint8Array([9, 9, 9, 9, ...RAW])
    const path = writeExternal({ location: 'weights.data', offset: '4', length: '24' }, shifted)
    const outside = await loadModel(path)
    const inside = await loadModel(write('inside.onnx', encodeModel(buildModel(SPEC))))
    expect(outside.graph).toEqual(inside.graph)
    expect(outside.files).toEqual([path, join(folder, 'weights.data')])
    expect(outside.digest).not.toBe(inside.digest)
  })

  test('the digest covers the data file', async () => {
    const first = await readModel(writeExternal({ location: 'weights.data' }))
    const second = await readModel(
      writeExternal(
        { location: 'weights.data' },
        RAW.map((byte) => byte ^ 1),
      ),
    )
    expect(first.digest).not.toBe(second.digest)
  })

  test.each([
    ['missing', { location: 'absent.data' }, 'no such file'],
    [
      'too short',
      { location: 'weights.data', offset: '8', length: '24' },
      'bytes 8 to 32, but the file has 24',
    ],
    ['a negative offset', { location: 'weights.data', offset: '-4', length: '24' }, 'make no sense'],
    ['a length that is no number', { location: 'weights.data', length: 'all' }, 'make no sense'],
    ['a folder', { location: 'sub' }, 'not a file'],
    ['the folder itself', { location: '.' }, "outside the model's folder"],
    ['no location', {}, "outside the model's folder"],
    ['an absolute path', { location: '/etc/hostname' }, ''],
    ['above the folder', { location: '../../etc/hostname' }, ''],
    ['a link that leads outside', { location: 'link.data' }, "outside the model's folder"],
  ])('%s is refused, naming tensor and file', async (_, entries: Record<string, string>, reason) => {
    mkdirSync(join(folder, 'sub'), { recursive: true })
    rmSync(join(folder, 'link.data'), { force: true })
    symlinkSync(process.execPath, join(folder, 'link.data'))
    const error = await readModel(writeExternal(entries)).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(ExternalDataError)
    expect(error.message).toContain('"w"')
    expect(error.message).toContain(`"${entries.location ?? ''}"`)
    expect(error.message).toContain(reason)
  })
})

test('a model that ONNX Runtime refuses is a typed error with its reason', async () => {
  const nodes = [{ op: 'MatMul', in: ['x', 'absent'], out: ['y'] }]
  const path = write('invalid.onnx', encodeModel(buildModel({ ...SPEC, nodes })))
  await expect(loadModel(path)).rejects.toThrow(RuntimeLoadError)
  await expect(loadModel(path)).rejects.toThrow('absent')
})

test('folding leaves no file behind, not even when it fails', async () => {
  const own = mkdtempSync(join(folder, 'tmp-'))
  const before = process.env.TMPDIR
  process.env.TMPDIR = own
  try {
    await fold(encodeModel(buildModel(SPEC)))
    await expect(fold(Uint8Array.of(8, 8, 1))).rejects.toThrow(RuntimeLoadError)
    expect(readdirSync(own)).toEqual([])
  } finally {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  }
})

describe('readTensor', () => {
  test.each([
    [Type.FLOAT, { floatData: [1.5, -2] }, [1.5, -2]],
    [Type.FLOAT, { rawData: new Uint8Array(Float32Array.of(1.5, -2).buffer) }, [1.5, -2]],
    [Type.DOUBLE, { doubleData: [0.1, 2] }, [0.1, 2]],
    [Type.FLOAT16, { int32Data: [0x3c00, 0xc500] }, [1, -5]],
    [Type.FLOAT16, { rawData: Uint8Array.of(0x01, 0x00, 0x00, 0xfc) }, [2 ** -24, -Infinity]],
    [Type.BFLOAT16, { int32Data: [0x3f80, 0xc000] }, [1, -2]],
    [Type.INT8, { int32Data: [-128, 127] }, [-128, 127]],
    [Type.INT8, { rawData: Uint8Array.of(0x80, 0x7f) }, [-128, 127]],
    [Type.INT64, { int64Data: [-5n, 7n] }, [-5, 7]],
    [Type.UINT32, { uint64Data: [1n, 2n ** 32n - 1n] }, [1, 2 ** 32 - 1]],
    [Type.BOOL, { rawData: Uint8Array.of(0, 2) }, [0, 1]],
  ])('reads type %s from %o', (dataType, fields, values) => {
    const proto = create(TensorProtoSchema, { name: 't', dims: [2n], dataType, ...fields })
    expect([...readTensor(proto).data]).toEqual(values)
  })

  test.each([
    ['too few values', { dims: [3n], dataType: Type.FLOAT, floatData: [1] }, 'stores 1'],
    ['a negative extent', { dims: [-1n], dataType: Type.FLOAT, floatData: [1] }, 'impossible shape'],
    [
      'more elements than can be counted',
      { dims: [2n ** 40n, 2n ** 40n], dataType: Type.FLOAT },
      'impossible shape',
    ],
    ['strings', { dims: [0n], dataType: Type.STRING }, 'STRING'],
    ['an unknown type', { dims: [0n], dataType: 99 }, 'type 99'],
    ['data elsewhere', { dims: [1n], dataType: Type.FLOAT, dataLocation: Location.EXTERNAL }, 'another file'],
  ])('refuses %s', (_, fields, reason) => {
    const proto = create(TensorProtoSchema, { name: 'weights', ...fields })
    expect(() => readTensor(proto)).toThrow(TensorError)
    expect(() => readTensor(proto)).toThrow(reason)
  })
})

function edited(edit: (model: ModelProto) => void): ModelProto {
  const model = buildModel(SPEC)
  edit(model)
  return model
}

function pointOutside(model: ModelProto, entries: Record<string, string>): void {
  const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }))
  const init = {
    name: 'w',
    dims: [2n, 3n],
    dataType: Type.FLOAT,
    dataLocation: Location.EXTERNAL,
    externalData,
  }
  model.graph!.initializer = [create(TensorProtoSchema, init)]
}
