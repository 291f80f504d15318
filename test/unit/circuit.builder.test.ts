/** The builder: what is written, in which order, under which names; and the counter beside it. */
import { expect, test } from 'vitest'
import { coefficientOf, encode, type Matrix, type R1cs } from '../../src/artifacts/iden3/r1cs.js'
import { entriesOf } from '../../src/artifacts/lookups.js'
import { SCHEMES } from '../../src/artifacts/scheme.js'
import { InternalError } from '../../src/base/errors.js'
import { P } from '../../src/base/field.js'
import { build, count } from '../../src/circuit/circuit.js'
import type { ConstraintSystem, Layout } from '../../src/circuit/cs/api.js'
import { Builder } from '../../src/circuit/cs/builder.js'
import { Counter } from '../../src/circuit/cs/counter.js'
import { Ints } from '../../src/circuit/cs/growable.js'
import { draft } from '../../src/circuit/synthesize.js'
import { randomModel } from '../helpers/integer-models.js'
import { OPERATORS } from '../helpers/operator-models.js'
import { Random } from '../helpers/random.js'

const LAYOUT: Layout = {
  publicOutputs: ['signal[0]'],
  publicInputs: ['context'],
  privateInputs: [
    { name: 'image', size: 2 },
    { name: 'mask', size: 1 },
  ],
}

test('each request writes its constraint', () => {
  const builder = new Builder(LAYOUT)
  useEverything(builder)
  const r1cs = builder.finish()
  expect(Array.from({ length: r1cs.constraints }, (_, row) => spell(r1cs, row))).toEqual([
    '(w3) * (w4) = w6',
    '(-1*1 + w5) * (w6) = -3*w3 + w7',
    '() * () = 2*1 + w3 + -1*w8',
    '(w9) * (w9) = w9',
    '(w10) * (w10) = w10',
    '() * () = -1*w5 + w9 + 2*w10',
    '(w9) * (w10) = ',
    '() * () = 1152921504606846976*w2 + -1*w11',
    '() * () = -1*w1 + w7',
  ])
  expect(r1cs).toMatchObject({ wires: 12, publicOutputs: 1, publicInputs: 1, privateInputs: 3 })
})

test('wires and constraints have the paths of their scopes', () => {
  const builder = new Builder(LAYOUT)
  useEverything(builder)
  expect(Array.from({ length: 12 }, (_, wire) => builder.paths.wire(wire))).toEqual([
    'one',
    'main.signal[0]',
    'main.context',
    'main.input.image[0]',
    'main.input.image[1]',
    'main.input.mask[0]',
    'main.layer.product',
    'main.layer/row[3].sum',
    'main.layer/row[3].copy',
    'main.layer/row[3].bit[0]',
    'main.layer/row[3].bit[1]',
    'main.output.y[4]',
  ])
  const scopes = Array.from(builder.constraintScope.view(), (scope) => builder.paths.scope(scope))
  expect(scopes).toEqual(['main.layer', ...new Array(6).fill('main.layer/row[3]'), 'main.layer', 'main'])
  expect(builder.paths.layer(builder.constraintScope.get(4))).toBe('layer')
  expect(builder.hints).toEqual([{ name: 'range', run: { first: 9, count: 2 }, summed: true }])
})

