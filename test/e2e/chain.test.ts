/** Real proofs, real contracts, a real chain: what is recorded, and everything that must not be. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pack } from '../../src/artifacts/statement.js'
import { P } from '../../src/base/field.js'
import { RECORD, RevertError, revertError } from '../../src/chain/abi.js'
import { type Anvil, startAnvil } from '../../src/chain/anvil.js'
import { type Context, contextOf, labelContext } from '../../src/chain/context.js'
import { type Deployment, deploy } from '../../src/chain/deploy.js'
import { type Chain, Contract, connect, type Signer, signerFor } from '../../src/chain/provider.js'
import { predictionOf, verifyOnChain } from '../../src/chain/read.js'
import { BASE_FIELD } from '../../src/chain/solidity/points.js'
import { submit } from '../../src/chain/submit.js'
import type { Hex, Proof, Terms } from '../../src/chain/types.js'
import { compileTiny, MODEL_ID, STATEMENT } from '../helpers/chain.js'
import { type TinyProver, terminateCurve, tinyProver } from '../helpers/tiny-groth16.js'

const SCORES = [-500_000, 0, 499_999]
const LABEL = [9, 15]
const OUTPUT = [...SCORES, ...LABEL]
const BENEFICIARY = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const FAR = 4_102_444_800n

/** On the twist y^2 = x^3 + 3 / (9 + i), but of another order than r. */
const OUT_OF_SUBGROUP: Proof['pi_b'] = [
  ['1', '0'],
  [
    '18278151005453108793778860132295291098363647455926340152056652516292830556603',
    '5912654199736721486680175016176231956195085055698687135131307249486702594212',
  ],
  ['1', '0'],
]

let anvil: Anvil
let chain: Chain
let signer: Signer
let prover: TinyProver
let deployment: Deployment

beforeAll(async () => {
  prover = await tinyProver(3)
  anvil = await startAnvil()
  chain = await connect(anvil.url, { chainId: 31337n })
  signer = await signerFor(chain, { source: 'node' })
  deployment = await deploy(chain, signer, await compileTiny(prover.key, STATEMENT))
})

afterAll(async () => {
  chain?.close()
  await anvil?.stop()
  await terminateCurve()
})

let nonce = 0n

function freshTerms(): Terms {
  nonce += 1n
  return { beneficiary: BENEFICIARY, nonce, deadline: FAR }
}

type Predicted = { proof: Proof; signals: string[]; terms: Terms; store?: boolean }

/** A valid proof for the record under these terms, but for the parts of the context that are given. */
async function predict(terms: Terms, changes: Partial<Context> = {}): Promise<Predicted> {
  const own = { ...terms, chainId: chain.id, consumer: deployment.record.address, modelId: MODEL_ID }
  return predictWith(terms, contextOf({ ...own, ...changes }))
}

async function predictWith(terms: Terms, context: bigint): Promise<Predicted> {
  const [scores, label] = STATEMENT.outputs
  const signals = [...pack(scores!, SCORES), ...pack(label!, LABEL), context]
  return { ...(await prover.prove(signals)), terms }
}

const hand = (prediction: Predicted) => submit(chain, signer, deployment.record.address, prediction)

/** The refusal of an action, with the contract's error and its arguments. */
async function refusal(action: Promise<unknown>): Promise<RevertError> {
  const error = await action.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(RevertError)
  return error as RevertError
}

const replaceSignal = (prediction: Predicted, index: number, value: bigint): Predicted => ({
  ...prediction,
  signals: prediction.signals.map((signal, at) => (at === index ? String(value) : signal)),
})

const replaceProof = (prediction: Predicted, change: Partial<Proof>): Predicted => ({
  ...prediction,
  proof: { ...prediction.proof, ...change },
})

/** The point's negative: on the curve, in the subgroup, and another point. */
function negated(point: readonly string[]): string[] {
  return [point[0]!, String(BASE_FIELD - BigInt(point[1]!)), point[2]!]
}

