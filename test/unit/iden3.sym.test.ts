import { describe, expect, test } from 'vitest'
import { MalformedFileError } from '../../src/artifacts/iden3/binfile.js'
import * as Sym from '../../src/artifacts/iden3/sym.js'
import { damage, randomOf } from '../helpers/r1cs.js'

const symbols: readonly Sym.Symbol[] = [
  { label: 1, wire: 1, component: 0, name: 'main.output.logits[0]' },
  { label: 2, wire: -1, component: 0, name: 'main.gone' },
  { label: 3, wire: 2, component: 1, name: 'main.input.image[63]' },
]
const text = '1,1,0,main.output.logits[0]\n2,-1,0,main.gone\n3,2,1,main.input.image[63]\n'

describe('sym', () => {
  test('writes and reads lines as circom does', () => {
    expect([...Sym.encode(symbols)].join('')).toBe(text)
    expect([...Sym.decode(text)]).toEqual(symbols)
    expect([...Sym.decode(text.trimEnd())]).toEqual(symbols)
    expect([...Sym.decode('')]).toEqual([])
  })

  test('a million symbols come in pieces, whole and in order', () => {
    function* many() {
      for (let label = 1; label <= 1_000_000; label++) {
        yield { label, wire: label, component: 0, name: `main.w[${label}]` }
      }
    }
    let length = 0
    let pieces = 0
    let last = ''
    for (const piece of Sym.encode(many())) {
      expect(piece.endsWith('\n')).toBe(true)
      length += piece.length
      pieces++
      last = piece
    }
    expect(pieces).toBeGreaterThan(100)
    expect([...Sym.decode(last)].at(-1)).toEqual({
      label: 1_000_000,
      wire: 1_000_000,
      component: 0,
      name: 'main.w[1000000]',
    })
    // 2 * digits of 1 .. 10^6, three separators, "0", "main.w[]" and the digits again, a line feed
    expect(length).toBe(3 * 5_888_896 + 1_000_000 * (3 + 1 + 8 + 1))
  })

  test('names wires by their first symbol, and others by number', () => {
    const nameOf = Sym.namesByWire([...symbols, { label: 4, wire: 2, component: 1, name: 'main.alias' }])
    expect([0, 1, 2, 3].map(nameOf)).toEqual([
      'one',
      'main.output.logits[0]',
      'main.input.image[63]',
      'wire 3',
    ])
  })

  test('a line that is no symbol is refused with its number', () => {
    expect(() => [...Sym.decode('1,1,0,main.a\n2,x,0,main.b\n', 'c.sym')]).toThrow(
      'Malformed file c.sym: line 2 is not "label,wire,component,name".\n  "2,x,0,main.b"',
    )
  })

  test('damaged text raises MalformedFileError or decodes to what encodes to the same lines', () => {
    const seed = 5
    const random = randomOf(seed)
    for (let round = 0; round < 300; round++) {
      const broken = new TextDecoder().decode(damage(new TextEncoder().encode(text), random))
      try {
        const read = [...Sym.decode(broken)]
        expect(read.length, `seed ${seed}, round ${round}`).toBeLessThanOrEqual(broken.split('\n').length)
        expect([...Sym.decode([...Sym.encode(read)].join(''))]).toEqual(read)
      } catch (error) {
        expect(error, `seed ${seed}, round ${round}`).toBeInstanceOf(MalformedFileError)
      }
    }
  })
})
