/** Classical models as scikit-learn's converters write them: each is imported and agrees, or is refused node by node. */
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { execute } from '../../src/model/execute.js'
import { loadModel } from '../../src/onnx/load.js'
import { UnsupportedOperatorError } from '../../src/onnx/unsupported.js'
import { expectClose, expectSameOrder } from '../helpers/agreement.js'
import { casePath, hasCases, readCase } from '../helpers/cases.js'

type Row = number | number[] | Record<string, number>
type Case = { x: number[][]; outputs: Record<string, Row[]> }

describe.skipIf(!hasCases('sklearn'))('scikit-learn', () => {
  const names = hasCases('sklearn')
    ? readdirSync(casePath('sklearn')).filter((name) => !name.includes('.'))
    : []
  const agreed: string[] = []

  test.each(names)('%s', async (name) => {
    const loaded = await loadModel(casePath('sklearn', name, 'model.onnx')).catch((error) => error)
    if (loaded instanceof UnsupportedOperatorError) return
    if (loaded instanceof Error) throw loaded
    const { graph, softmaxOutputs } = loaded as Awaited<ReturnType<typeof loadModel>>
    const { x, outputs } = readCase<Case>('sklearn', name, 'test.json')
    for (const [sample, features] of x.entries()) {
      const values = execute(graph, [Float64Array.from(features)])
      for (const { name: output, tensor } of graph.outputs) {
        const truth = numbers(outputs[output]![sample]!)
        if (softmaxOutputs.includes(output)) expectSameOrder(values[tensor]!, truth, truth.length)
        else expectClose(values[tensor]!, truth)
      }
    }
    agreed.push(name)
  })

  test('linear models, scaled and zipped, are imported', () => {
    console.info(`scikit-learn models: ${agreed.length} of ${names.length} agree, the rest is refused`)
    expect(agreed).toEqual(
      expect.arrayContaining(['cancer_pipe_scaler_logreg', 'digits_mlpc', 'iris_logreg_zipmap']),
    )
  })
})

function numbers(row: Row): Float64Array {
  return Float64Array.from(typeof row === 'object' ? Object.values(row) : [row])
}
