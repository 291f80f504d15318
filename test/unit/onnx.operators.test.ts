/** Every operator, with random attributes at several opsets, against ONNX Runtime. */
import { describe, expect, test } from 'vitest'
import { sizeOf } from '../../src/base/tensor.js'
import { execute } from '../../src/model/execute.js'
import type { Graph } from '../../src/model/graph.js'
import { compareWithRuntime } from '../../src/onnx/agree.js'
import { decodeModel } from '../../src/onnx/decode.js'
import { importGraph } from '../../src/onnx/import.js'
import { createInference, fold } from '../../src/onnx/ort.js'
import { buildBytes, type ModelSpec, randomValues, seeded } from '../helpers/onnx-model.js'
import { DRAWS } from '../helpers/onnx-random.js'

const ROUNDS = 25
/** By default no more than what shows that most draws are models. */
const ENOUGH = process.env.ZKONNX_DEEP ? ROUNDS : Math.floor(ROUNDS / 2) + 1
const SEED = Number(process.env.ZKONNX_SEED ?? 20240229)

describe.each(Object.entries(DRAWS))('%s', (name, draw) => {
  test(`agrees with ONNX Runtime (seed ${SEED})`, async () => {
    const random = seeded(SEED + [...name].reduce((sum, letter) => 31 * sum + letter.charCodeAt(0), 0))
    let drawn = 0
    for (let round = 0; round < ROUNDS && drawn < ENOUGH; round++) {
      const spec = draw(random)
      const bytes = buildBytes(spec)
      const inference = await createInference(bytes).catch(() => undefined)
      // a few draws are windows that ONNX does not allow: the runtime is the judge of that
      if (inference === undefined) continue
      drawn++
      const x = randomValues(random, spec.inputs.x!.shape as number[])
      const { graph } = importGraph(decodeModel(bytes))
      await expectAgreement(spec, graph, inference, x)
      const folded = importGraph(decodeModel(await fold(bytes)))
      await expectAgreement(spec, folded.graph, inference, x)
      await inference.release()
    }
    expect(drawn).toBeGreaterThan(ROUNDS / 2)
  })
})

async function expectAgreement(
  spec: ModelSpec,
  graph: Graph,
  inference: Awaited<ReturnType<typeof createInference>>,
  x: Float64Array,
): Promise<void> {
  const sample = graph.inputs.map(() => x)
  const where = JSON.stringify(spec, (_, value) => (typeof value === 'bigint' ? Number(value) : value))
  for (const [output, difference] of Object.entries(await compareWithRuntime(graph, inference, [sample]))) {
    expect(difference, `${output} of ${where}`).toBeLessThan(1e-4)
  }
  for (const { name, tensor } of graph.outputs) {
    const { shape } = graph.tensors[tensor]!
    const truth = (await inference.run({ x: { dims: spec.inputs.x!.shape as number[], data: x } }))[name]!
    expect(shape, where).toEqual(truth.shape)
    expect(execute(graph, sample)[tensor]!.length).toBe(sizeOf(shape))
  }
}
