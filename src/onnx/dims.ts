/**
 * Pins every axis of a model's inputs to one extent: circuits have static shapes.
 *
 * Real files leave axes open in three ways: named (`dim_param`), unnamed (neither set, or 0 or -1), or by no shape at
 * all. Initializers that are also listed as inputs (IR below 4) are dropped from the inputs, so that they are constants.
 */
import { create } from '@bufbuild/protobuf'
import { BaseError } from '../base/errors.js'
import { formatShape } from '../base/tensor.js'
import type { Model } from './decode.js'
import {
  type TensorShapeProto_Dimension as Dimension,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  type TypeProto_Tensor,
  type ValueInfoProto,
} from './gen/onnx_pb.js'

/** Extents by the name of an axis, or whole shapes by the name of an input. Whatever is not named becomes 1. */
export type Dims = Readonly<Record<string, number | readonly number[]>>

/** From this IR version on, initializers need not be inputs. */
const IR_WITHOUT_INITIALIZER_INPUTS = 4n

/**
 * Edits the model in place and returns one note for each input that had open axes.
 * Throws `DimensionError` for a name that the model does not have, an extent below 1, and an input without a shape.
 */
export function pinDimensions(model: Model, dims: Dims = {}): string[] {
  dropInitializersFromInputs(model)
  const inputs = model.graph.input
  checkNames(inputs, dims)
  const notes = inputs.flatMap((input) => pinInput(input, dims))
  if (notes.length > 0) forgetOpenShapes(model)
  return notes
}

function dropInitializersFromInputs(model: Model): void {
  const stored = new Set(model.graph.initializer.map((tensor) => tensor.name))
  model.graph.input = model.graph.input.filter((input) => !stored.has(input.name))
  if (model.irVersion < IR_WITHOUT_INITIALIZER_INPUTS) model.irVersion = IR_WITHOUT_INITIALIZER_INPUTS
}

function checkNames(inputs: readonly ValueInfoProto[], dims: Dims): void {
  const axes = inputs.flatMap((input) => axesOf(input).flatMap((axis) => nameOf(axis) ?? []))
  const known = new Set([...axes, ...inputs.map((input) => input.name)])
  for (const [name, extent] of Object.entries(dims)) {
    if (!known.has(name)) {
      throw new DimensionError(`The model has no open axis and no input named "${name}".`, [
        `It has: ${[...known].join(', ') || 'none'}.`,
      ])
    }
    const bad = [extent].flat().find((value) => !Number.isSafeInteger(value) || value < 1)
    if (bad !== undefined)
      throw new DimensionError(`The extent ${bad} of "${name}" is not a whole number above 0.`)
  }
}

function pinInput(input: ValueInfoProto, dims: Dims): string[] {
  const tensor = tensorType(input)
  if (tensor === undefined) return []
  const given = dims[input.name]
  const shape = Array.isArray(given) ? (given as readonly number[]) : undefined
  if (tensor.shape === undefined) {
    if (shape === undefined) throw new MissingShapeError(input.name)
    tensor.shape = create(TensorShapeProtoSchema, { dim: shape.map(fixed) })
    return [`Input "${input.name}" had no shape in the file: it was set to ${formatShape(shape)}.`]
  }
  const axes = tensor.shape.dim
  if (shape !== undefined) checkShape(input.name, axes, shape)
  const open = axes.flatMap((axis, at) => (extentOf(axis) === undefined ? [at] : []))
  if (open.length === 0) return []
  tensor.shape.dim = axes.map((axis, at) => fixed(shape?.[at] ?? extentOf(axis) ?? chosen(axis, dims)))
  return [describePins(input.name, axes, tensor.shape.dim, open)]
}

function chosen(axis: Dimension, dims: Dims): number {
  const extent = dims[nameOf(axis) ?? '']
  return typeof extent === 'number' ? extent : 1
}

function checkShape(input: string, axes: readonly Dimension[], shape: readonly number[]): void {
  const agrees =
    axes.length === shape.length && axes.every((axis, at) => (extentOf(axis) ?? shape[at]) === shape[at])
  if (agrees) return
  const own = axes.map((axis) => extentOf(axis) ?? nameOf(axis) ?? '?').join('x')
  throw new DimensionError(
    `Input "${input}" has shape ${own} in the model: it cannot be ${formatShape(shape)}.`,
  )
}

function describePins(
  input: string,
  before: readonly Dimension[],
  after: readonly Dimension[],
  open: readonly number[],
): string {
  const pins = open.map((at) => `axis ${at} (${nameOf(before[at]!) ?? 'unnamed'}) to ${extentOf(after[at]!)}`)
  return `Input "${input}" had open axes: pinned ${pins.join(', ')}.`
}

/** Shapes of later tensors that speak of open axes are stale now, and are inferred anew by whoever needs them. */
function forgetOpenShapes({ graph }: Model): void {
  graph.valueInfo = []
  for (const output of graph.output) {
    const tensor = tensorType(output)
    if (tensor?.shape?.dim.some((axis) => extentOf(axis) === undefined)) delete tensor.shape
  }
}

function tensorType(value: ValueInfoProto): TypeProto_Tensor | undefined {
  const type = value.type?.value
  return type?.case === 'tensorType' ? type.value : undefined
}

function axesOf(value: ValueInfoProto): readonly Dimension[] {
  return tensorType(value)?.shape?.dim ?? []
}

function nameOf({ value }: Dimension): string | undefined {
  return value.case === 'dimParam' && value.value !== '' ? value.value : undefined
}

function extentOf({ value }: Dimension): number | undefined {
  return value.case === 'dimValue' && value.value > 0n ? Number(value.value) : undefined
}

function fixed(extent: number): Dimension {
  return create(TensorShapeProto_DimensionSchema, { value: { case: 'dimValue', value: BigInt(extent) } })
}

export class DimensionError extends BaseError {
  override name = 'Onnx.DimensionError'
  constructor(summary: string, details: readonly string[] = []) {
    super(summary, { details, hint: 'name an axis or an input of the model, e.g. --dim batch=1' })
  }
}

export class MissingShapeError extends BaseError {
  override name = 'Onnx.MissingShapeError'
  constructor(readonly input: string) {
    super(`Input "${input}" has no shape in the model.`, {
      hint: `give its whole shape, e.g. --dim ${input}=1x3x32x32`,
    })
  }
}
