/**
 * Scalars by how many bytes they take: most of a quantized net's witness is 0 or 1, and costs nothing, or one addition.
 */
import { BYTES } from '../../base/field.js'

export type Part = {
  /** Bytes of each scalar. */
  readonly width: number
  /** Which scalars they are. */
  readonly indices: Uint32Array
  /** Their lowest bytes, one scalar after another. */
  readonly scalars: Uint8Array
}

/** Zeros are in no part. `scalars` are plain and little-endian. */
export function splitScalars(scalars: Uint8Array): Part[] {
  const words = aligned(scalars)
  const count = scalars.length / BYTES
  const classes = new Uint8Array(count)
  const sizes = new Uint32Array(WIDTHS.length + 1)
  for (let i = 0; i < count; i++) {
    const found = classOf(words, WORDS * i)
    classes[i] = found
    sizes[found]!++
  }
  return WIDTHS.flatMap((width, k) => {
    if (sizes[k + 1] === 0) return []
    const indices = new Uint32Array(sizes[k + 1]!)
    for (let i = 0, next = 0; i < count; i++) if (classes[i] === k + 1) indices[next++] = i
    return [{ width, indices, scalars: pick(scalars, indices, BYTES, width) }]
  })
}

/** The first `width` bytes of each chosen element of `size` bytes. */
export function pick(bytes: Uint8Array, indices: Uint32Array, size: number, width = size): Uint8Array {
  const result = new Uint8Array(width * indices.length)
  for (let i = 0; i < indices.length; i++) {
    const from = size * indices[i]!
    for (let byte = 0; byte < width; byte++) result[width * i + byte] = bytes[from + byte]!
  }
  return result
}

const WIDTHS = [1, 4, 8, BYTES]
const WORDS = BYTES / 4

/** 0 for zero, or one more than the place of its width. */
function classOf(words: Uint32Array, at: number): number {
  for (let word = 7; word > 1; word--) if (words[at + word] !== 0) return 4
  if (words[at + 1] !== 0) return 3
  const low = words[at]!
  if (low > 0xff) return 2
  return low === 0 ? 0 : 1
}

/** As words of 32 bits; machines that run WebAssembly at speed are little-endian. */
function aligned(bytes: Uint8Array): Uint32Array {
  const whole = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes)
  return new Uint32Array(whole.buffer, whole.byteOffset, whole.length / 4)
}
