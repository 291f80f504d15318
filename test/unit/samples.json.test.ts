import { expect, test } from 'vitest'
import { bind, type InputPort, SizeError } from '../../src/artifacts/samples/bind.js'
import { ShapeError, samplesFromJson, samplesFromJsonLines } from '../../src/artifacts/samples/json.js'
import { NotJsonError } from '../../src/artifacts/store.js'

const one: InputPort[] = [{ name: 'image', shape: [1, 2, 2] }]
const two: InputPort[] = [
  { name: 'a', shape: [1, 2] },
  { name: 'b', shape: [1, 1] },
]
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const rowsOf = (value: unknown, ports: InputPort[]) => {
  const { rows } = bind(samplesFromJson(encode(value), 'in.json'), ports)
  return rows.map((sample) => sample.map((row) => [...row]))
}

test.each([
  ['EZKL, one sample', { input_data: [[1, 2, 3, 4]] }, [[[1, 2, 3, 4]]]],
  [
    'EZKL, nested',
    {
      input_data: [
        [
          [
            [1, 2],
            [3, 4],
          ],
        ],
      ],
    },
    [[[1, 2, 3, 4]]],
  ],
  ['EZKL, laid end to end', { input_data: [[1, 2, 3, 4, 5, 6, 7, 8]] }, [[[1, 2, 3, 4]], [[5, 6, 7, 8]]]],
  [
    'EZKL, one list a sample',
    {
      input_data: [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ],
    },
    [[[1, 2, 3, 4]], [[5, 6, 7, 8]]],
  ],
  ['named, one sample', { image: [1, 2, 3, 4] }, [[[1, 2, 3, 4]]]],
  [
    'named, as the model has it',
    {
      image: [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    },
    [[[1, 2, 3, 4]]],
  ],
  [
    'named, many',
    {
      image: [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ],
    },
    [[[1, 2, 3, 4]], [[5, 6, 7, 8]]],
  ],
  ['x, beside other fields', { task: 'digits', x: [[1, 2, 3, 4]], y: [3], out: [['?']] }, [[[1, 2, 3, 4]]]],
  ['a list', [1, 2, 3, 4], [[[1, 2, 3, 4]]]],
  [
    'a list of samples',
    [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ],
    [[[1, 2, 3, 4]], [[5, 6, 7, 8]]],
  ],
  ['a list of objects', [{ image: [1, 2, 3, 4] }, { image: [5, 6, 7, 8] }], [[[1, 2, 3, 4]], [[5, 6, 7, 8]]]],
  [
    'a list of EZKL objects',
    [{ input_data: [[1, 2, 3, 4]] }, { input_data: [[5, 6, 7, 8]] }],
    [[[1, 2, 3, 4]], [[5, 6, 7, 8]]],
  ],
])('reads %s', (_, value, rows) => {
  expect(rowsOf(value, one)).toEqual(rows)
})

test.each([
  ['EZKL, one sample', { input_data: [[1, 2], [3]] }, [[[1, 2], [3]]]],
  [
    'named, many',
    {
      b: [3, 6],
      a: [
        [1, 2],
        [4, 5],
      ],
    },
    [
      [[1, 2], [3]],
      [[4, 5], [6]],
    ],
  ],
  [
    'a list of objects',
    [
      { b: 3, a: [1, 2] },
      { a: [4, 5], b: 6 },
    ],
    [
      [[1, 2], [3]],
      [[4, 5], [6]],
    ],
  ],
  [
    'a list of EZKL objects',
    [{ input_data: [[1, 2], [3]] }, { input_data: [[4, 5], [6]] }],
    [
      [[1, 2], [3]],
      [[4, 5], [6]],
    ],
  ],
])('reads two inputs from %s', (_, value, rows) => {
  expect(rowsOf(value, two)).toEqual(rows)
})

test('reads JSON lines, with labels, and says which line is broken', () => {
  const text = '{"image": [1, 2, 3, 4], "y": 7}\n\n{"image": [5, 6, 7, 8], "y": 1}\n'
  const set = bind(samplesFromJsonLines(new TextEncoder().encode(text), 'in.jsonl'), one)
  expect(set.labels).toEqual(Float64Array.of(7, 1))
  expect(set.rows).toHaveLength(2)
  const broken = new TextEncoder().encode(`${text}{"image": [NaN]}\n`)
  expect(() => samplesFromJsonLines(broken, 'in.jsonl')).toThrow(NotJsonError)
  expect(() => samplesFromJsonLines(broken, 'in.jsonl')).toThrow(/line 4/)
})

test.each([
  ['a string for a number', { image: [1, 2, '3', 4] }, /at image\[2\]: "3"/],
  ['null for a number', { input_data: [[1, 2, null, 4]] }, /at input_data\[0\]\[2\]: null/],
  [
    'uneven samples',
    [
      [1, 2, 3, 4],
      [1, 2, 3],
    ],
    /at \[1\]: a list of 3/,
  ],
  ['uneven depth', [[1, 2, 3, 4], 5], /at \[1\]: 5/],
  ['a sample without a field', [{ image: [1, 2, 3, 4] }, { imago: [1, 2, 3, 4] }], /at sample 1: .*imago/],
  ['a sample that is no object', [{ image: [1, 2, 3, 4] }, 7], /at sample 1: 7/],
  ['input_data that is no list', { input_data: 7 }, /at input_data: 7/],
  ['a number alone', 7, /at the top: 7/],
])('refuses %s and says where', (_, value, message) => {
  expect(() => rowsOf(value, one)).toThrow(ShapeError)
  expect(() => rowsOf(value, one)).toThrow(message)
})

test('lists that promise more than the file holds cost no memory', () => {
  const wide = new Array(200_000).fill(0)
  expect(() => rowsOf([wide, ...wide], one)).toThrow(ShapeError)
})

test('refuses a sample with a number too many', () => {
  expect(() => rowsOf({ input_data: [[1, 2, 3, 4, 5]] }, one)).toThrow(SizeError)
  expect(() => rowsOf({ image: [1, 2, 3, 4, 5, 6, 7, 8] }, one)).toThrow(/a sample has 4 numbers/)
})
