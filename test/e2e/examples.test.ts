/** The example contracts on a real chain, with real proofs; the models' places are taken by circuits of the same statement. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pack } from '../../src/artifacts/statement.js'
import { revertError } from '../../src/chain/abi.js'
import { BOARD } from '../../src/chain/abi-board.js'
import { fulfil, requestOf } from '../../src/chain/board.js'
import { contextOf } from '../../src/chain/context.js'
import { deployContract } from '../../src/chain/deploy.js'
import { Contract } from '../../src/chain/provider.js'
import type { CompiledContract, Sources } from '../../src/chain/solc.js'
import { renderConsumer } from '../../src/chain/solidity/consumer-kit.js'
import { handWritten, sourcesOf } from '../../src/chain/solidity/model-contracts.js'
import type { ModelFacts } from '../../src/chain/solidity/model-facts.js'
import { renderModelLibrary } from '../../src/chain/solidity/model-library.js'
import { proofWords } from '../../src/chain/solidity/points.js'
import type { Hex } from '../../src/chain/types.js'
import { ASKED, PROVER, type TestBoard, testBoard } from '../helpers/board.js'
import { MODEL_ID } from '../helpers/chain.js'
import { mined } from '../helpers/chain-calls.js'
import { compileCached } from '../helpers/solidity.js'
import { terminateCurve } from '../helpers/tiny-groth16.js'

const volatility: ModelFacts = { name: 'Volatility', modelId: MODEL_ID, statement: ASKED, scales: [[0.25]] }
const SCORE = { name: 'score', first: 0, signals: 1, width: 20, perSignal: 1, count: 1, lo: -500_000 }
const DATA = { name: 'data', first: 1, signals: 1, width: 254, perSignal: 1, count: 1, lo: 0 }
const score: ModelFacts = {
  name: 'Score',
  modelId: MODEL_ID,
  statement: { outputs: [SCORE], inputs: [{ ...DATA, shows: 'commitment' }], context: 2 },
  scales: [[0.5]],
}

/** The base of the pool, and the interfaces that it needs. */
const ASKER = [
  'PredictionAsker.sol',
  'lib/Schema.sol',
  ...['IERC165', 'IERC20', 'IERC7992', 'IModelRegistry', 'IPredictionBoard', 'IPredictionCallback'].map(
    (name) => `interfaces/${name}.sol`,
  ),
]

let world: TestBoard
let contracts: ReadonlyMap<string, CompiledContract>

beforeAll(async () => {
  world = await testBoard()
  const own = (path: string) => readFileSync(new URL(`../../examples/${path}`, import.meta.url), 'utf8')
  const sources: Sources = {
    ...(await handWritten()),
    ...(await sourcesOf(ASKER)),
    'generated/VolatilityModel.sol': renderModelLibrary(volatility),
    'generated/ScoreModel.sol': renderModelLibrary(score),
    'generated/ScoreConsumer.sol': renderConsumer(score),
    'examples/VolatilityPool.sol': own('pool/VolatilityPool.sol'),
    'examples/CreditLine.sol': own('credit/CreditLine.sol'),
  }
  contracts = compileCached(sources)
})
afterAll(async () => {
  await world?.stop()
  await terminateCurve()
})

async function put(name: string, args: readonly unknown[]): Promise<Contract> {
  const compiled = contracts.get(name)!
  const { address } = await deployContract(world.chain, world.signers[0]!, compiled, args)
  return new Contract(address, [...compiled.abi], world.signers[0]!)
}

const as = (contract: Contract, account: number) => contract.connect(world.signers[account]!) as Contract
/** Gas is given, not estimated: what a call costs depends on the block that it lands in. */
const send = async (contract: Contract, method: string, args: unknown[] = [], value = 0n) =>
  mined(contract.getFunction(method).send(...args, { value, gasLimit: 2_000_000n }))
const ask = (contract: Contract, method: string, ...args: unknown[]) =>
  contract.getFunction(method).staticCall(...args)

/** The name and the arguments of the error that a contract refuses a call with. */
async function refusal(contract: Contract, method: string, ...args: unknown[]) {
  const thrown = await ask(contract, method, ...args).then(
    () => undefined,
    (error: { data?: Hex }) => error,
  )
  const parsed = contract.interface.parseError(thrown?.data ?? '0x00000000')
  return parsed === null ? undefined : [parsed.name, ...parsed.args]
}

