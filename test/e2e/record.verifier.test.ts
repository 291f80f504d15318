/** A record asks its verifier with a call made by hand: nothing but a proof that holds may pass it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pack } from '../../src/artifacts/statement.js'
import { RECORD } from '../../src/chain/abi.js'
import { type Anvil, startAnvil } from '../../src/chain/anvil.js'
import { contextOf } from '../../src/chain/context.js'
import { type Deployment, deploy, deployContract } from '../../src/chain/deploy.js'
import { type Chain, connect, type Signer, signerFor } from '../../src/chain/provider.js'
import type { ModelContracts } from '../../src/chain/solidity/model-contracts.js'
import { proofWords } from '../../src/chain/solidity/points.js'
import { compileTiny, MODEL_ID, SMALL } from '../helpers/chain.js'
import { ended, execution, revertOf } from '../helpers/chain-calls.js'
import { type TinyProver, terminateCurve, tinyProver } from '../helpers/tiny-groth16.js'

const GAS = 3_000_000

let anvil: Anvil
let chain: Chain
let signer: Signer
let prover: TinyProver
let contracts: ModelContracts
let deployment: Deployment
let code: string
let nonce = 0n

beforeAll(async () => {
  prover = await tinyProver(2)
  anvil = await startAnvil()
  chain = await connect(anvil.url)
  signer = await signerFor(chain, { source: 'node' })
  contracts = await compileTiny(prover.key, SMALL)
  deployment = await deploy(chain, signer, contracts)
  code = await chain.provider.getCode(deployment.verifier.address)
})
afterAll(async () => {
  chain?.close()
  await anvil?.stop()
  await terminateCurve()
})

/** The call data of a prediction that the record takes; with `forged`, of one whose proof does not hold. */
async function callData({ forged = false } = {}): Promise<string> {
  nonce += 1n
  const terms = { beneficiary: await signer.getAddress(), nonce, deadline: 4_102_444_800n }
  const consumer = deployment.record.address
  const context = contextOf({ ...terms, chainId: chain.id, consumer, modelId: MODEL_ID })
  const { proof, signals } = await prover.prove([...pack(SMALL.outputs[0]!, [-7, 0, 7]), context])
  const claimed = forged ? [String(BigInt(signals[0]!) + 1n), signals[1]!] : signals
  return RECORD.encodeFunctionData('record', [proofWords(proof), claimed, terms])
}

async function withCode<T>(replaced: string, act: () => Promise<T>): Promise<T> {
  const { address } = deployment.verifier
  await chain.provider.send('anvil_setCode', [address, replaced])
  try {
    return await act()
  } finally {
    await chain.provider.send('anvil_setCode', [address, code])
  }
}

const refused = async (data: string) => (await revertOf(chain, deployment.record.address, data)).contractError

test('a proof that holds is taken, and one that does not is refused with the verifier’s own error', async () => {
  await execution(signer, deployment.record.address, await callData())
  expect(await refused(await callData({ forged: true }))).toBe('ProofInvalid')
})

test('a verifier that is gone takes nothing, though a call of it would return', async () => {
  const data = await callData({ forged: true })
  await withCode('0x', async () => expect(await refused(data)).toBe('VerifierMissing'))
  expect(await refused(data)).toBe('ProofInvalid')
})

describe('a verifier that reverts', () => {
  test.each([
    ['without data', '0x5f5ffd'],
    ['with one byte', '0x60015ffd'],
    ['with a word that says true', '0x60015f5260205ffd'],
    ['by running out of gas', '0x5b5f56'],
    ['by an invalid instruction', '0xfe'],
  ])('%s is believed', async (_how, replaced) => {
    const data = await callData({ forged: true })
    await withCode(replaced, async () => {
      const call = { to: deployment.record.address, data, gasLimit: GAS }
      await expect(chain.provider.call(call)).rejects.toThrow()
      const { status, logs } = await ended(signer.sendTransaction(call))
      expect([status, logs]).toEqual([0, []])
    })
  })
})

test('signals elsewhere in the call data, behind others, are those that are verified', async () => {
  const words = (await callData()).slice(10).match(/.{64}/g)!
  const selector = RECORD.getFunction('record')!.selector
  const count = words.length - 2
  // ten words of the proof, where the signals begin, three of the terms; then a word that nobody looks at
  const at = 10
  expect(BigInt(`0x${words[at]}`)).toBe(BigInt(32 * (count - 1)))
  const moved = [...words.slice(0, count - 1), 'ab'.repeat(32), ...words.slice(count - 1)].with(
    at,
    (32 * count).toString(16).padStart(64, '0'),
  )
  await execution(signer, deployment.record.address, `${selector}${moved.join('')}`)
  const forged = (await callData({ forged: true })).slice(10).match(/.{64}/g)!
  const decoy = [...forged.slice(0, count - 1), ...words.slice(count - 1), ...forged.slice(count - 1)].with(
    at,
    (32 * (count + 2)).toString(16).padStart(64, '0'),
  )
  expect(await refused(`${selector}${decoy.join('')}`)).toBe('ProofInvalid')
  // and call data that end before the signals do
  const cut = `${selector}${words.slice(0, -1).join('')}`
  await expect(chain.provider.call({ to: deployment.record.address, data: cut })).rejects.toThrow()
})

test('no record is made over what is no verifier', async () => {
  const account = await signer.getAddress()
  const { address } = await deployContract(chain, signer, { ...contracts.verifier, bytecode: SHORT }, [])
  for (const verifier of [account, address]) {
    await expect(deployContract(chain, signer, contracts.record, [verifier])).rejects.toThrow()
  }
})

/** Creation code of a contract that answers every call with thirty-one bytes. */
const SHORT = '0x63601f5ff35f526004601cf3'
