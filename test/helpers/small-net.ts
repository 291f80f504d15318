/** A dense net of a few weights with its samples, as files: for tests of everything around a model. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { saveNpz } from '../../src/artifacts/samples/npz.js'
import { buildBytes, floats, type NodeSpec, randomValues, seeded, Type } from './onnx-model.js'

export const INPUTS = 4

/** Writes `model.onnx` (4 numbers of 0 to 1 in, 3 scores out) and `samples.npz`. The seed chooses the weights. */
export async function writeSmallNet(dir: string, { name = 'model', seed = 1 } = {}): Promise<void> {
  const random = seeded(seed)
  const layer = (of: string, shape: readonly [number, number]) => [
    floats(`w${of}`, shape, randomValues(random, shape)),
    floats(`b${of}`, [shape[1]], randomValues(random, [shape[1]])),
  ]
  writeModel(
    join(dir, `${name}.onnx`),
    [...layer('1', [INPUTS, 5]), ...layer('2', [5, 3])],
    [
      { op: 'Gemm', in: ['x', 'w1', 'b1'], out: ['h'], name: 'hidden' },
      { op: 'Relu', in: ['h'], out: ['r'], name: 'relu' },
      { op: 'Gemm', in: ['r', 'w2', 'b2'], out: ['scores'], name: 'last' },
    ],
  )
  const x = Float64Array.from({ length: 12 * INPUTS }, random)
  await saveNpz(join(dir, 'samples.npz'), { x: { shape: [12, INPUTS], data: x } })
}

/** A model with two nodes that no circuit is made of. */
export function writeUnsupported(path: string): void {
  writeModel(
    path,
    [],
    [
      { op: 'RandomNormalLike', in: ['x'], out: ['e'], name: 'first_bad' },
      { op: 'RandomUniformLike', in: ['e'], out: ['scores'], name: 'second_bad' },
    ],
  )
}

function writeModel(path: string, initializers: ReturnType<typeof floats>[], nodes: NodeSpec[]): void {
  const inputs = { x: { shape: [1, INPUTS] } }
  writeFileSync(path, buildBytes({ opset: 13, inputs, outputs: { scores: Type.FLOAT }, initializers, nodes }))
}
