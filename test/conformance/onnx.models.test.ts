/** Third-party models as they are found in the wild: each is imported and agrees, or is refused node by node. */
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { execute } from '../../src/model/execute.js'
import { loadModel } from '../../src/onnx/load.js'
import { UnsupportedOperatorError } from '../../src/onnx/unsupported.js'
import { casePath, hasCases, readCase } from '../helpers/cases.js'

type Tensors = { name: string; data: number[] }[]
type Case = { sets: { inputs: Tensors; outputs: Tensors }[] }

describe.skipIf(!hasCases('models'))('models', () => {
  const names = hasCases('models')
    ? readdirSync(casePath('models')).filter((name) => !name.includes('.'))
    : []
  const counts = { agree: 0, refused: 0 }

  test.each(names)('%s', async (name) => {
    const loaded = await loadModel(casePath('models', name, 'model.onnx')).catch((error) => error)
    if (loaded instanceof UnsupportedOperatorError) {
      counts.refused++
      return
    }
    if (loaded instanceof Error) throw loaded
    const { graph, softmaxOutputs } = loaded as Awaited<ReturnType<typeof loadModel>>
    for (const { inputs, outputs } of readCase<Case>('models', name, 'io.json').sets) {
      const values = execute(
        graph,
        graph.inputs.map((port) => dataOf(inputs, port.name)),
      )
      for (const { name: output, tensor } of graph.outputs) {
        if (!softmaxOutputs.includes(output)) expectClose(values[tensor]!, dataOf(outputs, output))
      }
    }
    counts.agree++
  })

  test('nearly half of them are imported', () => {
    console.info(`third-party models: ${JSON.stringify(counts)}`)
    expect(counts.agree).toBeGreaterThan(0.45 * names.length)
  })
})

function dataOf(tensors: Tensors, name: string): Float64Array {
  return Float64Array.from(tensors.find((tensor) => tensor.name === name)!.data, Number)
}

function expectClose(values: Float64Array, truth: Float64Array): void {
  expect(values.length).toBe(truth.length)
  const scale = 1 + truth.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const worst = values.reduce((most, value, at) => Math.max(most, Math.abs(value - truth[at]!)), 0)
  expect(worst / scale).toBeLessThan(1e-4)
}
