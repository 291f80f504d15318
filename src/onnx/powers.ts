/** Powers and products of many factors, multiplied in pairs so that no product is deeper than it must be. */
import { type Shape, sizeOf } from '../base/tensor.js'
import type { Groups } from '../model/ops/groups.js'
import { times } from './bilinear.js'
import { type Builder, constant, quotient, rearrange, reshape, root, smooth, type Value } from './builder.js'
import { range } from './layout.js'

/** By squaring, with the reciprocal of a negative power; a power that is no whole number is a root or a function. */
export function power(builder: Builder, base: Value, exponent: number): Value {
  if (exponent === 0.5) return root(builder, base)
  if (exponent < 0 && (Number.isInteger(exponent) || exponent === -0.5)) {
    return quotient(builder, constant([], Float64Array.of(1)), power(builder, base, -exponent))
  }
  if (!Number.isInteger(exponent)) return smooth(builder, base, 'pow', [exponent])
  if (exponent === 0) return constant(base.shape, new Float64Array(sizeOf(base.shape)).fill(1), base.type)
  if (exponent === 1) return base
  const half = power(builder, base, Math.floor(exponent / 2))
  const square = times(builder, half, half)
  return exponent % 2 === 0 ? square : times(builder, square, base)
}

/** The product of the members of each group; all groups are equally large. */
export function productOfGroups(
  builder: Builder,
  value: Value,
  { groupStart, member, shape }: Groups & { readonly shape: Shape },
): Value {
  const groups = groupStart.length - 1
  const count = member.length / groups
  // one tensor a member, of one element a group
  const factors = Array.from({ length: count }, (_, place) => {
    const index = range(groups).map((group) => member[group * count + place]!)
    return rearrange(builder, [value], index, [groups])
  })
  return reshape(builder, product(builder, factors), shape)
}

function product(builder: Builder, factors: readonly Value[]): Value {
  if (factors.length === 1) return factors[0]!
  const middle = Math.ceil(factors.length / 2)
  return times(builder, product(builder, factors.slice(0, middle)), product(builder, factors.slice(middle)))
}
