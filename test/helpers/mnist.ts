/** The MNIST test set, where the model collection is there, and a small perceptron trained on it. */
import { loadFor } from '../../src/artifacts/samples/load.js'
import { casePath } from './cases.js'
import { buildBytes, floats, seeded, Type } from './onnx-model.js'

export const MNIST = 'data/mnist_t10k.npz'

const [PIXELS, CLASSES] = [784, 10]

export type Digits = { readonly images: readonly Float64Array[]; readonly labels: Float64Array }

/** Pixels of 0 to 1. */
export async function readDigits(): Promise<Digits> {
  const { rows, labels } = await loadFor(casePath(MNIST), [{ name: 'x', shape: [28, 28] }])
  return { images: rows.map(([image]) => image!.map((pixel) => pixel / 255)), labels: labels! }
}

/** `model.onnx` of a 784-`hidden`-10 perceptron, trained for an epoch on these digits. The seed is where it starts from. */
export function trainMlp({ images, labels }: Digits, hidden: number, seed: number): Uint8Array {
  const random = seeded(seed)
  const draw = (count: number, size: number) =>
    Float64Array.from({ length: count }, () => size * (2 * random() - 1))
  const net = {
    w1: draw(PIXELS * hidden, 0.06),
    b1: new Float64Array(hidden),
    w2: draw(hidden * CLASSES, 0.3),
    b2: new Float64Array(CLASSES),
  }
  images.forEach((image, at) => {
    descend(net, image, labels[at]!, 0.03)
  })
  return buildBytes({
    opset: 17,
    inputs: { x: { shape: [1, PIXELS] } },
    outputs: { scores: Type.FLOAT },
    initializers: [
      floats('w1', [PIXELS, hidden], net.w1),
      floats('b1', [hidden], net.b1),
      floats('w2', [hidden, CLASSES], net.w2),
      floats('b2', [CLASSES], net.b2),
    ],
    nodes: [
      { op: 'Gemm', in: ['x', 'w1', 'b1'], out: ['h'], name: 'fc1' },
      { op: 'Relu', in: ['h'], out: ['r'], name: 'relu' },
      { op: 'Gemm', in: ['r', 'w2', 'b2'], out: ['scores'], name: 'fc2' },
    ],
  })
}

type Net = { w1: Float64Array; b1: Float64Array; w2: Float64Array; b2: Float64Array }

/** One step of stochastic gradient descent on the cross entropy of one image. */
function descend({ w1, b1, w2, b2 }: Net, image: Float64Array, label: number, rate: number): void {
  const hidden = b1.slice()
  image.forEach((pixel, at) => {
    if (pixel > 0) for (let j = 0; j < hidden.length; j++) hidden[j]! += pixel * w1[at * hidden.length + j]!
  })
  const relu = hidden.map((value) => Math.max(0, value))
  const scores = b2.map((bias, k) => relu.reduce((sum, value, j) => sum + value * w2[j * CLASSES + k]!, bias))
  const largest = Math.max(...scores)
  const exps = scores.map((score) => Math.exp(score - largest))
  const total = exps.reduce((sum, value) => sum + value, 0)
  const slope = exps.map((value, k) => value / total - Number(k === label))
  const back = relu.map((value, j) =>
    value === 0 ? 0 : slope.reduce((sum, d, k) => sum + d * w2[j * CLASSES + k]!, 0),
  )
  slope.forEach((d, k) => {
    b2[k]! -= rate * d
    for (let j = 0; j < relu.length; j++) w2[j * CLASSES + k]! -= rate * d * relu[j]!
  })
  for (let j = 0; j < back.length; j++) b1[j]! -= rate * back[j]!
  image.forEach((pixel, at) => {
    if (pixel > 0) for (let j = 0; j < back.length; j++) w1[at * back.length + j]! -= rate * pixel * back[j]!
  })
}
