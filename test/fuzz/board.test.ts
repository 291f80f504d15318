/**
 * Random sequences of calls to registry and board, on a chain and in a plain model: every call ends alike, and states and
 * balances are equal after each sequence. Proofs are a mock verifier's here; real ones are in test/e2e/board.test.ts.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { revertError } from '../../src/chain/abi.js'
import { BOARD, REGISTRY } from '../../src/chain/abi-board.js'
import { contextOf } from '../../src/chain/context.js'
import { AbiCoder, type Contract, Interface, keccak256, toUtf8Bytes } from '../../src/chain/provider.js'
import { NONE } from '../../src/chain/register.js'
import type { Hex } from '../../src/chain/types.js'
import { SCHEMA, type TestBoard, testBoard } from '../helpers/board.js'
import * as Model from '../helpers/board-model.js'
import { MODEL_ID } from '../helpers/chain.js'
import { mined } from '../helpers/chain-calls.js'
import { Random } from '../helpers/random.js'
import { terminateCurve } from '../helpers/tiny-groth16.js'

const SEED = Number(process.env.ZKONNX_SEED ?? 7992)
const SEQUENCES = process.env.ZKONNX_DEEP ? 2000 : 15
const CALLS = 16
const PEOPLE = [1, 2, 3]
const CALLBACK_GAS = 200_000n

let world: TestBoard
let token: string
let verifier: string
let callbacks: { takes: string; reverts: string }
const abis = { token: new Interface(['function balanceOf(address) view returns (uint256)']) }

beforeAll(async () => {
  world = await testBoard()
  const coin = await world.put('Token')
  token = String(coin.target)
  for (const account of PEOPLE) {
    await mined(coin.getFunction('mint').send(world.accounts[account]!, 12n))
    const own = coin.connect(world.signers[account]!) as Contract
    await mined(own.getFunction('approve').send(world.board, 1n << 200n))
  }
  verifier = String((await world.put('MockVerifier', [MODEL_ID, 3])).target)
  const [takes, reverts] = [await world.put('Callback'), await world.put('Callback')]
  await mined(reverts.getFunction('behave').send(1, Model.ETHER, '0x', false))
  callbacks = { takes: String(takes.target), reverts: String(reverts.target) }
})
afterAll(async () => {
  await world?.stop()
  await terminateCurve()
})

const rpc = (method: string, ...params: unknown[]) => world.chain.provider.send(method, params)
const person = (random: Random) => world.accounts[random.pick(PEOPLE)]!

/** A call as both sides take it. */
type Call = { from: string; to: string; data: string; value?: bigint; expected: Model.Refusal; says: string }

async function fresh(): Promise<Model.BoardModel> {
  const balances = new Map<string, bigint>()
  for (const account of PEOPLE) {
    const address = world.accounts[account]!
    balances.set(Model.key(Model.ETHER, address), await world.chain.provider.getBalance(address))
    balances.set(Model.key(token, address), 12n)
  }
  balances.set(Model.key(Model.ETHER, world.board), 0n)
  return {
    ...{ chainId: world.chain.id, registry: world.registry, board: world.board, balances },
    ...{ models: new Map(), requests: new Map(), nonces: new Map(), credits: new Map() },
  }
}

const DRAWS = [register, deprecate, request, request, request, fulfil, fulfil, fulfil, reclaim, withdraw]

function register(random: Random, model: Model.BoardModel): Call {
  const from = person(random)
  const predecessor = random.pick([0n, 0n, ...model.models.keys(), 99n])
  const words = { onnx: NONE, manifest: NONE, circuit: NONE, verifyingKey: NONE, fidelity: NONE }
  const entry = {
    ...words,
    statementModel: MODEL_ID,
    verifier,
    keyId: NONE,
    setup: 1,
    weights: 0n,
    predecessor,
  }
  const full = { ...entry, schema: SCHEMA, uri: random.pick(['', 'a']) }
  const data = REGISTRY.encodeFunctionData('register', [full])
  const expected = Model.register(model, modelId(from, full), from, predecessor)
  return { from, to: world.registry, data, expected, says: `register ${predecessor}` }
}

