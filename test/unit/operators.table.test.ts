/** docs/OPERATORS.md speaks of the operators there are, and the vectors behind it find what is wrong. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { check } from '../../scripts/conformance/check.js'
import type { Vector } from '../../scripts/conformance/vector.js'
import { supportedOperators } from '../../src/onnx/registry.js'
import { buildBytes, floats, type NodeSpec, Type } from '../helpers/onnx-model.js'

test('the table lists the operators of the registry (npm run conformance writes it)', () => {
  const text = readFileSync(new URL('../../docs/OPERATORS.md', import.meta.url), 'utf8')
  const rows = text.slice(text.indexOf('## Supported'), text.indexOf('## ONNX node tests')).split('\n')
  const listed = rows.flatMap((row) => /^\| (?!operator|---)(\S+) \|/.exec(row)?.[1] ?? [])
  const names = supportedOperators().map(({ domain, operator }) =>
    domain === '' ? operator : `${domain}.${operator}`,
  )
  expect(listed).toEqual([...new Set(names)])
})

describe('a vector', () => {
  const double: NodeSpec = { op: 'Mul', in: ['x', 'c'], out: ['y'] }
  const vector = (node: NodeSpec, outputs: number[], shape = [3]): Vector => ({
    name: 'vector',
    operators: [],
    uses: [],
    constants: {},
    source: {
      kind: 'bytes',
      bytes: buildBytes({
        opset: 13,
        inputs: { x: { shape: [3] } },
        outputs: { y: Type.FLOAT },
        initializers: [floats('c', [], [1.7]), floats('w', [3, 1], [0.31830989, 1.732050808, 0.915965568])],
        nodes: [node],
      }),
    },
    samples: [
      {
        inputs: new Map([['x', Float64Array.of(0.1, -3, 7)]]),
        outputs: new Map([['y', { shape, data: Float64Array.from(outputs) }]]),
      },
    ],
  })
  const right = [0.17, -5.1, 11.9]

  test('that is right passes, with what it took', async () => {
    const verdict = await check(vector(double, right), 'rounds')
    expect(verdict.kind).toBe('passed')
    // three inputs of 16 bits
    expect('constraints' in verdict && verdict.constraints).toBeGreaterThan(48)
  })

  test.each([
    ['another value', [0.17, -5.1, 11.8], 'rounds', /float program's "y"\[2\] is 11.9\d* instead of 11.8/],
    ['too few values', [0.17, -5.1], 'rounds', /3 elements instead of 2/],
  ] as const)('with %s is wrong', async (_, outputs, tolerance, reason) => {
    const verdict = await check(vector(double, [...outputs]), tolerance)
    expect(verdict.kind).toBe('failed')
    expect('reason' in verdict && verdict.reason).toMatch(reason)
  })

  test('of weights that are rounded is wrong where it should be exact', async () => {
    const product: NodeSpec = { op: 'MatMul', in: ['x', 'w'], out: ['y'] }
    const sum = vector(product, [0.031830989 - 5.196152423 + 6.411758973], [1])
    expect((await check(sum, 'rounds')).kind).toBe('passed')
    const verdict = await check(sum, 'exact')
    expect('reason' in verdict && verdict.reason).toMatch(/integer program's "y"\[0\] is 1.24/)
  })

  test('of an operator that is not supported is refused', async () => {
    const verdict = await check(vector({ op: 'Det', in: ['x'], out: ['y'] }, right), 'rounds')
    expect(verdict).toMatchObject({ kind: 'refused', reason: expect.stringContaining('Det') })
  })
})
