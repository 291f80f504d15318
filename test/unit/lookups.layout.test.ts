import { describe, expect, test } from 'vitest'
import { MalformedFileError } from '../../src/artifacts/iden3/binfile.js'
import { decode, encode, type LookupPlan, layOut } from '../../src/artifacts/lookups.js'

const PLAN: LookupPlan = {
  beta: 3,
  secondRound: 20,
  firstLookup: 5,
  tableOf: Uint16Array.of(0, 1, 1),
  tables: [
    { name: 'range 2', entries: Float64Array.of(0, 1, 2, 3) },
    { name: 'relu "ü"', entries: Float64Array.of(-5, 0, 2 ** 53 - 1) },
  ],
}

describe('layout of lookups', () => {
  test('gives tables their wires: multiplicities end round 1, quotients follow the inverses', () => {
    const { tables } = layOut(PLAN)
    expect(tables.map(({ multiplicities, quotients }) => [multiplicities, quotients])).toEqual([
      [13, 23],
      [17, 27],
    ])
  })

  test('is read as it was written', () => {
    const layout = layOut(PLAN)
    expect(decode(encode(layout))).toEqual(layout)
    const none = layOut({ ...PLAN, tableOf: new Uint16Array(), tables: [] })
    expect(decode(encode(none))).toEqual(none)
  })

  const [first, second] = PLAN.tables as [LookupPlan['tables'][0], LookupPlan['tables'][0]]
  test.each<[string, Partial<LookupPlan>]>([
    ['an entry twice', { tables: [{ ...first, entries: Float64Array.of(1, 1) }, second] }],
    ['a table without entries', { tables: [{ ...first, entries: new Float64Array() }, second] }],
    ['a fraction', { tables: [{ ...first, entries: Float64Array.of(0.5) }, second] }],
    ['minus zero', { tables: [{ ...first, entries: Float64Array.of(-0) }, second] }],
    ['an integer that is not exact', { tables: [{ ...first, entries: Float64Array.of(2 ** 53) }, second] }],
    ['a lookup in no table', { tableOf: Uint16Array.of(2) }],
    ['a challenge at the constant', { beta: 0 }],
    ['multiplicities over the challenge', { secondRound: 10 }],
  ])('refuses %s', (_name, change) => {
    expect(() => layOut({ ...PLAN, ...change })).toThrow('cannot be laid out')
  })

  test('refuses every file that is cut short, and every change of a byte or reads another layout', () => {
    const bytes = encode(layOut(PLAN))
    for (let end = 0; end < bytes.length; end++)
      expect(() => decode(bytes.slice(0, end)), `cut at ${end}`).toThrow(MalformedFileError)
    for (let at = 0; at < bytes.length; at++) {
      for (const flip of [1, 0x80, 0xff]) {
        const changed = bytes.slice()
        changed[at]! ^= flip
        try {
          // what can be read is written again as it stood: no two files are one layout
          expect(encode(decode(changed)), `byte ${at}`).toEqual(changed)
        } catch (error) {
          expect(error, `byte ${at}`).toBeInstanceOf(MalformedFileError)
        }
      }
    }
  })
})