function modelId(publisher: string, entry: object): bigint {
  const { inputs } = REGISTRY.getFunction('register')!
  const domain = keccak256(toUtf8Bytes('zkonnx.model.v1'))
  const types = ['bytes32', 'uint256', 'address', 'address', inputs[0]!]
  const words = [domain, world.chain.id, world.registry, publisher, entry]
  return BigInt(keccak256(AbiCoder.defaultAbiCoder().encode(types, words)))
}

function deprecate(random: Random, model: Model.BoardModel): Call {
  const from = person(random)
  const id = random.pick([...model.models.keys(), 98n])
  const data = REGISTRY.encodeFunctionData('deprecateModel', [id])
  const expected = Model.deprecate(model, id, from)
  return { from, to: world.registry, data, expected, says: `deprecate ${id}` }
}

function request(random: Random, model: Model.BoardModel, now: bigint): Call {
  const bounty = BigInt(random.int(0, 9))
  const paid = random.pick([Model.ETHER, token])
  const value = paid === Model.ETHER ? bounty : 0n
  const call: Model.RequestCall = {
    asker: person(random),
    modelId: random.pick([...model.models.keys(), ...model.models.keys(), 97n]),
    input: random.int(0, 9) === 0 ? [1n, 2n] : [BigInt(random.int(0, 3))],
    token: paid,
    bounty,
    deadline: now + BigInt(random.int(-2, 60)),
    callback: random.pick([Model.ETHER, callbacks.takes, callbacks.reverts]),
    callbackGas: CALLBACK_GAS,
    value: random.int(0, 9) === 0 ? value + 1n : value,
  }
  const data = BOARD.encodeFunctionData('request', [Model.askWords(call)])
  const expected = Model.request(model, call, now)
  return {
    from: call.asker,
    to: world.board,
    data,
    value: call.value,
    expected,
    says: `request of ${bounty}`,
  }
}

const FLAWS = ['none', 'none', 'none', 'none', 'count', 'context', 'input', 'proof'] as const

function fulfil(random: Random, model: Model.BoardModel, now: bigint): Call {
  const from = person(random)
  const id = random.pick([...model.requests.keys(), ...model.requests.keys(), NONE]) as Hex
  const beneficiary = random.int(0, 15) === 0 ? Model.ETHER : person(random)
  const flaw = random.pick(FLAWS)
  const { deadline, input } = model.requests.get(id) ?? { deadline: 0n, input: [0n] }
  const nonce = BigInt(id) + (flaw === 'context' ? 1n : 0n)
  const own = { chainId: world.chain.id, consumer: world.board, modelId: MODEL_ID, beneficiary }
  const context = contextOf({ ...own, nonce, deadline })
  const read = flaw === 'input' ? [input[0]! + 1n] : input
  const signals = [BigInt(random.int(0, 1000)), ...read, context, ...(flaw === 'count' ? [0n] : [])]
  const proof = mockProof(signals, flaw !== 'proof')
  const data = BOARD.encodeFunctionData('fulfil', [id, proof, signals, beneficiary])
  const expected = Model.fulfil(model, { id, beneficiary, flaw }, now)
  return { from, to: world.board, data, expected, says: `fulfil ${id} with flaw ${flaw}` }
}

function mockProof(signals: readonly bigint[], valid: boolean) {
  const words = AbiCoder.defaultAbiCoder().encode(['bytes32', 'uint256[]'], [MODEL_ID, signals])
  const first = valid ? BigInt(keccak256(words)) : 1n
  return [
    [first, 0n],
    [
      [0n, 0n],
      [0n, 0n],
    ],
    [0n, 0n],
    [0n, 0n],
  ]
}

function reclaim(random: Random, model: Model.BoardModel, now: bigint): Call {
  const from = person(random)
  const id = random.pick([...model.requests.keys(), NONE])
  const data = BOARD.encodeFunctionData('reclaim', [id])
  return { from, to: world.board, data, expected: Model.reclaim(model, id, now), says: `reclaim ${id}` }
}

function withdraw(random: Random, model: Model.BoardModel): Call {
  const from = person(random)
  const paid = random.pick([Model.ETHER, token])
  const to = random.int(0, 9) === 0 ? Model.ETHER : person(random)
  const data = BOARD.encodeFunctionData('withdraw', [paid, to])
  return {
    from,
    to: world.board,
    data,
    expected: Model.withdraw(model, paid, from, to),
    says: `withdraw ${paid}`,
  }
}