describe('a pool whose fee follows volatility', () => {
  let pool: Contract
  let coins: [Contract, Contract]
  beforeAll(async () => {
    coins = [await world.put('Token'), await world.put('Token')]
    pool = await put('VolatilityPool', [world.board, world.modelId, coins[0].target, coins[1].target])
    for (const coin of coins) {
      for (const account of [0, 1]) {
        await send(coin, 'mint', [world.accounts[account], 10n ** 24n])
        await send(as(coin, account), 'approve', [pool.target, 10n ** 24n])
      }
    }
    await send(pool, 'provide', [10n ** 21n, 10n ** 21n])
  })
  const swap = (coin: 0 | 1, amount: bigint) => send(as(pool, 1), 'swap', [coins[coin].target, amount, 0n])
  const answer = async (id: Hex, scores: readonly number[], moves: readonly number[]) => {
    const made = await world.answer(id, {}, moves, scores)
    await fulfil(world.as(PROVER), id, made)
  }

  test('asks nothing before it has seen its price move', async () => {
    expect(await refusal(pool, 'askForFee')).toEqual(['TooFewMoves', 4n, 0n])
    expect(await refusal(as(pool, 1), 'provide', 1n, 1n)).toEqual(['NotTheProvider', world.accounts[1]])
    expect((await refusal(pool, 'swap', world.board, 1n, 0n))?.[0]).toBe('NotOfThisPool')
  })

  test('takes its fee from the verified output, and from nobody else', async () => {
    for (const amount of [1n, 3n, 2n, 1n, 1n]) await swap(amount === 2n ? 1 : 0, amount * 10n ** 18n)
    expect(await ask(pool, 'moves')).toBe(4n)
    await send(pool, 'askForFee', [], 500n)
    const id: Hex = await ask(pool, 'pending')
    expect((await requestOf(world.chain, world.board, id)).asker).toBe(pool.target)
    expect((await refusal(pool, 'askForFee'))?.[0]).toBe('StillWaiting')
    const forged = [id, world.modelId, [400n, 0n, 0n]]
    expect(await refusal(pool, 'onPrediction', ...forged)).toEqual(['NotTheBoard', world.accounts[0]])

    // 1, 3, -2 and 1 parts of a thousand of the reserve went in: the moves, in 1/10,000
    const [log] = await world.at(world.board, BOARD).queryFilter('Requested', -1)
    const [signal] = BOARD.parseLog(log!)!.args.input as bigint[]
    const bytes = [0, 1, 2, 3].map((i) => Number((signal! >> BigInt(8 * i)) & 255n) - 128)
    expect(bytes.map(Math.sign)).toEqual([-1, -1, 1, -1])
    await answer(id, [100, 0, 0], bytes)
    // 100 * 0.25
    expect(await ask(pool, 'fee')).toBe(25n)
  })

  test.each([
    [-4000, 5n],
    [400_000, 200n],
  ])('keeps an output of %d within its bounds', async (output, fee) => {
    await send(pool, 'askForFee', [], 500n)
    const id: Hex = await ask(pool, 'pending')
    const [log] = await world.at(world.board, BOARD).queryFilter('Requested', -1)
    const [signal] = BOARD.parseLog(log!)!.args.input as bigint[]
    await answer(
      id,
      [output, 0, 0],
      [0, 1, 2, 3].map((i) => Number((signal! >> BigInt(8 * i)) & 255n) - 128),
    )
    expect(await ask(pool, 'fee')).toBe(fee)
    expect((await refusal(pool, 'takeAnswer', id))?.[0]).toBe('NotAsked')
  })

  test('swaps at the fee that stands', async () => {
    const [in0, out1] = [
      await ask(coins[0], 'balanceOf', pool.target),
      await ask(coins[1], 'balanceOf', pool.target),
    ]
    const paid = (10n ** 18n * 9800n) / 10_000n
    const given = await ask(as(pool, 1), 'swap', coins[0].target, 10n ** 18n, 0n)
    expect(given).toBe((out1 * paid) / (in0 + paid))
    expect((await refusal(as(pool, 1), 'swap', coins[0].target, 10n ** 18n, given + 1n))?.[0]).toBe(
      'TooLittleOut',
    )
  })

  test('takes an answer later that its callback failed to take', async () => {
    await send(pool, 'askForFee', [], 500n)
    const id: Hex = await ask(pool, 'pending')
    const [log] = await world.at(world.board, BOARD).queryFilter('Requested', -1)
    const [signal] = BOARD.parseLog(log!)!.args.input as bigint[]
    expect((await boardRefusal('takeAnswer', id)).contractError).toBe('NotAnswered')
    // as if the pool had run out of what its callback needs: it reverts, and the board keeps the answer
    const code = await world.chain.provider.getCode(pool.target)
    await world.chain.provider.send('anvil_setCode', [pool.target, '0x5f5ffd'])
    const moves = [0, 1, 2, 3].map((i) => Number((signal! >> BigInt(8 * i)) & 255n) - 128)
    await answer(id, [164, 0, 0], moves)
    await world.chain.provider.send('anvil_setCode', [pool.target, code])
    const [done] = await world.at(world.board, BOARD).queryFilter('Fulfilled', -1)
    expect(BOARD.parseLog(done!)!.args.delivered).toBe(false)
    const before = await ask(pool, 'fee')
    expect((await refusal(pool, 'askForFee'))?.[0]).toBe('StillWaiting')
    await send(as(pool, 4), 'takeAnswer', [id])
    expect([before === 41n, await ask(pool, 'fee')]).toEqual([false, 41n])
    expect((await refusal(pool, 'takeAnswer', id))?.[0]).toBe('NotAsked')
  })

  test('gives bounties that nobody earned to its provider', async () => {
    expect((await boardRefusal('withdrawBounties')).contractError).toBe('NothingToWithdraw')
    await send(pool, 'askForFee', [], 700n)
    const id: Hex = await ask(pool, 'pending')
    await world.pass(3601)
    await send(world.at(world.board, BOARD), 'reclaim', [id])
    // a request that nobody answered in time blocks no further one
    await send(pool, 'askForFee', [], 300n)
    const before = await world.chain.provider.getBalance(world.accounts[0]!)
    await send(as(pool, 4), 'withdrawBounties')
    expect((await world.chain.provider.getBalance(world.accounts[0]!)) - before).toBe(700n)
    expect((await boardRefusal('withdrawBounties')).contractError).toBe('NothingToWithdraw')
    expect((await boardRefusal('takeAnswer', id)).contractError).toBe('NotAnswered')
  })

  /** What the board refuses, through the pool. */
  const boardRefusal = async (method: string, ...args: unknown[]) => {
    const thrown = await ask(pool, method, ...args).catch((error: { data?: Hex }) => error)
    return revertError((thrown as { data?: Hex }).data ?? '0x')
  }
})

