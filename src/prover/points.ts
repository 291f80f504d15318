/**
 * Points of BN254 as decimal coordinates, checked in plain arithmetic.
 *
 * Spec: EIP-196 and EIP-197. G1: y^2 = x^3 + 3 over F_Q, all of whose points are in the group. G2: y^2 = x^3 + 3 / (9 + i)
 * over F_Q2 = F_Q[i] / (i^2 + 1), where the group is a proper part: points must also vanish under multiplication by P.
 * Trap: iden3's files write F_Q2 as [real, imaginary]; the chain's precompiles read imaginary first.
 */
import { P } from '../base/field.js'
import { Q } from './curve.js'

export type Complex = readonly [real: bigint, imaginary: bigint]

export function isOnG1(x: bigint, y: bigint): boolean {
  return (y * y - x * x * x - 3n) % Q === 0n
}

/** On the curve and in the group of order P. */
export function isInG2(x: Complex, y: Complex): boolean {
  const right = add(times(times(x, x), x), TWIST_B)
  const difference = add(times(y, y), scale(right, -1n))
  return isZero(difference) && isZero(multiplyByOrder({ x, y, z: [1n, 0n] }).z)
}

/** 3 / (9 + i). */
const TWIST_B: Complex = [
  19485874751759354771024239261021720505790618469301721065564631296452457478373n,
  266929791119991161246907387137283842545076965332900288569378510910307636690n,
]

/** Jacobian coordinates: (x / z^2, y / z^3); z = 0 at infinity. */
type Jacobian = { readonly x: Complex; readonly y: Complex; readonly z: Complex }

function multiplyByOrder(point: Jacobian): Jacobian {
  let sum: Jacobian = { x: [1n, 0n], y: [1n, 0n], z: [0n, 0n] }
  for (const bit of P.toString(2)) {
    sum = double(sum)
    if (bit === '1') sum = sumOf(sum, point)
  }
  return sum
}

/** "dbl-2009-l" of the Explicit-Formulas Database, for curves with a = 0. */
function double({ x, y, z }: Jacobian): Jacobian {
  const a = times(x, x)
  const b = times(y, y)
  const c = times(b, b)
  const square = times(add(x, b), add(x, b))
  const d = scale(subtract(subtract(square, a), c), 2n)
  const e = scale(a, 3n)
  const nextX = subtract(times(e, e), scale(d, 2n))
  return {
    x: nextX,
    y: subtract(times(e, subtract(d, nextX)), scale(c, 8n)),
    z: scale(times(y, z), 2n),
  }
}

/** The textbook sum in Jacobian coordinates, for any two points. */
function sumOf(p: Jacobian, q: Jacobian): Jacobian {
  if (isZero(p.z)) return q
  if (isZero(q.z)) return p
  const [pz2, qz2] = [times(p.z, p.z), times(q.z, q.z)]
  const [u1, u2] = [times(p.x, qz2), times(q.x, pz2)]
  const [s1, s2] = [times(times(p.y, q.z), qz2), times(times(q.y, p.z), pz2)]
  const h = subtract(u2, u1)
  const r = subtract(s2, s1)
  if (isZero(h)) return isZero(r) ? double(p) : { x: [1n, 0n], y: [1n, 0n], z: [0n, 0n] }
  const h2 = times(h, h)
  const h3 = times(h2, h)
  const v = times(u1, h2)
  const x = subtract(subtract(times(r, r), h3), scale(v, 2n))
  return { x, y: subtract(times(r, subtract(v, x)), times(s1, h3)), z: times(h, times(p.z, q.z)) }
}

function times([a, b]: Complex, [c, d]: Complex): Complex {
  return [reduce(a * c - b * d), reduce(a * d + b * c)]
}

function add([a, b]: Complex, [c, d]: Complex): Complex {
  return [reduce(a + c), reduce(b + d)]
}

function subtract([a, b]: Complex, [c, d]: Complex): Complex {
  return [reduce(a - c), reduce(b - d)]
}

function scale([a, b]: Complex, factor: bigint): Complex {
  return [reduce(a * factor), reduce(b * factor)]
}

function isZero([a, b]: Complex): boolean {
  return a === 0n && b === 0n
}

function reduce(value: bigint): bigint {
  const rest = value % Q
  return rest < 0n ? rest + Q : rest
}
