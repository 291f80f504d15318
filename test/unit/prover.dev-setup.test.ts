import { groth16, powersOfTau, zKey } from 'snarkjs'
import { beforeAll, describe, expect, test } from 'vitest'
import * as Binfile from '../../src/artifacts/iden3/binfile.js'
import * as R1cs from '../../src/artifacts/iden3/r1cs.js'
import * as Wtns from '../../src/artifacts/iden3/wtns.js'
import { inverse, mod, P, power } from '../../src/base/field.js'
import { type Curve, withThreads } from '../../src/prover/curve.js'
import { devSetup } from '../../src/prover/dev-setup.js'
import { pack } from '../../src/prover/elements.js'
import { multiplyGenerator } from '../../src/prover/fixed-base.js'
import { zkeyHeader } from '../../src/prover/keys.js'
import type { Proof, PublicSignals } from '../../src/prover/proof.js'
import { prove, verify } from '../../src/prover/snarkjs.js'
import { verificationKeyOf } from '../../src/prover/verification-key.js'
import { randomOf } from '../helpers/r1cs.js'
import { type Example, examples } from '../helpers/r1cs-examples.js'
import { syntheticSystem } from '../helpers/synthetic.js'
import { keepThreads } from '../helpers/threads.js'

const SECTIONS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
const sectionsOf = (zkey: Uint8Array) =>
  Binfile.readSections(Binfile.fromBytes(zkey, 'key'), { magic: 'zkey', version: 1, sections: SECTIONS })

keepThreads()

describe('a dev key', () => {
  test.each(examples)('$name: snarkjs proves and verifies with it', async ({ r1cs, witness }: Example) => {
    await withThreads(async () => {
      const zkey = await devSetup(r1cs)
      const key = await zKey.exportVerificationKey(zkey)
      const { proof, publicSignals } = await groth16.prove(zkey, Wtns.encode(witness))
      const signals = publicSignals as string[]
      const statement = r1cs.publicOutputs + r1cs.publicInputs
      expect(signals).toEqual(
        Array.from({ length: statement }, (_, i) => Wtns.get(witness, i + 1).toString()),
      )
      expect(await groth16.verify(key, signals, proof)).toBe(true)
      for (let i = 0; i < statement; i++) {
        const wrong = signals.with(i, ((BigInt(signals[i]!) + 1n) % P).toString())
        expect(await groth16.verify(key, wrong, proof), `signal ${i}`).toBe(false)
      }
    })
  })

  test.each(examples)('$name: our verifying key is the one that snarkjs exports', async ({ r1cs }) => {
    await withThreads(async () => {
      const zkey = await devSetup(r1cs)
      expect(verificationKeyOf(zkeyHeader(zkey))).toEqual(await zKey.exportVerificationKey(zkey))
    })
  })

  test('a proof of a witness that breaks one constraint does not verify', async () => {
    const { r1cs, witness } = syntheticSystem(500)
    const zkey = await devSetup(r1cs)
    const key = verificationKeyOf(zkeyHeader(zkey))
    const honest = await prove(zkey, Wtns.encode(witness))
    expect(await verify(key, honest.publicSignals, honest.proof)).toBe(true)
    for (const wire of [2, 3, 17, 480]) {
      const values = witness.values.slice()
      values[32 * wire]! ^= 2
      const { proof, publicSignals } = await prove(zkey, Wtns.encode({ wires: witness.wires, values }))
      expect(await verify(key, publicSignals, proof), `wire ${wire}`).toBe(false)
    }
  })

  test('two keys for one circuit share nothing but the circuit', async () => {
    const { r1cs } = examples[0]!
    const [one, two] = [sectionsOf(await devSetup(r1cs)), sectionsOf(await devSetup(r1cs))]
    for (const id of [1, 4, 10]) expect(one.get(id)).toEqual(two.get(id))
    for (const id of [2, 3, 5, 6, 7, 8, 9]) expect(one.get(id)).not.toEqual(two.get(id))
  })

  test('the same randomness gives the same key, and unfit randomness is drawn again', async () => {
    const { r1cs } = examples[0]!
    const seeded = (seed: number, unfit: readonly bigint[] = []) => {
      const random = randomOf(seed)
      const queue = [...unfit]
      return (bytes: number) =>
        queue.length > 0
          ? pack([queue.shift()!], 'plain')
          : Uint8Array.from({ length: bytes }, () => random(256))
    }
    const key = await devSetup(r1cs, { random: seeded(1) })
    expect(await devSetup(r1cs, { random: seeded(1) })).toEqual(key)
    // zero is no secret at all, and one and minus one lie in every domain
    expect(await devSetup(r1cs, { random: seeded(1, [0n, 1n, P - 1n]) })).toEqual(key)
    expect(await devSetup(r1cs, { random: seeded(2) })).not.toEqual(key)
  })
})

