/** Third-party models as they are found in the wild: each is imported and agrees, or is refused node by node. */
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { execute } from '../../src/model/execute.js'
import { loadModel } from '../../src/onnx/load.js'
import { UnsupportedOperatorError } from '../../src/onnx/unsupported.js'
import { expectClose, expectSameOrder } from '../helpers/agreement.js'
import { casePath, hasCases, readCase } from '../helpers/cases.js'

/** The data of an output of ZipMap is a map from label to score for each sample. */
type Tensors = { name: string; dims: number[]; data: (number | Record<string, number>)[] }[]
type Case = { sets: { inputs: Tensors; outputs: Tensors }[] }

describe.skipIf(!hasCases('models'))('models', () => {
  const names = hasCases('models')
    ? readdirSync(casePath('models')).filter((name) => !name.includes('.'))
    : []
  const counts = { agree: 0, refused: 0 }

  test.each(names)('%s', async (name) => {
    const { sets } = readCase<Case>('models', name, 'io.json')
    const path = casePath('models', name, 'model.onnx')
    const loaded = await loadModel(path, { dims: dimsOf(sets[0]!.inputs) }).catch((error) => error)
    if (loaded instanceof UnsupportedOperatorError) {
      counts.refused++
      return
    }
    if (loaded instanceof Error) throw loaded
    const { graph, softmaxOutputs } = loaded as Awaited<ReturnType<typeof loadModel>>
    for (const { inputs, outputs } of sets) {
      const values = execute(
        graph,
        graph.inputs.map((port) => dataOf(inputs, port.name)),
      )
      for (const { name: output, tensor } of graph.outputs) {
        const truth = dataOf(outputs, output)
        const classes = graph.tensors[tensor]!.shape.at(-1)!
        if (softmaxOutputs.includes(output)) expectSameOrder(values[tensor]!, truth, classes)
        else expectClose(values[tensor]!, truth)
      }
    }
    counts.agree++
  })

  test('three of five are imported', () => {
    console.info(`third-party models: ${JSON.stringify(counts)}`)
    expect(counts.agree).toBeGreaterThan(0.6 * names.length)
  })
})

/** As many rows as the samples have, where the model leaves that open. */
function dimsOf(inputs: Tensors): Record<string, readonly number[]> {
  return Object.fromEntries(inputs.map(({ name, dims }) => [name, dims]))
}

function dataOf(tensors: Tensors, name: string): Float64Array {
  const { data } = tensors.find((tensor) => tensor.name === name)!
  return Float64Array.from(
    data.flatMap((entry) => (typeof entry === 'object' ? Object.values(entry) : entry)),
  )
}
