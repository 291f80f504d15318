/** Random models with branches and loops. */
import { anyShape, bigs, chance, type Draw, pick, weights, whole } from './onnx-draw.js'
import { floats, ints, type ModelSpec, Type } from './onnx-model.js'

/** Distances from the rows of a constant, beside a running sum, along any axis and in either direction. */
const scan: Draw = (random): ModelSpec => {
  const width = whole(random, 1, 4)
  const rounds = whole(random, 1, 5)
  const axis = whole(random, 0, 1)
  const shape = axis === 0 ? [rounds, width] : [width, rounds]
  const directions = () => bigs([whole(random, 0, 1)])
  const body: Omit<ModelSpec, 'opset'> = {
    inputs: { state: { shape: [width] }, row: { shape: [width] } },
    outputs: { next: Type.FLOAT, distance: Type.FLOAT },
    nodes: [
      { op: 'Sub', in: ['state', 'row'], out: ['apart'] },
      { op: 'Add', in: ['apart', 'outside'], out: ['distance'] },
      { op: 'Add', in: ['state', 'row'], out: ['next'] },
    ],
  }
  return {
    opset: pick(random, [9, 11, 16]),
    inputs: { x: { shape: [width] } },
    outputs: { y: Type.FLOAT, y1: Type.FLOAT },
    initializers: [weights(random, 'rows', shape), weights(random, 'outside', [width])],
    nodes: [
      {
        op: 'Scan',
        in: ['x', 'rows'],
        out: ['y', 'y1'],
        attributes: {
          body: { body },
          num_scan_inputs: 1n,
          scan_input_axes: bigs([axis]),
          scan_input_directions: directions(),
          scan_output_directions: directions(),
          ...(chance(random) ? {} : { scan_output_axes: bigs([whole(random, 0, 1)]) }),
        },
      },
    ],
  }
}

/** x doubled and shifted a number of times, which may be cut short by a condition that counts. */
const loop: Draw = (random): ModelSpec => {
  const shape = anyShape(random, 1, 2)
  const body: Omit<ModelSpec, 'opset'> = {
    inputs: {
      round: { shape: [], type: Type.INT64 },
      on: { shape: [], type: Type.BOOL },
      state: { shape },
    },
    outputs: { goes: Type.BOOL, next: Type.FLOAT, seen: Type.FLOAT },
    nodes: [
      { op: 'Less', in: ['round', 'last'], out: ['goes'] },
      { op: 'Mul', in: ['state', 'factor'], out: ['next'] },
      { op: 'Neg', in: ['next'], out: ['seen'] },
    ],
  }
  return {
    opset: pick(random, [11, 13, 16]),
    inputs: { x: { shape } },
    outputs: { y: Type.FLOAT, y1: Type.FLOAT },
    initializers: [
      ints('rounds', [whole(random, 1, 4)], []),
      ints('last', [whole(random, 0, 3)], []),
      floats('factor', [], [pick(random, [0.5, -1.5])]),
    ],
    nodes: [{ op: 'Loop', in: ['rounds', '', 'x'], out: ['y', 'y1'], attributes: { body: { body } } }],
  }
}

/** Whether the input's sum is positive decides. */
const branch: Draw = (random): ModelSpec => {
  const shape = anyShape(random, 1, 2)
  const of = (op: string): { body: Omit<ModelSpec, 'opset'> } => ({
    body: { inputs: {}, outputs: { b: Type.FLOAT }, nodes: [{ op, in: ['x'], out: ['b'] }] },
  })
  return {
    opset: pick(random, [11, 13]),
    inputs: { x: { shape } },
    outputs: { y: Type.FLOAT },
    initializers: [floats('zero', [], [0])],
    nodes: [
      { op: 'ReduceMax', in: ['x'], out: ['sum'], attributes: { keepdims: 0n } },
      { op: 'Greater', in: ['sum', 'zero'], out: ['flag'] },
      {
        op: 'If',
        in: ['flag'],
        out: ['y'],
        attributes: { then_branch: of('Relu'), else_branch: of('Neg') },
      },
    ],
  }
}

export const CONTROL_DRAWS: Readonly<Record<string, Draw>> = { Scan: scan, Loop: loop, If: branch }
