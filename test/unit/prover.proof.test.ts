import { beforeAll, describe, expect, test } from 'vitest'
import * as Wtns from '../../src/artifacts/iden3/wtns.js'
import { P } from '../../src/base/field.js'
import { devSetup } from '../../src/prover/dev-setup.js'
import { Q } from '../../src/prover/groth16/group.js'
import { zkeyHeader } from '../../src/prover/keys.js'
import { isInG2, isOnG1 } from '../../src/prover/points.js'
import {
  FieldError,
  type Proof,
  type PublicSignals,
  parseProof,
  parsePublicSignals,
  parseVerificationKey,
  type VerificationKey,
} from '../../src/prover/proof.js'
import { prove, verify } from '../../src/prover/snarkjs.js'
import { verificationKeyOf } from '../../src/prover/verification-key.js'
import { damage, randomOf } from '../helpers/r1cs.js'
import { examples } from '../helpers/r1cs-examples.js'

let key: VerificationKey
let made: { readonly proof: Proof; readonly publicSignals: PublicSignals }

beforeAll(async () => {
  const { r1cs, witness } = examples[0]!
  const zkey = await devSetup(r1cs)
  key = verificationKeyOf(zkeyHeader(zkey), {
    setup: 'dev',
    warning: 'for the test',
    circuit: `sha256:${'0'.repeat(64)}`,
  })
  made = await prove(zkey, Wtns.encode(witness), { singleThread: true })
})

describe('points', () => {
  test('G1: the generator and its double, and neighbours that are not on the curve', () => {
    expect(isOnG1(1n, 2n)).toBe(true)
    expect(isOnG1(1n, Q - 2n)).toBe(true)
    expect(isOnG1(2n, 2n)).toBe(false)
    expect(isOnG1(0n, 0n)).toBe(false)
  })

  test('G2: a point of the curve outside the group is refused', () => {
    const point = outsideTheGroup()
    expect(isInG2(point.x, point.y)).toBe(false)
    const [x, y] = made.proof.pi_b.map(([real, imaginary]) => [BigInt(real), BigInt(imaginary)] as const)
    expect(isInG2(x!, y!)).toBe(true)
    expect(isInG2(x!, [y![0] + 1n, y![1]])).toBe(false)
  })
})

