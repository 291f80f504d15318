import { expect, test } from 'vitest'
import { bind, SizeError } from '../../src/artifacts/samples/bind.js'
import { CellError, FormatError, samplesFromCsv } from '../../src/artifacts/samples/csv.js'

const flower = [{ name: 'flower', shape: [1, 2] }]
const read = (text: string, ports: { name: string; shape: number[] }[] = flower) =>
  bind(samplesFromCsv(new TextEncoder().encode(text), 'in.csv'), ports)
const rowsOf = (text: string) => read(text).rows.map(([row]) => [...row!])

test.each([
  ['no header', '1,2\n3,4\n'],
  ['a header', 'length,width\n1,2\n3,4\n'],
  ['a byte order mark, carriage returns and spaces', '\uFEFFlength, width\r\n 1, 2\r\n3 ,4\r\n'],
  ['semicolons', 'length;width\n1;2\n3;4'],
  ['tabs and empty lines', '1\t2\n\n3\t4\n\n'],
  ['quotes and exponents', '"length","width, in mm"\n"1",2e0\n.3e1,4.'],
])('reads a table with %s', (_, text) => {
  expect(rowsOf(text)).toEqual([
    [1, 2],
    [3, 4],
  ])
})

test.each(['y', 'Label', 'target', 'CLASS'])('takes the column "%s" as labels', (name) => {
  const set = read(`length,${name},width\n1,0,2\n3,1,4\n`)
  expect(set.labels).toEqual(Float64Array.of(0, 1))
  expect(set.rows.map(([row]) => [...row!])).toEqual([
    [1, 2],
    [3, 4],
  ])
})

test('gives the columns by name to a model with one input a column', () => {
  const ports = [
    { name: 'width', shape: [1, 1] },
    { name: 'length', shape: [1, 1] },
  ]
  expect(read('length,width\n1,2\n3,4', ports).rows[1]!.map((row) => [...row])).toEqual([[4], [3]])
})

test.each(['nan', '', 'inf', '0x10', 'setosa', '1,5'])(
  'refuses the cell "%s" and says where it is',
  (cell) => {
    const text = `length,width\n1,2\n\n3,"${cell}"\n`
    expect(() => read(text)).toThrow(CellError)
    expect(() => read(text)).toThrow(/line 4, column "width"/)
  },
)

test('a missing value in the first row does not make it a header', () => {
  expect(() => read('nan,2\n3,4\n')).toThrow(/line 1, column "1"/)
})

test.each([
  ['an empty file', '', /no rows/],
  ['a short row', 'a,b\n1,2\n3\n', /line 3 has 1 cells/],
  ['a name twice', 'a,a\n1,2\n', /two columns are named "a"/],
  ['an open quote', 'a,b\n"1,2\n', /not closed|quote/i],
])('refuses %s', (_, text, message) => {
  expect(() => read(text)).toThrow(FormatError)
  expect(() => read(text)).toThrow(message)
})

test('refuses a table with a column too many', () => {
  expect(() => read('a,b,c\n1,2,3\n')).toThrow(SizeError)
})

test('refuses a header without samples', () => {
  expect(() => read('a,b\n')).toThrow(/no samples/)
})
