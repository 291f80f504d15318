/** What contracts of a tiny model cost: gas of execution, whole transactions, and bytes of code. */
import { expect } from 'vitest'
import { pack } from '../../src/artifacts/statement.js'
import { P } from '../../src/base/field.js'
import { RECORD, SHARED_VERIFIER, VERIFIER } from '../../src/chain/abi.js'
import { contextOf } from '../../src/chain/context.js'
import { deploy } from '../../src/chain/deploy.js'
import { estimateGas } from '../../src/chain/gas.js'
import type { Chain, Signer } from '../../src/chain/provider.js'
import { predictionOf } from '../../src/chain/read.js'
import {
  batchWords,
  deploySharedVerifier,
  registerKey,
  sharedContract,
  sharedName,
} from '../../src/chain/shared-verifier.js'
import type { CompiledContract } from '../../src/chain/solc.js'
import { BASE_FIELD, proofWords } from '../../src/chain/solidity/points.js'
import type { Hex, VerificationKey } from '../../src/chain/types.js'
import type { AnyProver } from './board.js'
import { compileTiny, MODEL_ID, type SMALL } from './chain.js'
import { callDataGas, execution } from './chain-calls.js'

type Statement = typeof SMALL

export type At = { readonly chain: Chain; readonly signer: Signer }

/** Of the verifier of many keys, for a prover of two signals. */
export async function measureShared({ chain, signer }: At, prover: AnyProver) {
  const name = sharedName(prover.key)
  const contract = await deploySharedVerifier(chain, signer, name)
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
    bytes: sizes(await sharedContract(name)),
  }
}

/** Of the signals behind the output each as large as its packing lets it, of one that is no part as the field lets it. */
export async function measure(
  { chain, signer }: At,
  prover: AnyProver,
  statement: Statement,
  outputs: readonly number[][],
) {
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
  const verify = VERIFIER.encodeFunctionData('verify', first.slice(0, 2))
  const figures = {
    verify: await execution(signer, deployment.verifier.address, verify),
    record: await execution(signer, consumer, record),
    announce: await execution(signer, consumer, announce),
    verifierBytes: sizes(
      (await compileTiny(fullWidthKey(statement.context + 1, prover.key.protocol), statement)).verifier,
    ),
    recordBytes: sizes(contracts.record),
  }
  const statementOf = RECORD.encodeFunctionData('statementOf', [first[1]])
  const key = (await chain.provider.call({ to: consumer, data: statementOf })) as Hex
  expect((await predictionOf(chain, consumer, key)).output).toEqual(outputs.flat())
  return {
    figures,
    verify: 21_000 + callDataGas(verify) + figures.verify,
    record: 21_000 + callDataGas(record) + figures.record,
    announce: 21_000 + callDataGas(announce) + figures.announce,
  }
}

// A coordinate with leading zero bytes makes shorter code, by chance: here neither a coordinate nor its negative has any.
function fullWidthKey(nPublic: number, protocol: string): VerificationKey {
  const lookups = protocol === 'groth16-lookup'
  let next = BASE_FIELD / 2n
  const coordinate = () => String(next++)
  const g1 = () => [coordinate(), coordinate(), '1']
  const g2 = () => [
    [coordinate(), coordinate()],
    [coordinate(), coordinate()],
    ['1', '0'],
  ]
  return {
    protocol,
    curve: 'bn128',
    nPublic,
    vk_alpha_1: g1(),
    vk_beta_2: g2(),
    vk_gamma_2: g2(),
    vk_delta_2: g2(),
    ...(lookups ? { vk_commitment_2: g2() } : {}),
    IC: Array.from({ length: nPublic + (lookups ? 2 : 1) }, g1),
  }
}

const bytesOf = (code: string) => (code.length - 2) / 2

export function sizes(contract: CompiledContract) {
  return { runtime: bytesOf(contract.runtime), creation: bytesOf(contract.bytecode) }
}

/** That the estimates are within 3 % of what is measured: of so many values in so many signals, and further signals. */
export async function expectEstimates(
  { chain, signer }: At,
  proverOf: (signals: number) => Promise<AnyProver>,
  [count, signals, inputs]: readonly [number, number, number],
): Promise<void> {
  const packing = { signals, width: 20, perSignal: Math.ceil(count / signals), count, lo: -500_000 }
  const output = { name: 'scores', first: 0, ...packing }
  const statement = { outputs: [output], inputs: [], context: signals + inputs }
  const prover = await proverOf(statement.context + 1)
  const contracts = await compileTiny(prover.key, statement)
  const { verifier, record } = await deploy(chain, signer, contracts)
  const shared = (await deploySharedVerifier(chain, signer, sharedName(prover.key))).address
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
  const scheme = prover.key.protocol === 'groth16-lookup' ? prover.key.protocol : 'groth16'
  const estimated = estimateGas(statement, scheme)
  const wrong = Object.entries(measured).filter(
    ([name, value]) => Math.abs(estimated[name as keyof typeof measured] / value - 1) >= 0.03,
  )
  expect(Object.fromEntries(wrong)).toEqual({})
}
