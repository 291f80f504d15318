/**
 * What the contracts cost: gas of execution (without a transaction's base and call data) and bytes of code.
 *
 * `npx vitest run test/e2e/chain.gas.test.ts -u` rewrites the pinned figures.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pack } from '../../src/artifacts/statement.js'
import { RECORD, VERIFIER } from '../../src/chain/abi.js'
import { type Anvil, startAnvil } from '../../src/chain/anvil.js'
import { contextOf } from '../../src/chain/context.js'
import { type Deployment, deploy } from '../../src/chain/deploy.js'
import { estimateGas } from '../../src/chain/gas.js'
import { type Chain, connect, type Signer, signerFor } from '../../src/chain/provider.js'
import type { CompiledContract } from '../../src/chain/solc.js'
import { BASE_FIELD, proofWords } from '../../src/chain/solidity/points.js'
import type { VerificationKey } from '../../src/chain/types.js'
import { compileTiny, MODEL_ID, SMALL, STATEMENT } from '../helpers/chain.js'
import { terminateCurve, tinyProver } from '../helpers/tiny-groth16.js'

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

test('gas and code size stay as pinned, within the bars for two signals, and as estimated', async () => {
  const two = await measure(SMALL, [[-7, 0, 7]])
  const three = await measure(STATEMENT, [
    [-7, 0, 7],
    [1, 2],
  ])
  expect(two.verify).toBeLessThanOrEqual(205_000)
  expect(two.verifierBytes.runtime).toBeLessThanOrEqual(1_500)
  expect(two.verifierBytes.creation).toBeLessThanOrEqual(1_500)
  for (const [statement, { record, verifierBytes }] of [
    [SMALL, two],
    [STATEMENT, three],
  ] as const) {
    const estimate = estimateGas(statement)
    // the estimate is of the whole transaction, whose call data comes on top of its base
    expect(Math.abs(estimate.record / (record + 21_000) - 1)).toBeLessThan(0.1)
    expect(Math.abs(estimate.verifierBytes / verifierBytes.runtime - 1)).toBeLessThan(0.1)
  }
  const figures = { 'two signals, three outputs': two, 'three signals, five outputs': three }
  await expect(`${JSON.stringify(figures, null, 2)}\n`).toMatchFileSnapshot('../pinned/gas.json')
})

async function measure(statement: typeof SMALL, outputs: number[][]) {
  const prover = await tinyProver(statement.context + 1)
  const contracts = await compileTiny(prover.key, statement)
  const deployment = await deploy(chain, signer, contracts)
  const terms = { beneficiary: await signer.getAddress(), nonce: 1n, deadline: 4_102_444_800n }
  const consumer = deployment.record.address
  const context = contextOf({ ...terms, chainId: chain.id, consumer, modelId: MODEL_ID })
  const deployed = Number(deployment.verifier.gas + deployment.record.gas)
  expect(Math.abs(estimateGas(statement).deploy / deployed - 1)).toBeLessThan(0.1)
  const packed = statement.outputs.flatMap((output, index) => pack(output, outputs[index]!))
  const { proof, signals } = await prover.prove([...packed, context])
  const words = proofWords(proof)
  return {
    verify: await execution(deployment.verifier, VERIFIER.encodeFunctionData('verify', [words, signals])),
    record: await execution(deployment.record, RECORD.encodeFunctionData('record', [words, signals, terms])),
    verifierBytes: sizes((await compileTiny(fullWidthKey(statement.context + 1), statement)).verifier),
    recordBytes: sizes(contracts.record),
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

// call data costs 4 gas a zero byte and 16 any other (EIP-2028); how many zeros a proof has is chance
async function execution(contract: Deployment['verifier'], data: string): Promise<number> {
  const sent = await signer.sendTransaction({ to: contract.address, data, gasLimit: 5_000_000 })
  const receipt = await sent.wait()
  expect(receipt!.status).toBe(1)
  const callData = [...Buffer.from(data.slice(2), 'hex')].reduce(
    (sum, byte) => sum + (byte === 0 ? 4 : 16),
    0,
  )
  return Number(receipt!.gasUsed) - 21_000 - callData
}

const bytesOf = (code: string) => (code.length - 2) / 2

function sizes(contract: CompiledContract) {
  return { runtime: bytesOf(contract.runtime), creation: bytesOf(contract.bytecode) }
}
