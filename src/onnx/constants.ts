/**
 * Fixes inputs of a model to constant values: axes, shapes, paddings and limits that a file takes as inputs, but that are
 * the same whenever it is used. Circuits are static, so whatever decides over shapes has to be known at compile time.
 */
import { create } from '@bufbuild/protobuf'
import { BaseError } from '../base/errors.js'
import { formatShape, type Shape, sizeOf } from '../base/tensor.js'
import type { Model } from './decode.js'
import { describeType, elementType, isFloat, rangeOf } from './elements.js'
import { TensorProtoSchema, type ValueInfoProto } from './gen/onnx_pb.js'
import { type NumericType, storedTensor } from './tensor-proto.js'

export type Constant = {
  readonly data: ArrayLike<number>
  /** Left out: the shape that the input declares, or a list where it leaves that open. */
  readonly shape?: Shape
}

/** By the name of an input. */
export type Constants = Readonly<Record<string, Constant>>

/** Most values that a note shows. */
const SHOWN = 8

export type FixedInputs = {
  /** One sentence an input. */
  readonly notes: readonly string[]
  /** The shape of each, by name. */
  readonly shapes: Readonly<Record<string, Shape>>
}

/**
 * Makes an initializer of each named input, in place. Throws `UnknownInputError` for a name that
 * is no input, and `ConstantError` for values that do not fit the input.
 */
export function fixInputs({ graph }: Model, constants: Constants = {}): FixedInputs {
  const shapes: Record<string, Shape> = {}
  const notes = Object.entries(constants).map(([name, constant]) => {
    const port = graph.input.find((input) => input.name === name)
    if (port === undefined)
      throw new UnknownInputError(
        name,
        graph.input.map((input) => input.name),
      )
    const type = typeOf(port)
    const shape = shapeFor(port, constant)
    const data = Float64Array.from(constant.data)
    checkValues(name, type, data)
    const tensor = create(TensorProtoSchema, storedTensor(name, type, { shape, data }))
    graph.initializer = [...graph.initializer.filter((stored) => stored.name !== name), tensor]
    shapes[name] = shape
    return `Input "${name}" was fixed to ${shown(data)}.`
  })
  graph.input = graph.input.filter(({ name }) => !Object.hasOwn(constants, name))
  return { notes, shapes }
}

/** A number, or rows of numbers as JSON nests them. Throws `ConstantError` where rows differ in length. */
export function constantOf(name: string, value: unknown): Constant {
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'number' || typeof entry === 'boolean'))
    return { data: value.map(Number), shape: [value.length] }
  if (typeof value === 'number' || typeof value === 'boolean') return { data: [Number(value)], shape: [] }
  if (!Array.isArray(value)) throw new ConstantError(name, 'it is neither a number nor a list of numbers')
  const rows = value.map((row) => constantOf(name, row))
  const [inner] = rows.map(({ shape }) => shape!)
  if (rows.some(({ shape }) => String(shape) !== String(inner)))
    throw new ConstantError(name, 'its rows differ in length')
  return { data: rows.flatMap(({ data }) => Array.from(data)), shape: [rows.length, ...inner!] }
}

function typeOf({ name, type }: ValueInfoProto): NumericType {
  const code = type?.value.case === 'tensorType' ? type.value.value.elemType : undefined
  const found = code === undefined ? undefined : elementType(code)
  if (found !== undefined && found !== 'string') return found
  const held = code === undefined ? 'a sequence or a map' : describeType(code)
  throw new ConstantError(name, `the input holds ${held}, not numbers`)
}

/** Extents that the input declares; undefined for those that it leaves open, and where it has no shape at all. */
export function declaredShape({ type }: ValueInfoProto): readonly (number | undefined)[] | undefined {
  const tensor = type?.value.case === 'tensorType' ? type.value.value : undefined
  return tensor?.shape?.dim.map(({ value }) =>
    value.case === 'dimValue' && value.value >= 0n ? Number(value.value) : undefined,
  )
}

function shapeFor(port: ValueInfoProto, { data, shape }: Constant): Shape {
  const declared = declaredShape(port)
  if (declared === undefined) return shape ?? [data.length]
  if (shape !== undefined && fits(declared, shape)) return shape
  const closed = declared.every((extent) => extent !== undefined)
  // a flat list is the whole of a closed shape
  const flat = shape === undefined || shape.length <= 1
  if (flat && closed && sizeOf(declared as Shape) === data.length) return declared as Shape
  if (flat && declared.length === 1 && fits(declared, [data.length])) return [data.length]
  const wanted = declared.map((extent) => extent ?? '?').join('x') || 'scalar'
  throw new ConstantError(port.name, `${formatShape(shape ?? [data.length])} given, ${wanted} declared`)
}

function fits(declared: readonly (number | undefined)[], shape: Shape): boolean {
  return (
    declared.length === shape.length &&
    declared.every((extent, axis) => (extent ?? shape[axis]) === shape[axis])
  )
}

function checkValues(name: string, type: NumericType, data: Float64Array): void {
  const range = rangeOf(type)
  const bad = data.find((value) =>
    isFloat(type)
      ? !Number.isFinite(value)
      : !(Number.isInteger(value) && value >= range!.lo && value <= range!.hi),
  )
  if (bad !== undefined) throw new ConstantError(name, `${bad} is no ${type}`)
}

function shown(data: Float64Array): string {
  if (data.length === 1) return String(data[0])
  const more = data.length > SHOWN ? `, ... (${data.length} values)` : ''
  return `[${[...data.subarray(0, SHOWN)].join(', ')}${more}]`
}

export class UnknownInputError extends BaseError {
  override name = 'Onnx.UnknownInputError'
  constructor(
    readonly input: string,
    readonly known: readonly string[],
  ) {
    super(`The model has no input "${input}" that could be fixed.`, {
      details: [`Its inputs: ${known.join(', ') || 'none'}.`],
      hint: 'name one of these (--fix NAME)',
    })
  }
}

export class ConstantError extends BaseError {
  override name = 'Onnx.ConstantError'
  constructor(
    readonly input: string,
    readonly reason: string,
  ) {
    super(`Input "${input}" cannot be fixed to this value: ${reason}.`, {
      hint: `give numbers of the input's type and shape, e.g. --fix '${input}=[0, 1]'`,
    })
  }
}
