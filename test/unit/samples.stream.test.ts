/** Streamed samples are those of the whole file; one bad sample is told in its turn, and a damaged file as such. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import { zipSync } from 'fflate'
import { afterAll, expect, test } from 'vitest'
import { loadFor } from '../../src/artifacts/samples/load.js'
import { encodeNpy } from '../../src/artifacts/samples/npy.js'
import { encodeNpz } from '../../src/artifacts/samples/npz.js'
import { type StreamedSample, streamFor } from '../../src/artifacts/samples/stream.js'
import { FormatError } from '../../src/artifacts/samples/zip-directory.js'
import { NotJsonError } from '../../src/artifacts/store.js'

const dir = mkdtempSync(join(tmpdir(), 'zkonnx-stream-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const PORT = { name: 'x', shape: [1, 4] }
const PORTS = [PORT, { name: 'b', shape: [2] }]
const COUNT = 5_000
const data = Float64Array.from({ length: 4 * COUNT }, (_, k) => (k % 97) / 8)
const pairs = Float64Array.from({ length: 2 * COUNT }, (_, k) => k)
const labels = Float64Array.from({ length: COUNT }, (_, k) => k % 10)
const rows = Array.from({ length: COUNT }, (_, k) => [...data.subarray(4 * k, 4 * k + 4)])
const x = { shape: [COUNT, 4], data }
const b = { shape: [COUNT, 2], data: pairs }
const y = { shape: [COUNT], data: labels }
const zip = (compressed: boolean) =>
  zipSync(
    { 'x.npy': encodeNpy(x), 'b.npy': encodeNpy(b), 'y.npy': encodeNpy(y) },
    { level: compressed ? 6 : 0 },
  )
const objects = rows.map((row, k) => ({ x: row, b: [2 * k, 2 * k + 1], y: k % 10 }))
const table = ['p,q,"r ""s""",t,y', ...rows.map((row, k) => [...row, k % 10].join(','))].join('\n')

function write(name: string, content: Uint8Array | string): string {
  const path = join(dir, name)
  writeFileSync(path, content)
  return path
}

async function read(path: string, ports = [PORT]): Promise<StreamedSample[]> {
  const stream = await streamFor(path, ports)
  const samples: StreamedSample[] = []
  for await (const sample of stream.samples()) samples.push(sample)
  expect(samples).toHaveLength(stream.count)
  return samples
}

const FORMS: Readonly<Record<string, Uint8Array | string>> = {
  'stored.npz': encodeNpz({ x, y }),
  'deflated.npz': zipSync({ 'x.npy': encodeNpy(x), 'y.npy': encodeNpy(y) }),
  'single.npy': encodeNpy(x),
  'table.csv': table,
  'crlf.csv': `\uFEFF${table.replaceAll('\n', '\r\n')}\r\n\r\n`,
  'bare.csv': rows.map((row) => row.join(';')).join('\n'),
  'arrays.jsonl': rows.map((row) => JSON.stringify([row])).join('\n'),
  'objects.jsonl': `\n${objects.map(({ x, y }) => JSON.stringify({ x, y })).join('\n\n')}\n`,
  'ezkl.jsonl': rows.map((row) => JSON.stringify({ input_data: [row], y: 1 })).join('\n'),
  'arrays.json': JSON.stringify(rows, null, 1),
  'objects.json': JSON.stringify(objects.map(({ x, y }) => ({ x, note: 'a, "b" ] }\\', y }))),
  'columns.json': ` \n${JSON.stringify({ title: { 'a"]': [1] }, x: rows, y: [...labels] })}\n`,
  'ezkl-rows.json': JSON.stringify({ input_data: [rows] }),
  'ezkl-flat.json': JSON.stringify({ input_data: [[...data]], output_data: [[1]] }),
}

test.each(Object.keys(FORMS))('%s: the samples and labels of the whole file', async (name) => {
  const path = write(name, FORMS[name]!)
  const [whole, samples] = [await loadFor(path, [PORT]), await read(path)]
  expect(samples.map(({ place }) => place)).toEqual(whole.places)
  expect(samples.map((sample) => 'row' in sample && sample.row)).toEqual(whole.rows)
  expect(samples.map(({ label }) => label)).toEqual(
    whole.labels === undefined ? rows.map(() => undefined) : [...whole.labels],
  )
})

test.each([
  ['two.npz', zip(false)],
  ['two-deflated.npz', zip(true)],
  ['two.jsonl', objects.map((object) => JSON.stringify(object)).join('\n')],
  ['two.json', JSON.stringify({ y: [...labels], b: objects.map(({ b }) => b), x: rows })],
] as const)('%s: several inputs side by side', async (name, content) => {
  const path = write(name, content)
  const [whole, samples] = [await loadFor(path, PORTS), await read(path, PORTS)]
  expect(samples.map((sample) => 'row' in sample && sample.row)).toEqual(whole.rows)
})

test.each(
  readdirSync(new URL('../vectors/samples', import.meta.url)).filter((name) => extname(name) !== '.py'),
)('%s: whatever the whole file gives, by streaming too', async (name) => {
  const path = new URL(`../vectors/samples/${name}`, import.meta.url).pathname
  for (const shape of [[1, 2, 4], [1, 8], [24], [1]]) {
    const ports = [{ name: 'input', shape }]
    const whole = await loadFor(path, ports).catch((error: Error) => error)
    if (whole instanceof Error) await expect(streamFor(path, ports)).rejects.toThrow(whole.message)
    else expect((await read(path, ports)).map((sample) => 'row' in sample && sample.row)).toEqual(whole.rows)
  }
})

const bad = rows.map((row, k) => (k === 7 ? [1, 2, 'three', 4] : row))
test.each([
  ['bad.csv', bad.map((row) => row.join(',')).join('\n'), /line 8, column "3": "three"/],
  ['short.csv', bad.map((row, k) => (k === 7 ? '1,2' : row.join(','))).join('\n'), /line 8 has 2 cells/],
  ['bad.jsonl', bad.map((row) => JSON.stringify(row)).join('\n'), /at \[7\]\[2\]: "three"/],
  ['broken.jsonl', rows.map((row, k) => (k === 7 ? '[1, 2' : JSON.stringify(row))).join('\n'), /line 8/],
  ['bad.json', JSON.stringify(bad), /at \[7\]\[2\]: "three"/],
  ['columns-bad.json', JSON.stringify({ x: bad, y: [...labels] }), /at x\[7\]\[2\]: "three"/],
  [
    'nan.npy',
    encodeNpy({ ...x, data: data.map((v, k) => (k === 30 ? NaN : v)) }),
    /holds NaN(.|\n)*index \[7, 2\]/,
  ],
  [
    'label.npz',
    encodeNpz({ x, y: { ...y, data: labels.map((v, k) => (k === 7 ? Infinity : v)) } }),
    /holds Infinity/,
  ],
] as const)(
  '%s: the bad sample is told in its turn, and the others follow',
  async (name, content, message) => {
    const samples = await read(write(name, content))
    for (const [k, sample] of samples.entries()) {
      if (k !== 7) expect(sample).toMatchObject({ place: k, row: [Float64Array.from(rows[k]!)] })
      else expect(sample).toMatchObject({ place: 7, error: { message: expect.stringMatching(message) } })
    }
  },
)

test.each([
  ['flipped.npz', FormatError, flip(encodeNpz({ x }), 20_000)],
  ['flipped-deflated.npz', FormatError, flip(zipSync({ 'x.npy': encodeNpy(x) }), 600)],
  ['cut.json', NotJsonError, JSON.stringify(rows).slice(0, -1)],
  ['cut-within.json', NotJsonError, JSON.stringify({ x: rows }).slice(0, 30_000)],
  ['more.json', NotJsonError, `${JSON.stringify(rows)} []`],
  ['gap.json', NotJsonError, '[[1,2,3,4],,[1,2,3,4]]'],
] as const)('%s: a damaged file is told', async (name, kind, content) => {
  await expect(read(write(name, content))).rejects.toThrow(kind)
})

test('an early end leaves no file open', async () => {
  const stream = await streamFor(write('early.npz', zip(true)), PORTS)
  for await (const { place } of stream.samples()) if (place === 3) break
  const files = process
    .getActiveResourcesInfo()
    .filter((kind) => kind.includes('File') || kind.includes('FS'))
  expect(files).toEqual([])
})

function flip(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, k) => (k === at ? byte ^ 0x10 : byte))
}

/** An archive whose every size and place is in ZIP64 fields, as of one over 4 GiB. */
function zip64(files: Readonly<Record<string, Uint8Array>>, deflated: boolean): Uint8Array {
  const [parts, directory]: [Uint8Array[], Uint8Array[]] = [[], []]
  const lengthOf = (list: readonly Uint8Array[]) => list.reduce((sum, { length }) => sum + length, 0)
  for (const [name, content] of Object.entries(files)) {
    const packed = deflated ? deflateRawSync(content) : content
    const at = lengthOf(parts)
    const common = [u16(45), u16(0), u16(deflated ? 8 : 0), u32(0), u32(crc32(content)), u32(ONES), u32(ONES)]
    const sizes = [u64(content.length), u64(packed.length)]
    const text = new TextEncoder().encode(name)
    parts.push(u32(0x04034b50), ...common, u16(text.length), u16(20), text, u16(1), u16(16), ...sizes, packed)
    // another field stands before, as of Unix times
    const extra = [u16(0x5455), u16(5), new Uint8Array(5), u16(1), u16(24), ...sizes, u64(at)]
    directory.push(u32(0x02014b50), u16(45), ...common, u16(text.length), u16(lengthOf(extra)), u16(0))
    directory.push(u16(0), u16(0), u32(0), u32(ONES), text, ...extra)
  }
  const [start, size, count] = [lengthOf(parts), lengthOf(directory), Object.keys(files).length]
  const end64 = [u32(0x06064b50), u64(44), u16(45), u16(45), u32(0), u32(0), u64(count), u64(count)]
  const locator = [u32(0x07064b50), u32(0), u64(start + size), u32(1)]
  const end = [u32(0x06054b50), u16(0), u16(0), u16(0xffff), u16(0xffff), u32(ONES), u32(ONES), u16(0)]
  return Buffer.concat([...parts, ...directory, ...end64, u64(size), u64(start), ...locator, ...end])
}