describe('proofs, signals and keys in files', () => {
  test('read back as snarkjs wrote them', () => {
    expect(parseProof(made.proof)).toEqual(made.proof)
    expect(parsePublicSignals(made.publicSignals, 2)).toEqual(made.publicSignals)
    expect(parseVerificationKey(JSON.parse(JSON.stringify(key)))).toEqual(key)
  })

  test('the mark of a dev key does not disturb verification', async () => {
    expect(key.zkonnx?.setup).toBe('dev')
    expect(await verify(key, made.publicSignals, made.proof)).toBe(true)
  })

  const [x, y] = [(proof: Proof) => proof.pi_a[0], (proof: Proof) => proof.pi_a[1]]
  const lies: readonly (readonly [string, string, (proof: Proof) => unknown])[] = [
    [
      'a coordinate plus the prime',
      'pi_a[0]',
      (p) => ({ ...p, pi_a: [String(BigInt(x(p)) + Q), y(p), '1'] }),
    ],
    ['a leading zero', 'pi_a[0]', (p) => ({ ...p, pi_a: [`0${x(p)}`, y(p), '1'] })],
    ['a number instead of a string', 'pi_a[0]', (p) => ({ ...p, pi_a: [7, y(p), '1'] })],
    ['hexadecimal', 'pi_a[0]', (p) => ({ ...p, pi_a: ['0x1', '2', '1'] })],
    ['a minus sign', 'pi_a[1]', (p) => ({ ...p, pi_a: [x(p), `-${y(p)}`, '1'] })],
    ['a point off the curve', 'pi_c', (p) => ({ ...p, pi_c: ['1', '3', '1'] })],
    ['infinity', 'pi_c[2]', (p) => ({ ...p, pi_c: ['0', '1', '0'] })],
    ['projective coordinates', 'pi_a[2]', (p) => ({ ...p, pi_a: [x(p), y(p), '2'] })],
    ['a coordinate too few', 'pi_a', (p) => ({ ...p, pi_a: [x(p), y(p)] })],
    [
      'swapped halves in G2',
      'pi_b',
      (p) => ({ ...p, pi_b: p.pi_b.map(([re, im], i) => (i < 2 ? [im, re] : [re, im])) }),
    ],
    ['a point outside the group G2', 'pi_b', (p) => ({ ...p, pi_b: outsideAsStrings() })],
    ['another protocol', 'protocol', (p) => ({ ...p, protocol: 'plonk' })],
    ['another curve', 'curve', (p) => ({ ...p, curve: 'bls12381' })],
    ['a missing point', 'pi_b', ({ pi_b: _, ...p }) => p],
    ['an array', '', () => []],
    ['null', '', () => null],
  ]
  test.each(lies)('a proof with %s is refused at %s', async (_, field, lie) => {
    const forged = lie(made.proof)
    expect(fieldOf(() => parseProof(forged))).toBe(field)
    await expect(verify(key, made.publicSignals, forged as Proof)).rejects.toThrow(FieldError)
  })

  test.each([
    ['P', [P.toString(), '3']],
    ['a signal plus P, which snarkjs would have to reduce', [(32n + P).toString(), '3']],
    ['a leading zero', ['032', '3']],
    ['a number', [32, '3']],
    ['a sign', ['+32', '3']],
    ['an empty string', ['', '3']],
    ['one too few', ['32']],
    ['one too many', ['32', '3', '1']],
    ['an object', { 0: '32', 1: '3' }],
  ])('signals with %s are refused', async (_, signals) => {
    await expect(verify(key, signals as string[], made.proof)).rejects.toThrow(FieldError)
  })

  test('a verifying key with gamma = delta, or with the wrong number of points, is refused', () => {
    expect(fieldOf(() => parseVerificationKey({ ...key, vk_delta_2: key.vk_gamma_2 }))).toBe('vk_delta_2')
    expect(fieldOf(() => parseVerificationKey({ ...key, nPublic: 3 }))).toBe('IC')
    expect(fieldOf(() => parseVerificationKey({ ...key, nPublic: -1 }))).toBe('nPublic')
    expect(fieldOf(() => parseVerificationKey({ ...key, zkonnx: { setup: 'x' } }))).toBe('zkonnx.setup')
  })

  test('the error names file, field and value, and says what to do', () => {
    expect(() => parseProof({ ...made.proof, protocol: 'plonk' }, 'out/proof.json')).toThrow(
      [
        'out/proof.json: protocol is not "groth16".',
        '  it is "plonk"',
        '  What to do: use the file as the prover wrote it, and of the same build as the others',
      ].join('\n'),
    )
  })

  test('damaged proofs raise FieldError, or are the same proof', async () => {
    const seed = 404
    const random = randomOf(seed)
    const text = new TextEncoder().encode(JSON.stringify(made.proof))
    for (let round = 0; round < 500; round++) {
      const value = tryJson(new TextDecoder().decode(damage(text, random)))
      if (value === undefined) continue
      try {
        expect(parseProof(value), `seed ${seed}, round ${round}`).toEqual(made.proof)
      } catch (error) {
        expect(error, `seed ${seed}, round ${round}`).toBeInstanceOf(FieldError)
      }
    }
  })

  test('a last digit changed in any coordinate of a proof or a key is refused', () => {
    for (const [value, parse] of [
      [made.proof, parseProof],
      // e(alpha, beta) is no point: only its shape is checked, and verification does not use it
      [{ ...key, vk_alphabeta_12: [] }, parseKeyWithPairing],
    ] as const) {
      const text = JSON.stringify(value)
      const numbers = [...text.matchAll(/"\d{60,}"/g)]
      expect(numbers.length).toBeGreaterThanOrEqual(8)
      for (const { index, 0: match } of numbers) {
        const last = index + match.length - 2
        const changed = `${text.slice(0, last)}${(Number(text[last]) + 1) % 10}${text.slice(last + 1)}`
        expect(() => parse(JSON.parse(changed)), match).toThrow(FieldError)
      }
    }
  })

  function parseKeyWithPairing(value: object) {
    return parseVerificationKey({ ...value, vk_alphabeta_12: key.vk_alphabeta_12 })
  }
})

function fieldOf(parse: () => unknown): string | undefined {
  try {
    parse()
  } catch (error) {
    if (error instanceof FieldError) return error.field
    throw error
  }
  return undefined
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const TWIST_B = [
  19485874751759354771024239261021720505790618469301721065564631296452457478373n,
  266929791119991161246907387137283842545076965332900288569378510910307636690n,
] as const

/** The first point of the twist over F_Q2 with a small real x; its group has a large cofactor, so it is outside. */
function outsideTheGroup() {
  for (let real = 1n; ; real++) {
    // (real + 0i)^3 + b
    const y = squareRoot([(real ** 3n + TWIST_B[0]) % Q, TWIST_B[1]])
    if (y !== undefined) return { x: [real, 0n] as const, y }
  }
}

function outsideAsStrings() {
  const { x, y } = outsideTheGroup()
  return [x.map(String), y.map(String), ['1', '0']]
}

/** A root of a + bi: with n^2 = a^2 + b^2, the real part squared is (a + n) / 2 or (a - n) / 2. Q is 3 modulo 4. */
function squareRoot([a, b]: readonly [bigint, bigint]): readonly [bigint, bigint] | undefined {
  const n = rootOf((a * a + b * b) % Q)
  if (n === undefined) return undefined
  const half = (Q + 1n) / 2n
  for (const square of [((a + n) * half) % Q, ((a - n + Q) * half) % Q]) {
    const real = rootOf(square)
    if (real !== undefined && real !== 0n) return [real, (b * half * power(real, Q - 2n)) % Q]
  }
  return undefined
}

function rootOf(square: bigint): bigint | undefined {
  const root = power(square, (Q + 1n) / 4n)
  return (root * root) % Q === square ? root : undefined
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let rest = exponent, factor = base; rest > 0n; rest >>= 1n, factor = (factor * factor) % Q) {
    if (rest & 1n) result = (result * factor) % Q
  }
  return result
}
