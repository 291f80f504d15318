/** The integer program while it is written: every tensor with its scale, its bounds and its counterpart in floats. */
import { type Shape, sizeOf } from '../base/tensor.js'
import { boundNode } from '../model/bounds.js'
import type { Node, Op, TensorId, TensorInfo } from '../model/graph.js'
import type { Interval } from '../model/interval.js'
import { at, type Scale } from '../model/quantized.js'
import type { Domain } from './domain.js'

export type Program = {
  readonly tensors: TensorInfo[]
  readonly nodes: Node[]
  readonly scales: Scale[]
  readonly bounds: Interval[]
  /** For each tensor the float tensor whose values it stands for, or `NO_COUNTERPART`. */
  readonly counterpart: TensorId[]
  readonly nodeNames: Set<string>
  readonly tensorNames: Set<string>
}

/** Of a tensor that only the integer program has, as between a rescale and its clamp. */
export const NO_COUNTERPART = -1

export function newProgram(): Program {
  return {
    tensors: [],
    nodes: [],
    scales: [],
    bounds: [],
    counterpart: [],
    nodeNames: new Set(),
    tensorNames: new Set(),
  }
}

export function addInput(
  program: Program,
  info: TensorInfo,
  domain: Domain,
  counterpart: TensorId,
): TensorId {
  const size = sizeOf(info.shape)
  return addTensor(program, info.name, info.shape, domain.scale, counterpart, {
    lo: Float64Array.from({ length: size }, (_, i) => at(domain.lo, i)),
    hi: Float64Array.from({ length: size }, (_, i) => at(domain.hi, i)),
  })
}

export type Step = {
  readonly name: string
  readonly source: string
  readonly op: Op
  readonly inputs: readonly TensorId[]
  /** What is made: `bound`, where it is known already, saves computing it again. */
  readonly output: { name: string; shape: Shape; scale: Scale; counterpart: TensorId; bound?: Interval }
}

/** Appends a node and returns its output. A name that is taken gets a number. */
export function addNode(program: Program, step: Step): TensorId {
  const { name, source, op, inputs, output } = step
  const bound = output.bound ?? boundStep(program, op, inputs)
  const made = addTensor(program, output.name, output.shape, output.scale, output.counterpart, bound)
  program.nodes.push({ name: free(program.nodeNames, name), source, op, inputs, output: made })
  return made
}

/** The bounds that `op` would have on these inputs. */
export function boundStep(program: Program, op: Op, inputs: readonly TensorId[]): Interval {
  return boundNode(
    { op },
    inputs.map((input) => program.bounds[input]!),
  )
}

function addTensor(
  program: Program,
  name: string,
  shape: Shape,
  scale: Scale,
  counterpart: TensorId,
  bound: Interval,
): TensorId {
  program.tensors.push({ name: free(program.tensorNames, name), shape })
  program.scales.push(scale)
  program.bounds.push(bound)
  program.counterpart.push(counterpart)
  return program.tensors.length - 1
}

function free(taken: Set<string>, wanted: string): string {
  let name = wanted
  for (let count = 2; taken.has(name); count++) name = `${wanted}#${count}`
  taken.add(name)
  return name
}