describe('a proven prediction', () => {
  test('is accepted, recorded and read back as signed integers', async () => {
    const done = await hand(await predict(freshTerms()))
    const read = await predictionOf(chain, deployment.record.address, done.statement)
    expect(read.output).toEqual(OUTPUT)
    expect(read.beneficiary).toBe(BENEFICIARY)
    const block = await chain.provider.getBlock(done.block)
    expect(read.recordedAt).toBe(block!.timestamp)
  })

  test('may be announced: its output is in the event, and it is not taken twice', async () => {
    const prediction = { ...(await predict(freshTerms())), store: false }
    const recorded = await hand(await predict(freshTerms()))
    const { statement, transaction, gas } = await hand(prediction)
    expect(gas).toBeLessThan(recorded.gas)
    const receipt = await chain.provider.getTransactionReceipt(transaction)
    const { args } = RECORD.parseLog(receipt!.logs[0]!)!
    expect([args.statement, args.beneficiary]).toEqual([statement, BENEFICIARY])
    expect([...args.output].map(String)).toEqual(prediction.signals.slice(0, 2))
    const read = predictionOf(chain, deployment.record.address, statement)
    expect((await refusal(read)).contractError).toBe('OutputNotStored')
    const record = new Contract(deployment.record.address, RECORD, chain.provider)
    const block = await chain.provider.getBlock(receipt!.blockNumber)
    const given = record.getFunction('predictionOf(uint256[])')
    const [output, beneficiary, recordedAt] = await given.staticCall(prediction.signals)
    expect([...output].map(Number)).toEqual(OUTPUT)
    expect([beneficiary, recordedAt]).toEqual([BENEFICIARY, BigInt(block!.timestamp)])
    const other = replaceSignal(prediction, 1, BigInt(prediction.signals[1]!) ^ 1n).signals
    for (const signals of [other, [], other.slice(1)]) {
      const thrown = await given.staticCall(signals).catch((error: { data: Hex }) => error)
      expect(revertError((thrown as { data: Hex }).data).contractError).toBe('NotRecorded')
    }
    expect(await record.getFunction('verifiedAt').staticCall(statement)).toBe(BigInt(block!.timestamp))
    expect(await record.getFunction('verifiedAt').staticCall(`0x${'00'.repeat(32)}`)).toBe(0n)
    for (const store of [true, false]) {
      expect((await refusal(hand({ ...prediction, store }))).contractError).toBe('AlreadyRecorded')
    }
  })

  test('is accepted by the verifier alone', async () => {
    const { proof, signals } = await predict(freshTerms())
    await verifyOnChain(chain, deployment.verifier.address, proof, signals)
  })

  test('may be submitted by anyone, and stays its beneficiary’s', async () => {
    const prediction = await predict(freshTerms())
    const other = await chain.provider.getSigner(3)
    const done = await submit(chain, other, deployment.record.address, prediction)
    const read = await predictionOf(chain, deployment.record.address, done.statement)
    expect(read.beneficiary).toBe(BENEFICIARY)
  })
})

describe('a replay', () => {
  test('of the same proof is refused', async () => {
    const prediction = await predict(freshTerms())
    const { statement } = await hand(prediction)
    const error = await refusal(hand(prediction))
    expect(error.contractError).toBe('AlreadyRecorded')
    expect(error.args).toEqual({ statement })
  })

  test('with another proof of the same statement is refused', async () => {
    const terms = freshTerms()
    const [first, second] = [await predict(terms), await predict(terms)]
    expect(first.signals).toEqual(second.signals)
    expect(first.proof).not.toEqual(second.proof)
    await hand(first)
    expect((await refusal(hand(second))).contractError).toBe('AlreadyRecorded')
  })

  test('that loses a race is refused when mined', async () => {
    const prediction = await predict(freshTerms())
    await chain.provider.send('evm_setAutomine', [false])
    try {
      const rivals = [1, 2].map(async (account) => {
        const rival = await chain.provider.getSigner(account)
        return submit(chain, rival, deployment.record.address, prediction)
      })
      const settled = Promise.allSettled(rivals)
      await pendingCount(2)
      await chain.provider.send('evm_mine', [])
      const failed = (await settled).filter((result) => result.status === 'rejected')
      expect(failed.map(({ reason }) => reason.contractError)).toEqual(['AlreadyRecorded'])
    } finally {
      await chain.provider.send('evm_setAutomine', [true])
    }
  })
})