/** How the chain ends a call; what it cost is the sender's. */
async function end(call: Call, model: Model.BoardModel, timestamp: bigint): Promise<Model.Refusal> {
  const { from, to, data, value = 0n } = call
  const transaction = { from, to, data, value: `0x${value.toString(16)}`, gas: '0x4c4b40' }
  const hash = await rpc('eth_sendTransaction', transaction)
  await rpc('evm_mine', Number(timestamp))
  const receipt = await rpc('eth_getTransactionReceipt', hash)
  const cost = BigInt(receipt.gasUsed) * BigInt(receipt.effectiveGasPrice)
  Model.add(model.balances, Model.key(Model.ETHER, from), -cost)
  if (receipt.status === '0x1') return undefined
  const { output = '0x' } = await rpc('debug_traceTransaction', hash, { tracer: 'callTracer' })
  return revertError(output).contractError
}

async function assertEqual(model: Model.BoardModel): Promise<void> {
  const [board, registry] = [world.at(world.board, BOARD), world.at(world.registry, REGISTRY)]
  const states = ['none', 'open', 'fulfilled', 'reclaimed']
  for (const [id, { state, beneficiary, bounty, asker }] of model.requests) {
    const found = await board.getFunction('requestOf').staticCall(id)
    const shown = [states[Number(found.state)], found.beneficiary, found.bounty, found.asker]
    expect(shown).toEqual([state, beneficiary, bounty, asker])
  }
  for (const [id, { publisher, deprecated, predecessor }] of model.models) {
    const facts = await registry.getFunction('factsOf').staticCall(id)
    const shown = [
      facts.publisher,
      facts.predecessor,
      await registry.getFunction('isDeprecated').staticCall(id),
    ]
    expect(shown).toEqual([publisher, predecessor, deprecated])
  }
  for (const paid of [Model.ETHER, token]) {
    for (const address of PEOPLE.map((account) => world.accounts[account]!)) {
      const credit = await board.getFunction('creditOf').staticCall(paid, address)
      expect(credit).toBe(model.credits.get(Model.key(paid, address)) ?? 0n)
      expect(await balance(paid, address)).toBe(model.balances.get(Model.key(paid, address)))
    }
    expect(await balance(paid, world.board)).toBe(Model.owed(model, paid))
  }
}

async function balance(paid: string, address: string): Promise<bigint> {
  if (paid === Model.ETHER) return world.chain.provider.getBalance(address)
  return world.at(paid, abis.token).getFunction('balanceOf').staticCall(address)
}

test(`${SEQUENCES} sequences of calls end as the model says (seed ${SEED})`, {
  timeout: 3_600_000,
}, async () => {
  await rpc('evm_setAutomine', false)
  const seen = new Map<string, number>()
  for (let sequence = 0; sequence < SEQUENCES; sequence++) {
    const random = new Random(SEED + sequence)
    const snapshot = await rpc('evm_snapshot')
    const model = await fresh()
    const told: string[] = []
    let now = await world.now()
    for (let step = 0; step < CALLS; step++) {
      now += BigInt(random.int(1, 20))
      const draw = step === 0 ? register : random.pick(DRAWS)
      const call = draw(random, model, now)
      const ended = await end(call, model, now)
      told.push(`${call.says}: ${ended ?? 'done'}`)
      expect(ended, `seed ${SEED + sequence}\n${told.join('\n')}`).toBe(call.expected)
      const kind = `${draw.name} ${ended ?? 'done'}`
      seen.set(kind, (seen.get(kind) ?? 0) + 1)
    }
    await assertEqual(model)
    await rpc('evm_revert', snapshot)
  }
  // the draws reach all that they are meant to reach
  for (const draw of DRAWS) expect(seen.get(`${draw.name} done`) ?? 0, draw.name).toBeGreaterThan(0)
  for (const kind of [
    'fulfil ProofInvalid',
    'fulfil ContextMismatch',
    'reclaim TooEarly',
    'request BountyZero',
  ])
    expect(seen.get(kind) ?? 0, kind).toBeGreaterThan(0)
})
