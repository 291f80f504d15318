/** The whole module of one tier: what it exports, and its first 64 kB of memory. */
import { Const, data, importMemory, Module } from 'wasmati'
import type { KernelName } from '../../src/prover/groth16/fast/offsets.js'
import { BETA_G1, BETA_G2, LATTICE, P, R } from './bn254.js'
import { type AnyFunc, define, invoke } from './code.js'
import { curveKernels, exportKernel } from './curve.js'
import { type Constants, compact, constantsAt, type Field } from './field.js'
import { coordinates, powerOf } from './fp2.js'
import { polynomialKernels } from './polynomial.js'
import { scalarKernels } from './scalars.js'

/** Where what is fixed begins, and where callers may begin. */
const EXPONENT = 1024
const DUMMIES = 2048
const CONSTANTS = 4096
export const HEAP = 65536

export type Tier = (prime: bigint, constants: Constants) => Field

export function kernelBytes(tier: Tier): Uint8Array {
  const constants = constantsAt(CONSTANTS)
  const base = tier(P, constants)
  const small = compact(base)
  const scalar = tier(R, constants)
  const nibbles = [...(P - 2n).toString(16)].map((digit) => Number.parseInt(digit, 16))
  const invert = define(2, (args, locals) =>
    powerOf(small, { address: EXPONENT, length: nibbles.length }, args, locals),
  )
  const inverter = (address: Parameters<typeof invoke>[1], scratch: Parameters<typeof invoke>[1]) =>
    invoke(invert, address!, scratch!)
  const g1 = coordinates(base, 1, inverter)
  const g2 = coordinates(small, 2, inverter)
  // 2 * room for x and y: the first point is (0, 0), the second (1, 0)
  const dummies = { first: DUMMIES, second: DUMMIES + 2 * g2.bytes }
  const one = base.limbValues(base.radix % P)
  const curve1 = curveKernels(g1, coordinates(small, 1, inverter), [BETA_G1], dummies)
  const curve2 = curveKernels(g2, g2, [BETA_G2], dummies)
  const scalars = scalarKernels(LATTICE)
  const exports: Record<KernelName, AnyFunc> = {
    importG1: curve1.importPoints,
    roundG1: curve1.round,
    doubleG1: curve1.double,
    importG2: curve2.importPoints,
    roundG2: curve2.round,
    exportPoints: exportKernel(small),
    ...polynomialKernels(scalar, compact(scalar)),
    prepare: scalars.prepare,
    countDigits: scalars.countDigits,
    placeDigits: scalars.placeDigits,
  }
  const memory = importMemory({ min: 1, max: 65536, shared: true }, undefined as never)
  const place = (offset: number, bytes: Uint8Array) => data({ memory, offset: Const.i32(offset) }, bytes)
  place(EXPONENT, Uint8Array.from(nibbles))
  place(dummies.second, limbBytes(base, one))
  place(CONSTANTS, constants.bytes)
  return Module({ exports: exports as never, memory: memory as never } as never).toBytes()
}

function limbBytes(field: Field, limbs: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(field.bytes)
  const view = new DataView(bytes.buffer)
  limbs.forEach((limb, j) => {
    if (field.limbBytes === 8) view.setBigInt64(8 * j, BigInt.asIntN(64, limb), true)
    else view.setInt32(4 * j, Number(limb), true)
  })
  return bytes
}
