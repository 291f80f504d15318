import { expect, test } from 'vitest'
import {
  bind,
  CountError,
  EmptyError,
  InputsError,
  NotFiniteError,
  SizeError,
} from '../../src/artifacts/samples/bind.js'
import { load, UnknownKindError } from '../../src/artifacts/samples/load.js'
import { encodeNpz, samplesFromNpz } from '../../src/artifacts/samples/npz.js'
import { split, take } from '../../src/artifacts/samples/split.js'
import { MissingFileError } from '../../src/artifacts/store.js'

const array = (shape: number[], ...data: number[]) => ({ shape, data: Float64Array.from(data) })
const samples = (arrays: Parameters<typeof encodeNpz>[0]) => samplesFromNpz(encodeNpz(arrays), 'in.npz')
const image = [{ name: 'image', shape: [1, 2] }]
const pair = [
  { name: 'a', shape: [1, 2] },
  { name: 'b', shape: [] },
]

test('an array under the input\'s name comes before "x", and "x" before the only one', () => {
  const arrays = { x: array([1, 2], 1, 2), image: array([1, 2], 3, 4) }
  expect(bind(samples(arrays), image).rows).toEqual([[Float64Array.of(3, 4)]])
  expect(bind(samples({ x: arrays.x, other: arrays.image }), image).rows).toEqual([[Float64Array.of(1, 2)]])
  expect(bind(samples({ other: arrays.image, y: array([1], 5) }), image).rows).toEqual([
    [Float64Array.of(3, 4)],
  ])
})

test('an input named like labels is an input', () => {
  const set = bind(samples({ y: array([2, 2], 1, 2, 3, 4) }), [{ name: 'y', shape: [1, 2] }])
  expect(set.rows).toHaveLength(2)
  expect(set.labels).toBeUndefined()
})

test('each row owns its buffer, so that sending one to a worker sends no more', () => {
  const [first] = bind(samples({ x: array([3, 2], 1, 2, 3, 4, 5, 6) }), image).rows
  expect(first![0]!.buffer.byteLength).toBe(16)
})

test('labels may have an axis of their own', () => {
  const arrays = { x: array([2, 2], 1, 2, 3, 4), y: array([2, 1], 8, 9) }
  expect(bind(samples(arrays), image).labels).toEqual(Float64Array.of(8, 9))
})

test.each([
  [
    'arrays of other names',
    { c: array([1], 1), d: array([1], 1) },
    pair,
    InputsError,
    /"a" \(1x2\).*\n.*"c", "d"/,
  ],
  ['an array too few', { a: array([1, 2], 1, 2) }, pair, InputsError, /"b" \(scalar\)/],
  ['two candidates', { c: array([1, 2], 1, 2), d: array([1, 2], 1, 2) }, image, InputsError, /"c", "d"/],
  [
    'too many features',
    { x: array([2, 3], 1, 2, 3, 4, 5, 6) },
    image,
    SizeError,
    /the array is 2x3: 3 numbers/,
  ],
  [
    'unequal counts',
    { a: array([2, 2], 1, 2, 3, 4), b: array([3], 1, 2, 3) },
    pair,
    CountError,
    /"b" has 3 .* 2 samples/,
  ],
  [
    'a label too few',
    { x: array([2, 2], 1, 2, 3, 4), y: array([1], 0) },
    image,
    CountError,
    /"y" has 1 .* 2 samples/,
  ],
  ['no samples', { x: array([0, 2]) }, image, EmptyError, /in\.npz has no samples/],
  [
    'NaN',
    { x: array([2, 2], 1, 2, 3, NaN) },
    image,
    NotFiniteError,
    /holds NaN.*\n.*sample 1, at index \[1, 1\]/,
  ],
  [
    'infinity',
    { x: array([2, 2], 1, -Infinity, 3, 4) },
    image,
    NotFiniteError,
    /holds -Infinity.*\n.*sample 0/,
  ],
  [
    'a label that is NaN',
    { x: array([1, 2], 1, 2), y: array([1], NaN) },
    image,
    NotFiniteError,
    /array "y" holds NaN/,
  ],
])('refuses %s', (_, arrays, ports, type, message) => {
  expect(() => bind(samples(arrays), ports)).toThrow(type)
  expect(() => bind(samples(arrays), ports)).toThrow(message)
})

test('NaN in an array that no input takes is no error', () => {
  expect(bind(samples({ x: array([1, 2], 1, 2), out: array([1], NaN) }), image).rows).toHaveLength(1)
})

test('the split holds out every third sample and loses none', () => {
  const data = Array.from({ length: 14 }, (_, k) => k)
  const set = bind(samples({ x: array([7, 2], ...data), y: array([7], 0, 1, 2, 3, 4, 5, 6) }), image)
  const { calibration, heldOut } = split(set)
  expect(heldOut.places).toEqual([2, 5])
  expect(heldOut.labels).toEqual(Float64Array.of(2, 5))
  expect(heldOut.rows[1]).toEqual([Float64Array.of(10, 11)])
  expect(calibration.places).toEqual([0, 1, 3, 4, 6])
  expect(take(heldOut, 1).places).toEqual([2])
})

test('a kind of file that is not known, and a file that is not there, are said so', async () => {
  await expect(load('samples.xlsx')).rejects.toThrow(UnknownKindError)
  await expect(load('/nowhere/samples.npz')).rejects.toThrow(MissingFileError)
})