async function pendingCount(count: number): Promise<void> {
  for (;;) {
    const { pending } = await chain.provider.send('txpool_status', [])
    if (Number(pending) >= count) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe('a proof', () => {
  let valid: Predicted
  beforeAll(async () => {
    valid = await predict(freshTerms())
  })

  test('with a negated point is refused', async () => {
    const forged = replaceProof(valid, { pi_a: negated(valid.proof.pi_a) })
    expect((await refusal(hand(forged))).contractError).toBe('ProofInvalid')
  })

  test('with the points of another proof is refused', async () => {
    const other = await predict(freshTerms())
    const forged = replaceProof(valid, { pi_c: other.proof.pi_c })
    expect((await refusal(hand(forged))).contractError).toBe('ProofInvalid')
  })

  test.each(['pi_a', 'pi_c'] as const)('with %s off the curve is refused', async (point) => {
    const [x, y, z] = valid.proof[point] as [string, string, string]
    const forged = replaceProof(valid, { [point]: [x, String((BigInt(y) + 1n) % BASE_FIELD), z] })
    expect((await refusal(hand(forged))).contractError).toBe('ProofMalformed')
  })

  test('with a commitment, which would be a second way to write it, is refused', async () => {
    const forged = replaceProof(valid, { commitment: valid.proof.pi_c })
    expect((await refusal(hand(forged))).contractError).toBe('ProofMalformed')
  })

  test('with pi_b off the twist is refused', async () => {
    const [x, [y0, y1], z] = valid.proof.pi_b as [string[], [string, string], string[]]
    const forged = replaceProof(valid, { pi_b: [x, [String((BigInt(y0) + 1n) % BASE_FIELD), y1], z] })
    expect((await refusal(hand(forged))).contractError).toBe('ProofMalformed')
  })

  test('with pi_b on the twist, out of the subgroup, is refused', async () => {
    const forged = replaceProof(valid, { pi_b: OUT_OF_SUBGROUP })
    expect((await refusal(hand(forged))).contractError).toBe('ProofMalformed')
  })

  test('with a coordinate that is not reduced is refused', async () => {
    const words = {
      ...valid.proof,
      pi_a: [String(BigInt(valid.proof.pi_a[0]!) + BASE_FIELD), valid.proof.pi_a[1]!, '1'],
    }
    await expect(hand({ ...valid, proof: words })).rejects.toThrow('not below the order of the base field')
  })

  test('of points at infinity is refused', async () => {
    const infinity = ['0', '1', '0']
    const twistInfinity = [
      ['0', '0'],
      ['1', '0'],
      ['0', '0'],
    ]
    const forged = replaceProof(valid, { pi_a: infinity, pi_b: twistInfinity, pi_c: infinity })
    expect((await refusal(hand(forged))).contractError).toBe('ProofInvalid')
    const half = replaceProof(valid, { pi_a: infinity })
    expect((await refusal(hand(half))).contractError).toBe('ProofInvalid')
  })
})

describe('a public signal', () => {
  test('that was altered is refused', async () => {
    const prediction = await predict(freshTerms())
    const altered = replaceSignal(prediction, 1, BigInt(prediction.signals[1]!) ^ 1n)
    expect((await refusal(hand(altered))).contractError).toBe('ProofInvalid')
  })

  test('plus the order of the field is refused, even before its first recording', async () => {
    const prediction = await predict(freshTerms())
    const spelled = replaceSignal(prediction, 0, BigInt(prediction.signals[0]!) + P)
    const error = await refusal(hand(spelled))
    expect(error.contractError).toBe('SignalOutOfField')
    expect(error.args).toEqual({ index: '0', signal: spelled.signals[0] })
  })

  test('too few or too many is refused', async () => {
    const prediction = await predict(freshTerms())
    for (const signals of [[], prediction.signals.slice(1), [...prediction.signals, '0']]) {
      const error = await refusal(hand({ ...prediction, signals }))
      expect(error.contractError).toBe('SignalCount')
      expect(error.args).toEqual({ expected: '3', given: String(signals.length) })
      const alone = verifyOnChain(chain, deployment.verifier.address, prediction.proof, signals)
      expect((await refusal(alone)).contractError).toBe('SignalCount')
    }
  })

  test('that is no number raises a typed error', async () => {
    const prediction = await predict(freshTerms())
    for (const signal of ['', '0x1', '-1', '01', String(1n << 256n)]) {
      await expect(hand({ ...prediction, signals: [signal, '0', '0'] })).rejects.toThrow('Public signal 0')
    }
  })
})

describe('a proof for another context is refused:', () => {
  const other = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'
  test.each<[string, Partial<Context>]>([
    ['chain', { chainId: 1n }],
    ['consumer', { consumer: other }],
    ['model', { modelId: `0x${'5b'.repeat(32)}` }],
    ['beneficiary', { beneficiary: other }],
    ['nonce', { nonce: 0n }],
    ['deadline', { deadline: FAR + 1n }],
  ])('%s', async (_part, change) => {
    const error = await refusal(hand(await predict(freshTerms(), change)))
    expect(error.contractError).toBe('ContextMismatch')
  })

  test.each([undefined, '', 'sample 3'])('off-chain label %s', async (label) => {
    const error = await refusal(hand(await predictWith(freshTerms(), labelContext(label))))
    expect(error.contractError).toBe('ContextMismatch')
    expect(error.args.given).toBe(String(labelContext(label)))
  })

  test('seen in the mempool and claimed by another', async () => {
    const prediction = await predict(freshTerms())
    const thief = { ...prediction, terms: { ...prediction.terms, beneficiary: other } }
    expect((await refusal(hand(thief))).contractError).toBe('ContextMismatch')
  })
})

test('a prediction past its deadline is refused', async () => {
  const terms = { ...freshTerms(), deadline: 1_000_000_000n }
  const error = await refusal(hand(await predict(terms)))
  expect(error.contractError).toBe('DeadlinePassed')
  expect(error.args.deadline).toBe('1000000000')
})

test('a statement that was never recorded reads as NotRecorded', async () => {
  const statement = `0x${'00'.repeat(32)}` as const
  const error = await refusal(predictionOf(chain, deployment.record.address, statement))
  expect(error.contractError).toBe('NotRecorded')
  expect(error.fault).toBe('answer')
})

test.each(['0x00000000000000000000000000000000000000ff', 'not an address'])(
  'no contract at %s',
  async (address) => {
    const statement = `0x${'00'.repeat(32)}` as const
    await expect(predictionOf(chain, address, statement)).rejects.toThrow('There is no such contract')
    const prediction = await predict(freshTerms())
    await expect(submit(chain, signer, address, prediction)).rejects.toThrow('There is no such contract')
  },
)
