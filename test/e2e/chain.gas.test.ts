/**
 * What the contracts cost: gas of execution (without a transaction's base and call data) and bytes of code.
 *
 * `npx vitest run test/e2e/chain.gas.test.ts -u` rewrites the pinned figures.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { pack, signalCount } from '../../src/artifacts/statement.js'
import { P } from '../../src/base/field.js'
import { RECORD, SHARED_VERIFIER, VERIFIER } from '../../src/chain/abi.js'
import { type Anvil, startAnvil } from '../../src/chain/anvil.js'
import { contextOf } from '../../src/chain/context.js'
import { deploy, deployContract } from '../../src/chain/deploy.js'
import { estimateGas } from '../../src/chain/gas.js'
import { type Chain, connect, Interface, type Signer, signerFor } from '../../src/chain/provider.js'
import { predictionOf } from '../../src/chain/read.js'
import {
  batchWords,
  deploySharedVerifier,
  registerKey,
  sharedContract,
} from '../../src/chain/shared-verifier.js'
import { type CompiledContract, compileSolidity } from '../../src/chain/solc.js'
import { BASE_FIELD, proofWords } from '../../src/chain/solidity/points.js'
import type { Hex, VerificationKey } from '../../src/chain/types.js'
import { compileTiny, MODEL_ID, SMALL, STATEMENT } from '../helpers/chain.js'
import { callDataGas, execution } from '../helpers/chain-calls.js'
import { terminateCurve, tinyProver } from '../helpers/tiny-groth16.js'

// keys, proofs and compilations, several of each
vi.setConfig({ testTimeout: 400_000 })

let anvil: Anvil
let chain: Chain
let signer: Signer

beforeAll(async () => {
  anvil = await startAnvil()
  chain = await connect(anvil.url)
  signer = await signerFor(chain, { source: 'node' })
})

afterAll(async () => {
  chain?.close()
  await anvil?.stop()
  await terminateCurve()
})

test('gas and code size stay as pinned, and within the bars for two signals', async () => {
  const { figures: two } = await measure(SMALL, [[-7, 0, 7]])
  const { figures: three } = await measure(STATEMENT, [
    [-7, 0, 7],
    [1, 2],
  ])
  expect(two.verify).toBeLessThanOrEqual(205_000)
  expect(two.verifierBytes.runtime).toBeLessThanOrEqual(1_500)
  expect(two.verifierBytes.creation).toBeLessThanOrEqual(1_500)
  // the statement of a model that shows the class, and commits to its inputs
  const { figures: label, ...small } = await measure(LABEL, [[9]])
  expect(small.record).toBeLessThanOrEqual(260_000)
  const { figures: digits } = await measure(DIGITS, [LOGITS])
  const { figures: hashed, ...committed } = await measure(HASHED, [LOGITS])
  expect(committed.announce).toBeLessThanOrEqual(260_000)
  const shared = await measureShared()
  expect(shared.verify).toBeLessThanOrEqual(1.08 * two.verify)
  expect(shared['batch of 16, a proof']).toBeLessThanOrEqual(70_000)
  const figures = {
    'two signals, three outputs': two,
    'three signals, five outputs': three,
    'three signals, one class': label,
    'the digits net as it is': digits,
    'the digits net, inputs hashed': hashed,
    'verifier of many keys, two signals': shared,
  }
  await expect(`${JSON.stringify(figures, null, 2)}\n`).toMatchFileSnapshot('../pinned/gas.json')
})

test('the generated verifier costs no more than what snarkjs generates from the same key', async () => {
  const prover = await tinyProver(2)
  const ours = (await compileTiny(prover.key, SMALL)).verifier
  const theirs = compileSolidity({ 'Snarkjs.sol': await prover.snarkjsVerifier() }).get('Groth16Verifier')!
  const here = await deployContract(chain, signer, ours, [])
  const there = await deployContract(chain, signer, theirs, [])
  const { proof, signals } = await prover.prove([1n, 2n])
  const { a, b, c } = proofWords(proof)
  const call = new Interface([...theirs.abi]).encodeFunctionData('verifyProof', [a, b, c, signals])
  const gas = {
    ours: await execution(
      signer,
      here.address,
      VERIFIER.encodeFunctionData('verify', [{ a, b, c }, signals]),
    ),
    theirs: await execution(signer, there.address, call),
  }
  expect(gas.ours).toBeLessThanOrEqual(gas.theirs)
})

test('to register a model costs at most 60 % of deploying a verifier of its own', async () => {
  const prover = await tinyProver(2)
  const own = await deployContract(chain, signer, (await compileTiny(prover.key, SMALL)).verifier, [])
  const { address } = await deploySharedVerifier(chain, signer)
  const registered = await registerKey(chain, signer, address, { verificationKey: prover.key, keys: 'dev' })
  expect(Number(registered.gas)).toBeLessThanOrEqual(0.6 * Number(own.gas))
})

const LABEL: typeof SMALL = {
  ...STATEMENT,
  outputs: [{ ...STATEMENT.outputs[1]!, first: 0, count: 1 }],
  context: 2,
}

/** The statement of the digits net as `compile` makes it without options, and with --inputs hashed. */
const DIGITS: typeof SMALL = {
  outputs: [{ name: 'logits', first: 0, signals: 1, width: 13, perSignal: 19, count: 10, lo: -5024 }],
  inputs: [{ name: 'image', first: 1, signals: 2, width: 5, perSignal: 50, count: 64, lo: 0 }],
  context: 3,
}
const HASHED: typeof SMALL = { ...DIGITS, inputs: [], context: 2 }
const LOGITS = [-5024, -1, 0, 1, 2, 3, 5, 8, 13, 3167]

