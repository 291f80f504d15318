/** The ledger of all models' predictions: one at a time and in batches, and everything that it refuses. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Packing, pack } from '../../src/artifacts/statement.js'
import { REGISTRY } from '../../src/chain/abi-board.js'
import { LEDGER } from '../../src/chain/abi-ledger.js'
import { type Context, contextOf } from '../../src/chain/context.js'
import {
  BatchRefusedError,
  BatchSizeError,
  type LedgerAt,
  type LedgerPrediction,
  ledgerPrediction,
  recordBatch,
  recordOne,
} from '../../src/chain/ledger.js'
import { type Contract, Interface } from '../../src/chain/provider.js'
import { deprecate, register, type SchemaPart } from '../../src/chain/register.js'
import { deploySharedVerifier, registerKey } from '../../src/chain/shared-verifier.js'
import { proofWords } from '../../src/chain/solidity/points.js'
import type { Terms } from '../../src/chain/types.js'
import { ASKED, refused, SCHEMA, SCORES, type TestBoard, testBoard, VALUES } from '../helpers/board.js'
import { MODEL_ID } from '../helpers/chain.js'
import { mined } from '../helpers/chain-calls.js'
import { terminateCurve } from '../helpers/tiny-groth16.js'

let world: TestBoard
let ledger: Contract
let own: LedgerAt
let shared: LedgerAt
let nonce = 0n

beforeAll(async () => {
  world = await testBoard()
  const { chain, signers, registry, entry, prover } = world
  ledger = world.at(world.ledger, LEDGER)
  own = { chain, address: world.ledger, modelId: world.modelId }
  const { address: verifier } = await deploySharedVerifier(chain, signers[0]!)
  const key = { verificationKey: prover.key, keys: 'dev' } as const
  const { keyId } = await registerKey(chain, signers[0]!, verifier, key)
  const { id } = await register(chain, signers[0]!, registry, { ...entry, verifier, keyId })
  shared = { ...own, modelId: id }
})
afterAll(async () => {
  await world?.stop()
  await terminateCurve()
})

const packed = (part: Packing, values: readonly number[]) => pack(part, values)

/** A prediction that the ledger takes, but for the parts of its context or its terms that are given. */
async function predict(
  changes: { context?: Partial<Context>; terms?: Partial<Terms>; scores?: readonly number[] } = {},
): Promise<LedgerPrediction> {
  nonce += 1n
  const deadline = (await world.now()) + 10_000n
  const terms = { beneficiary: world.accounts[2]!, nonce, deadline, ...changes.terms }
  const whole = { ...terms, chainId: world.chain.id, consumer: world.ledger, modelId: MODEL_ID }
  const context = contextOf({ ...whole, ...changes.context })
  const [outputs, inputs] = [
    packed(ASKED.outputs[0]!, changes.scores ?? SCORES),
    packed(ASKED.inputs[0]!, VALUES),
  ]
  return { ...(await world.prover.prove([...outputs, ...inputs, context])), terms }
}
const several = async (n: number) => {
  const made: LedgerPrediction[] = []
  for (let i = 0; i < n; i++) made.push(await predict())
  return made
}
const hand = (batch: readonly LedgerPrediction[], at = shared) => recordBatch(at, world.signers[0]!, batch)
const ask = (method: string, ...args: unknown[]) => ledger.getFunction(method).staticCall(...args)
const forge = (good: LedgerPrediction): LedgerPrediction => ({
  ...good,
  signals: good.signals.with(0, String(BigInt(good.signals[0]!) ^ 1n)),
})

async function refusal(batch: readonly LedgerPrediction[], at = shared): Promise<BatchRefusedError> {
  const error = await hand(batch, at).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(BatchRefusedError)
  return error as BatchRefusedError
}

test('the compiled ledger has the ABI that the modules speak', () => {
  const signatures = (items: Interface) => items.fragments.map((part) => part.format('full')).sort()
  const compiled = new Interface([...world.contracts.get('PredictionLedger')!.abi])
  expect(signatures(LEDGER)).toEqual(signatures(compiled))
})

