/**
 * Which of two values each wire of a linear row takes: constant + sum of weight_i * b_i = 0 modulo P, with bits b_i.
 *
 * Weights of a decomposition rise faster than their sum, so each target has at most one answer over the integers; over
 * the field, as many as the sum of the weights has room for target + P, target + 2 P, ... A decomposition that reaches
 * the field's size has two answers there, and both are found.
 */
import { inverse, mod, P, toSigned } from '../base/field.js'

/** More bits than this are no decomposition that anyone writes. */
const MOST_BITS = 320
const FEW = 10

/** All assignments of the bits, or nothing where the weights are of no kind that can be decided. */
export function bitAssignments(weights: readonly bigint[], constant: bigint): boolean[][] | undefined {
  if (weights.length > MOST_BITS) return undefined
  for (const unit of [1n, weights[0]!, weights.at(-1)!]) {
    const scale = unit === 1n ? 1n : inverse(unit)
    const scaled = weights.map((weight) => mod(weight * scale))
    const target = mod(-constant * scale)
    // the top bit of 254 weighs more than P / 2, and is no negative number
    const found = superincreasing(scaled, target) ?? superincreasing(scaled.map(toSigned), target)
    if (found !== undefined) return found
  }
  return weights.length <= FEW ? exhaustive(weights, constant) : undefined
}

function superincreasing(weights: readonly bigint[], target: bigint): boolean[][] | undefined {
  // a negative weight is a positive one on the opposite bit
  let total = 0n
  let goal = target
  for (const weight of weights) {
    total += weight < 0n ? -weight : weight
    if (weight < 0n) goal -= weight
  }
  const order = [...weights.keys()].sort((i, j) => (sizeOf(weights[i]!) < sizeOf(weights[j]!) ? -1 : 1))
  let below = 0n
  for (const i of order) {
    if (sizeOf(weights[i]!) <= below) return undefined
    below += sizeOf(weights[i]!)
  }
  const found: boolean[][] = []
  for (let sum = mod(goal); sum <= total; sum += P) {
    const bits = greedy(weights, order, sum)
    if (bits !== undefined) found.push(bits)
  }
  return found
}

function greedy(weights: readonly bigint[], order: readonly number[], sum: bigint): boolean[] | undefined {
  const bits = new Array<boolean>(weights.length)
  let rest = sum
  for (let k = order.length - 1; k >= 0; k--) {
    const i = order[k]!
    const taken = rest >= sizeOf(weights[i]!)
    if (taken) rest -= sizeOf(weights[i]!)
    bits[i] = taken !== weights[i]! < 0n
  }
  return rest === 0n ? bits : undefined
}

function exhaustive(weights: readonly bigint[], constant: bigint): boolean[][] {
  const found: boolean[][] = []
  for (let code = 0; code < 2 ** weights.length; code++) {
    const bits = weights.map((_, i) => ((code >> i) & 1) === 1)
    const sum = weights.reduce((part, weight, i) => (bits[i] ? part + weight : part), constant)
    if (sum % P === 0n) found.push(bits)
  }
  return found
}

function sizeOf(weight: bigint): bigint {
  return weight < 0n ? -weight : weight
}
