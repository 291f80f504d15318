/** Products of pairs of elements: output[i] = input[left[i]] * input[right[i]], over the joined inputs. */
import { type Interval, joinIntervals } from '../interval.js'
import { join } from './rearrange.js'

export type Product = {
  readonly kind: 'product'
  readonly left: Int32Array
  readonly right: Int32Array
}

export function run(op: Product, inputs: readonly Float64Array[]): Float64Array {
  const joined = join(inputs)
  // adding zero turns -0, which is no integer of the field, into 0
  return Float64Array.from(op.left, (left, i) => joined[left]! * joined[op.right[i]!]! + 0)
}

/** A square is not taken for a product of two: its least value is 0 where its base can be 0. */
export function bound(op: Product, inputs: readonly Interval[]): Interval {
  const { lo, hi } = joinIntervals(inputs)
  const result = { lo: new Float64Array(op.left.length), hi: new Float64Array(op.left.length) }
  op.left.forEach((a, i) => {
    const b = op.right[i]!
    const corners = [lo[a]! * lo[b]!, lo[a]! * hi[b]!, hi[a]! * lo[b]!, hi[a]! * hi[b]!]
    const least = a === b && lo[a]! <= 0 && hi[a]! >= 0 ? 0 : Math.min(...corners)
    result.lo[i] = (a === b ? Math.max(0, least) : least) + 0
    result.hi[i] = Math.max(...corners) + 0
  })
  return result
}
