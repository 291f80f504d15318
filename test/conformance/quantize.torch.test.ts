/** Real nets in integers: the bars for label flips, cost and speed of prediction hold on real, held-out samples. */
import { describe, expect, test } from 'vitest'
import { count } from '../../src/circuit/circuit.js'
import { draft } from '../../src/circuit/synthesize.js'
import { execute, type Values } from '../../src/model/execute.js'
import { loadModel } from '../../src/onnx/load.js'
import { measureFidelity } from '../../src/quantize/fidelity.js'
import { quantize } from '../../src/quantize/quantize.js'
import { casePath, hasCases, readCase } from '../helpers/cases.js'

type Bar = { readonly net: string; readonly flips: number; readonly constraints: number }

// flips are those allowed among all samples: 0.5 % of 200 for LeNet-5, 1 % for the others
const BARS: readonly Bar[] = [
  { net: 'mnist_lenet', flips: 1, constraints: 150_000 },
  { net: 'digits_cnn', flips: 2, constraints: 16_000 },
  { net: 'digits_mlp', flips: 2, constraints: 2_500 },
  { net: 'iris_logreg', flips: 0, constraints: 100 },
]

describe.skipIf(!hasCases('torch'))('nets trained on real data', () => {
  test.each(BARS)('$net flips at most $flips labels, in about $constraints constraints', async (bar) => {
    const { x, y } = readSamples(bar.net)
    const { graph, softmaxOutputs } = await loadModel(casePath('torch', bar.net, 'legacy.onnx'))
    const calibration = x.filter((_, at) => at % 2 === 0)
    const quantized = quantize(graph, calibration, { task: 'classification', softmaxOutputs })
    const reference = x.map((sample) => [execute(graph, sample)[graph.outputs[0]!.tensor]!])
    const { labels, outside } = measureFidelity(quantized, { samples: x, reference, labels: y })
    expect(outside).toEqual([])
    expect(labels!.flips).toBeLessThanOrEqual(bar.flips)
    expect(labels!.accuracy!.integer).toBeGreaterThan(0.9)
    expect(count(draft(quantized.model)).constraints).toBeLessThanOrEqual(bar.constraints)
  })

  test('diabetes_mlp predicts within two parts in a thousand of its range', async () => {
    const { x } = readSamples('diabetes_mlp')
    const { graph } = await loadModel(casePath('torch', 'diabetes_mlp', 'legacy.onnx'))
    const quantized = quantize(
      graph,
      x.filter((_, at) => at % 2 === 0),
    )
    const reference = x.map((sample) => [execute(graph, sample)[graph.outputs[0]!.tensor]!])
    const { outputs, layers, samples } = measureFidelity(quantized, { samples: x, reference })
    expect(samples).toBeGreaterThanOrEqual(198)
    expect(outputs[0]!.mean).toBeLessThan(0.5)
    expect(layers.at(-1)!.relative).toBeLessThan(0.002)
  })

  // at 8 bits, errors of the twelve steps add up to anything around a hundredth of the range; the mean is steadier
  test.each([
    { activation: 8, mean: 1 / 200, worst: 1 / 50, constraints: 12 * 3_700 },
    { activation: 9, mean: 1 / 400, worst: 1 / 100, constraints: 12 * 4_100 },
  ])('price_lstm follows twelve steps with $activation bits, within $worst of its range', async (bar) => {
    const { x } = readSamples('price_lstm')
    const { graph } = await loadModel(casePath('torch', 'price_lstm', 'legacy.onnx'))
    const [seen, heldOut] = [0, 1].map((part) => x.filter((_, at) => at % 2 === part))
    const quantized = quantize(graph, seen!, { bits: { activation: bar.activation } })
    const reference = heldOut!.map((sample) => [execute(graph, sample)[graph.outputs[0]!.tensor]!])
    const { outputs, samples } = measureFidelity(quantized, { samples: heldOut!, reference })
    expect(samples).toBe(heldOut!.length)
    const answers = reference.map(([answer]) => answer![0]!)
    const range = Math.max(...answers) - Math.min(...answers)
    expect(outputs[0]!.mean).toBeLessThan(range * bar.mean)
    expect(outputs[0]!.worst).toBeLessThan(range * bar.worst)
    expect(count(draft(quantized.model)).constraints).toBeLessThan(bar.constraints)
  })
})

function readSamples(net: string): { x: Values[]; y: number[] } {
  const { x, y } = readCase<{ x: unknown[]; y: number[] }>('torch', net, 'test.json')
  return { x: x.map((sample) => [Float64Array.from([sample].flat(Infinity) as number[])]), y }
}
