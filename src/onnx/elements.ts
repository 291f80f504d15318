/** The element types of ONNX tensors (TensorProto.DataType) as far as values of them are computed with. */
import { TensorProto_DataType as DataType } from './gen/onnx_pb.js'

/** By ONNX Runtime's names. */
export type ElementType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool'
  | 'string'

/** Integers, both ends included. */
export type Range = { readonly lo: number; readonly hi: number }

const NAMES: ReadonlyMap<DataType, ElementType> = new Map([
  [DataType.FLOAT, 'float32'],
  [DataType.DOUBLE, 'float64'],
  [DataType.FLOAT16, 'float16'],
  [DataType.BFLOAT16, 'bfloat16'],
  [DataType.INT8, 'int8'],
  [DataType.INT16, 'int16'],
  [DataType.INT32, 'int32'],
  [DataType.INT64, 'int64'],
  [DataType.UINT8, 'uint8'],
  [DataType.UINT16, 'uint16'],
  [DataType.UINT32, 'uint32'],
  [DataType.UINT64, 'uint64'],
  [DataType.BOOL, 'bool'],
  [DataType.STRING, 'string'],
])

/** The type's name, or undefined for the types that zkonnx does not compute with (complex, 4 and 8 bit floats, ...). */
export function elementType(code: number): ElementType | undefined {
  return NAMES.get(code)
}

export function elementCode(type: ElementType): DataType {
  return [...NAMES].find(([, name]) => name === type)![0]
}

/** The type as the specification writes it, for messages. */
export function describeType(code: number): string {
  return DataType[code] ?? `type ${code}`
}

/** What an integer type (or bool) can hold; undefined for floats and strings. */
export function rangeOf(type: ElementType): Range | undefined {
  if (type === 'bool') return { lo: 0, hi: 1 }
  const match = /^(u?)int(\d+)$/.exec(type)
  if (match === null) return undefined
  const bits = Number(match[2])
  return match[1] === 'u' ? { lo: 0, hi: 2 ** bits - 1 } : { lo: -(2 ** (bits - 1)), hi: 2 ** (bits - 1) - 1 }
}

export function isFloat(type: ElementType): boolean {
  return type.includes('float')
}