const ONES = 0xffffffff
const u16 = (value: number) => new Uint8Array(Uint16Array.of(value).buffer)
const u32 = (value: number) => new Uint8Array(Uint32Array.of(value).buffer)
const u64 = (value: number) => new Uint8Array(BigUint64Array.of(BigInt(value)).buffer)

test.each([
  ['stored', false],
  ['deflated', true],
])('ZIP64, %s: streamed and whole', async (name, deflated) => {
  const path = write(`zip64-${name}.npz`, zip64({ 'x.npy': encodeNpy(x), 'y.npy': encodeNpy(y) }, deflated))
  const whole = await loadFor(path, [PORT])
  expect(whole.rows.map(([row]) => [...row!])).toEqual(rows)
  expect((await read(path)).map((sample) => 'row' in sample && sample.row)).toEqual(whole.rows)
})

test('ZIP64 without the sizes that it promises is refused', async () => {
  const bytes = zip64({ 'x.npy': encodeNpy(x) }, false)
  // the directory's ZIP64 field becomes another kind of field
  const field = Buffer.from(bytes).lastIndexOf(Buffer.concat([u16(1), u16(24)]))
  bytes[field] = 9
  await expect(streamFor(write('zip64-bad.npz', bytes), [PORT])).rejects.toThrow(/does not say its size/)
  await expect(loadFor(join(dir, 'zip64-bad.npz'), [PORT])).rejects.toThrow(/does not say its size/)
})