test('a model names its inputs and outputs, whatever their layers are called', () => {
  for (const { model } of OPERATORS) {
    const { r1cs, wireName, constraintName } = build(draft(model, 'private'))
    const names = Array.from({ length: r1cs.wires }, (_, wire) => wireName(wire))
    expect(new Set(names).size).toBe(names.length)
    const output = model.outputs[0]!.name
    expect(names).toContain('main.input.x[0]')
    expect(names).toContain(`main.output.${output}[0]`)
    expect(constraintName(0)).toMatch(/^main\.(input\/x|compare0\/rank)\[/)
  }
})

test('a decomposition that could wrap around the field is refused', () => {
  const builder = new Builder(LAYOUT)
  expect(() => builder.bits(builder.privateInput(0), 253, 'range')).toThrow(InternalError)
  builder.bits(builder.privateInput(0), 252, 'range')
})

test('a coefficient beyond 2^30 is kept once, however often and under whatever sign of writing', () => {
  const builder = new Builder(LAYOUT)
  const x = builder.privateInput(0)
  for (const weight of [2 ** 30, 2n ** 30n, 2 ** 30 - 1, -(2 ** 30), P - 2n ** 30n, 1n - P]) {
    builder.wire(builder.combine([x], [weight]), 'scaled')
  }
  const { large } = builder.finish()
  expect(large).toEqual([2n ** 30n, P - 1n, P - 2n ** 30n])
})

test('two builds of one model are the same bytes', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const bytes = () => encode(build(draft(randomModel(new Random(seed)), 'public')).r1cs)
    expect(Buffer.compare(bytes(), bytes()), `seed ${seed}`).toBe(0)
  }
})

test('the counter counts what the builder writes, request by request and layer by layer', () => {
  const [builder, counter] = [new Builder(LAYOUT), new Counter(LAYOUT)]
  useEverything(builder)
  useEverything(counter)
  expect([counter.constraints, counter.wires]).toEqual([9, 12])
  expect([...counter.layers]).toEqual([
    ['layer', 8],
    ['main', 1],
  ])
  for (const scheme of SCHEMES) {
    for (const { name, model } of OPERATORS) {
      const blueprint = draft(model, 'public', scheme)
      const { r1cs, layers, lookups } = build(blueprint)
      const { entries, ...counted } = count(blueprint)
      expect(counted, `${scheme}: ${name}`).toEqual({
        ...{ constraints: r1cs.constraints, wires: r1cs.wires, layers },
        ...{
          lookups: lookups?.tableOf.length ?? 0,
          tables: lookups?.tables.length ?? 0,
          tableEntries: lookups === undefined ? 0 : entriesOf(lookups),
        },
      })
      expect(entries, name).toBeGreaterThanOrEqual(r1cs.a.wire.length + r1cs.b.wire.length)
    }
  }
})

test('integer arrays keep what was pushed while they grow', () => {
  const ints = new Ints(1)
  for (let i = 0; i < 100; i++) ints.push(i)
  ints.pushAll(Array.from({ length: 900 }, (_, i) => 100 + i))
  expect([...ints.view()]).toEqual(Array.from({ length: 1000 }, (_, i) => i))
})

/** One request of each kind. */
function useEverything<V>(cs: ConstraintSystem<V>): void {
  const [a, b, mask] = [cs.privateInput(0), cs.privateInput(1), cs.privateInput(2)]
  const sum = cs.scope('layer', undefined, () => {
    const product = cs.product(a, b, 'product')
    const inner = cs.scope('row', 3, () => {
      const result = cs.multiplyAdd(cs.combine([mask], [1], -1), product, cs.combine([a], [3]), 'sum')
      cs.wire(cs.combine([a], [1], 2), 'copy')
      const run = cs.bits(mask, 2, 'range')
      cs.assertProduct(cs.limb(run, 0, 1), cs.limb(run, 1, 2), cs.constant(0))
      return result
    })
    cs.output('y', 4, cs.combine([cs.publicInput(0)], [1n << 60n]))
    return inner
  })
  cs.assertPublicOutput(0, sum)
}

/** A constraint as text, signed, in the order of its wires. */
function spell(r1cs: R1cs, row: number): string {
  const side = ({ rowStart, wire, coefficient }: Matrix) =>
    Array.from({ length: rowStart[row + 1]! - rowStart[row]! }, (_, i) => {
      const entry = rowStart[row]! + i
      const value = coefficientOf(r1cs, coefficient[entry]!)
      const signed = value > P / 2n ? value - P : value
      const name = wire[entry] === 0 ? '1' : `w${wire[entry]}`
      return signed === 1n ? name : `${signed}*${name}`
    }).join(' + ')
  return `(${side(r1cs.a)}) * (${side(r1cs.b)}) = ${side(r1cs.c)}`
}
