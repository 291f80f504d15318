/** The verifier of many keys on a real chain: what it registers, accepts alone and in batches, and what it refuses. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { P } from '../../src/base/field.js'
import { SHARED_VERIFIER } from '../../src/chain/abi.js'
import { type Anvil, startAnvil } from '../../src/chain/anvil.js'
import { deployContract } from '../../src/chain/deploy.js'
import { type Chain, connect, type Signer, signerFor } from '../../src/chain/provider.js'
import {
  deploySharedVerifier,
  keyIdOf,
  type Proven,
  registerKey,
  verifyBatch,
  verifyWithKey,
} from '../../src/chain/shared-verifier.js'
import { compileSolidity } from '../../src/chain/solc.js'
import { sharedVerifier } from '../../src/chain/solidity/model-contracts.js'
import { BASE_FIELD } from '../../src/chain/solidity/points.js'
import type { Hex, Proof, VerificationKey } from '../../src/chain/types.js'
import { mined, OUT_OF_SUBGROUP, refusal, revertOf } from '../helpers/chain-calls.js'
import { type TinyProver, terminateCurve, tinyProver } from '../helpers/tiny-groth16.js'

const BATCH = 5

let anvil: Anvil
let chain: Chain
let signer: Signer
let prover: TinyProver
let address: string
let keyId: Hex
let batch: Proven[]

beforeAll(async () => {
  prover = await tinyProver(2)
  anvil = await startAnvil()
  chain = await connect(anvil.url, { chainId: 31337n })
  signer = await signerFor(chain, { source: 'node' })
  address = (await deploySharedVerifier(chain, signer)).address
  keyId = (await register(prover.key)).keyId
  batch = []
  for (let i = 0; i < BATCH; i++) batch.push(await prover.prove([BigInt(i), P - 1n - BigInt(i)]))
})

afterAll(async () => {
  chain?.close()
  await anvil?.stop()
  await terminateCurve()
})

const register = (verificationKey: VerificationKey, keys: 'dev' | 'ceremony' = 'dev') =>
  registerKey(chain, signer, address, { verificationKey, keys })

const negated = (point: readonly string[]) => [point[0]!, String(BASE_FIELD - BigInt(point[1]!)), point[2]!]

const withProof = (proven: Proven, change: Partial<Proof>): Proven => ({
  ...proven,
  proof: { ...proven.proof, ...change },
})

const withSignal = ({ proof, signals }: Proven, index: number, value: bigint): Proven => ({
  proof,
  signals: signals.map((signal, i) => (i === index ? String(value) : signal)),
})

const placed = (at: number, proven: Proven) => batch.map((good, i) => (i === at ? proven : good))

describe('a key', () => {
  test('has the same id off the chain, and can be read back', async () => {
    expect(keyIdOf(prover.key, 'dev')).toBe(keyId)
    const [signals, devKeys] = await keyOf(keyId)
    expect([signals, devKeys]).toEqual([2n, true])
  })

  test('of a ceremony has an id of its own', async () => {
    const other = await register(prover.key, 'ceremony')
    expect(other.keyId).toBe(keyIdOf(prover.key, 'ceremony'))
    expect(other.keyId).not.toBe(keyId)
    expect((await keyOf(other.keyId))[1]).toBe(false)
    await verifyWithKey(chain, address, other.keyId, batch[0]!)
  })

  test('that is registered again keeps its id and its code', async () => {
    const before = await keyOf(keyId)
    expect((await register(prover.key)).keyId).toBe(keyId)
    expect(await keyOf(keyId)).toEqual(before)
  })

  test('lies in code that nobody can run', async () => {
    const [, , data] = await keyOf(keyId)
    await expect(chain.provider.call({ to: data, data: '0x' })).rejects.toThrow()
  })

  test('that was never registered verifies nothing', async () => {
    const unknown = `0x${'12'.repeat(32)}` as const
    const error = await refusal(verifyWithKey(chain, address, unknown, batch[0]!))
    expect([error.contractError, error.args]).toEqual(['UnknownKey', { keyId: unknown }])
    expect((await refusal(verifyBatch(chain, address, unknown, batch))).contractError).toBe('UnknownKey')
  })

  test('out of the subgroup is refused before anything is sent', async () => {
    const bad = { ...prover.key, vk_beta_2: OUT_OF_SUBGROUP }
    await expect(register(bad)).rejects.toThrow('`vk_beta_2` is not a point of the subgroup')
  })

  async function keyOf(id: Hex): Promise<[bigint, boolean, string]> {
    const answer = await chain.provider.call({
      to: address,
      data: SHARED_VERIFIER.encodeFunctionData('keyOf', [id]),
    })
    return [...SHARED_VERIFIER.decodeFunctionResult('keyOf', answer)] as [bigint, boolean, string]
  }
})

describe('a key is refused by the contract', () => {
  type Words = {
    alpha: bigint[]
    beta: bigint[][]
    gamma: bigint[][]
    delta: bigint[][]
    commitment: bigint[][]
    ic: bigint[][]
  }

  const infinity = [0n, 0n]

  function words(): Words {
    const g1 = (point: readonly string[]) => point.slice(0, 2).map(BigInt)
    const g2 = (point: readonly (readonly string[])[]) =>
      point.slice(0, 2).map((pair) => [...pair].reverse().map(BigInt))
    const { vk_alpha_1, vk_beta_2, vk_gamma_2, vk_delta_2, IC } = prover.key
    return {
      alpha: g1(vk_alpha_1),
      beta: g2(vk_beta_2),
      gamma: g2(vk_gamma_2),
      delta: g2(vk_delta_2),
      commitment: [infinity, infinity],
      ic: IC.map(g1),
    }
  }
  const offer = (key: Words) =>
    revertOf(chain, address, SHARED_VERIFIER.encodeFunctionData('register', [key, true]))
  const beyond = ([x, y]: bigint[]) => [x! + BASE_FIELD, y!]

  test.each<[string, (key: Words) => Partial<Words>, string, object]>([
    ['without a signal', (key) => ({ ic: key.ic.slice(0, 1) }), 'KeySize', { points: '1' }],
    ['too large for code', (key) => ({ ic: Array(379).fill(key.ic[0]) }), 'KeySize', { points: '379' }],
    ['with another gamma', (key) => ({ gamma: key.beta }), 'GammaNotGenerator', {}],
    ['with delta as gamma', (key) => ({ delta: key.gamma }), 'DeltaIsGamma', {}],
    [
      'with delta as the negative of gamma',
      ({ gamma: [x, y] }) => ({ delta: [x!, y!.map((word) => BASE_FIELD - word)] }),
      'DeltaIsGamma',
      {},
    ],
    ['with alpha at infinity', () => ({ alpha: infinity }), 'KeyPointMalformed', { point: '0' }],
    ['with beta at infinity', () => ({ beta: [infinity, infinity] }), 'KeyPointMalformed', { point: '1' }],
    [
      'with beta off its curve',
      ({ beta: [x, y] }) => ({ beta: [x!, [y![0]!, y![1]! ^ 1n]] }),
      'KeyPointMalformed',
      { point: '1' },
    ],
    [
      'with delta out of the base field',
      ({ delta: [x, y] }) => ({ delta: [beyond(x!), y!] }),
      'KeyPointMalformed',
      { point: '2' },
    ],
    [
      'with a point for commitments',
      ({ beta }) => ({ commitment: beta }),
      'KeyPointMalformed',
      { point: '3' },
    ],
    [
      'with a signal that nothing binds',
      ({ ic }) => ({ ic: [ic[0]!, ic[1]!, infinity] }),
      'KeyPointMalformed',
      { point: '6' },
    ],
    [
      'with a point out of the base field',
      ({ ic }) => ({ ic: [beyond(ic[0]!), ic[1]!] }),
      'KeyPointMalformed',
      { point: '4' },
    ],
  ])('%s', async (_name, change, name, args) => {
    const key = words()
    const error = await offer({ ...key, ...change(key) })
    expect([error.contractError, error.args]).toEqual([name, args])
  })

  test('with points out of the subgroup: it would register, and verify nothing', async () => {
    const [x, y] = OUT_OF_SUBGROUP.map((pair) => [...pair].reverse().map(BigInt))
    const data = SHARED_VERIFIER.encodeFunctionData('register', [{ ...words(), beta: [x!, y!] }, true])
    const id = (await chain.provider.call({ to: address, data })) as Hex
    await mined(signer.sendTransaction({ to: address, data, gasLimit: 1_000_000 }))
    expect((await refusal(verifyWithKey(chain, address, id, batch[0]!))).contractError).toBe('ProofMalformed')
  })
})

test('dev keys go to local chains only', async () => {
  const public_ = await startAnvil({ chainId: 11155111 })
  const there = await connect(public_.url)
  try {
    const payer = await there.provider.getSigner(0)
    const contract = await deploySharedVerifier(there, payer)
    const options = { verificationKey: prover.key, keys: 'dev' } as const
    await expect(registerKey(there, payer, contract.address, options)).rejects.toThrow('dev keys may not go')
    const ours = await registerKey(there, payer, contract.address, { ...options, keys: 'ceremony' })
    await verifyWithKey(there, contract.address, ours.keyId, batch[0]!)
    const local = await chain.provider.getTransaction((await register(withPoint())).transaction)
    const error = await revertOf(there, contract.address, local!.data)
    expect([error.contractError, error.args]).toEqual(['DevKeyOutsideLocalChain', { chainId: '11155111' }])
  } finally {
    there.close()
    await public_.stop()
  }

  function withPoint(): VerificationKey {
    return { ...prover.key, IC: [...prover.key.IC].reverse() }
  }
})

describe('a proof alone', () => {
  test('is accepted', async () => {
    for (const proven of batch) await verifyWithKey(chain, address, keyId, proven)
  })

  test.each<[string, (good: Proven) => Proven, string]>([
    ['with another signal', (good) => withSignal(good, 0, 7n), 'ProofInvalid'],
    ['with a signal plus the field’s order', (good) => withSignal(good, 1, P + 1n), 'SignalOutOfField'],
    ['of fewer signals', ({ proof, signals }) => ({ proof, signals: signals.slice(1) }), 'SignalCount'],
    ['of more signals', ({ proof, signals }) => ({ proof, signals: [...signals, '0'] }), 'SignalCount'],
    ['with A negated', (good) => withProof(good, { pi_a: negated(good.proof.pi_a) }), 'ProofInvalid'],
    ['with C at infinity', (good) => withProof(good, { pi_c: ['0', '1', '0'] }), 'ProofInvalid'],
    [
      'with a commitment, which would be a second way to write it,',
      (good) => withProof(good, { commitment: good.proof.pi_c }),
      'ProofMalformed',
    ],
    ['with A off its curve', (good) => withProof(good, { pi_a: ['1', '1', '1'] }), 'ProofMalformed'],
    ['with B out of its subgroup', (good) => withProof(good, { pi_b: OUT_OF_SUBGROUP }), 'ProofMalformed'],
  ])('%s is refused', async (_name, change, expected) => {
    const error = await refusal(verifyWithKey(chain, address, keyId, change(batch[1]!)))
    expect(error.contractError).toBe(expected)
  })
})

describe('a batch', () => {
  test('of any number of proofs is accepted, and of one proof twice', async () => {
    for (let n = 1; n <= BATCH; n++) await verifyBatch(chain, address, keyId, batch.slice(0, n))
    await verifyBatch(chain, address, keyId, [batch[0]!, batch[0]!])
  })

  const falsehoods: [string, (good: Proven) => Proven, string][] = [
    ['another signal', (good) => withSignal(good, 0, 77n), 'ProofInvalid'],
    [
      'a signal plus the field’s order',
      (good) => withSignal(good, 0, BigInt(good.signals[0]!) + P),
      'SignalOutOfField',
    ],
    ['A negated', (good) => withProof(good, { pi_a: negated(good.proof.pi_a) }), 'ProofInvalid'],
    ['C at infinity', (good) => withProof(good, { pi_c: ['0', '1', '0'] }), 'ProofInvalid'],
    [
      'A and C at infinity',
      (good) => withProof(good, { pi_a: ['0', '1', '0'], pi_c: ['0', '1', '0'] }),
      'ProofInvalid',
    ],
    ['a commitment', (good) => withProof(good, { commitment: good.proof.pi_c }), 'ProofMalformed'],
    ['A off its curve', (good) => withProof(good, { pi_a: ['1', '1', '1'] }), 'ProofMalformed'],
    ['C off its curve', (good) => withProof(good, { pi_c: ['1', '1', '1'] }), 'ProofMalformed'],
    ['B out of its subgroup', (good) => withProof(good, { pi_b: OUT_OF_SUBGROUP }), 'ProofMalformed'],
  ]

  test.each(falsehoods)('with %s is refused, wherever it stands', async (_name, change, expected) => {
    for (let at = 0; at < BATCH; at++) {
      const error = await refusal(verifyBatch(chain, address, keyId, placed(at, change(batch[at]!))))
      expect(error.contractError, `at ${at}`).toBe(expected)
    }
  })

  describe('in which two false proofs cancel under equal weights', () => {
    // C of one becomes the other's and the other way round: the product of both equations stays what it was
    const cancelling = (i: number, j: number): Proven[] => {
      const [first, second] = [batch[i]!, batch[j]!]
      const swapped = placed(i, withProof(first, { pi_c: second.proof.pi_c }))
      swapped[j] = withProof(second, { pi_c: first.proof.pi_c })
      return swapped
    }

    test.each([
      [0, 1],
      [1, 2],
      [0, 4],
      [3, 4],
    ])('is refused: %i and %i', async (i, j) => {
      const error = await refusal(verifyBatch(chain, address, keyId, cancelling(i, j)))
      expect(error.contractError).toBe('ProofInvalid')
    })

    test('would pass without the weights', async () => {
      const sources = await sharedVerifier()
      const path = 'zkonnx/contracts/lib/Batch.sol'
      const weight = 'uint128(uint256(keccak256(abi.encode(seed, j))))'
      expect(sources[path]).toContain(weight)
      const careless = compileSolidity({
        ...sources,
        [path]: sources[path]!.replace(weight, 'uint128(uint256(seed) | 1) / uint128(uint256(seed) | 1)'),
      })
      const there = (await deployContract(chain, signer, careless.get('Groth16Verifier')!, [])).address
      await registerKey(chain, signer, there, { verificationKey: prover.key, keys: 'dev' })
      await verifyBatch(chain, there, keyId, cancelling(1, 2))
      const single = placed(1, withSignal(batch[1]!, 0, 77n))
      expect((await refusal(verifyBatch(chain, there, keyId, single))).contractError).toBe('ProofInvalid')
    })
  })

  test('whose signals are swapped between proofs is refused', async () => {
    const [a, b] = [batch[0]!, batch[1]!]
    const swapped = [
      { proof: a.proof, signals: b.signals },
      { proof: b.proof, signals: a.signals },
    ]
    expect((await refusal(verifyBatch(chain, address, keyId, swapped))).contractError).toBe('ProofInvalid')
  })

  test('of nothing is refused', async () => {
    expect((await refusal(verifyBatch(chain, address, keyId, []))).contractError).toBe('BatchEmpty')
  })

  test('with a signal too many or too few is refused', async () => {
    const [first, ...rest] = batch
    const more = [{ proof: first!.proof, signals: [...first!.signals, '0'] }, ...rest]
    const error = await refusal(verifyBatch(chain, address, keyId, more))
    expect([error.contractError, error.args]).toEqual(['SignalCount', { expected: '10', given: '11' }])
    const fewer = [{ proof: first!.proof, signals: [] }, ...rest]
    expect((await refusal(verifyBatch(chain, address, keyId, fewer))).contractError).toBe('SignalCount')
  })
})
