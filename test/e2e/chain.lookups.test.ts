/** Real proofs with lookups on a real chain: verified alone, in batches, and by all that takes predictions. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pack } from '../../src/artifacts/statement.js'
import { P } from '../../src/base/field.js'
import { SHARED_VERIFIER, VERIFIER } from '../../src/chain/abi.js'
import { fulfil, requestOf } from '../../src/chain/board.js'
import { type Context, contextOf } from '../../src/chain/context.js'
import { type Deployment, deploy } from '../../src/chain/deploy.js'
import { recordBatch, recordOne } from '../../src/chain/ledger.js'
import { predictionOf, verifyOnChain } from '../../src/chain/read.js'
import { register, registeredModel } from '../../src/chain/register.js'
import {
  deploySharedVerifier,
  keyIdOf,
  type Proven,
  registerKey,
  verifyBatch,
  verifyWithKey,
} from '../../src/chain/shared-verifier.js'
import { BASE_FIELD, proofWords } from '../../src/chain/solidity/points.js'
import { submit } from '../../src/chain/submit.js'
import type { Hex, Proof, Terms } from '../../src/chain/types.js'
import { G1 } from '../../src/prover/groth16/group.js'
import type { LookupProof } from '../../src/prover/lookup/proof.js'
import { ASKED, PROVER, SCORES, type TestBoard, testBoard, VALUES } from '../helpers/board.js'
import { MODEL_ID } from '../helpers/chain.js'
import { execution, OUT_OF_SUBGROUP, refusal, revertOf } from '../helpers/chain-calls.js'
import { terminateCurve } from '../helpers/tiny-groth16.js'
import { type TinyLookupProver, tinyLookupProver } from '../helpers/tiny-lookups.js'

const FAR = 4_102_444_800n
const BATCH = 4
const THREE = 'three signals, five outputs'
const deep = process.env.ZKONNX_DEEP !== undefined

let world: TestBoard
let prover: TinyLookupProver
let deployment: Deployment
/** Of many keys. */
let shared: string
let keyId: Hex
/** The same model by the verifier of many keys. */
let sharedId: bigint
/** Two proofs of one statement, and others. */
let good: Proven
let again: Proven
let batch: Proven[]

beforeAll(async () => {
  prover = await tinyLookupProver(3)
  world = await testBoard(prover)
  const { chain, signers, entry, registry } = world
  deployment = await deploy(chain, signers[0]!, world.model)
  shared = (await deploySharedVerifier(chain, signers[0]!, 'Groth16LookupVerifier')).address
  keyId = (await registerKey(chain, signers[0]!, shared, { verificationKey: prover.key, keys: 'dev' })).keyId
  sharedId = (await register(chain, signers[0]!, registry, { ...entry, verifier: shared, keyId })).id
  good = await prover.prove([1n, P - 1n, 3n])
  again = await prover.prove([1n, P - 1n, 3n])
  batch = [good]
  for (let i = 1; i < BATCH; i++) batch.push(await prover.prove([BigInt(i), P - 1n - BigInt(i), 7n]))
})

afterAll(async () => {
  await world?.stop()
  await prover?.close()
  await terminateCurve()
})

const own = (proven: Proven) =>
  verifyOnChain(world.chain, deployment.verifier.address, proven.proof, proven.signals)
const byKey = (proven: Proven) => verifyWithKey(world.chain, shared, keyId, proven)
const batched = (proven: readonly Proven[]) => verifyBatch(world.chain, shared, keyId, proven)

const withProof = (proven: Proven, change: Partial<Proof>): Proven => ({
  ...proven,
  proof: { ...proven.proof, ...change },
})

const withSignal = ({ proof, signals }: Proven, index: number, value: bigint): Proven => ({
  proof,
  signals: signals.map((signal, i) => (i === index ? String(value) : signal)),
})

const negated = (point: readonly string[]) => [point[0]!, String(BASE_FIELD - BigInt(point[1]!)), point[2]!]

function plus(a: readonly string[], b: readonly string[], times = 1n): string[] {
  const points = [a, b].map(([x, y]) => ({ x: BigInt(x!), y: BigInt(y!) }))
  const { x, y } = G1.combine(points, [1n, times])!
  return [String(x), String(y), '1']
}

const INFINITY = ['0', '1', '0']
const OFF_CURVE = ['1', '1', '1']

describe('a proof that holds', () => {
  test('is accepted by both verifiers, and so is another of the same statement', async () => {
    expect(again.proof.commitment).not.toEqual(good.proof.commitment)
    for (const proven of [good, again, ...batch]) {
      await own(proven)
      await byKey(proven)
    }
  })

  test('is accepted in batches of any size, and twice in one', async () => {
    for (let n = 1; n <= BATCH; n++) await batched(batch.slice(0, n))
    await batched([good, again, good])
  })
})

