/** Functions as tables, for circuits that look them up. */
import { describe, expect, test } from 'vitest'
import { answerChallenge } from '../../src/attack/second-round.js'
import { firstBrokenRow } from '../../src/attack/system.js'
import { bitLength } from '../../src/base/integers.js'
import { build, count, evaluate } from '../../src/circuit/circuit.js'
import { draft } from '../../src/circuit/synthesize.js'
import { execute } from '../../src/model/execute.js'
import { compile } from '../../src/model/functions.js'
import type { Graph } from '../../src/model/graph.js'
import { decodeModel } from '../../src/onnx/decode.js'
import { importGraph } from '../../src/onnx/import.js'
import { tabulateFunction } from '../../src/quantize/function-table.js'
import { quantizeInputs } from '../../src/quantize/input.js'
import { realsOf } from '../../src/quantize/output.js'
import { quantize } from '../../src/quantize/quantize.js'
import { flatten } from '../helpers/circuits.js'
import { CHALLENGE } from '../helpers/lookups.js'
import { buildBytes, Type } from '../helpers/onnx-model.js'
import { Random } from '../helpers/random.js'

const SEED = 41
const SIZE = 60

describe.each(['Sigmoid', 'Tanh', 'Exp', 'Softplus'])('%s', (op) => {
  const graph = graphOf(op)
  const random = new Random(SEED)
  const samples = Array.from({ length: 20 }, () => [
    Float64Array.from({ length: SIZE }, () => random.int(-3000, 3000) / 1000),
  ])
  const [lines, tables] = (['lines', 'tables'] as const).map(
    (functions) => quantize(graph, samples, { functions }).model,
  ) as [ReturnType<typeof quantize>['model'], ReturnType<typeof quantize>['model']]

  test('is a table that is nearer to the function than lines are, and says so', () => {
    expect(lines.notes.join()).toMatch(/by lines of up to \d+ pieces, within/)
    expect(tables.notes.join()).toMatch(/by a table of up to \d+ entries, within/)
    const within = ({ notes }: typeof lines) => Number(/within (\S+) of it/.exec(notes.join())![1])
    expect(within(tables)).toBeLessThan(within(lines))
    expect(worst(tables)).toBeLessThan(worst(lines))
  })

  test('needs no larger domain, and its circuit gives what the integers give', () => {
    const blueprint = draft(tables, 'public', 'groth16-lookup')
    // lines over so few integers are looked up as well; tables for ranges are chosen by time, and not by rows
    const domain = (model: typeof lines) =>
      bitLength(count(draft(model, 'public', 'groth16-lookup')).constraints)
    expect(domain(tables)).toBeLessThanOrEqual(domain(lines))
    const { r1cs, lookups, wireName } = build(blueprint)
    for (const sample of samples.slice(0, 3)) {
      const inputs = quantizeInputs(tables, sample)
      const evaluator = evaluate(blueprint, { publicInputs: [0n], privateInputs: flatten(inputs) })
      expect(evaluator.misses).toBe(0)
      expect(
        firstBrokenRow(r1cs, answerChallenge(r1cs, lookups!, evaluator.wires, CHALLENGE)),
      ).toBeUndefined()
      const truth = execute(tables, inputs)[tables.outputs[0]!.tensor]!
      const outputs = Array.from({ length: r1cs.wires }, (_, wire) => wire).filter((wire) =>
        /^main\.output/.test(wireName(wire)),
      )
      expect(outputs.map((wire) => Number(evaluator.wires.get(wire)))).toEqual([...truth])
    }
  })

  /** The largest distance from the function of the inputs as they were rounded. */
  function worst(model: typeof lines): number {
    const f = compile({ fn: op.toLowerCase() as 'exp', params: [], x: 'x' })
    return samples.reduce((most, sample) => {
      const inputs = quantizeInputs(model, sample)
      const given = realsOf(model, model.inputs[0]!.tensor, inputs[0]!)
      const { tensor } = model.outputs[0]!
      const found = realsOf(model, tensor, execute(model, inputs)[tensor]!)
      return given.reduce((worst, x, i) => Math.max(worst, Math.abs(f(x) - found[i]!)), most)
    }, 0)
  }
})

test('a few values are not worth a table', () => {
  const samples = [[Float64Array.of(-3, 3)]]
  const { notes } = quantize(graphOf('Sigmoid', 2), samples, { functions: 'tables' }).model
  expect(notes.join()).toMatch(/by lines/)
})

test('the error of a table counts what rounding its argument adds', () => {
  const bounds = { lo: -1000, hi: 1000 }
  const table = tabulateFunction((x) => x, { scale: 1, bounds, span: bounds, unit: 1, most: 300 })!
  expect(table.shift).toBe(3)
  expect(table.op.slope.length).toBeLessThanOrEqual(300)
  expect(table.error).toBeGreaterThanOrEqual(3.5)
  expect(table.error).toBeLessThanOrEqual(4)
})

function graphOf(opType: string, size = SIZE): Graph {
  const bytes = buildBytes({
    opset: 17,
    inputs: { x: { shape: [size] } },
    outputs: { y: Type.FLOAT },
    nodes: [{ op: opType, in: ['x'], out: ['y'] }],
  })
  return importGraph(decodeModel(bytes)).graph
}
