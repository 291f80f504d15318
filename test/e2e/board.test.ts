/** Requests for predictions on a real chain, with real proofs: what is paid, and everything that must not be. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { P } from '../../src/base/field.js'
import { BOARD } from '../../src/chain/abi-board.js'
import {
  answerOf,
  creditOf,
  fulfil,
  reclaim,
  request,
  requestOf,
  withdraw,
  ZERO_ADDRESS,
} from '../../src/chain/board.js'
import type { Context } from '../../src/chain/context.js'
import { Interface } from '../../src/chain/provider.js'
import { deprecate, register } from '../../src/chain/register.js'
import { BASE_FIELD, proofWords } from '../../src/chain/solidity/points.js'
import type { Hex } from '../../src/chain/types.js'
import {
  type Answer,
  inputSignals,
  PROVER,
  refused,
  SCORES,
  type TestBoard,
  testBoard,
} from '../helpers/board.js'
import { ended, mined } from '../helpers/chain-calls.js'
import { terminateCurve } from '../helpers/tiny-groth16.js'

const THIEF = 7
let world: TestBoard

beforeAll(async () => {
  world = await testBoard()
})
afterAll(async () => {
  await world?.stop()
  await terminateCurve()
})

const hand = (id: Hex, answer: Answer, account = PROVER) => fulfil(world.as(account), id, answer)
const state = async (id: Hex) => (await requestOf(world.chain, world.board, id)).state
const credit = (account: number, token = ZERO_ADDRESS) =>
  creditOf(world.chain, world.board, token, world.accounts[account]!)
const boardEther = () => world.chain.provider.getBalance(world.board)

test('the compiled board has the ABI that the modules speak', () => {
  const signatures = (items: Interface) => items.fragments.map((part) => part.format('full')).sort()
  const compiled = new Interface([...world.contracts.get('PredictionBoard')!.abi])
  expect(signatures(BOARD)).toEqual(signatures(compiled))
})

describe('a request', () => {
  test('is fulfilled, answered, paid and withdrawn', async () => {
    const id = await world.ask({ bounty: 12_345n })
    const before = await credit(PROVER)
    await hand(id, await world.answer(id))
    expect(await answerOf(world.chain, world.board, id)).toEqual(SCORES.map(BigInt))
    expect((await credit(PROVER)) - before).toBe(12_345n)
    const stands = await requestOf(world.chain, world.board, id)
    expect(stands).toMatchObject({ state: 'fulfilled', beneficiary: world.accounts[PROVER] })
    const to = `0x${'ab'.repeat(20)}`
    const held = await boardEther()
    expect(await withdraw(world.as(PROVER), ZERO_ADDRESS, to)).toBe(before + 12_345n)
    expect(await world.chain.provider.getBalance(to)).toBe(before + 12_345n)
    expect(held - (await boardEther())).toBe(before + 12_345n)
    const again = await refused(withdraw(world.as(PROVER), ZERO_ADDRESS, to))
    expect(again.contractError).toBe('NothingToWithdraw')
  })

  test('has an id of its own, even if it asks for the same', async () => {
    const deadline = (await world.now()) + 10_000n
    const ids = [
      await world.ask({ deadline }),
      await world.ask({ deadline }),
      await world.ask({ deadline }, 2),
    ]
    expect(new Set(ids).size).toBe(3)
  })

  test('may be fulfilled by anyone, to the benefit of the beneficiary', async () => {
    const id = await world.ask()
    const [own, other] = [await credit(PROVER), await credit(THIEF)]
    await hand(id, await world.answer(id), THIEF)
    expect((await credit(PROVER)) - own).toBe(1000n)
    expect(await credit(THIEF)).toBe(other)
  })

  test.each<[string, object, string]>([
    ['without a bounty', { bounty: 0n }, 'BountyZero'],
    ['that is over', { deadline: 1n }, 'DeadlinePassed'],
    ['with too much gas for a callback', { callbackGas: 5_000_001 }, 'CallbackGasTooHigh'],
    ['of a model that is not registered', { modelId: 7n }, 'ModelNotFound'],
    ['without input', { input: [] }, 'InputCount'],
    ['with too much input', { input: ['1', '2'] }, 'InputCount'],
  ])('%s is refused', async (_name, changes, error) => {
    const held = await boardEther()
    expect((await refused(world.ask(changes))).contractError).toBe(error)
    expect(await boardEther()).toBe(held)
  })

  test.each([999n, 1001n, 0n])('of 1000 wei with %d is refused', async (value) => {
    const board = world.at(world.board, BOARD)
    const deadline = (await world.now()) + 10n
    const asked = [world.modelId, inputSignals(), '0x', ZERO_ADDRESS, 1000n, deadline, ZERO_ADDRESS, 0]
    const error = await refused(board.getFunction('request').staticCall(asked, { value }))
    expect(error).toMatchObject({
      contractError: 'WrongValue',
      args: { expected: '1000', given: String(value) },
    })
  })

  test('of a model whose statements hide the input is refused', async () => {
    const [signer] = world.signers
    const schema = world.entry.schema.filter(({ role }) => role === 0)
    const hidden = { ...world.entry, schema }
    const { id: modelId } = await register(world.chain, signer!, world.registry, hidden)
    expect((await refused(world.ask({ modelId }))).contractError).toBe('InputNotInStatement')
  })

  test('of a deprecated model is refused, and one that is open stays open', async () => {
    const [signer] = world.signers
    const { id: modelId } = await register(world.chain, signer!, world.registry, {
      ...world.entry,
      uri: 'old',
    })
    const id = await world.ask({ modelId })
    await deprecate(world.chain, signer!, world.registry, modelId)
    expect((await refused(world.ask({ modelId }))).contractError).toBe('ModelIsDeprecated')
    await hand(id, await world.answer(id))
    expect(await state(id)).toBe('fulfilled')
  })
})

describe('an answer is refused, and the request stays open:', () => {
  let id: Hex
  let valid: Answer
  beforeAll(async () => {
    id = await world.ask()
    valid = await world.answer(id)
  })
  const refusedAs = async (name: string, answer: Answer, account = PROVER) => {
    const held = await boardEther()
    const error = await refused(hand(id, answer, account))
    expect(error.contractError).toBe(name)
    expect(await state(id)).toBe('open')
    expect(await boardEther()).toBe(held)
    return error
  }
  const withSignal = (index: number, value: bigint): Answer => ({
    ...valid,
    signals: valid.signals.map((signal, at) => (at === index ? String(value) : signal)),
  })

  test('copied from the mempool, for the thief', async () => {
    const stolen = { ...valid, beneficiary: world.accounts[THIEF]! }
    await refusedAs('ContextMismatch', stolen, THIEF)
  })

  test('for nobody', async () => {
    await refusedAs('NoBeneficiary', { ...valid, beneficiary: ZERO_ADDRESS })
  })

  test.each<[string, Partial<Context>]>([
    ['chain', { chainId: 1n }],
    ['consumer', { consumer: `0x${'11'.repeat(20)}` }],
    ['model', { modelId: `0x${'5b'.repeat(32)}` }],
    ['deadline', { deadline: 4_102_444_800n }],
  ])('for another %s', async (_part, changes) => {
    await refusedAs('ContextMismatch', await world.answer(id, changes))
  })

  test('to another request for the same', async () => {
    const { deadline } = await requestOf(world.chain, world.board, id)
    const other = await world.ask({ deadline })
    await refusedAs('ContextMismatch', await world.answer(other))
  })

  test('of another model, whose proofs hold', async () => {
    const mock = await world.put('MockVerifier', [`0x${'66'.repeat(32)}`, 3])
    const other = { ...world.entry, modelId: `0x${'66'.repeat(32)}` as Hex, verifier: String(mock.target) }
    const { id: modelId } = await register(world.chain, world.signers[0]!, world.registry, other)
    const asked = await world.ask({ modelId })
    const error = await refused(hand(asked, await world.answer(asked, { modelId: other.modelId })))
    expect(error.contractError).toBe('ProofInvalid')
    await refusedAs('ContextMismatch', await world.answer(id, { modelId: other.modelId }))
  })

  test('on another input', async () => {
    await refusedAs('InputMismatch', await world.answer(id, {}, [1, 2, 3, 4]))
  })

  test('with the input plus the order of the field', async () => {
    await refusedAs('InputMismatch', withSignal(1, BigInt(valid.signals[1]!) + P))
  })

  test('with the output plus the order of the field', async () => {
    const error = await refusedAs('SignalOutOfField', withSignal(0, BigInt(valid.signals[0]!) + P))
    expect(error.args.index).toBe('0')
  })

  test('with the context plus the order of the field', async () => {
    await refusedAs('ContextMismatch', withSignal(2, BigInt(valid.signals[2]!) + P))
  })

  test('with another output', async () => {
    await refusedAs('ProofInvalid', withSignal(0, BigInt(valid.signals[0]!) ^ 1n))
  })

  test('with too few or too many signals', async () => {
    for (const signals of [[], valid.signals.slice(1), [...valid.signals, '0']]) {
      const error = await refusedAs('SignalCount', { ...valid, signals })
      expect(error.args).toEqual({ expected: '3', given: String(signals.length) })
    }
  })

  test('with a point off its curve', async () => {
    const [x, y, z] = valid.proof.pi_a as [string, string, string]
    const pi_a = [x, String((BigInt(y) + 1n) % BASE_FIELD), z]
    await refusedAs('ProofMalformed', { ...valid, proof: { ...valid.proof, pi_a } })
  })

  test('with a point negated', async () => {
    const [x, y, z] = valid.proof.pi_a as [string, string, string]
    const pi_a = [x, String(BASE_FIELD - BigInt(y)), z]
    await refusedAs('ProofInvalid', { ...valid, proof: { ...valid.proof, pi_a } })
  })

  test('with points at infinity', async () => {
    const infinity = ['0', '1', '0']
    await refusedAs('ProofInvalid', { ...valid, proof: { ...valid.proof, pi_a: infinity } })
    const pi_b = [
      ['0', '0'],
      ['1', '0'],
      ['0', '0'],
    ]
    await refusedAs('ProofInvalid', { ...valid, proof: { pi_a: infinity, pi_b, pi_c: infinity } })
  })

  test('after which the valid one is taken, once', async () => {
    const before = await credit(PROVER)
    await hand(id, valid)
    const again = await refused(hand(id, valid))
    expect(again).toMatchObject({ contractError: 'NotOpen', args: { requestId: id, state: '2' } })
    const rerandomised = await world.answer(id)
    expect(rerandomised.signals).toEqual(valid.signals)
    expect(rerandomised.proof).not.toEqual(valid.proof)
    expect((await refused(hand(id, rerandomised))).contractError).toBe('NotOpen')
    expect((await credit(PROVER)) - before).toBe(1000n)
  })
})

describe('the deadline', () => {
  test('early: nothing is taken back before it has passed', async () => {
    const id = await world.ask()
    const error = await refused(reclaim(world.as(1), id))
    expect(error.contractError).toBe('TooEarly')
    expect(await state(id)).toBe('open')
  })

  test('late: nothing is fulfilled after it, and the asker has the bounty back, once', async () => {
    const id = await world.ask({ deadline: (await world.now()) + 50n })
    const answer = await world.answer(id)
    await world.pass(60)
    expect((await refused(hand(id, answer))).contractError).toBe('DeadlinePassed')
    const before = await credit(1)
    await reclaim(world.as(THIEF), id)
    expect((await credit(1)) - before).toBe(1000n)
    expect(await state(id)).toBe('reclaimed')
    expect((await refused(reclaim(world.as(1), id))).contractError).toBe('NotOpen')
    expect((await refused(hand(id, answer))).contractError).toBe('NotOpen')
    expect((await refused(answerOf(world.chain, world.board, id))).contractError).toBe('NotAnswered')
  })

  test('at its last second a request can be fulfilled and not taken back; a second later the other way round', async () => {
    const deadline = (await world.now()) + 1000n
    const [first, second] = [await world.ask({ deadline }), await world.ask({ deadline })]
    const [answer, late] = [await world.answer(first), await world.answer(second)]
    const board = world.at(world.board, BOARD)
    // mined as they come: a call without a transaction would be asked at another time
    const at = async (timestamp: bigint, method: string, args: unknown[]) => {
      await world.chain.provider.send('evm_setNextBlockTimestamp', [Number(timestamp)])
      const receipt = await ended(board.getFunction(method).send(...args, { gasLimit: 1_000_000 }))
      const block = await world.chain.provider.getBlock(receipt!.blockNumber)
      expect(BigInt(block!.timestamp)).toBe(timestamp)
      return receipt!.status
    }
    await world.chain.provider.send('anvil_setBlockTimestampInterval', [0])
    try {
      const handed = (id: Hex, { proof, signals, beneficiary }: Answer) => [
        id,
        proofWords(proof),
        signals,
        beneficiary,
      ]
      expect(await at(deadline, 'reclaim', [first])).toBe(0)
      expect(await at(deadline, 'fulfil', handed(first, answer))).toBe(1)
      expect(await at(deadline + 1n, 'fulfil', handed(second, late))).toBe(0)
      expect(await at(deadline + 1n, 'reclaim', [second])).toBe(1)
    } finally {
      await world.chain.provider.send('anvil_removeBlockTimestampInterval', [])
    }
    expect([await state(first), await state(second)]).toEqual(['fulfilled', 'reclaimed'])
  })

  test('a request that does not exist is neither fulfilled nor taken back', async () => {
    const id = `0x${'77'.repeat(32)}` as const
    const answer = await world.answer(await world.ask())
    expect((await refused(hand(id, answer))).contractError).toBe('NotOpen')
    expect((await refused(reclaim(world.as(1), id))).contractError).toBe('NotOpen')
  })
})

describe('a callback', () => {
  const modes = { takes: 0, reverts: 1, burnsGas: 2, returnsMuch: 3, callsBack: 4 }
  const asked = async (mode: number, changes: object = {}, called = ZERO_ADDRESS, data = '0x') => {
    const callback = await world.put('Callback')
    await mined(callback.getFunction('behave').send(mode, called, data, false))
    const id = await world.ask({ callback: String(callback.target), callbackGas: 300_000, ...changes })
    return { callback, id }
  }
  const answered = async (id: Hex) => {
    const before = await credit(PROVER)
    const { gas } = await hand(id, await world.answer(id))
    expect((await credit(PROVER)) - before).toBe(1000n)
    expect(await answerOf(world.chain, world.board, id)).toEqual(SCORES.map(BigInt))
    const logs = await world.at(world.board, BOARD).queryFilter('Fulfilled')
    const own = logs.map((log) => BOARD.parseLog(log)!).find(({ args }) => args.requestId === id)!
    return { gas, delivered: own.args.delivered as boolean }
  }

  test('is told the answer', async () => {
    const { callback, id } = await asked(modes.takes)
    expect((await answered(id)).delivered).toBe(true)
    expect(await callback.getFunction('requestId').staticCall()).toBe(id)
    expect(await callback.getFunction('modelId').staticCall()).toBe(world.modelId)
    for (const [i, score] of SCORES.entries()) {
      expect(await callback.getFunction('output').staticCall(i)).toBe(BigInt(score))
    }
  })

  test('that reverts loses neither the answer nor the payment', async () => {
    const { id } = await asked(modes.reverts)
    expect((await answered(id)).delivered).toBe(false)
  })

  test('that burns gas burns no more than it was promised', async () => {
    const { id } = await asked(modes.burnsGas)
    const { gas, delivered } = await answered(id)
    expect(delivered).toBe(false)
    const { id: quiet } = await asked(modes.reverts)
    const { gas: usual } = await answered(quiet)
    expect(Number(gas - usual)).toBeLessThanOrEqual(300_000)
  })

  test('that returns much does not make the prover copy it', async () => {
    const { id } = await asked(modes.returnsMuch, { callbackGas: 1_000_000 })
    const { gas } = await answered(id)
    const { id: burning } = await asked(modes.burnsGas, { callbackGas: 1_000_000 })
    expect(Number(gas)).toBeLessThanOrEqual(Number((await answered(burning)).gas))
  })

  test('that is no contract changes nothing', async () => {
    const id = await world.ask({ callback: world.accounts[6]! })
    await answered(id)
  })

  test('gets all the gas that it was promised, or the transaction reverts', async () => {
    const { callback, id } = await asked(modes.takes, { callbackGas: 400_000 })
    const answer = await world.answer(id)
    const snapshot = await world.chain.provider.send('evm_snapshot', [])
    const board = world.at(world.board, BOARD).connect(world.signers[PROVER]!) as typeof callback
    const args = [id, proofWords(answer.proof), answer.signals, answer.beneficiary]
    let [passed, starved] = [0, 0]
    let anchor = snapshot
    for (let gasLimit = 700_000; gasLimit <= 1_100_000; gasLimit += 20_000) {
      const { status } = await ended(board.getFunction('fulfil').send(...args, { gasLimit }))
      if (status === 0) starved++
      else {
        passed++
        const given = await callback.getFunction('gasGiven').staticCall()
        expect(Number(given)).toBeGreaterThan(399_000)
      }
      await world.chain.provider.send('evm_revert', [anchor])
      anchor = await world.chain.provider.send('evm_snapshot', [])
    }
    expect(passed).toBeGreaterThan(0)
    expect(starved).toBeGreaterThan(0)
    const error = await refused(board.getFunction('fulfil').staticCall(...args, { gasLimit: 790_000 }))
    expect(error.contractError).toBe('NotEnoughGas')
  })

  test.each(['fulfil', 'reclaim', 'withdraw'] as const)('cannot %s again from inside', async (method) => {
    const callback = await world.put('Callback')
    const id = await world.ask({ callback: String(callback.target), callbackGas: 1_000_000 })
    const answer = await world.answer(id)
    const calls = {
      fulfil: [id, proofWords(answer.proof), answer.signals, answer.beneficiary],
      reclaim: [id],
      withdraw: [ZERO_ADDRESS, String(callback.target)],
    }
    const data = BOARD.encodeFunctionData(method, calls[method])
    await mined(callback.getFunction('behave').send(modes.callsBack, world.board, data, true))
    const held = await boardEther()
    const before = await credit(PROVER)
    await hand(id, answer)
    expect(await callback.getFunction('done').staticCall()).toBe(false)
    const inner = BOARD.parseError(await callback.getFunction('answer').staticCall())
    expect(inner!.name).toBe(method === 'withdraw' ? 'NothingToWithdraw' : 'NotOpen')
    expect((await credit(PROVER)) - before).toBe(1000n)
    expect(await boardEther()).toBe(held)
  })
})

describe('a token', () => {
  const modes = {
    honest: 0,
    silent: 1,
    saysFalse: 2,
    movesNothing: 3,
    keepsAFee: 4,
    reverts: 5,
    takesMore: 6,
    callsBack: 7,
    saysTwo: 8,
  }
  type Token = Awaited<ReturnType<TestBoard['put']>>
  let token: Token
  beforeEach(async () => {
    token = await world.put('Token')
    const asker = token.connect(world.signers[1]!) as Token
    await mined(token.getFunction('mint').send(world.accounts[1]!, 10_000n))
    await mined(asker.getFunction('approve').send(world.board, 10_000n))
  })
  const misbehave = async (mode: number, data = '0x') => {
    await mined(token.getFunction('misbehave').send(mode, world.board, data))
  }
  const balance = async (of: string) => (await token.getFunction('balanceOf').staticCall(of)) as bigint
  const ask = () => world.ask({ token: String(token.target) })

  test.each(['honest', 'silent'] as const)('that is %s pays bounties', async (mode) => {
    await misbehave(modes[mode])
    const id = await ask()
    expect(await balance(world.board)).toBe(1000n)
    await hand(id, await world.answer(id))
    await withdraw(world.as(PROVER), String(token.target), world.accounts[PROVER]!)
    expect(await balance(world.accounts[PROVER]!)).toBe(1000n)
    expect(await balance(world.board)).toBe(0n)
  })

  test.each([
    ['saysFalse', 'TransferFailed'],
    ['saysTwo', 'TransferFailed'],
    ['reverts', 'TransferFailed'],
    ['movesNothing', 'TokenLied'],
    ['keepsAFee', 'TokenLied'],
  ] as const)('that %s is not taken', async (mode, name) => {
    await misbehave(modes[mode])
    expect((await refused(ask())).contractError).toBe(name)
    expect(await balance(world.accounts[1]!)).toBe(10_000n)
  })

  test.each([
    ['saysFalse', 'TransferFailed'],
    ['reverts', 'TransferFailed'],
    ['movesNothing', 'TokenLied'],
    ['takesMore', 'TokenLied'],
  ] as const)('that later %s leaves the credit where it is', async (mode, name) => {
    const id = await ask()
    const other = await ask()
    await hand(id, await world.answer(id))
    await misbehave(modes[mode])
    const out = () => withdraw(world.as(PROVER), String(token.target), world.accounts[PROVER]!)
    expect((await refused(out())).contractError).toBe(name)
    expect(await credit(PROVER, String(token.target))).toBe(1000n)
    await misbehave(modes.honest)
    expect(await out()).toBe(1000n)
    expect(await state(other)).toBe('open')
    expect(await balance(world.board)).toBe(1000n)
  })

  test('that calls back while it moves is refused', async () => {
    const withdrawal = BOARD.encodeFunctionData('withdraw', [String(token.target), world.accounts[1]!])
    await misbehave(modes.callsBack, withdrawal)
    expect((await refused(ask())).contractError).toBe('TransferFailed')
    expect(await balance(world.board)).toBe(0n)
  })

  test('that is none is refused', async () => {
    const error = await refused(world.ask({ token: world.accounts[4]! }))
    expect(error).toMatchObject({ contractError: 'TokenMissing', args: { token: world.accounts[4] } })
  })

  test('with ether beside it is refused', async () => {
    const board = world.at(world.board, BOARD)
    const deadline = (await world.now()) + 10n
    const asked = [world.modelId, inputSignals(), '0x', token.target, 1000n, deadline, ZERO_ADDRESS, 0]
    const error = await refused(board.getFunction('request').staticCall(asked, { value: 1n }))
    expect(error.contractError).toBe('WrongValue')
  })
})

describe('ether', () => {
  test('that its receiver refuses stays credited, and goes elsewhere', async () => {
    const holder = await world.put('Callback')
    const id = await world.ask()
    const beneficiary = String(holder.target)
    await hand(id, { ...(await world.answer(id, { beneficiary })), beneficiary })
    const out = (to: string) =>
      holder
        .getFunction('forward')
        .send(world.board, BOARD.encodeFunctionData('withdraw', [ZERO_ADDRESS, to]))
    expect((await refused(out(beneficiary))).contractError).toBe('EtherRefused')
    expect(await creditOf(world.chain, world.board, ZERO_ADDRESS, beneficiary)).toBe(1000n)
    const to = `0x${'cd'.repeat(20)}`
    await mined(out(to))
    expect(await world.chain.provider.getBalance(to)).toBe(1000n)
  })

  test('is not paid twice to a receiver that withdraws again while it is paid', async () => {
    const holder = await world.put('Callback')
    const beneficiary = String(holder.target)
    const again = BOARD.encodeFunctionData('withdraw', [ZERO_ADDRESS, beneficiary])
    await mined(holder.getFunction('behave').send(0, world.board, again, true))
    const id = await world.ask()
    await world.ask()
    await hand(id, { ...(await world.answer(id, { beneficiary })), beneficiary })
    await mined(holder.getFunction('forward').send(world.board, again))
    expect(await world.chain.provider.getBalance(beneficiary)).toBe(1000n)
    expect(await holder.getFunction('done').staticCall()).toBe(false)
    expect(BOARD.parseError(await holder.getFunction('answer').staticCall())!.name).toBe('Reentrant')
  })

  test('that nobody owes is not taken', async () => {
    await expect(world.signers[0]!.sendTransaction({ to: world.board, value: 1n })).rejects.toThrow()
  })
})

test('two requests in one block get ids of their own', async () => {
  const deadline = (await world.now()) + 10_000n
  const asked = { modelId: world.modelId, input: inputSignals(), bounty: 5n, deadline }
  const made = await Promise.all([2, 3].map((account) => request(world.as(account), asked)))
  expect(made[0]!.id).not.toBe(made[1]!.id)
})