const FALSEHOODS: [string, (proven: Proven) => Proven, string][] = [
  ['another signal', (proven) => withSignal(proven, 0, 77n), 'ProofInvalid'],
  ['another last signal', (proven) => withSignal(proven, 2, 8n), 'ProofInvalid'],
  ['a signal plus the field’s order', (proven) => plusOrder(proven, 0), 'SignalOutOfField'],
  ['a last signal plus the field’s order', (proven) => plusOrder(proven, 2), 'SignalOutOfField'],
  ['D of another proof of the statement', (proven) => withProof(proven, { commitment: D() }), 'ProofInvalid'],
  ['D negated', (proven) => changed(proven, 'commitment', negated), 'ProofInvalid'],
  ['D off its curve', (proven) => withProof(proven, { commitment: OFF_CURVE }), 'ProofMalformed'],
  ['D at infinity', (proven) => withProof(proven, { commitment: INFINITY }), 'ProofInvalid'],
  [
    'D moved by the point of a signal, and the signal with it',
    (proven) =>
      withSignal(
        changed(proven, 'commitment', (point) => plus(point, negated(prover.key.IC[1]!))),
        0,
        BigInt(proven.signals[0]!) + 1n,
      ),
    'ProofInvalid',
  ],
  [
    'D moved by the challenge’s point',
    (proven) => changed(proven, 'commitment', (point) => plus(point, prover.key.IC[4]!)),
    'ProofInvalid',
  ],
  [
    'D and C moved against each other',
    (proven) =>
      changed(
        changed(proven, 'commitment', (point) => plus(point, good.proof.pi_c, 2n)),
        'pi_c',
        (point) => plus(point, good.proof.pi_c, P - 2n),
      ),
    'ProofInvalid',
  ],
  [
    'C and D exchanged',
    (p) => withProof(p, { pi_c: p.proof.commitment!, commitment: p.proof.pi_c }),
    'ProofInvalid',
  ],
  ['A negated', (proven) => changed(proven, 'pi_a', negated), 'ProofInvalid'],
  ['A and C of another proof', (p) => withProof(p, { pi_a: O().pi_a, pi_c: O().pi_c }), 'ProofInvalid'],
  [
    'all but D of another proof',
    (p) => withProof(p, { ...O(), commitment: p.proof.commitment! }),
    'ProofInvalid',
  ],
  ['C at infinity', (proven) => withProof(proven, { pi_c: INFINITY }), 'ProofInvalid'],
  ['A off its curve', (proven) => withProof(proven, { pi_a: OFF_CURVE }), 'ProofMalformed'],
  ['C off its curve', (proven) => withProof(proven, { pi_c: OFF_CURVE }), 'ProofMalformed'],
  ['B out of its subgroup', (proven) => withProof(proven, { pi_b: OUT_OF_SUBGROUP }), 'ProofMalformed'],
]
// of a proof that is in no batch
const O = () => again.proof
const D = () => O().commitment!

const plusOrder = (proven: Proven, index: number) =>
  withSignal(proven, index, BigInt(proven.signals[index]!) + P)

function changed(
  proven: Proven,
  name: 'pi_a' | 'pi_c' | 'commitment',
  by: (point: readonly string[]) => string[],
) {
  return withProof(proven, { [name]: by(proven.proof[name]!) })
}

