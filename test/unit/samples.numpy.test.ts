import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { load, loadFor } from '../../src/artifacts/samples/load.js'
import { DtypeError, decodeNpy, encodeNpy, FormatError } from '../../src/artifacts/samples/npy.js'
import { encodeNpz, samplesFromNpz, saveNpz } from '../../src/artifacts/samples/npz.js'
import { FormatError as ZipFormatError } from '../../src/artifacts/samples/zip.js'

const vectors = (name: string) => new URL(`../vectors/samples/${name}`, import.meta.url).pathname
const x = Float64Array.from({ length: 24 }, (_, k) => (k - 5) / 4)
const port = { name: 'input', shape: [1, 2, 4] }
const dtypes = await load(vectors('dtypes.npz'))
const arrayOf = (name: string) => dtypes.named.get(name)!.read()

test.each(['float16', 'float32', 'float64', '>f2', '>f4', '>f8', 'fortran'])('reads %s', (name) => {
  expect(arrayOf(name)).toEqual({ shape: [3, 2, 4], data: x })
})

test.each(['int8', 'int16', 'int32', 'int64', '>i2', '>i4', '>i8'])('reads %s', (name) => {
  expect(arrayOf(name).data).toEqual(x.map((value) => value * 4))
})

test.each(['uint8', 'uint16', 'uint32', 'uint64', '>u2', '>u4', '>u8'])('reads %s', (name) => {
  expect(arrayOf(name).data).toEqual(x.map((value) => value * 4 + 5))
})

test('reads bool', () => {
  expect(arrayOf('bool').data).toEqual(x.map((value) => (value > 0 ? 1 : 0)))
})

test('reads the least and the largest float16, infinities and NaN', () => {
  expect([...arrayOf('half_limits').data]).toEqual([2 ** -24, 65504, Infinity, -Infinity, NaN])
})

test.each(['complex64', 'structured', 'object'])('refuses %s arrays, but only when they are read', (name) => {
  expect(() => arrayOf(name)).toThrow(DtypeError)
})

test('refuses integers that float64 does not hold', () => {
  expect(() => arrayOf('big')).toThrow(/past 2\^53/)
})

test('reads x and y of an archive, compressed or not, and leaves other arrays alone', async () => {
  const plain = await loadFor(vectors('plain.npz'), [port])
  expect(plain.rows.map(([row]) => row)).toEqual([x.slice(0, 8), x.slice(8, 16), x.slice(16)])
  expect(plain.labels).toEqual(Float64Array.of(7, 0, 2))
  const compressed = await loadFor(vectors('compressed.npz'), [port])
  expect(compressed.rows).toEqual(plain.rows)
  expect(compressed.labels).toEqual(Float64Array.of(1, 0, 1))
})

test('reads a single array, as samples or as one', async () => {
  expect((await loadFor(vectors('single.npy'), [port])).rows).toHaveLength(3)
  expect((await loadFor(vectors('single.npy'), [{ name: 'a', shape: [1, 24] }])).rows).toEqual([[x]])
})

test('a written archive reads back, and equal arrays give equal bytes', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'zkonnx-')), 'deep', 'out.npz')
  const arrays = { x: { shape: [3, 8], data: x }, y: { shape: [3], data: Float64Array.of(1, 2, 3) } }
  await saveNpz(path, arrays)
  const back = await load(path)
  expect(back.named.get('x')!.read()).toEqual(arrays.x)
  expect(back.named.get('y')!.read()).toEqual(arrays.y)
  expect(new Uint8Array(await readFile(path))).toEqual(encodeNpz(arrays))
})

test.each([[], [1], [2, 3], [2, 0]])(
  'an array of shape %j %j writes and reads back',
  (...shape: number[]) => {
    const size = shape.reduce((product, extent) => product * extent, 1)
    const array = { shape, data: new Float64Array(size).fill(0.1) }
    expect(decodeNpy(encodeNpy(array), 'array')).toEqual(array)
  },
)

test('every truncation of an array is refused', () => {
  const bytes = encodeNpy({ shape: [3], data: Float64Array.of(1, 2, 3) })
  for (let length = 0; length < bytes.length; length++) {
    expect(() => decodeNpy(bytes.subarray(0, length), 'cut.npy')).toThrow(FormatError)
  }
  expect(() => decodeNpy(Uint8Array.of(...bytes, 0), 'long.npy')).toThrow(/3 values; 3.125 follow/)
})

test('every truncation of an archive is refused', async () => {
  const bytes = new Uint8Array(await readFile(vectors('compressed.npz')))
  for (let length = 0; length < bytes.length; length++) {
    expect(() => samplesFromNpz(bytes.subarray(0, length), 'cut.npz')).toThrow(ZipFormatError)
  }
})

test.each(['plain.npz', 'compressed.npz'])('a flipped bit in the data of %s is found', async (name) => {
  const bytes = new Uint8Array(await readFile(vectors(name)))
  // the first entry is x; its data begin after a local header of some 50 bytes and, unpacked, end with x's last byte
  const inside = name === 'plain.npz' ? 300 : 100
  bytes[inside]! ^= 1
  expect(() => samplesFromNpz(bytes, name).named.get('x')!.read()).toThrow(ZipFormatError)
})
