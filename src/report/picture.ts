/**
 * Samples as pictures, where an input is an image: a PNG inside the page. Spec: PNG 3rd edition, sections 5, 7 and 11
 * (grey or RGB of 8 bits, no filter).
 */
import { deflateSync } from 'node:zlib'

export type ImageLayout = {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3
  /** Whether a pixel's channels stand together. */
  readonly last: boolean
}

/** Fewer pixels than this a side are no picture, but a table that happens to have such a shape. */
const LEAST_SIDE = 6
/** A row of numbers is an image where it is a square of at least this many: 28x28 of MNIST, flattened. */
const LEAST_SQUARE = 20

/** How an input of this shape is an image, if it is one. */
export function imageLayout(shape: readonly number[]): ImageLayout | undefined {
  const axes = shape[0] === 1 ? shape.slice(1) : shape
  const isSide = (extent: number | undefined) => extent !== undefined && extent >= LEAST_SIDE
  const [a, b, c] = axes
  if (axes.length === 3 && (a === 1 || a === 3) && isSide(b) && isSide(c))
    return { width: c!, height: b!, channels: a, last: false }
  if (axes.length === 3 && (c === 1 || c === 3) && isSide(a) && isSide(b))
    return { width: b!, height: a!, channels: c, last: true }
  // without channels, a table of steps and features looks alike: only a square is taken for a picture
  if (axes.length === 2 && isSide(a) && a === b) return { width: a!, height: a!, channels: 1, last: false }
  const side = Math.sqrt(a ?? 0)
  if (axes.length === 1 && Number.isInteger(side) && side >= LEAST_SQUARE)
    return { width: side, height: side, channels: 1, last: false }
  return undefined
}

/** A `data:` address of the image, its least value black and its greatest white. */
export function pictureOf(values: readonly number[], layout: ImageLayout): string {
  const { width, height, channels, last } = layout
  const [lo, hi] = values.reduce(
    ([least, most], v) => [Math.min(least, v), Math.max(most, v)],
    [Infinity, -Infinity],
  )
  const grey = (value: number) => Math.round((255 * (value - lo)) / (hi - lo || 1))
  const rows = Buffer.alloc(height * (1 + width * channels))
  for (let y = 0, at = 0; y < height; y++) {
    at++
    for (let x = 0; x < width; x++)
      for (let channel = 0; channel < channels; channel++) {
        const pixel = y * width + x
        rows[at++] = grey(values[last ? pixel * channels + channel : channel * width * height + pixel]!)
      }
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, channels === 3 ? 2 : 0], 8)
  const parts = [
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]
  return `data:image/png;base64,${Buffer.concat(parts).toString('base64')}`
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const made = Buffer.alloc(body.length + 8)
  made.writeUInt32BE(data.length, 0)
  made.set(body, 4)
  made.writeUInt32BE(crc32(body), body.length + 4)
  return made
}

/** CRC-32 of ISO 3309, bit by bit: pictures are small. (Node's own came with 20.15 and 22.2.) */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}
