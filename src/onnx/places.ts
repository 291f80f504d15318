/** Where constant indices point, as GatherElements, GatherND and their Scatter twins have them. */
import { type Shape, sizeOf, stridesOf } from '../base/tensor.js'
import { choice } from './attributes.js'
import type { Value } from './builder.js'
import { type ConstantValue, InvalidNodeError, type OpNode } from './node.js'
import { UnsupportedNodeError } from './unsupported.js'

/** Counted from the front. Throws `InvalidNodeError` for an index outside the axis. */
export function resolveIndices(node: OpNode, indices: ArrayLike<number>, extent: number): Int32Array {
  return Int32Array.from(indices, (index) => {
    const resolved = index < 0 ? index + extent : index
    if (!(resolved >= 0 && resolved < extent))
      throw new InvalidNodeError(node, `index ${index} is outside an axis of ${extent}`)
    return resolved
  })
}

export type SlicePlaces = {
  /** The offset of each slice. */
  readonly starts: Int32Array
  readonly slice: Shape
  readonly size: number
}

/**
 * The slices of a tensor that tuples along the last axis of `indices` name, one tuple a slice; the first `batchDims`
 * axes are common to both. Throws `InvalidNodeError` where the shapes do not meet.
 */
export function slicePlaces(node: OpNode, shape: Shape, indices: ConstantValue, batchDims = 0): SlicePlaces {
  const depth = indices.shape.at(-1) ?? 0
  const last = batchDims + depth
  const batch = shape.slice(0, batchDims)
  const sameBatch = batch.join() === indices.shape.slice(0, batchDims).join()
  if (!(depth >= 1) || last > shape.length || batchDims >= indices.shape.length || !sameBatch) {
    const found = `indices of shape ${indices.shape.join('x')} into ${shape.join('x')}`
    throw new InvalidNodeError(node, `it has ${found} with ${batchDims} batch dimensions`)
  }
  const slice = shape.slice(last)
  const strides = stridesOf(shape)
  const tuples = sizeOf(indices.shape.slice(0, -1))
  const perBatch = tuples / sizeOf(batch)
  const batchStride = sizeOf(shape.slice(batchDims))
  const starts = Int32Array.from({ length: tuples }, (_, at) => Math.floor(at / perBatch) * batchStride)
  for (let axis = 0; axis < depth; axis++) {
    const own = starts.map((_, at) => indices.data[at * depth + axis]!)
    const places = resolveIndices(node, own, shape[batchDims + axis]!)
    for (const [at, place] of places.entries()) starts[at]! += place * strides[batchDims + axis]!
  }
  return { starts, slice, size: sizeOf(slice) }
}

/**
 * `data` with elements replaced: element i of `updates` goes to `places[i]`.
 * Returns the index over both, end to end; of several updates of one place the last counts.
 */
export function replaceIndex(data: Value, places: ArrayLike<number>): Int32Array {
  const size = sizeOf(data.shape)
  const index = Int32Array.from({ length: size }, (_, at) => at)
  for (let i = 0; i < places.length; i++) index[places[i]!] = size + i
  return index
}

/** Throws `UnsupportedNodeError` where updates are added to, multiplied with or compared to what they replace. */
export function refuseReduction(node: OpNode): void {
  const reduction = choice(node.attributes, 'reduction', ['none', 'add', 'mul', 'max', 'min'])
  if (reduction !== 'none')
    throw new UnsupportedNodeError(`its reduction "${reduction}" is not supported`, 'use reduction "none"')
}
