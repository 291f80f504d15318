/**
 * Proofs, public signals and verifying keys in iden3's JSON, read strictly: every number in its one canonical form, every
 * point on its curve and in its group.
 *
 * Traps: snarkjs reduces coordinates and does not look at G2's subgroup, so that one proof has many encodings there;
 * here it has one. (Groth16 proofs can still be re-randomised: uniqueness belongs to the statement.)
 */
import type { Sha256 } from '../base/digest.js'
import { BaseError } from '../base/errors.js'
import { P } from '../base/field.js'
import { Q } from './groth16/group.js'
import { isInG2, isOnG1 } from './points.js'

/** Affine coordinates in decimal; the third is "1", or "0" at infinity. */
export type G1Point = readonly [x: string, y: string, z: string]
type Pair = readonly [real: string, imaginary: string]
export type G2Point = readonly [x: Pair, y: Pair, z: Pair]

export type Proof = {
  readonly pi_a: G1Point
  readonly pi_b: G2Point
  readonly pi_c: G1Point
  readonly protocol: 'groth16'
  readonly curve: 'bn128'
}

/** Decimal elements below P, outputs before inputs. */
export type PublicSignals = readonly string[]

export type VerificationKey = {
  readonly protocol: 'groth16'
  readonly curve: 'bn128'
  readonly nPublic: number
  readonly vk_alpha_1: G1Point
  readonly vk_beta_2: G2Point
  readonly vk_gamma_2: G2Point
  readonly vk_delta_2: G2Point
  /** e(alpha, beta), which some verifiers use instead of computing it. */
  readonly vk_alphabeta_12: readonly (readonly Pair[])[]
  /** One point for the constant one and one a public signal. */
  readonly IC: readonly G1Point[]
  /** Ours; other tools pass over it. */
  readonly zkonnx?: KeyMark
}

export type KeyMark = {
  readonly setup: 'dev' | 'ceremony'
  readonly warning?: string
  /** Of the circuit's `.r1cs`. */
  readonly circuit: Sha256
}

/** Checks a parsed `proof.json`; `file` stands in the errors. Throws `FieldError`. */
export function parseProof(value: unknown, file = 'proof.json'): Proof {
  const read = reader(file)
  const proof = read.object(value, '')
  return {
    pi_a: read.g1(proof.pi_a, 'pi_a'),
    pi_b: read.g2(proof.pi_b, 'pi_b'),
    pi_c: read.g1(proof.pi_c, 'pi_c'),
    ...read.system(proof, 'groth16'),
  }
}

/** Checks a parsed `public.json` of `count` signals, or of any number. Throws `FieldError`. */
export function parsePublicSignals(value: unknown, count?: number, file = 'public.json'): PublicSignals {
  const read = reader(file)
  const signals = read.array(value, 'the list', count)
  return signals.map((signal, index) => read.decimal(signal, `signal ${index}`, P))
}

/** Checks a parsed `verification_key.json`. Throws `FieldError`, also for a key whose gamma equals its delta. */
export function parseVerificationKey(value: unknown, file = 'verification_key.json'): VerificationKey {
  const read = reader(file)
  const key = read.object(value, '')
  const system = read.system(key, 'groth16')
  const nPublic = read.count(key.nPublic, 'nPublic', 'public signals')
  const [vk_gamma_2, vk_delta_2] = [
    read.g2(key.vk_gamma_2, 'vk_gamma_2'),
    read.g2(key.vk_delta_2, 'vk_delta_2'),
  ]
  if (String(vk_gamma_2) === String(vk_delta_2)) {
    throw new FieldError(
      file,
      'vk_delta_2',
      'equals vk_gamma_2: its setup stopped before phase 2, and anyone can forge',
    )
  }
  const ic = read.array(key.IC, 'IC', nPublic + 1)
  return {
    ...system,
    nPublic,
    vk_alpha_1: read.g1(key.vk_alpha_1, 'vk_alpha_1'),
    vk_beta_2: read.g2(key.vk_beta_2, 'vk_beta_2'),
    vk_gamma_2,
    vk_delta_2,
    vk_alphabeta_12: read.array(key.vk_alphabeta_12, 'vk_alphabeta_12', 2).map((row, index) => {
      const field = `vk_alphabeta_12[${index}]`
      return read.array(row, field, 3).map((pair, place) => read.pair(pair, `${field}[${place}]`))
    }),
    IC: ic.map((point, index) => read.g1(point, `IC[${index}]`, 'or infinity')),
    ...(key.zkonnx === undefined ? {} : { zkonnx: read.mark(key.zkonnx) }),
  }
}

