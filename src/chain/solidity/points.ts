/**
 * Points of BN254 from iden3's JSON, as words of the chain (EIP-196, EIP-197).
 *
 * Traps: (0, 0) stands for infinity on the chain, [.., .., 0] in files; the chain wants the imaginary part of a
 * coordinate of the twist first, files have it last.
 */
import { BaseError } from '../../base/errors.js'
import type { Proof } from '../types.js'

/** The order of BN254's base field: coordinates are taken modulo this prime. */
export const BASE_FIELD = 21888242871839275222246405745257275088696311157297823662689037894645226208583n

/** x, y */
export type G1 = readonly [bigint, bigint]
/** x imaginary, x real, y imaginary, y real: the order of EIP-197. */
export type G2 = readonly [bigint, bigint, bigint, bigint]

/** Throws `PointError` unless the coordinates are canonical; does not check that the point is on the curve. */
export function parseG1(point: readonly string[], field: string): G1 {
  const [x, y, z] = coordinates(point, field)
  return isInfinity(field, z!) ? [0n, 0n] : [x!, y!]
}

/** As `parseG1`, for a point of the twist. */
export function parseG2(point: readonly (readonly string[])[], field: string): G2 {
  if (!Array.isArray(point) || point.length !== 3)
    throw new PointError(field, point, 'is not a list of three coordinates')
  const [x, y, z] = point.map((pair, axis) => pairOf(pair, `${field}[${axis}]`)) as [Pair, Pair, Pair]
  if (z[1] !== 0n)
    throw new PointError(field, point, 'is not in affine form: its last coordinate is neither 1 nor 0')
  return isInfinity(field, z[0]) ? [0n, 0n, 0n, 0n] : [x[1], x[0], y[1], y[0]]
}

export function negateG1([x, y]: G1): G1 {
  return [x, negate(y)]
}

export function negateG2([x1, x0, y1, y0]: G2): G2 {
  return [x1, x0, negate(y1), negate(y0)]
}

/** `IVerifier.Proof` */
export type ProofWords = {
  readonly a: bigint[]
  readonly b: bigint[][]
  readonly c: bigint[]
  /** Zeros of a proof without lookups. */
  readonly d: bigint[]
}

/** A proof file of either scheme as the contracts take it. Throws `PointError`. */
export function proofWords(proof: Proof): ProofWords {
  const [x1, x0, y1, y0] = parseG2(proof.pi_b, 'pi_b')
  const { commitment } = proof
  return {
    a: [...parseG1(proof.pi_a, 'pi_a')],
    b: [
      [x1, x0],
      [y1, y0],
    ],
    c: [...parseG1(proof.pi_c, 'pi_c')],
    d: commitment === undefined ? [0n, 0n] : [...parseG1(commitment, 'commitment')],
  }
}

type Pair = readonly [bigint, bigint]

function negate(coordinate: bigint): bigint {
  return coordinate === 0n ? 0n : BASE_FIELD - coordinate
}

function coordinates(point: readonly string[], field: string): bigint[] {
  if (!Array.isArray(point) || point.length !== 3)
    throw new PointError(field, point, 'is not a list of three coordinates')
  return point.map((text, axis) => coordinate(text, `${field}[${axis}]`))
}

function pairOf(pair: readonly string[], field: string): Pair {
  if (!Array.isArray(pair) || pair.length !== 2)
    throw new PointError(field, pair, 'is not a pair of coordinates')
  return [coordinate(pair[0], `${field}[0]`), coordinate(pair[1], `${field}[1]`)]
}

function coordinate(text: unknown, field: string): bigint {
  if (typeof text !== 'string' || !/^(0|[1-9][0-9]{0,76})$/.test(text)) {
    throw new PointError(field, text, 'is not a decimal string')
  }
  const value = BigInt(text)
  if (value >= BASE_FIELD) throw new PointError(field, text, 'is not below the order of the base field')
  return value
}

function isInfinity(field: string, z: bigint): boolean {
  if (z > 1n) throw new PointError(field, z, 'is not in affine form: its last coordinate is neither 1 nor 0')
  return z === 0n
}

export class PointError extends BaseError {
  override name = 'Chain.PointError'
  constructor(
    readonly field: string,
    readonly value: unknown,
    problem: string,
  ) {
    super(`\`${field}\` ${problem}.`, {
      details: [`value: ${(JSON.stringify(value, printable) ?? String(value)).slice(0, 200)}`],
      hint: "give the file as snarkjs or zkonnx wrote it: iden3's JSON with decimal strings",
    })
  }
}

function printable(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
