/** Forests as integer programs: leaves are added up without a rescale, and samples stay on their sides of thresholds. */
import { describe, expect, test } from 'vitest'
import { execute } from '../../src/model/execute.js'
import type { Graph } from '../../src/model/graph.js'
import { decodeModel } from '../../src/onnx/decode.js'
import { importGraph } from '../../src/onnx/import.js'
import { quantizeInputs } from '../../src/quantize/input.js'
import { realsOf } from '../../src/quantize/output.js'
import { quantize } from '../../src/quantize/quantize.js'
import { attributesOf, FEATURES, level, randomForest } from '../helpers/forests.js'
import { buildBytes, Type } from '../helpers/onnx-model.js'
import { Random } from '../helpers/random.js'

const ROUNDS = 12
const SEED = Number(process.env.ZKONNX_SEED ?? 11)

function forestOf(random: Random, targets: number, mode = 'BRANCH_LEQ'): Graph {
  const forest = randomForest(
    random,
    mode,
    Array.from({ length: targets }, (_, i) => i),
    true,
  )
  const attributes = { ...attributesOf(forest, 'target'), n_targets: BigInt(targets) }
  const node = { op: 'TreeEnsembleRegressor', domain: 'ai.onnx.ml', in: ['x'], out: ['y'], attributes }
  const spec = { opset: 18, domains: { 'ai.onnx.ml': 3 }, inputs: { x: { shape: [1, FEATURES] } } }
  return importGraph(decodeModel(buildBytes({ ...spec, nodes: [node], outputs: { y: Type.FLOAT } }))).graph
}

/** The worst error of the integer program on the samples; leaves are between -1 and 1. */
function worstError(graph: Graph, calibration: readonly Float64Array[], heldOut: readonly Float64Array[]) {
  const { model } = quantize(
    graph,
    calibration.map((x) => [x]),
  )
  const { tensor } = model.outputs[0]!
  let error = 0
  for (const sample of heldOut) {
    const truth = execute(graph, [sample])[graph.outputs[0]!.tensor]!
    const found = realsOf(model, tensor, execute(model, quantizeInputs(model, [sample]))[tensor]!)
    for (const [i, value] of truth.entries()) {
      error = Math.max(error, Math.abs(value - found[i]!))
    }
  }
  return { error, kinds: model.nodes.map(({ op }) => op.kind) }
}

describe.each(['BRANCH_LEQ', 'BRANCH_EQ'])('%s', (mode) => {
  test.each([1, 3])('leaves for %i targets add up', (targets) => {
    for (let round = 0; round < ROUNDS; round++) {
      const random = new Random(SEED * 1000 + round)
      const graph = forestOf(random, targets, mode)
      if (graph.inputs.length === 0) continue
      const samples = Array.from({ length: 60 }, () =>
        Float64Array.from({ length: FEATURES }, () => level(random)),
      )
      const { error, kinds } = worstError(graph, samples, samples)
      expect(error, `seed ${SEED}, round ${round}`).toBeLessThan(1e-3)
      expect(kinds).not.toContain('rescale')
    }
  })
})

test('values between those of calibration fall on their side of a threshold', () => {
  let missed = 0
  for (let round = 0; round < ROUNDS; round++) {
    const random = new Random(SEED * 2000 + round)
    const graph = forestOf(random, 1)
    if (graph.inputs.length === 0) continue
    const draw = () => Float64Array.from({ length: FEATURES }, () => random.float(-2, 2))
    const calibration = Array.from({ length: 60 }, draw)
    for (let i = 0; i < 20; i++) if (worstError(graph, calibration, [draw()]).error > 1e-2) missed++
  }

  expect(missed).toBeLessThan(0.02 * 20 * ROUNDS)
})