test.each(examples)(
  '$name: every point of a key is the multiple of the generator that the paper says',
  async (example) => {
    const { r1cs } = example
    const secrets = [1234567890123456789n ** 3n, 98765432109876543210n ** 3n, 5n ** 100n, 7n ** 80n].map(
      (s) => s % P,
    )
    const queue = [...secrets]
    const zkey = await devSetup(r1cs, { random: () => pack([queue.shift()!], 'plain') })
    const sections = sectionsOf(zkey)
    await withThreads(async (curve) => {
      for (const [id, group, scalars] of expectedScalars(curve, r1cs, secrets)) {
        const size = group === 'G1' ? 64 : 128
        const points = Array.from({ length: scalars.length }, (_, i) =>
          sections.get(id)!.slice(size * i, size * (i + 1)),
        )
        expect(points, `section ${id}`).toEqual(scalars.map((scalar) => slowMultiple(curve, group, scalar)))
      }
    })
  },
)

describe('next to a key that snarkjs makes from powers of tau', () => {
  const ptau = { type: 'mem' as const }

  beforeAll(async () => {
    await withThreads(async (curve) => {
      const [empty, contributed] = [{ type: 'mem' as const }, { type: 'mem' as const }]
      await powersOfTau.newAccumulator(curve, 7, empty)
      // without a contribution tau is 1, which lies in the domain
      await powersOfTau.contribute(empty, contributed, 'test', 'no secret')
      await powersOfTau.preparePhase2(contributed, ptau)
    })
  })

  test.each([...examples, { name: 'synthetic', r1cs: syntheticSystem(100).r1cs }])(
    '$name: protocol, sizes and coefficients are the same bytes',
    async ({ r1cs }) => {
      const theirs: { type: 'mem'; data?: Uint8Array } = { type: 'mem' }
      await withThreads(() => zKey.newZKey(R1cs.encode(r1cs), ptau, theirs))
      const [expected, own] = [sectionsOf(theirs.data!), sectionsOf(await devSetup(r1cs))]
      expect(own.get(1)).toEqual(expected.get(1))
      // primes, counts and the size of the domain; then gamma, the generator
      expect(own.get(2)!.subarray(0, 84)).toEqual(expected.get(2)!.subarray(0, 84))
      expect(own.get(2)!.subarray(340, 468)).toEqual(expected.get(2)!.subarray(340, 468))
      expect(own.get(4)).toEqual(expected.get(4))
      for (const id of SECTIONS) expect(own.get(id)!.length, `section ${id}`).toBe(expected.get(id)!.length)
      // a wire that no row of A (or B) has gets the point at infinity in both
      for (const [id, size] of [
        [5, 64],
        [6, 64],
        [7, 128],
      ] as const) {
        expect(zeros(own.get(id)!, size), `section ${id}`).toEqual(zeros(expected.get(id)!, size))
      }
    },
  )
})

describe('multiplyGenerator', () => {
  test.each(['G1', 'G2'] as const)('%s: equals multiplication one by one', async (group) => {
    const seed = 31
    const random = randomOf(seed)
    const any = () => BigInt(`0x${Array.from({ length: 64 }, () => random(16).toString(16)).join('')}`) % P
    const special = [0n, 1n, 2n, 3n, P - 1n, P - 2n, (P + 1n) / 2n, 2n ** 253n, 2n ** 128n, 2n ** 13n - 1n]
    // few and many, so that narrow and wide windows are both used, and more than one batch
    for (const count of [1, 20, 5000]) {
      const scalars = [...special, ...Array.from({ length: count }, any)]
      await withThreads(async (curve) => {
        const points = await multiplyGenerator(curve, group, pack(scalars, 'plain'))
        const size = group === 'G1' ? 64 : 128
        const checked = [
          ...special.keys(),
          scalars.length - 1,
          ...Array.from({ length: 20 }, () => random(scalars.length)),
        ]
        for (const index of checked) {
          const point = points.slice(size * index, size * (index + 1))
          expect(point, `seed ${seed}, scalar ${scalars[index]}`).toEqual(
            slowMultiple(curve, group, scalars[index]!),
          )
        }
      })
    }
  })
})

