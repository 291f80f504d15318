/** A model compiled with lookups on a chain: deployed, proven for, recorded, registered, and its build repeated. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readManifest } from '../../src/artifacts/manifest.js'
import { type Anvil, startAnvil } from '../../src/chain/anvil.js'
import { estimateGas } from '../../src/chain/gas.js'
import { callArguments, castArguments } from '../../src/stages/calldata.js'
import { contextFor, deployModel, planDeployment, readDeployment } from '../../src/stages/chain.js'
import { compile } from '../../src/stages/compile.js'
import { withChain } from '../../src/stages/open-chain.js'
import { prove } from '../../src/stages/prove.js'
import { registerModel } from '../../src/stages/register.js'
import { setup } from '../../src/stages/setup.js'
import { submitBatch, submitProof } from '../../src/stages/submit.js'
import { verifyBuild } from '../../src/stages/verify-build.js'
import { tempDir } from '../helpers/cli.js'
import { prebuildCommons } from '../helpers/prebuilt.js'
import { writeSmallNet } from '../helpers/small-net.js'

const DEEP = process.env.ZKONNX_DEEP !== undefined
const dir = tempDir()
const at = (...parts: string[]) => join(dir, ...parts)

let anvil: Anvil

beforeAll(async () => {
  if (!DEEP) return
  await writeSmallNet(dir)
  await compile({
    ...{ model: at('model.onnx'), data: at('samples.npz'), out: at('built'), scheme: 'groth16-lookup' },
    ...{ bits: { activation: 6, weight: 6 }, domains: { x: { lo: 0, hi: 1 } } },
  })
  await setup({ dir: at('built'), kind: 'dev' })
  anvil = await startAnvil()
  await withChain(at('built'), anvil.url, (chain) => deployModel(at('built'), chain))
})
afterAll(async () => {
  await anvil?.stop()
  rmSync(dir, { recursive: true, force: true })
})

/** Proofs for the record, or for another contract. */
async function proofs(name: string, count: number, consumer?: string): Promise<string[]> {
  const deployment = await readDeployment(at('built'))
  const to =
    consumer === undefined
      ? deployment
      : { ...deployment, record: { ...deployment.record, address: consumer } }
  const terms = { beneficiary: deployment.record.address, deadline: 4_102_444_800n }
  const made = await prove({
    ...{ dir: at('built'), input: at('samples.npz'), out: at(name), limit: count, threads: 1 },
    context: (sample) => contextFor(to, { ...terms, nonce: BigInt(sample) }),
  })
  return made.map((_, i) => at(name, String(i).padStart(6, '0')))
}

const onChain = <T>(act: Parameters<typeof withChain<T>>[2]) => withChain(at('built'), anvil.url, act)

test.runIf(DEEP)('is recorded by the record that is deployed for it', async () => {
  const [proof] = await proofs('p', 1)
  const output = JSON.parse(readFileSync(join(proof!, 'prediction.json'), 'utf8')).says.outputs[0].integers
  const recorded = await onChain((chain) => submitProof(at('built'), proof!, chain))
  expect(recorded.onChain.output).toEqual(output)
  const again = onChain((chain) => submitProof(at('built'), proof!, chain))
  await expect(again).rejects.toThrow('AlreadyRecorded')
  const plan = await planDeployment(at('built'))
  const { statement } = await readManifest(at('built'))
  expect(plan).toMatchObject({ scheme: 'groth16-lookup', gas: estimateGas(statement, 'groth16-lookup') })
  expect(Math.abs(plan.gas.record / Number(recorded.submission.gas) - 1)).toBeLessThan(0.03)
  const [words] = castArguments(await callArguments(at('built'), proof!))
  expect(words!.match(/\d+/g)!.length).toBe(10)
})

/** The first link that differs. */
async function broken(change: (copy: string) => void, name: string) {
  cpSync(at('built'), at(name), { recursive: true })
  change(at(name))
  const { links } = await verifyBuild({ dir: at(name) })
  return links.find(({ state }) => state === 'differs')
}

describe.runIf(DEEP)('a build', () => {
  test('is repeated link by link, to the code on the chain', async () => {
    const { links, equal } = await verifyBuild({ dir: at('built'), rpc: anvil.url })
    expect(links.filter(({ state }) => state === 'differs')).toEqual([])
    expect(equal).toBe(true)
    const states = Object.fromEntries(links.map(({ name, state }) => [name, state]))
    expect(states).toMatchObject({
      ...{ 'proving key': 'equal', 'verifying key': 'equal', 'Solidity source': 'equal' },
      ...{ 'creation bytecode': 'equal', 'code on chain': 'equal' },
    })
  })

  test('of another proving key, another verifying key or other Solidity differs there', async () => {
    const flip = (file: string, place: number) => (copy: string) => {
      const bytes = readFileSync(join(copy, file))
      bytes[bytes.length - place]! ^= 1
      writeFileSync(join(copy, file), bytes)
    }
    const key = await broken(flip('circuit.lkey', 5000), 'key')
    expect(key).toMatchObject({
      name: 'proving key',
      says: expect.stringContaining('circuit.lkey is not the key'),
    })
    const verifying = await broken((copy) => {
      const path = join(copy, 'verification_key.json')
      const found = JSON.parse(readFileSync(path, 'utf8'))
      writeFileSync(path, JSON.stringify({ ...found, vk_commitment_2: found.vk_beta_2 }))
    }, 'verifying')
    expect(verifying).toMatchObject({ name: 'verifying key' })
    const solidity = await broken((copy) => {
      const path = join(copy, 'contracts/ModelVerifier.sol')
      const text = readFileSync(path, 'utf8')
      expect(text).toContain('mod(keccak256')
      writeFileSync(path, text.replace(/keccak256\(pairs, \d+\)/, 'keccak256(pairs, 96)'))
    }, 'solidity')
    expect(solidity).toMatchObject({ name: 'Solidity source' })
  })
})

test.runIf(DEEP)('is registered, and recorded by the ledger, alone and in a batch', async () => {
  await prebuildCommons()
  const registered = await onChain((chain) => registerModel(at('built'), chain, { withBoard: true }))
  expect(registered.steps.map(({ what }) => what)).toEqual([
    ...['Groth16LookupVerifier', 'ModelRegistry', 'PredictionLedger', 'PredictionBoard'],
    ...['verifying key', 'registry entry'],
  ])
  const many = await proofs('many', 4, registered.ledger)
  const [first, ...others] = many
  expect((await onChain((chain) => submitProof(at('built'), first!, chain))).onChain.output.length).toBe(3)
  const batch = await onChain((chain) => submitBatch(at('built'), others, chain))
  expect(batch.predictions.length).toBe(3)
  const again = onChain((chain) => submitBatch(at('built'), [first!], chain))
  await expect(again).rejects.toThrow('AlreadyRecorded')
  const { links } = await verifyBuild({ dir: at('built'), rpc: anvil.url })
  expect(links.find(({ name }) => name === 'registry entry')?.state).toBe('equal')
})
