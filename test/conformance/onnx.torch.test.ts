/** Real PyTorch exports, in every form that exporters write: the core program answers as the net did. */
import { describe, expect, test } from 'vitest'
import { execute } from '../../src/model/execute.js'
import { loadModel } from '../../src/onnx/load.js'
import { casePath, hasCases, readCase } from '../helpers/cases.js'

const NETS = ['digits_cnn', 'digits_mlp', 'mnist_lenet', 'iris_logreg', 'diabetes_mlp', 'price_lstm']
const FORMS = ['legacy', 'legacy_dyn', 'legacy_op11', 'dynamo', 'dynamo_dyn', 'dynamo_single']

describe.skipIf(!hasCases('torch'))('PyTorch exports', () => {
  describe.each(NETS)('%s', (net) => {
    test.each(FORMS)('%s equals the exported outputs', async (form) => {
      const { x, out } = readTruth(net)
      const { graph, softmaxOutputs } = await loadModel(casePath('torch', net, `${form}.onnx`))
      const { name, tensor } = graph.outputs[0]!
      let worst = 0
      for (const [sample, input] of x.entries()) {
        const values = execute(graph, [input])[tensor]!
        const answer = softmaxOutputs.includes(name) ? softmax(values) : values
        expect(answer.length).toBe(out[sample]!.length)
        for (let at = 0; at < answer.length; at++) {
          worst = Math.max(worst, Math.abs(answer[at]! - out[sample]![at]!))
        }
      }
      expect(x.length).toBeGreaterThanOrEqual(50)
      expect(worst).toBeLessThan(1e-4)
    })

    test('weights inside and beside the file give the same graph', async () => {
      const beside = await loadModel(casePath('torch', net, 'dynamo.onnx'))
      const inside = await loadModel(casePath('torch', net, 'dynamo_single.onnx'))
      // the exporter keeps weights as few as those of iris_logreg inside all the same
      expect(beside.files.length).toBe(net === 'iris_logreg' ? 1 : 2)
      expect(inside.files.length).toBe(1)
      expect(inside.graph).toEqual(beside.graph)
    })
  })
})

function softmax(logits: Float64Array): Float64Array {
  const powers = logits.map((logit) => Math.exp(logit - Math.max(...logits)))
  const sum = powers.reduce((a, b) => a + b)
  return powers.map((power) => power / sum)
}

function readTruth(net: string): { x: Float64Array[]; out: number[][] } {
  const { x, out } = readCase<{ x: unknown[]; out: unknown[] }>('torch', net, 'test.json')
  const flat = (sample: unknown) => [sample].flat(Infinity) as number[]
  return { x: x.map((sample) => Float64Array.from(flat(sample))), out: out.map(flat) }
}