describe('a proof', () => {
  test.each(FALSEHOODS)('with %s is refused by both verifiers, and in a batch', async (...row) => {
    const [, falsify, expected] = row
    for (const ask of [own, byKey]) expect((await refusal(ask(falsify(good)))).contractError).toBe(expected)
    const place = FALSEHOODS.findIndex(([name]) => name === row[0]) % BATCH
    for (const at of deep ? batch.keys() : [place]) {
      const placed = batch.map((proven, i) => (i === at ? falsify(proven) : proven))
      expect((await refusal(batched(placed))).contractError, `at ${at}`).toBe(expected)
    }
  })

  test('of more or fewer signals is refused', async () => {
    for (const signals of [[], good.signals.slice(1), [...good.signals, '0']])
      for (const ask of [own, byKey]) {
        const error = await refusal(ask({ ...good, signals }))
        expect([error.contractError, error.args]).toEqual([
          'SignalCount',
          { expected: '3', given: String(signals.length) },
        ])
      }
  })

  test('whose signals, D, or C are swapped with another’s is refused in a batch', async () => {
    const [a, b] = [batch[1]!, batch[2]!]
    const pairs: Proven[][] = [
      [
        { proof: a.proof, signals: b.signals },
        { proof: b.proof, signals: a.signals },
      ],
      ...(['commitment', 'pi_c'] as const).map((name) => [
        withProof(a, { [name]: b.proof[name]! }),
        withProof(b, { [name]: a.proof[name]! }),
      ]),
    ]
    for (const pair of pairs) expect((await refusal(batched(pair))).contractError).toBe('ProofInvalid')
  })

  test('of plain Groth16 is refused, and so is its key', async () => {
    const { commitment: _, ...plain } = good.proof as LookupProof
    for (const ask of [own, byKey])
      expect((await refusal(ask({ ...good, proof: plain }))).contractError).toBe('ProofInvalid')
    const key = { ...prover.key, protocol: 'groth16', IC: prover.key.IC.slice(1) }
    const { vk_commitment_2: __, ...verificationKey } = key
    const error = await refusal(
      registerKey(world.chain, world.signers[0]!, shared, { verificationKey, keys: 'dev' }),
    )
    expect([error.contractError, error.args]).toEqual(['KeyPointMalformed', { point: '3' }])
  })
})

describe('a prediction', () => {
  let nonce = 0n
  async function predict(consumer: string, changes: Partial<Context> = {}) {
    nonce += 1n
    const terms = { beneficiary: world.accounts[2]!, nonce, deadline: FAR }
    const context = { ...terms, chainId: world.chain.id, consumer, modelId: MODEL_ID, ...changes }
    const [scores, values] = [pack(ASKED.outputs[0]!, SCORES), pack(ASKED.inputs[0]!, VALUES)]
    return { ...(await prover.prove([...scores, ...values, contextOf(context)])), terms }
  }
  const predicted = (changes?: Partial<Context>) => predict(deployment.record.address, changes)
  type Predicted = Proven & { terms: Terms }
  const hand = (prediction: Predicted) =>
    submit(world.chain, world.signers[3]!, deployment.record.address, prediction)

  test('is recorded by the model’s own record, once', async () => {
    const prediction = await predicted()
    const { statement } = await hand(prediction)
    const read = await predictionOf(world.chain, deployment.record.address, statement)
    expect([read.output, read.beneficiary]).toEqual([SCORES, world.accounts[2]])
    expect((await refusal(hand(prediction))).contractError).toBe('AlreadyRecorded')
    const other = { ...prediction, ...(await prover.prove(prediction.signals.map(BigInt))) }
    expect(other.proof).not.toEqual(prediction.proof)
    expect((await refusal(hand(other))).contractError).toBe('AlreadyRecorded')
  })

  test('of another context, or claimed by another, is refused by the record', async () => {
    const thief = await predicted()
    const stolen = { ...thief, terms: { ...thief.terms, beneficiary: world.accounts[4]! } }
    const elsewhere = await predicted({ chainId: 1n })
    for (const wrong of [stolen, elsewhere])
      expect((await refusal(hand(wrong))).contractError).toBe('ContextMismatch')
    const forged = { ...thief, ...withSignal(thief, 0, BigInt(thief.signals[0]!) ^ 1n) }
    expect((await refusal(hand(forged))).contractError).toBe('ProofInvalid')
  })

  test('is recorded by the ledger, alone and in a batch, by either kind of verifier', async () => {
    const { chain, signers, ledger: address, modelId } = world
    for (const id of [modelId, sharedId]) {
      const at = { chain, address, modelId: id }
      await recordOne(at, signers[0]!, await predict(address))
      const several = [await predict(address), await predict(address)]
      const wrong = [several[0]!, { ...several[1]!, proof: several[0]!.proof }]
      await expect(recordBatch(at, signers[0]!, wrong)).rejects.toThrow('prediction 2 of 2')
      expect((await recordBatch(at, signers[0]!, several)).statements.length).toBe(2)
    }
  })

  test('fulfils a request, and no other', async () => {
    for (const modelId of [world.modelId, sharedId]) {
      const [id, other] = [await world.ask({ modelId }), await world.ask({ modelId })]
      const answer = await world.answer(id)
      const wrong = fulfil(world.as(PROVER), other, answer)
      expect((await refusal(wrong)).contractError).toBe('ContextMismatch')
      const forged = { ...answer, proof: { ...answer.proof, commitment: D() } }
      expect((await refusal(fulfil(world.as(PROVER), id, forged))).contractError).toBe('ProofInvalid')
      await fulfil(world.as(PROVER), id, answer)
      expect((await requestOf(world.chain, world.board, id)).state).toBe('fulfilled')
    }
  })
})