describe.each([
  ['a verifier of its own', () => own],
  ['a verifier of many keys', () => shared],
])('of a model with %s', (_name, at) => {
  test('a prediction is recorded, read back, and not taken twice', async () => {
    const good = await predict()
    const done = await recordOne(at(), world.signers[3]!, good)
    expect(await ask('statementOf', at().modelId, good.signals)).toBe(done.statement)
    const { output, beneficiary, recordedAt } = await ledgerPrediction(at(), good.signals)
    expect([output, beneficiary]).toEqual([SCORES, world.accounts[2]])
    expect(await ask('verifiedAt', done.statement)).toBe(BigInt(recordedAt))
    expect(BigInt(recordedAt)).toBe(await world.now())
    const again = await refused(recordOne(at(), world.signers[0]!, good))
    expect(again).toMatchObject({ contractError: 'AlreadyRecorded', args: { statement: done.statement } })
  })

  test('many are recorded in one transaction, each with its event', async () => {
    const batch = await several(4)
    const { statements, transaction } = await hand(batch, at())
    const receipt = await world.chain.provider.getTransactionReceipt(transaction)
    const events = receipt!.logs.map((log) => LEDGER.parseLog(log)!.args)
    expect(events.map(({ statement }) => statement)).toEqual(statements)
    expect(events.map((event) => event.nonce)).toEqual(batch.map(({ terms }) => terms.nonce))
    for (const [i, { signals, terms }] of batch.entries()) {
      expect([...events[i]!.output].map(String)).toEqual(signals.slice(0, 1))
      expect([events[i]!.modelId, events[i]!.beneficiary]).toEqual([at().modelId, terms.beneficiary])
      expect((await ledgerPrediction(at(), signals)).output).toEqual(SCORES)
    }
  })

  test('one bad proof among many is named by its place, and none is taken', async () => {
    const batch = await several(3)
    for (const place of [0, 1, 2]) {
      const error = await refusal(batch.with(place, forge(batch[place]!)), at())
      expect(error).toMatchObject({ place, count: 3, refusal: { contractError: 'ProofInvalid' } })
      expect(error.message).toContain(`prediction ${place + 1} of 3`)
    }
    for (const { signals } of batch) {
      expect((await refused(ledgerPrediction(at(), signals))).contractError).toBe('NotRecorded')
    }
    await hand(batch, at())
  })
})

describe('a batch is refused, and the place told,', () => {
  test.each<[string, Parameters<typeof predict>[0], string]>([
    ['of another consumer', { context: { consumer: `0x${'22'.repeat(20)}` } }, 'ContextMismatch'],
    ['of another chain', { context: { chainId: 1n } }, 'ContextMismatch'],
    ['of another model', { context: { modelId: `0x${'33'.repeat(32)}` } }, 'ContextMismatch'],
    ['of another beneficiary', { context: { beneficiary: `0x${'44'.repeat(20)}` } }, 'ContextMismatch'],
    ['past its deadline', { terms: { deadline: 1_000_000_000n } }, 'DeadlinePassed'],
  ])('with one %s', async (_name, changes, expected) => {
    const error = await refusal([await predict(), await predict(changes)])
    expect(error).toMatchObject({ place: 1, refusal: { contractError: expected } })
  })

  test('with one that was recorded before', async () => {
    const [old, fresh] = await several(2)
    await hand([old!])
    const error = await refusal([fresh!, old!])
    expect(error).toMatchObject({ place: 1, refusal: { contractError: 'AlreadyRecorded' } })
  })

  test('with one that stands in it twice, whatever the proof', async () => {
    const [first, second] = await several(2)
    const twin = { ...first!, ...(await world.prover.prove(first!.signals.map(BigInt))) }
    expect(twin.proof).not.toEqual(first!.proof)
    const error = await refusal([first!, second!, twin])
    expect(error).toMatchObject({ place: 2, before: 0, refusal: { contractError: 'AlreadyRecorded' } })
    expect(error.message).toContain('the same statement as prediction 1')
  })

  test('whose signals are swapped between two proofs', async () => {
    const [a, b] = await several(2)
    const error = await refusal([
      { ...a!, proof: b!.proof },
      { ...b!, proof: a!.proof },
    ])
    expect(error).toMatchObject({ place: 0, refusal: { contractError: 'ProofInvalid' } })
  })
})

