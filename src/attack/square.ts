/**
 * Rows that square a sum of wires with two values each: which squares there are, and so which values (a whole root is
 * constrained by such a row).
 *
 * With x^2 = z, both sides sums of bits with small weights, the equation of field elements is one of integers: x^2 - z
 * ranges over less than P integers. Few x have a square in the range of z, and each is tried.
 */
import { inverse, mod, toSigned } from '../base/field.js'
import { bitAssignments } from './weighted.js'

/** constant + the sum of weights, by wire, each taken once or not at all. */
export type BitSum = { readonly constant: bigint; readonly weights: ReadonlyMap<number, bigint> }

/** Whether each wire's weight is taken. */
export type Taken = ReadonlyMap<number, boolean>

/** Roots that are tried. */
const MOST_ROOTS = 2n ** 14n
/** Above this a sum's square could wrap around the field. */
const LARGEST = 1n << 120n

/** All ways to x^2 = z, or nothing where they cannot be listed. */
export function squareWays(x: BitSum, z: BitSum): Taken[] | undefined {
  // a half of a sum becomes the sum
  const [first] = x.weights.values()
  for (const unit of first === undefined ? [1n] : [1n, inverse(first)]) {
    const side = spanned(scaled(x, unit))
    const square = spanned({ ...scaled(z, mod(unit * unit)), constant: 0n })
    if (side === undefined || square === undefined) continue
    return waysTo(side, { ...square, constant: mod(z.constant * unit * unit) })
  }
  return undefined
}

type Spanned = BitSum & { readonly least: bigint; readonly most: bigint }

function scaled({ constant, weights }: BitSum, unit: bigint): BitSum {
  const scaledWeights = [...weights].map(([wire, weight]) => [wire, toSigned(mod(weight * unit))] as const)
  return { constant: toSigned(mod(constant * unit)), weights: new Map(scaledWeights) }
}

/** With the range of the sum; nothing where a number in it is large. */
function spanned({ constant, weights }: BitSum): Spanned | undefined {
  let [least, most] = [constant, constant]
  for (const weight of weights.values()) {
    if (weight < 0n) least += weight
    else most += weight
  }
  return -least < LARGEST && most < LARGEST ? { constant, weights, least, most } : undefined
}

function waysTo(x: Spanned, z: Spanned): Taken[] | undefined {
  // the one integer that z's constant stands for: x^2 - (z without it) is at least -z.most, and spans less than P
  const offset = mod(z.constant + z.most) - z.most
  const range = rootRange(offset + z.least, offset + z.most)
  if (range === undefined) return []
  const [low, high] = range
  if (high - low > MOST_ROOTS) return undefined
  const step = divisorOf(z)
  const ways: Taken[] = []
  for (let size = low; size <= high; size++) {
    if (step !== 0n && (size * size - offset) % step !== 0n) continue
    for (const root of size === 0n ? [0n] : [size, -size]) {
      if (root < x.least || root > x.most) continue
      const found = takenFor(x, z, root, root * root - offset)
      if (found === undefined) return undefined
      ways.push(...found)
    }
  }
  return ways
}

/** The wires of z first, then what they leave of x. */
function takenFor(x: Spanned, z: Spanned, root: bigint, square: bigint): Taken[] | undefined {
  const ways: Taken[] = []
  const ofSquare = choices(z.weights, square)
  if (ofSquare === undefined) return undefined
  for (const taken of ofSquare) {
    let rest = root - x.constant
    const open = new Map<number, bigint>()
    for (const [wire, weight] of x.weights) {
      if (!taken.has(wire)) open.set(wire, weight)
      else if (taken.get(wire)) rest -= weight
    }
    const ofRest = choices(open, rest)
    if (ofRest === undefined) return undefined
    for (const others of ofRest) ways.push(new Map([...taken, ...others]))
  }
  return ways
}

/** The ways in which weights add up to a target. */
function choices(weights: ReadonlyMap<number, bigint>, target: bigint): Taken[] | undefined {
  if (weights.size === 0) return target === 0n ? [new Map()] : []
  const found = bitAssignments([...weights.values()].map(mod), mod(-target))
  const wires = [...weights.keys()]
  return found?.map((bits) => new Map(wires.map((wire, i) => [wire, bits[i]!])))
}

/** The sizes of numbers whose squares lie in a range. */
function rootRange(least: bigint, most: bigint): readonly [bigint, bigint] | undefined {
  if (most < 0n) return undefined
  const below = least <= 0n ? -1n : wholeRoot(least - 1n)
  return [below + 1n, wholeRoot(most)]
}

/** The largest integer whose square is at most the value, by Newton's steps from above. */
export function wholeRoot(value: bigint): bigint {
  if (value < 2n) return value
  let root = 1n << BigInt(Math.ceil(value.toString(2).length / 2))
  for (;;) {
    const next = (root + value / root) >> 1n
    if (next >= root) return root
    root = next
  }
}

/** What divides every sum of the weights. */
function divisorOf({ weights }: Spanned): bigint {
  let divisor = 0n
  for (const weight of weights.values()) {
    let [a, b] = [divisor, weight < 0n ? -weight : weight]
    while (b > 0n) [a, b] = [b, a % b]
    divisor = a
  }
  return divisor
}
