/**
 * The core program: what every ONNX model is lowered to, and what every later stage reads.
 *
 * One set of operators serves twice. A `Graph` is the float program that the importer makes; a `QuantizedModel` is an
 * integer program over the same operators (`rescale` and `piecewise` are only met in integers, `smooth` only in floats).
 * Shapes are static, and every operator has exactly one output: an ONNX node with several becomes several nodes.
 *
 * Few operators suffice because indices and sparse rows are written out: all layout operators are a `rearrange`, all
 * linear operators with constant weights (Gemm, Conv, AveragePool, BatchNormalization, Add, ...) are a `linear`.
 */
import type { Shape } from '../base/tensor.js'
import type { ArgMax } from './ops/argmax.js'
import type { Clamp } from './ops/clamp.js'
import type { Compare } from './ops/compare.js'
import type { Constant } from './ops/constant.js'
import type { Linear } from './ops/linear.js'
import type { Max } from './ops/max.js'
import type { Piecewise } from './ops/piecewise.js'
import type { Product } from './ops/product.js'
import type { Quotient } from './ops/quotient.js'
import type { Rearrange } from './ops/rearrange.js'
import type { Rescale } from './ops/rescale.js'
import type { Root } from './ops/root.js'
import type { Round } from './ops/round.js'
import type { Smooth } from './ops/smooth.js'

/** Index into `tensors` of the program. */
export type TensorId = number

export type TensorInfo = {
  /** Unique in the program; the ONNX value's name where there is one. */
  readonly name: string
  readonly shape: Shape
}

export type Op =
  | ArgMax
  | Clamp
  | Compare
  | Constant
  | Linear
  | Max
  | Piecewise
  | Product
  | Quotient
  | Rearrange
  | Rescale
  | Root
  | Round
  | Smooth

export type Node = {
  /** Unique in the program; the ONNX node's name (or its first output's), for messages, layers and wires' paths. */
  readonly name: string
  /** The ONNX operator that this came from, e.g. `Conv`. */
  readonly source: string
  readonly op: Op
  readonly inputs: readonly TensorId[]
  readonly output: TensorId
}

export type Port = {
  readonly name: string
  readonly tensor: TensorId
  /** Of an input of integers or flags: the least and the greatest that its type holds. */
  readonly whole?: { readonly lo: number; readonly hi: number } | undefined
}

export type Graph = {
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  readonly tensors: readonly TensorInfo[]
  /** In an order in which every tensor is made before it is read. */
  readonly nodes: readonly Node[]
  /** What a reader of the results must know, one sentence each ("Softmax was left out: the logits are proven"). */
  readonly notes: readonly string[]
}