describe('a credit line that opens on a score', () => {
  const [BUREAU, APPLICANT, THIEF] = [1, 2, 3]
  const COMMITMENT = 123_456_789_012_345_678_901_234_567_890n
  let line: Contract
  beforeAll(async () => {
    const compiled = contracts.get('CreditLine')!
    const args = [world.verifier, world.accounts[BUREAU], 600n, 1000n]
    const { address } = await deployContract(world.chain, world.signers[0]!, compiled, args)
    line = new Contract(address, [...compiled.abi], world.signers[0]!)
    await world.chain.provider.send('anvil_setBalance', [address, '0x2000'])
  })
  const prove = async (
    threshold: number,
    changes: { commitment?: bigint; account?: number; nonce?: bigint } = {},
  ) => {
    const { commitment = COMMITMENT, account = APPLICANT, nonce = 1n } = changes
    const terms = { beneficiary: world.accounts[account]!, nonce, deadline: (await world.now()) + 1000n }
    const consumer = String(line.target)
    const context = contextOf({ ...terms, chainId: world.chain.id, consumer, modelId: MODEL_ID })
    const { proof, signals } = await world.prover.prove([...pack(SCORE, [threshold]), commitment, context])
    return [proofWords(proof), signals, terms] as const
  }

  test('stays shut without the bureau’s word, for others’ data, and below the score', async () => {
    expect((await refusal(line, 'open', ...(await prove(700))))?.[0]).toBe('NotAttested')
    expect((await refusal(line, 'attest', world.accounts[APPLICANT], COMMITMENT))?.[0]).toBe('NotTheBureau')
    await send(as(line, BUREAU), 'attest', [world.accounts[APPLICANT], COMMITMENT])
    const made = await prove(700, { commitment: 5n })
    expect((await refusal(line, 'open', ...made))?.[0]).toBe('NotAttested')
    expect((await refusal(line, 'open', ...(await prove(700, { account: THIEF }))))?.[0]).toBe('NotAttested')
    expect(await refusal(line, 'open', ...(await prove(599)))).toEqual(['ScoreTooLow', 600n, 599n])
    expect(await refusal(as(line, APPLICANT), 'draw', 1n)).toEqual(['OverTheLimit', 0n, 1n])
  })

  test('cannot be opened for a thief, nor with another threshold than was proven', async () => {
    const [proof, signals, terms] = await prove(600)
    const stolen = { ...terms, beneficiary: world.accounts[THIEF]! }
    expect((await refusal(line, 'open', proof, signals, stolen))?.[0]).toBe('ContextMismatch')
    const better = pack(SCORE, [900]).map(String)
    const thrown = await ask(line, 'open', proof, [...better, ...signals.slice(1)], terms).catch(
      (error) => error,
    )
    expect(revertError(thrown.data).contractError).toBe('ProofInvalid')
  })

  test('opens once, and lends within its limit', async () => {
    const made = await prove(600)
    await send(as(line, THIEF), 'open', [...made])
    expect(await ask(line, 'isOpen', world.accounts[APPLICANT])).toBe(true)
    expect(await ask(line, 'isOpen', world.accounts[THIEF])).toBe(false)
    expect((await refusal(line, 'open', ...made))?.[0]).toBe('AlreadyConsumed')
    expect((await refusal(line, 'open', ...(await prove(600, { nonce: 2n }))))?.[0]).toBe('AlreadyOpen')
    await send(as(line, APPLICANT), 'draw', [1000n])
    expect(await refusal(as(line, APPLICANT), 'draw', 1n)).toEqual(['OverTheLimit', 1000n, 1001n])
    await send(as(line, APPLICANT), 'repay', [], 400n)
    expect(await ask(line, 'debtOf', world.accounts[APPLICANT])).toBe(600n)
  })
})
