/**
 * What registry, ledger and board cost: gas of execution (without a transaction's base and call data) and bytes of code.
 *
 * `npx vitest run test/e2e/board.gas.test.ts -u` rewrites the pinned figures.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pack } from '../../src/artifacts/statement.js'
import { BOARD, REGISTRY } from '../../src/chain/abi-board.js'
import { LEDGER } from '../../src/chain/abi-ledger.js'
import { ZERO_ADDRESS } from '../../src/chain/board.js'
import { contextOf } from '../../src/chain/context.js'
import { AbiCoder, type Interface } from '../../src/chain/provider.js'
import { entryCall, register } from '../../src/chain/register.js'
import { deploySharedVerifier, registerKey } from '../../src/chain/shared-verifier.js'
import { proofWords } from '../../src/chain/solidity/points.js'
import type { Hex } from '../../src/chain/types.js'
import { ASKED, inputSignals, SCORES, type TestBoard, testBoard, VALUES } from '../helpers/board.js'
import { MODEL_ID } from '../helpers/chain.js'
import { execution } from '../helpers/chain-calls.js'
import { terminateCurve } from '../helpers/tiny-groth16.js'

let world: TestBoard
let shared: bigint

beforeAll(async () => {
  world = await testBoard()
  const { chain, signers, registry, entry, prover } = world
  const { address: verifier } = await deploySharedVerifier(chain, signers[0]!)
  const key = { verificationKey: prover.key, keys: 'dev' } as const
  const { keyId } = await registerKey(chain, signers[0]!, verifier, key)
  shared = (await register(chain, signers[0]!, registry, { ...entry, verifier, keyId })).id
})
afterAll(async () => {
  await world?.stop()
  await terminateCurve()
})

const call = (to: string, abi: Interface, account: number, method: string, args: unknown[], value = 0n) =>
  execution(world.signers[account]!, to, abi.encodeFunctionData(method, args), value)

test('gas and code size of registry, ledger and board stay as pinned', async () => {
  const figures = {
    'registry, three signals': await measureRegistry(),
    'ledger, three signals': await measureLedger(),
    'board, three signals': await measureBoard(),
    bytes: Object.fromEntries(
      ['ModelRegistry', 'PredictionLedger', 'PredictionBoard'].map((name) => [name, sizes(name)]),
    ),
  }
  await expect(`${JSON.stringify(figures, null, 2)}\n`).toMatchFileSnapshot('../pinned/gas.board.json')
})

async function measureRegistry() {
  const { registry, entry, modelId } = world
  const ask = (method: string, ...args: unknown[]) => call(registry, REGISTRY, 0, method, args)
  const { proof, signals } = await world.answer(await world.ask())
  const commitment = await world
    .at(registry, REGISTRY)
    .getFunction('inputCommitmentOf')
    .staticCall(modelId, signals)
  const coder = AbiCoder.defaultAbiCoder()
  const encoded = coder.encode(
    ['tuple(uint256[2] a, uint256[2][2] b, uint256[2] c, uint256[2] d)', 'uint256[]'],
    [proofWords(proof), signals],
  )
  const output = coder.encode(['int256[]'], [SCORES])
  return {
    register: await ask('register', entryCall({ ...entry, uri: 'ipfs://other' })),
    verify: await ask('verify', modelId, proofWords(proof), signals),
    'verify, many keys': await ask('verify', shared, proofWords(proof), signals),
    verifyInference: await ask('verifyInference', modelId, commitment, output, encoded),
    deprecate: await ask('deprecateModel', modelId),
  }
}

async function measureLedger() {
  const { ledger, modelId } = world
  const ask = (method: string, ...args: unknown[]) => call(ledger, LEDGER, 0, method, args)
  const one = async (id: bigint, nonce: bigint) => {
    const { proof, signals, terms } = await predict(nonce)
    return ask('record', id, proofWords(proof), signals, terms)
  }
  const many = await Promise.all(Array.from({ length: 16 }, (_, i) => predict(100n + BigInt(i))))
  const batch = await ask(
    'recordBatch',
    shared,
    many.map(({ proof }) => proofWords(proof)),
    many.flatMap(({ signals }) => signals),
    many.map(({ terms }) => terms),
  )
  return {
    record: await one(modelId, 1n),
    'record, many keys': await one(shared, 2n),
    'recordBatch of 16, a prediction': batch / 16,
  }
}

async function predict(nonce: bigint) {
  const { chain, ledger, accounts, prover } = world
  const terms = { beneficiary: accounts[2]!, nonce, deadline: 4_102_444_800n }
  const context = contextOf({ ...terms, chainId: chain.id, consumer: ledger, modelId: MODEL_ID })
  const [scores, values] = [pack(ASKED.outputs[0]!, SCORES), pack(ASKED.inputs[0]!, VALUES)]
  return { ...(await prover.prove([...scores, ...values, context])), terms }
}

async function measureBoard() {
  const { board, accounts } = world
  // the registry's measurement deprecated the first model
  const ask = async (account: number, changes: object = {}) => {
    const asked = {
      ...{ modelId: shared, input: inputSignals(), data: '0x', token: ZERO_ADDRESS, bounty: 1000n },
      ...{ deadline: 4_102_444_800n, callback: ZERO_ADDRESS, callbackGas: 0, ...changes },
    }
    return call(board, BOARD, account, 'request', [asked], 1000n)
  }
  const newest = async (): Promise<Hex> => {
    const [log] = await world.at(board, BOARD).queryFilter('Requested', -1)
    return BOARD.parseLog(log!)!.args.requestId
  }
  const fulfil = async (id: Hex) => {
    const { proof, signals, beneficiary } = await world.answer(id)
    return call(board, BOARD, 3, 'fulfil', [id, proofWords(proof), signals, beneficiary])
  }
  const first = await ask(6)
  const answered = await fulfil(await newest())
  const next = await ask(6)
  const second = await fulfil(await newest())
  const callback = await world.put('Callback')
  await ask(6, { callback: callback.target, callbackGas: 300_000 })
  const told = await fulfil(await newest())
  const short = (await world.now()) + 60n
  await ask(6, { deadline: short })
  const late = await newest()
  await world.pass(61)
  return {
    'request, first of an asker': first,
    'request, further': next,
    'fulfil, first of a beneficiary': answered,
    'fulfil, further': second,
    'fulfil with a callback that stores': told,
    reclaim: await call(board, BOARD, 0, 'reclaim', [late]),
    withdraw: await call(board, BOARD, 5, 'withdraw', [ZERO_ADDRESS, accounts[7]]),
  }
}

function sizes(name: string) {
  const { runtime, bytecode } = world.contracts.get(name)!
  return { runtime: (runtime.length - 2) / 2, creation: (bytecode.length - 2) / 2 }
}