test('a wrong statement, and a proof for another key, are answered with no', async () => {
  const [first, second] = [examples[0]!, examples[4]!]
  const keys = await Promise.all(
    [first, first, second].map(async ({ r1cs }) => {
      const zkey = await devSetup(r1cs)
      return { zkey, key: verificationKeyOf(zkeyHeader(zkey)) }
    }),
  )
  const made = await prove(keys[0]!.zkey, Wtns.encode(first.witness))
  const ask = (key: number, signals: PublicSignals, proof: Proof) => verify(keys[key]!.key, signals, proof)
  expect(await ask(0, made.publicSignals, made.proof)).toBe(true)
  expect(await ask(0, ['33', '3'], made.proof)).toBe(false)
  expect(await ask(1, made.publicSignals, made.proof)).toBe(false)
  await expect(ask(2, made.publicSignals, made.proof)).rejects.toThrow('has 2 entries instead of 1')
  await expect(prove(keys[2]!.zkey, Wtns.encode(first.witness))).rejects.toThrow('Invalid witness length')
})

function zeros(points: Uint8Array, size: number): number[] {
  return Array.from({ length: points.length / size }, (_, i) => i).filter((i) =>
    points.subarray(size * i, size * (i + 1)).every((byte) => byte === 0),
  )
}

function slowMultiple(curve: Curve, group: 'G1' | 'G2', scalar: bigint): Uint8Array {
  const product = curve[group].timesScalar(curve[group].g, pack([scalar], 'plain'))
  return curve[group].toAffine(product)
}

/** The discrete logarithms of sections 3 and 5 to 9, in slow arithmetic from the definitions. */
function expectedScalars(curve: Curve, r1cs: R1cs.R1cs, secrets: readonly bigint[]) {
  const [tau, alpha, beta, delta] = secrets as [bigint, bigint, bigint, bigint]
  const statement = r1cs.publicOutputs + r1cs.publicInputs + 1
  let size = 2
  while (size < r1cs.constraints + statement) size *= 2
  const basis = lagrangeAt(tau, roots(curve, size))
  const columns = [r1cs.a, r1cs.b, r1cs.c].map((matrix) => {
    const column = new Array<bigint>(r1cs.wires).fill(0n)
    for (let row = 0; row < r1cs.constraints; row++) {
      for (let entry = matrix.rowStart[row]!; entry < matrix.rowStart[row + 1]!; entry++) {
        column[matrix.wire[entry]!]! += R1cs.coefficientOf(r1cs, matrix.coefficient[entry]!) * basis[row]!
      }
    }
    return column
  }) as [bigint[], bigint[], bigint[]]
  const [a, b, c] = columns
  for (let wire = 0; wire < statement; wire++) a[wire]! += basis[r1cs.constraints + wire]!
  const mixed = a.map((value, wire) => mod(beta * value + alpha * b[wire]! + c[wire]!))
  const perDelta = inverse(delta)
  const odd = lagrangeAt(tau, roots(curve, 2 * size)).filter((_, index) => index % 2 === 1)
  return [
    [3, 'G1', mixed.slice(0, statement)],
    [5, 'G1', a.map(mod)],
    [6, 'G1', b.map(mod)],
    [7, 'G2', b.map(mod)],
    [8, 'G1', mixed.slice(statement).map((value) => mod(value * perDelta))],
    [9, 'G1', odd.map((value) => mod(value * perDelta))],
  ] as const
}

function roots(curve: Curve, size: number): bigint[] {
  const root = BigInt(curve.Fr.toObject(curve.Fr.w[Math.log2(size)]!) as bigint)
  return Array.from({ length: size }, (_, exponent) => power(root, BigInt(exponent)))
}

/** Each Lagrange polynomial of the points at tau: the product of (tau - x_j) / (x_i - x_j) over j other than i. */
function lagrangeAt(tau: bigint, points: readonly bigint[]): bigint[] {
  return points.map((own) => {
    let [above, below] = [1n, 1n]
    for (const other of points) {
      if (other === own) continue
      above = mod(above * (tau - other))
      below = mod(below * (own - other))
    }
    return mod(above * inverse(below))
  })
}