/** Values and signals of the output, and further signals. */
const SHAPES = [
  [3, 1, 0],
  [60, 10, 0],
  [10, 1, 2],
] as const
test.each(SHAPES.slice(0, process.env.ZKONNX_DEEP ? 3 : 2))(
  'the estimates hold: %i values in %i signals, %i more',
  async (count, signals, inputs) => {
    const packing = { signals, width: 20, perSignal: Math.ceil(count / signals), count, lo: -500_000 }
    const output = { name: 'scores', first: 0, ...packing }
    const statement = { outputs: [output], inputs: [], context: signals + inputs }
    const prover = await tinyProver(signalCount(statement))
    const contracts = await compileTiny(prover.key, statement)
    const { verifier, record } = await deploy(chain, signer, contracts)
    const shared = (await deploySharedVerifier(chain, signer)).address
    const key = await registerKey(chain, signer, shared, { verificationKey: prover.key, keys: 'dev' })
    const terms = { beneficiary: await signer.getAddress(), nonce: 1n, deadline: 4_102_444_800n }
    const contextWith = (nonce: bigint) =>
      contextOf({ ...terms, nonce, chainId: chain.id, consumer: record.address, modelId: MODEL_ID })
    const values = Array.from({ length: count }, (_, i) => 1000 * i - 20_000)
    const full = Array.from({ length: inputs }, (_, i) => (1n << 252n) - BigInt(i + 1))
    const shown = [...pack(output, values), ...full]
    const [proven, other] = [
      await prover.prove([...shown, contextWith(1n)]),
      await prover.prove([...shown, contextWith(2n)]),
    ]
    const args = [proofWords(proven.proof), proven.signals]
    const announced = [proofWords(other.proof), other.signals, { ...terms, nonce: 2n }]
    const whole = async (to: string, data: string) =>
      21_000 + callDataGas(data) + (await execution(signer, to, data))
    const batch = (n: number) =>
      whole(
        shared,
        SHARED_VERIFIER.encodeFunctionData('verifyBatch', [key.keyId, ...batchWords(Array(n).fill(proven))]),
      )
    const measured = {
      deploy: Number(verifier.gas + record.gas),
      store: await whole(record.address, RECORD.encodeFunctionData('record', [...args, terms])),
      record: await whole(record.address, RECORD.encodeFunctionData('announce', announced)),
      verify: await whole(verifier.address, VERIFIER.encodeFunctionData('verify', args)),
      register: Number(key.gas),
      batchOf10: (await batch(10)) / 10,
      batchOf100: (await batch(100)) / 100,
      verifierBytes: bytesOf(contracts.verifier.runtime),
    }
    const estimated = estimateGas(statement)
    for (const [name, value] of Object.entries(measured)) {
      expect(Math.abs(estimated[name as keyof typeof measured] / value - 1), name).toBeLessThan(0.03)
    }
  },
)