test('a proof takes the gas that is pinned, at most 48,000 more than a plain one', async () => {
  const pinned = (file: string) =>
    JSON.parse(readFileSync(new URL(`../pinned/${file}`, import.meta.url), 'utf8'))[THREE].verify
  const data = VERIFIER.encodeFunctionData('verify', [proofWords(good.proof), good.signals])
  const gas = await execution(world.signers[0]!, deployment.verifier.address, data)
  expect(gas).toBe(pinned('gas.lookups.json'))
  // the commitment is two words of call data, which plain proofs fill with zeros
  expect(gas + 64 * (16 - 4) - pinned('gas.json')).toBeLessThanOrEqual(48_000)
})

test('the registry names the scheme that the verifier has', async () => {
  for (const id of [world.modelId, sharedId])
    expect((await registeredModel(world.chain, world.registry, id)).scheme).toBe('groth16-lookup')
})

describe('a key', () => {
  test('has the same id off the chain', () => {
    expect(keyIdOf(prover.key, 'dev')).toBe(keyId)
    expect(keyIdOf(prover.key, 'ceremony')).not.toBe(keyId)
  })

  type Words = Record<'alpha', bigint[]> &
    Record<'beta' | 'gamma' | 'delta' | 'commitment' | 'ic', bigint[][]>

  function words(): Words {
    const g1 = (point: readonly string[]) => point.slice(0, 2).map(BigInt)
    const g2 = (point: readonly (readonly string[])[]) =>
      point.slice(0, 2).map((pair) => [...pair].reverse().map(BigInt))
    const { vk_alpha_1, vk_beta_2, vk_gamma_2, vk_delta_2, vk_commitment_2, IC } = prover.key
    return {
      ...{ alpha: g1(vk_alpha_1), beta: g2(vk_beta_2), gamma: g2(vk_gamma_2), delta: g2(vk_delta_2) },
      ...{ commitment: g2(vk_commitment_2!), ic: IC.map(g1) },
    }
  }
  const opposite = ([x, y]: bigint[][]) => [x!, y!.map((word) => BASE_FIELD - word)]
  const nowhere = [0n, 0n]

  test.each<[string, (key: Words) => Partial<Words>, string, object]>([
    ['without a signal', ({ ic }) => ({ ic: ic.slice(0, 2) }), 'KeySize', { points: '2' }],
    ['too large for code', ({ ic }) => ({ ic: Array(377).fill(ic[0]) }), 'KeySize', { points: '377' }],
    ['with another gamma', ({ beta }) => ({ gamma: beta }), 'GammaNotGenerator', {}],
    ['with delta as gamma', ({ gamma }) => ({ delta: gamma }), 'DeltaIsGamma', {}],
    ['with D under gamma', ({ gamma }) => ({ commitment: gamma }), 'DeltaIsGamma', {}],
    ['with D under -gamma', ({ gamma }) => ({ commitment: opposite(gamma) }), 'DeltaIsGamma', {}],
    ['with D under delta', ({ delta }) => ({ commitment: delta }), 'CommitmentIsDelta', {}],
    ['with D under -delta', ({ delta }) => ({ commitment: opposite(delta) }), 'CommitmentIsDelta', {}],
    [
      'with D under infinity',
      () => ({ commitment: [nowhere, nowhere] }),
      'KeyPointMalformed',
      { point: '3' },
    ],
    [
      'with D under a point off the curve',
      ({ commitment: [x, y] }) => ({ commitment: [x!, [y![0]!, y![1]! ^ 1n]] }),
      'KeyPointMalformed',
      { point: '3' },
    ],
    [
      'that leaves the challenge out',
      ({ ic }) => ({ ic: ic.with(-1, nowhere) }),
      'KeyPointMalformed',
      { point: '8' },
    ],
  ])('%s is refused by the contract', async (_name, change, name, args) => {
    const key = words()
    const data = SHARED_VERIFIER.encodeFunctionData('register', [{ ...key, ...change(key) }, true])
    const error = await revertOf(world.chain, shared, data)
    expect([error.contractError, error.args]).toEqual([name, args])
  })

  test('with points out of the subgroup is refused before anything is sent', async () => {
    const verificationKey = { ...prover.key, vk_commitment_2: OUT_OF_SUBGROUP }
    const sent = registerKey(world.chain, world.signers[0]!, shared, { verificationKey, keys: 'dev' })
    await expect(sent).rejects.toThrow('`vk_commitment_2` is not a point of the subgroup')
  })
})
