/** Final sums are moved by what all samples are off, and by nothing else. */
import { describe, expect, test } from 'vitest'
import { execute } from '../../src/model/execute.js'
import { decodeModel } from '../../src/onnx/decode.js'
import { importGraph } from '../../src/onnx/import.js'
import { quantizeInputs } from '../../src/quantize/input.js'
import { quantize } from '../../src/quantize/quantize.js'
import { buildBytes, floats, type NodeSpec, randomValues, seeded, Type } from '../helpers/onnx-model.js'

const SEED = 23
const WIDTH = 6

/** A recurrence of eight steps with a gate that hardly moves, and a dense layer unless there is none. */
function net(dense: boolean) {
  const random = seeded(SEED)
  const small = (name: string, shape: number[]) =>
    floats(
      name,
      shape,
      randomValues(random, shape).map((value) => value / 2),
    )
  const steps = Array.from({ length: 8 }, (_, step): NodeSpec[] => [
    { op: 'MatMul', in: [`h${step}`, 'w'], out: [`m${step}`] },
    { op: 'Sigmoid', in: [`m${step}`], out: [`s${step}`] },
    { op: 'Mul', in: [`h${step}`, `s${step}`], out: [`p${step}`] },
    { op: 'Add', in: [`p${step}`, 'c'], out: [`h${step + 1}`] },
  ])
  const last: NodeSpec = dense
    ? { op: 'MatMul', in: ['h8', 'v'], out: ['y'] }
    : { op: 'Tanh', in: ['h8'], out: ['y'] }
  const { graph } = importGraph(
    decodeModel(
      buildBytes({
        opset: 13,
        inputs: { h0: { shape: [1, WIDTH] } },
        outputs: { y: Type.FLOAT },
        initializers: [small('w', [WIDTH, WIDTH]), small('v', [WIDTH, 1]), small('c', [1, WIDTH])],
        nodes: [...steps.flat(), last],
      }),
    ),
  )
  const samples = Array.from({ length: 40 }, () => [
    Float64Array.from({ length: WIDTH }, () => 0.9 + 0.1 * random()),
  ])
  return { graph, samples }
}

/** What the outputs of the samples are off on average, in reals, as the model has it and as it was before. */
function meanErrors({ graph, samples }: ReturnType<typeof net>, calibrated = 32) {
  const { model, trace } = quantize(graph, samples.slice(0, calibrated), { bits: { activation: 5 } })
  const { tensor } = model.outputs[0]!
  const scale = model.scales[tensor]![0]!
  const errors = samples.slice(calibrated).map((sample) => {
    const truth = execute(graph, sample)[graph.outputs[0]!.tensor]![0]!
    return execute(model, quantizeInputs(model, sample))[tensor]![0]! * scale - truth
  })
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length
  return { mean, before: mean - (trace.moved.get(tensor)?.[0] ?? 0) * scale, moved: trace.moved }
}

describe(`a recurrence (seed ${SEED})`, () => {
  test('is less off on samples that were not looked at', () => {
    const { mean, before } = meanErrors(net(true))
    expect(Math.abs(mean)).toBeLessThan(Math.abs(before) / 2)
  })

  test('stays as it is without a sum at its end', () => {
    expect(meanErrors(net(false)).moved.size).toBe(0)
  })

  test('stays as it is where samples are too few to tell', () => {
    const { moved } = meanErrors(net(true), 7)
    expect([...moved.values()].flatMap((by) => [...by])).toEqual([0])
  })
})
