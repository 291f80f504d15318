/** Bodies of Scan and Loop written out, one after the other. */
import { type Shape, sizeOf } from '../base/tensor.js'
import { rearrange, reshape, type Value } from './builder.js'
import { concatIndex, pickIndex } from './layout.js'
import { InvalidNodeError, type OpNode } from './node.js'
import { UnsupportedNodeError } from './unsupported.js'

/** More rounds than a small model has. */
const MOST_ROUNDS = 4096

/** Throws `UnsupportedNodeError` for more rounds than are written out, `InvalidNodeError` for none. */
export function checkRounds(node: OpNode, rounds: number): void {
  if (!(rounds >= 1)) throw new InvalidNodeError(node, `it goes ${rounds} rounds`)
  if (rounds > MOST_ROUNDS) {
    throw new UnsupportedNodeError(
      `it goes ${rounds} rounds, more than the ${MOST_ROUNDS} that are written out`,
      'use fewer rows, or shorter sequences',
    )
  }
}

/** The slice at a place of an axis, without that axis. */
export function sliceAt({ graph }: OpNode, value: Value, axis: number, place: number): Value {
  const picks = value.shape.map((_, at) => (at === axis ? Int32Array.of(place) : undefined))
  return rearrange(graph, [value], pickIndex(value.shape, picks), value.shape.toSpliced(axis, 1))
}

/** Slices of one shape side by side along a new axis. */
export function stack(node: OpNode, slices: readonly Value[], axis: number): Value {
  const { shape } = slices[0]!
  const odd = slices.find((slice) => slice.shape.join() !== shape.join())
  if (odd !== undefined) {
    throw new InvalidNodeError(node, `its rounds give shapes ${shape.join('x')} and ${odd.shape.join('x')}`)
  }
  const apart: Shape = shape.toSpliced(axis, 0, 1)
  const shapes = slices.map(() => apart)
  const parts = slices.map((slice) => reshape(node.graph, slice, apart))
  const joined = apart.with(axis, slices.length)
  if (sizeOf(joined) === 0) throw new InvalidNodeError(node, 'its rounds give nothing')
  return rearrange(node.graph, parts, concatIndex(shapes, axis), joined)
}
