/** What random models of one operator are drawn with: shapes, constants, and a graph of one node. */
import {
  type AttributeValue,
  floats,
  type ModelSpec,
  randomValues,
  type TensorInit,
  Type,
} from './onnx-model.js'

export type Random = () => number

/** One way of drawing a model, whose computed input (if any) is called "x" and its outputs "y", "y1", ... */
export type Draw = (random: Random) => ModelSpec

export const pick = <T>(random: Random, choices: readonly T[]): T =>
  choices[Math.floor(random() * choices.length)]!
export const whole = (random: Random, lo: number, hi: number): number =>
  lo + Math.floor(random() * (hi - lo + 1))
export const chance = (random: Random): boolean => random() < 0.5
export const bigs = (values: readonly number[]): bigint[] => values.map(BigInt)

export function anyShape(random: Random, least = 1, most = 4): number[] {
  return Array.from({ length: whole(random, least, most) }, () => whole(random, 1, 4))
}

export function weights(random: Random, name: string, shape: readonly number[]): TensorInit {
  return floats(name, shape, randomValues(random, shape))
}

export type OneNode = {
  opset: number
  shape: readonly number[]
  inputs?: string[]
  initializers?: TensorInit[]
  attributes?: Record<string, AttributeValue>
  outputs?: string[]
  type?: Type
}

export function one(
  op: string,
  { opset, shape, inputs, initializers, attributes, outputs, type }: OneNode,
): ModelSpec {
  const out = outputs ?? ['y']
  return {
    opset,
    inputs: { x: { shape } },
    outputs: Object.fromEntries(out.map((name) => [name, type ?? Type.FLOAT])),
    initializers: initializers ?? [],
    nodes: [{ op, name: 'node', in: inputs ?? ['x'], out, attributes: attributes ?? {} }],
  }
}

/** The shape with some axes dropped in front and some made 1: what broadcasts against it. */
export function broadcastable(random: Random, shape: readonly number[]): number[] {
  return shape.slice(whole(random, 0, shape.length)).map((extent) => (chance(random) ? extent : 1))
}
