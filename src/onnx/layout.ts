/** Index maps of the layout operators: for each element of the result, the element of the input that it is. */
import { type Shape, sizeOf, stridesOf } from '../base/tensor.js'

/** Not an element of the input, but padding. */
export const FILL = -1

/**
 * Along each axis the result takes the entries that `picks` lists (`FILL` among them), or the whole axis where it is
 * undefined: Slice, Gather, Split and Pad.
 */
export function pickIndex(shape: Shape, picks: readonly (ArrayLike<number> | undefined)[]): Int32Array {
  const strides = stridesOf(shape)
  let index: Int32Array = Int32Array.of(0)
  shape.forEach((extent, axis) => {
    const pick = picks[axis] ?? range(extent)
    index = extend(index, pick, strides[axis]!)
  })
  return index
}

function extend(index: Int32Array, pick: ArrayLike<number>, stride: number): Int32Array {
  const extended = new Int32Array(index.length * pick.length)
  for (let i = 0, at = 0; i < index.length; i++) {
    for (let j = 0; j < pick.length; j++, at++) {
      extended[at] = index[i] === FILL || pick[j] === FILL ? FILL : index[i]! + pick[j]! * stride
    }
  }
  return extended
}

/** Axis i of the result is axis `permutation[i]` of the input. */
export function transposeIndex(shape: Shape, permutation: readonly number[]): Int32Array {
  const strides = stridesOf(shape)
  let index: Int32Array = Int32Array.of(0)
  for (const axis of permutation) index = extend(index, range(shape[axis]!), strides[axis]!)
  return index
}

/** Inputs with equal shapes but for `axis`, end to end along it. */
export function concatIndex(shapes: readonly Shape[], axis: number): Int32Array {
  const rows = shapes.map((shape) => sizeOf(shape.slice(axis)))
  const count = sizeOf(shapes[0]!.slice(0, axis))
  const index = new Int32Array(shapes.reduce((sum, shape) => sum + sizeOf(shape), 0))
  for (let outer = 0, at = 0; outer < count; outer++) {
    let start = 0
    for (const row of rows) {
      for (let i = 0; i < row; i++) index[at++] = start + outer * row + i
      start += count * row
    }
  }
  return index
}

/** 0 to count - 1. */
export function range(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, at) => at)
}
