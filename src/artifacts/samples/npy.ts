/**
 * NumPy's `.npy` files (numpy.lib.format, versions 1.0 to 3.0): a header that is a Python dict literal, then raw values.
 *
 * Traps: either byte order; column-major data when `fortran_order` is set; data that does not start at a multiple of
 * its item's size; float16, which Node 20 has no reader for; int64 beyond 2^53, which float64 does not hold exactly
 * (refused). Object arrays are pickles, hence programs: refused. A shape says how long the data must be, and is
 * believed only when it agrees with the file.
 */
import { BaseError } from '../../base/errors.js'
import { formatShape, type Shape, sizeOf, stridesOf } from '../../base/tensor.js'
import type { NumericArray } from './source.js'

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]
const ALIGNMENT = 64

export type Header = {
  readonly descr: string
  readonly fortran: boolean
  readonly shape: Shape
  /** Where the values start. */
  readonly start: number
}
type ReadItem = (view: DataView, at: number, little: boolean) => number

/** By NumPy's kind and item size in bytes. */
const ITEMS: Readonly<Record<string, ReadItem>> = {
  b1: (view, at) => (view.getUint8(at) === 0 ? 0 : 1),
  i1: (view, at) => view.getInt8(at),
  u1: (view, at) => view.getUint8(at),
  i2: (view, at, little) => view.getInt16(at, little),
  u2: (view, at, little) => view.getUint16(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  i8: (view, at, little) => Number(view.getBigInt64(at, little)),
  u8: (view, at, little) => Number(view.getBigUint64(at, little)),
  f2: (view, at, little) => fromHalf(view.getUint16(at, little)),
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
}

/** The array in row-major order. `label` names it in messages. Throws `FormatError`, `DtypeError`. */
export function decodeNpy(bytes: Uint8Array, label: string): NumericArray {
  const header = readHeader(bytes, label)
  const { size: itemSize, decode } = itemsOf(header, label)
  const size = sizeOf(header.shape)
  const present = (bytes.length - header.start) / itemSize
  if (present !== size)
    throw new FormatError(label, `shape ${formatShape(header.shape)} needs ${size} values; ${present} follow`)
  const data = decode(bytes.subarray(header.start))
  return { shape: header.shape, data: header.fortran ? toRowMajor(data, header.shape) : data }
}

/** The items of an array: their bytes, and how so many of them become numbers. Throws `DtypeError`. */
export function itemsOf(
  { descr }: Header,
  label: string,
): { readonly size: number; decode(bytes: Uint8Array): Float64Array } {
  const kind = descr.slice(1)
  const readItem = /^[<>|=][a-z]\d$/.test(descr) ? ITEMS[kind] : undefined
  if (readItem === undefined) throw new DtypeError(label, descr)
  const size = Number(kind.slice(1))
  const little = descr[0] !== '>'
  return {
    size,
    decode(bytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const data = new Float64Array(Math.floor(bytes.length / size))
      for (let k = 0; k < data.length; k++) data[k] = readItem(view, k * size, little)
      if (kind === 'i8' || kind === 'u8') refuseInexact(data, label)
      return data
    },
  }
}

/** The array as a version 1.0 file of little-endian float64, row-major. Equal arrays give equal bytes. */
export function encodeNpy(array: NumericArray): Uint8Array {
  const extents = array.shape.length === 1 ? `${array.shape[0]},` : array.shape.join(', ')
  const dict = `{'descr': '<f8', 'fortran_order': False, 'shape': (${extents}), }`
  const start = Math.ceil((MAGIC.length + 4 + dict.length + 1) / ALIGNMENT) * ALIGNMENT
  const bytes = new Uint8Array(start + array.data.length * 8)
  const view = new DataView(bytes.buffer)
  bytes.set([...MAGIC, 1, 0])
  view.setUint16(8, start - 10, true)
  bytes.set(new TextEncoder().encode(`${dict.padEnd(start - 11)}\n`), 10)
  array.data.forEach((value, k) => {
    view.setFloat64(start + k * 8, value, true)
  })
  return bytes
}

/** What the file's first bytes say; they are enough when they reach `start`. Throws `FormatError`, `DtypeError`. */
export function readHeader(bytes: Uint8Array, label: string): Header {
  if (bytes.length < 12 || MAGIC.some((byte, k) => bytes[k] !== byte))
    throw new FormatError(label, 'it does not start like an .npy file')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const major = bytes[6]!
  if (major < 1 || major > 3) throw new FormatError(label, `format version ${major} is not known`)
  const prefix = major === 1 ? 10 : 12
  const start = prefix + (major === 1 ? view.getUint16(8, true) : view.getUint32(8, true))
  if (start > bytes.length) throw new FormatError(label, 'its header is cut off')
  const dict = new TextDecoder().decode(bytes.subarray(prefix, start))
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(dict)?.[1]
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(dict)?.[1]
  const extents = /'shape'\s*:\s*\(([\d,\s]*)\)/.exec(dict)?.[1]
  // a structured type has a list where plain ones have a string
  if (descr === undefined && /'descr'\s*:\s*\[/.test(dict)) throw new DtypeError(label, 'structured')
  if (descr === undefined || fortran === undefined || extents === undefined)
    throw new FormatError(label, `its header is damaged: ${dict.trim().slice(0, 120)}`)
  const shape = extents
    .split(',')
    .filter((extent) => extent.trim() !== '')
    .map(Number)
  return { descr, fortran: fortran === 'True', shape, start }
}

function toRowMajor(data: Float64Array, shape: Shape): Float64Array {
  // column-major strides are the row-major ones of the reversed shape, reversed
  const strides = stridesOf([...shape].reverse()).reverse()
  const index = new Array<number>(shape.length).fill(0)
  return data.map(() => {
    const value = data[index.reduce((offset, at, axis) => offset + at * strides[axis]!, 0)]!
    advance(index, shape)
    return value
  })
}

/** Steps to the next index in row-major order. */
function advance(index: number[], shape: Shape): void {
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis]!++
    if (index[axis]! < shape[axis]!) return
    index[axis] = 0
  }
}

/** IEEE 754 binary16: sign, five bits of exponent, ten of fraction. */
function fromHalf(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25)
}

function refuseInexact(data: Float64Array, label: string): void {
  const at = data.findIndex((value) => Math.abs(value) > Number.MAX_SAFE_INTEGER)
  if (at >= 0)
    throw new FormatError(
      label,
      `element ${at} is about ${data[at]}: past 2^53 integers are not kept exactly`,
    )
}

export class FormatError extends BaseError {
  override name = 'Npy.FormatError'
  constructor(
    readonly label: string,
    readonly reason: string,
  ) {
    super(`${label} cannot be read as a NumPy array.`, {
      details: [reason],
      hint: 'write it again with numpy.save or numpy.savez',
    })
  }
}

export class DtypeError extends BaseError {
  override name = 'Npy.DtypeError'
  constructor(
    readonly label: string,
    readonly dtype: string,
  ) {
    super(`${label} holds values of a type that is not read: "${dtype}".`, {
      details: ['read are bool, int8 to int64, uint8 to uint64, float16, float32 and float64'],
      hint: 'convert the array first, for example with .astype("float32")',
    })
  }
}
