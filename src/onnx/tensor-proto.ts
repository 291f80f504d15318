/**
 * Tensors stored in a model (TensorProto): its values are in `raw_data`, or in the typed field of their element type.
 *
 * Traps: `raw_data` is little-endian and not aligned; float16, bfloat16, bool and the small integers stand in
 * `int32_data`; uint32 stands in `uint64_data`. Integers beyond 2^53 lose their last bits: they only occur as
 * "to the end" in Slice.
 */

import type { MessageInitShape } from '@bufbuild/protobuf'
import { log2 } from '../base/elementary.js'
import { BaseError } from '../base/errors.js'
import { formatShape, type Shape, sizeOf, type Tensor } from '../base/tensor.js'
import { describeType, type ElementType, elementCode, elementType } from './elements.js'
import { type TensorProto, TensorProto_DataLocation, type TensorProtoSchema } from './gen/onnx_pb.js'

export type TypedTensor = Tensor & { readonly type: ElementType }

export type NumericType = Exclude<ElementType, 'string'>

/** Bytes an element takes in `raw_data`, and how to read one. */
const RAW: Record<NumericType, readonly [bytes: number, read: (view: DataView, at: number) => number]> = {
  float32: [4, (view, at) => view.getFloat32(at, true)],
  float64: [8, (view, at) => view.getFloat64(at, true)],
  float16: [2, (view, at) => fromFloat16(view.getUint16(at, true))],
  bfloat16: [2, (view, at) => fromBfloat16(view.getUint16(at, true))],
  int8: [1, (view, at) => view.getInt8(at)],
  int16: [2, (view, at) => view.getInt16(at, true)],
  int32: [4, (view, at) => view.getInt32(at, true)],
  int64: [8, (view, at) => Number(view.getBigInt64(at, true))],
  uint8: [1, (view, at) => view.getUint8(at)],
  uint16: [2, (view, at) => view.getUint16(at, true)],
  uint32: [4, (view, at) => view.getUint32(at, true)],
  uint64: [8, (view, at) => Number(view.getBigUint64(at, true))],
  bool: [1, (view, at) => (view.getUint8(at) === 0 ? 0 : 1)],
}

/**
 * The values of a stored tensor, whatever field they stand in.
 * Throws `TensorError` for strings, unknown types, external data that was not read in, and too few or too many values.
 */
export function readTensor(proto: TensorProto): TypedTensor {
  const type = elementType(proto.dataType)
  if (type === undefined || type === 'string') {
    throw new TensorError(proto.name, `holds ${describeType(proto.dataType)}, which is not a number type`)
  }
  if (proto.dataLocation === TensorProto_DataLocation.EXTERNAL) {
    throw new TensorError(proto.name, 'keeps its values in another file, which was not read')
  }
  const shape = shapeOf(proto)
  const data = proto.rawData.length > 0 ? readRaw(proto, type, shape) : readFields(proto, type)
  if (data.length !== sizeOf(shape)) {
    throw new TensorError(
      proto.name,
      `has shape ${formatShape(shape)}, so ${sizeOf(shape)} values, but stores ${data.length}`,
    )
  }
  return { type, shape, data }
}

/** Throws `TensorError` for negative extents and for more elements than can be counted exactly. */
export function shapeOf(proto: TensorProto): number[] {
  const shape = proto.dims.map(Number)
  if (shape.some((extent) => extent < 0) || !Number.isSafeInteger(sizeOf(shape))) {
    throw new TensorError(proto.name, `has the impossible shape [${shape.join(', ')}]`)
  }
  return shape
}

/** Bytes that the values of a tensor take in `raw_data`; undefined for types of no fixed whole size. */
export function rawBytes(proto: TensorProto): number | undefined {
  const type = elementType(proto.dataType)
  return type === undefined || type === 'string' ? undefined : RAW[type][0] * sizeOf(shapeOf(proto))
}

function readRaw(proto: TensorProto, type: NumericType, shape: Shape): Float64Array {
  const [bytes, read] = RAW[type]
  const raw = proto.rawData
  if (raw.length !== bytes * sizeOf(shape)) {
    throw new TensorError(
      proto.name,
      `has shape ${formatShape(shape)} of ${type}, so ${bytes * sizeOf(shape)} bytes, but stores ${raw.length}`,
    )
  }
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  const data = new Float64Array(raw.length / bytes)
  for (let i = 0; i < data.length; i++) data[i] = read(view, bytes * i)
  return data
}

function readFields(proto: TensorProto, type: NumericType): Float64Array {
  switch (type) {
    case 'float32':
      return Float64Array.from(proto.floatData)
    case 'float64':
      return Float64Array.from(proto.doubleData)
    case 'int64':
      return Float64Array.from(proto.int64Data, Number)
    case 'uint32':
    case 'uint64':
      return Float64Array.from(proto.uint64Data, Number)
    case 'float16':
      return Float64Array.from(proto.int32Data, fromFloat16)
    case 'bfloat16':
      return Float64Array.from(proto.int32Data, fromBfloat16)
    default:
      return Float64Array.from(proto.int32Data)
  }
}

/** A tensor as a file stores it, in the field that its type has; `values` are rounded to a float type's own precision. */
export function storedTensor(
  name: string,
  type: NumericType,
  { shape, data }: Tensor,
): MessageInitShape<typeof TensorProtoSchema> {
  return { name, dims: shape.map(BigInt), dataType: elementCode(type), ...fieldOf(type, Array.from(data)) }
}

function fieldOf(type: NumericType, values: number[]): MessageInitShape<typeof TensorProtoSchema> {
  switch (type) {
    case 'float32':
      return { floatData: values.map(Math.fround) }
    case 'float64':
      return { doubleData: values }
    case 'int64':
      return { int64Data: values.map(BigInt) }
    case 'uint32':
    case 'uint64':
      return { uint64Data: values.map(BigInt) }
    case 'float16':
      return { int32Data: values.map(toFloat16) }
    case 'bfloat16':
      return { int32Data: values.map(toBfloat16) }
    default:
      return { int32Data: values }
  }
}

/** The bits of the nearest binary16, ties to even; infinity from 65,520 on. */
export function toFloat16(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (Number.isNaN(size)) return 0x7e00
  if (size >= 65520) return sign | 0x7c00
  // below 2^-14 all steps are 2^-24; a fraction rounded up to 1024 carries into the exponent by itself
  const exponent = Math.max(Math.floor(log2(size)), -14)
  const steps = roundToEven(size / 2 ** (exponent - 10))
  return sign | (((exponent + 14) << 10) + steps)
}

function toBfloat16(value: number): number {
  const view = new DataView(new ArrayBuffer(4))
  view.setFloat32(0, value)
  const bits = view.getUint32(0)
  return Number.isNaN(value) ? 0x7fc0 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16
}

function roundToEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below
}

/** IEEE 754 binary16. */
export function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN
  return sign * (1024 + fraction) * 2 ** (exponent - 25)
}

/** The upper half of a binary32. */
function fromBfloat16(bits: number): number {
  const view = new DataView(new ArrayBuffer(4))
  view.setUint16(0, bits)
  return view.getFloat32(0)
}

export class TensorError extends BaseError {
  override name = 'Onnx.TensorError'
  constructor(
    readonly tensor: string,
    readonly reason: string,
  ) {
    super(`The stored tensor "${tensor}" ${reason}.`, {
      hint: 'the file is damaged or uses a type zkonnx does not read: export the model again with float32 weights',
    })
  }
}