/** Affine coordinates of a point of the curve; `field` stands in the errors. Throws `FieldError`. */
export function parseG1(value: unknown, file: string, field: string): G1Point {
  return reader(file).g1(value, field)
}

/** The same of a point of the group G2. Throws `FieldError`. */
export function parseG2(value: unknown, file: string, field: string): G2Point {
  return reader(file).g2(value, field)
}

const DECIMAL = /^(0|[1-9]\d{0,77})$/

/** Typed getters whose errors name the file and the field. */
export function reader(file: string) {
  const fail = (field: string, problem: string, value?: unknown): never => {
    throw new FieldError(file, field, problem, value)
  }
  const object = (value: unknown, field: string): Record<string, unknown> =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : fail(field, 'is not an object', value)
  const array = (value: unknown, field: string, length?: number): readonly unknown[] => {
    if (!Array.isArray(value)) return fail(field, 'is not an array', value)
    if (length !== undefined && value.length !== length) {
      return fail(field, `has ${value.length} entries instead of ${length}`)
    }
    return value
  }
  const decimal = (value: unknown, field: string, modulus: bigint): string => {
    if (typeof value !== 'string' || !DECIMAL.test(value))
      return fail(field, 'is not a decimal string', value)
    return BigInt(value) < modulus ? value : fail(field, 'is not below the prime of its field', value)
  }
  const pair = (value: unknown, field: string): Pair => {
    const [real, imaginary] = array(value, field, 2)
    return [decimal(real, `${field}[0]`, Q), decimal(imaginary, `${field}[1]`, Q)]
  }
  const g1 = (value: unknown, field: string, infinity?: 'or infinity'): G1Point => {
    const [x, y, z] = array(value, field, 3).map((part, index) => decimal(part, `${field}[${index}]`, Q))
    if (infinity !== undefined && x === '0' && y === '1' && z === '0') return [x, y, z]
    if (z !== '1') return fail(`${field}[2]`, 'is not 1', z)
    return isOnG1(BigInt(x!), BigInt(y!)) ? [x!, y!, z] : fail(field, 'is not a point of the curve', value)
  }
  const g2 = (value: unknown, field: string): G2Point => {
    const [x, y, z] = array(value, field, 3).map((part, index) => pair(part, `${field}[${index}]`))
    if (z![0] !== '1' || z![1] !== '0') return fail(`${field}[2]`, 'is not ["1","0"]', z)
    const [complexX, complexY] = [x!, y!].map(
      ([real, imaginary]) => [BigInt(real), BigInt(imaginary)] as const,
    )
    return isInG2(complexX!, complexY!) ? [x!, y!, z!] : fail(field, 'is not a point of the group G2', value)
  }
  const system = <Protocol extends string>(
    from: Record<string, unknown>,
    protocol: Protocol,
  ): { protocol: Protocol; curve: 'bn128' } => {
    if (from.protocol !== protocol) fail('protocol', `is not "${protocol}"`, from.protocol)
    if (from.curve !== 'bn128') fail('curve', 'is not "bn128"', from.curve)
    return { protocol, curve: 'bn128' }
  }
  const count = (value: unknown, field: string, what: string): number =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
      ? value
      : fail(field, `is not a count of ${what}`, value)
  const mark = (value: unknown): KeyMark => {
    const { setup, warning, circuit } = object(value, 'zkonnx')
    if (setup !== 'dev' && setup !== 'ceremony')
      return fail('zkonnx.setup', 'is not "dev" or "ceremony"', setup)
    if (typeof circuit !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(circuit)) {
      return fail('zkonnx.circuit', 'is not a digest "sha256:..."', circuit)
    }
    if (warning !== undefined && typeof warning !== 'string')
      return fail('zkonnx.warning', 'is not text', warning)
    return { setup, circuit: circuit as Sha256, ...(warning === undefined ? {} : { warning }) }
  }
  return { object, array, decimal, pair, g1, g2, system, count, mark }
}

export class FieldError extends BaseError {
  override name = 'Proof.FieldError'
  constructor(
    readonly file: string,
    readonly field: string,
    readonly problem: string,
    readonly value?: unknown,
  ) {
    super(`${file}: ${field === '' ? 'it' : field} ${problem}.`, {
      details: value === undefined ? [] : [`it is ${(JSON.stringify(value) ?? String(value)).slice(0, 200)}`],
      hint: 'use the file as the prover wrote it, and of the same build as the others',
    })
  }
}
