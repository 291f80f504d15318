/** Hostile sample files: whatever is done to a file, reading it gives samples or a typed error, never another one. */
import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bind } from '../../src/artifacts/samples/bind.js'
import { samplesFromCsv } from '../../src/artifacts/samples/csv.js'
import { samplesFromJson, samplesFromJsonLines } from '../../src/artifacts/samples/json.js'
import { samplesFromNpy, samplesFromNpz } from '../../src/artifacts/samples/npz.js'
import { BaseError } from '../../src/base/errors.js'

const seed = Number(process.env.ZKONNX_SEED ?? 20240607)
const encode = (text: string) => new TextEncoder().encode(text)
const vector = (name: string) => readFile(new URL(`../vectors/samples/${name}`, import.meta.url))
const json = '{"input_data": [[1, 2.5, -3e2, 4, 5, 6, 7, 8]], "y": [1]}'
const lines = '{"x": [1, 2, 3, 4, 5, 6, 7, 8], "y": 1}\n{"x": [1, 2, 3, 4, 5, 6, 7, 8], "y": 2}\n'
const table = 'a,b,c,d,e,f,g,h,y\n1,2,3,4,5,6,7,8,0\n1,2,3,4,5,6,7,"8",1\n'
const names = ['json', 'jsonl', 'csv', 'npy', 'npz', 'compressed npz'] as const
const files = {
  json: { read: samplesFromJson, bytes: encode(json) },
  jsonl: { read: samplesFromJsonLines, bytes: encode(lines) },
  csv: { read: samplesFromCsv, bytes: encode(table) },
  npy: { read: samplesFromNpy, bytes: await vector('single.npy') },
  npz: { read: samplesFromNpz, bytes: await vector('plain.npz') },
  'compressed npz': { read: samplesFromNpz, bytes: await vector('compressed.npz') },
}

/** Bytes replaced, cut off, repeated or dropped, at places that the file's length is spread over. */
const edits = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    kind: fc.constantFrom('set', 'cut', 'repeat', 'drop'),
    byte: fc.nat(255),
  }),
  { minLength: 1, maxLength: 4 },
)

function mutate(
  bytes: Uint8Array,
  { at, kind, byte }: { at: number; kind: string; byte: number },
): Uint8Array {
  const place = Math.floor(at * bytes.length)
  const [head, tail] = [bytes.subarray(0, place), bytes.subarray(place)]
  if (kind === 'set') return Uint8Array.of(...head, byte, ...tail.subarray(1))
  if (kind === 'cut') return head
  if (kind === 'repeat') return Uint8Array.of(...head, ...tail.subarray(0, byte), ...tail)
  return Uint8Array.of(...head, ...tail.subarray(byte))
}

test.each(names)(`a damaged %s file gives samples or a typed error (seed ${seed})`, (name) => {
  const { read, bytes } = files[name]
  const port = { name: 'input', shape: [1, 8] }
  expect(bind(read(bytes, name), [port]).rows.length).toBeGreaterThan(0)
  let refused = 0
  fc.assert(
    fc.property(edits, (list) => {
      try {
        const { rows } = bind(read(list.reduce(mutate, bytes), name), [port])
        expect(rows.every(([row]) => row!.length === 8 && row!.every(Number.isFinite))).toBe(true)
      } catch (thrown) {
        if (!(thrown instanceof BaseError && thrown.fault === 'input' && thrown.hint !== undefined))
          throw thrown
        refused++
      }
    }),
    { seed, numRuns: 2_000 },
  )
  expect(refused).toBeGreaterThan(100)
})
