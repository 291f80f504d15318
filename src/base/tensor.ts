/** Dense tensors in row-major order. Integers are kept in float64, exactly, up to 2^52 (see integers.ts). */
import { BaseError } from './errors.js'

export type Shape = readonly number[]

export type Tensor = {
  readonly shape: Shape
  readonly data: Float64Array
}

export function sizeOf(shape: Shape): number {
  let size = 1
  for (const extent of shape) size *= extent
  return size
}

/** Distance, in elements, between neighbours along each axis. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride
    stride *= shape[axis]!
  }
  return strides
}

/** The index along each axis of the element at `offset`. */
export function unravel(offset: number, shape: Shape): number[] {
  const index = new Array<number>(shape.length)
  let rest = offset
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = rest % shape[axis]!
    rest = Math.floor(rest / shape[axis]!)
  }
  return index
}

/** `[2, 3]` as `2x3`, a scalar as `scalar`. */
export function formatShape(shape: Shape): string {
  return shape.length === 0 ? 'scalar' : shape.join('x')
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis])
}

/**
 * The shape of two operands under ONNX's multidirectional (NumPy) broadcasting.
 * Throws `BroadcastError` when an axis differs and neither extent is 1, and for what is no extent (a negative one).
 */
export function broadcastShapes(a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1
    const right = b[axis - rank + b.length] ?? 1
    const extent = left === 1 ? right : left
    const fits = left === right || left === 1 || right === 1
    if (!fits || !(Number.isSafeInteger(extent) && extent >= 0)) throw new BroadcastError(a, b)
    return extent
  })
}

/** For each element of `to`, the offset of the element of `from` that broadcasting puts there. */
export function broadcastIndex(from: Shape, to: Shape): Int32Array {
  const strides = stridesOf(from)
  const lead = to.length - from.length
  const index = new Int32Array(sizeOf(to))
  for (let offset = 0; offset < index.length; offset++) {
    let source = 0
    let rest = offset
    for (let axis = to.length - 1; axis >= 0; axis--) {
      const at = rest % to[axis]!
      rest = (rest - at) / to[axis]!
      const own = axis - lead
      if (own >= 0 && from[own] !== 1) source += at * strides[own]!
    }
    index[offset] = source
  }
  return index
}

export class BroadcastError extends BaseError {
  override name = 'Tensor.BroadcastError'
  constructor(
    readonly left: Shape,
    readonly right: Shape,
  ) {
    super(`Shapes ${formatShape(left)} and ${formatShape(right)} do not broadcast.`)
  }
}