describe('the ledger itself refuses', () => {
  const direct = (
    modelId: bigint,
    batch: readonly LedgerPrediction[],
    changes: { signals?: string[]; terms?: Terms[] } = {},
  ) =>
    ask(
      'recordBatch',
      modelId,
      batch.map(({ proof }) => proofWords(proof)),
      changes.signals ?? batch.flatMap(({ signals }) => signals),
      changes.terms ?? batch.map(({ terms }) => terms),
    )

  test('a batch whose parts do not fit together, or of nothing', async () => {
    const batch = await several(2)
    const [first] = batch
    const fewer = await refused(direct(shared.modelId, batch, { terms: [first!.terms] }))
    expect(fewer).toMatchObject({ contractError: 'TermsCount', args: { expected: '2', given: '1' } })
    const cut = batch.flatMap(({ signals }) => signals).slice(1)
    const short = await refused(direct(shared.modelId, batch, { signals: cut }))
    expect(short).toMatchObject({ contractError: 'SignalCount', args: { expected: '6', given: '5' } })
    for (const { modelId } of [own, shared]) {
      expect((await refused(direct(modelId, []))).contractError).toBe('BatchEmpty')
    }
    await expect(hand([])).rejects.toThrow(BatchSizeError)
    await expect(hand(Array(129).fill(first))).rejects.toThrow(BatchSizeError)
  })

  test('models that are not registered, or whose entries are hashes alone', async () => {
    const batch = await several(1)
    expect((await refused(direct(9n, batch))).contractError).toBe('ModelNotFound')
    const registry = world.at(world.registry, REGISTRY)
    const proofSystemId = await registry.getFunction('proofSystemOf').staticCall(world.modelId)
    const hash = `0x${'07'.repeat(32)}`
    const args = [{ modelHash: hash, circuitHash: hash, vkHash: hash, proofSystemId, uri: '' }]
    const id = await registry.getFunction('registerModel').staticCall(...args)
    await mined(registry.getFunction('registerModel').send(...args))
    const [only] = batch
    expect((await refused(direct(id, batch))).contractError).toBe('NoVerifier')
    const one = ask('record', id, proofWords(only!.proof), [], only!.terms)
    expect((await refused(one)).contractError).toBe('NoVerifier')
  })

  test('a prediction of the same circuit with other weights, wherever it stands', async () => {
    const mock = await world.put('MockVerifier', [MODEL_ID, 4])
    const [output] = SCHEMA as [SchemaPart]
    const full = { width: 254, perSignal: 1, count: 1, lo: 0n, scale: 0n }
    const schema = [...SCHEMA, { ...output, role: 2, shows: 1, ...full }]
    const secret = { ...world.entry, schema, weights: 99n, verifier: String(mock.target) }
    const { id } = await register(world.chain, world.signers[0]!, world.registry, secret)
    const good = (await several(2)).map((one) => ({ ...one, signals: one.signals.toSpliced(2, 0, '99') }))
    for (const place of [0, 1]) {
      const other = good.with(place, { ...good[place]!, signals: good[place]!.signals.with(2, '98') })
      const error = await refused(direct(id, other))
      expect(error).toMatchObject({ contractError: 'OtherWeights', args: { expected: '99', given: '98' } })
    }
    expect((await refused(direct(id, good))).contractError).toBe('ProofInvalid')
  })
})

test('what a deprecated model proved is taken as before', async () => {
  const { chain, signers, registry, entry } = world
  const { id } = await register(chain, signers[0]!, registry, { ...entry, uri: 'old' })
  await deprecate(chain, signers[0]!, registry, id)
  await recordOne({ ...own, modelId: id }, signers[0]!, await predict())
})