async function measureShared() {
  const prover = await tinyProver(2)
  const contract = await deploySharedVerifier(chain, signer)
  const { keyId, transaction, gas } = await registerKey(chain, signer, contract.address, {
    verificationKey: prover.key,
    keys: 'dev',
  })
  const proven = await Promise.all([1n, 2n, 3n, 4n].map((value) => prover.prove([value, P - value])))
  const ask = (name: string, args: readonly unknown[]) =>
    execution(signer, contract.address, SHARED_VERIFIER.encodeFunctionData(name, [keyId, ...args]))
  // what a proof is of does not matter to its cost
  const batch = (n: number) => batchWords(Array.from({ length: n }, (_, i) => proven[i % proven.length]!))
  const sent = await chain.provider.getTransaction(transaction)
  return {
    register: Number(gas) - 21_000 - callDataGas(sent!.data),
    verify: await ask('verify', [proofWords(proven[0]!.proof), proven[0]!.signals]),
    'batch of 10, a proof': (await ask('verifyBatch', batch(10))) / 10,
    'batch of 16, a proof': (await ask('verifyBatch', batch(16))) / 16,
    bytes: sizes(await sharedContract()),
  }
}

/** Of the signals behind the output each as large as its packing lets it, of one that is no part as the field lets it. */
async function measure(statement: typeof SMALL, outputs: number[][]) {
  const prover = await tinyProver(statement.context + 1)
  const contracts = await compileTiny(prover.key, statement)
  const deployment = await deploy(chain, signer, contracts)
  const consumer = deployment.record.address
  const beneficiary = await signer.getAddress()
  const packed = statement.outputs.flatMap((output, index) => pack(output, outputs[index]!))
  const shown = statement.inputs.flatMap((part) =>
    pack(part, new Array(part.count).fill(part.lo + 2 ** part.width - 1)),
  )
  const rest = statement.context - packed.length - shown.length
  const others = Array.from({ length: rest }, (_, i) => P - 1n - BigInt(i))
  const call = async (nonce: bigint) => {
    const terms = { beneficiary, nonce, deadline: 4_102_444_800n }
    const context = contextOf({ ...terms, chainId: chain.id, consumer, modelId: MODEL_ID })
    const { proof, signals } = await prover.prove([...packed, ...shown, ...others, context])
    return [proofWords(proof), signals, terms] as const
  }
  const [first, second] = [await call(1n), await call(2n)]
  const record = RECORD.encodeFunctionData('record', first)
  const announce = RECORD.encodeFunctionData('announce', second)
  const figures = {
    verify: await execution(
      signer,
      deployment.verifier.address,
      VERIFIER.encodeFunctionData('verify', first.slice(0, 2)),
    ),
    record: await execution(signer, consumer, record),
    announce: await execution(signer, consumer, announce),
    verifierBytes: sizes((await compileTiny(fullWidthKey(statement.context + 1), statement)).verifier),
    recordBytes: sizes(contracts.record),
  }
  const statementOf = RECORD.encodeFunctionData('statementOf', [first[1]])
  const key = (await chain.provider.call({ to: consumer, data: statementOf })) as Hex
  expect((await predictionOf(chain, consumer, key)).output).toEqual(outputs.flat())
  return {
    figures,
    record: 21_000 + callDataGas(record) + figures.record,
    announce: 21_000 + callDataGas(announce) + figures.announce,
  }
}

// A coordinate with leading zero bytes makes shorter code, by chance: here neither a coordinate nor its negative has any.
function fullWidthKey(nPublic: number): VerificationKey {
  let next = BASE_FIELD / 2n
  const coordinate = () => String(next++)
  const g1 = () => [coordinate(), coordinate(), '1']
  const g2 = () => [
    [coordinate(), coordinate()],
    [coordinate(), coordinate()],
    ['1', '0'],
  ]
  return {
    protocol: 'groth16',
    curve: 'bn128',
    nPublic,
    vk_alpha_1: g1(),
    vk_beta_2: g2(),
    vk_gamma_2: g2(),
    vk_delta_2: g2(),
    IC: Array.from({ length: nPublic + 1 }, g1),
  }
}

const bytesOf = (code: string) => (code.length - 2) / 2

function sizes(contract: CompiledContract) {
  return { runtime: bytesOf(contract.runtime), creation: bytesOf(contract.bytecode) }
}
