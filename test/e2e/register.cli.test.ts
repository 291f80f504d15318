/** A model in the registry and its predictions in the ledger, command by command, as a user goes it. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf, type Manifest } from '../../src/artifacts/manifest.js'
import { canonicalJson, sha256 } from '../../src/base/digest.js'
import { REGISTRY } from '../../src/chain/abi-board.js'
import { type Anvil, startAnvil } from '../../src/chain/anvil.js'
import { registryOf } from '../../src/chain/board.js'
import {
  type Common,
  FACTORY,
  MissingCommonsError,
  NoFactoryError,
  provide,
} from '../../src/chain/commons.js'
import { Contract, connect, getCreate2Address, keccak256 } from '../../src/chain/provider.js'
import { registeredModel } from '../../src/chain/register.js'
import type { Hex } from '../../src/chain/types.js'
import type { RegistrationFile } from '../../src/stages/register.js'
import { answer, tempDir, zkonnx } from '../helpers/cli.js'
import { prebuildCommons } from '../helpers/prebuilt.js'
import { writeSmallNet } from '../helpers/small-net.js'

const dir = tempDir()
let anvil: Anvil
let first: Registered
let proofs: string[]

type Registered = Omit<RegistrationFile, 'format'> & {
  steps: { what: string; gas: string }[]
  before?: string
}
type Batch = {
  submission: { gas: string; statements: string[] }
  predictions: { folder: string; onChain: { output: number[] } }[]
}

const json = (path: string) => JSON.parse(readFileSync(join(dir, path), 'utf8'))
const digest = (text: string) => `0x${text.slice('sha256:'.length)}`
const run = async (...args: string[]) => zkonnx(dir, ...args, '--rpc', anvil.url, '--json')
const register = async (...args: string[]) => {
  const ran = await run('register', ...args)
  expect(ran).toMatchObject({ code: 0 })
  return answer<Registered>(ran)
}
const prove = async (model: string, out: string, limit: number, ...args: string[]) => {
  const samples = ['--input', 'samples.npz', '--limit', String(limit), '--nonce', String(nonce), '-o', out]
  nonce += 1000
  expect(await zkonnx(dir, 'prove', model, ...samples, ...args)).toMatchObject({ code: 0 })
  return Array.from({ length: limit }, (_, i) => join(out, String(i).padStart(6, '0')))
}
let nonce = 0

beforeAll(async () => {
  await prebuildCommons()
  await writeSmallNet(dir)
  anvil = await startAnvil()
  expect(await zkonnx(dir, 'compile', 'model.onnx', '--data', 'samples.npz', '-o', 'm')).toMatchObject({
    code: 0,
  })
  expect(await zkonnx(dir, 'setup', 'm', '--dev')).toMatchObject({ code: 0 })
  cpSync(join(dir, 'm'), join(dir, 'own'), { recursive: true })
  first = await register('m', '--uri', 'ipfs://model')
  proofs = await prove('m', 'p', 10)
})
afterAll(async () => {
  await anvil?.stop()
  rmSync(dir, { recursive: true, force: true })
})

describe('a model that is registered', () => {
  test('has its key, its digests, its schema and its place in the registry', async () => {
    const manifest: Manifest = json('m/manifest.json')
    expect(first.steps.map(({ what }) => what)).toEqual([
      ...['Groth16Verifier', 'ModelRegistry', 'PredictionLedger'],
      ...['verifying key', 'registry entry'],
    ])
    const chain = await connect(anvil.url)
    try {
      expect(await registeredModel(chain, first.registry, BigInt(first.id))).toMatchObject({
        ...{ publisher: first.publisher, verifier: first.verifier, keyId: first.keyId, setup: 'dev' },
        ...{ signals: manifest.circuit.publicSignals, predecessor: 0n, deprecated: false },
        modelId: digest(digestOf(manifest)),
      })
      const registry = new Contract(first.registry, REGISTRY, chain.provider)
      const entry = await registry.getFunction('modelOf').staticCall(first.id)
      expect([entry.uri, entry.schema.length]).toEqual(['ipfs://model', 2])
      expect(entry.onnx).toBe(digest(sha256(readFileSync(join(dir, 'model.onnx')))))
      expect(entry.manifest).toBe(digest(digestOf(manifest)))
      expect(entry.circuit).toBe(digest(sha256(readFileSync(join(dir, 'm/circuit.r1cs')))))
      const { zkonnx: _mark, ...key } = json('m/verification_key.json')
      expect(entry.verifyingKey).toBe(digest(sha256(canonicalJson(key))))
      expect(entry.fidelity).toBe(digest(sha256(canonicalJson(manifest.fidelity))))
    } finally {
      chain.close()
    }
  })

  test('is registered once: a second run finds all of it there', async () => {
    const again = await register('m', '--uri', 'ipfs://model')
    expect(again).toMatchObject({ id: first.id, keyId: first.keyId, steps: [] })
    const people = await zkonnx(dir, 'register', 'm', '--uri', 'ipfs://model', '--rpc', anvil.url)
    expect(people.stdout).toContain('all of it was there already')
    for (const line of people.stdout.split('\n'))
      if (!line.includes(first.id)) expect(line.length, line).toBeLessThanOrEqual(80)
  })

  test('may have a new version, which names it; one that does not is told of it', async () => {
    const other = await register('m', '--uri', 'ipfs://moved')
    expect(other.before).toBe(first.id)
    expect(other.steps.map(({ what }) => what)).toEqual(['registry entry'])
    expect(other.board).toBeUndefined()
    const next = await register('m', '--uri', 'ipfs://next', '--predecessor', first.id, '--with-board')
    expect(next.steps.map(({ what }) => what)).toEqual(['PredictionBoard', 'registry entry'])
    const chain = await connect(anvil.url)
    const { predecessor } = await registeredModel(chain, next.registry, BigInt(next.id))
    expect(await registryOf(chain, next.board!)).toBe(next.registry)
    chain.close()
    expect(predecessor).toBe(BigInt(first.id))
    const unknown = await run('register', 'm', '--predecessor', '12')
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('ModelNotFound') })
    expect((await register('m', '--uri', 'ipfs://model')).board).toBe(next.board)
  })

  test('has its predictions taken by the ledger, one by one', async () => {
    const [proof] = proofs
    const ran = await run('submit', 'm', proof!)
    expect(ran).toMatchObject({ code: 0 })
    const [recorded] = answer<{ onChain: { output: number[] } }[]>(ran)
    const { integer, context } = json(`${proof}/prediction.json`)
    expect(recorded!.onChain.output).toEqual(integer[0].integers)
    expect(context.consumer).toBe(first.ledger)
  })

  test('has many taken in one transaction', async () => {
    const many = proofs.slice(1, 7)
    const ran = await run('submit', 'm', '--batch', ...many)
    expect(ran).toMatchObject({ code: 0 })
    const { submission, predictions } = answer<Batch>(ran)
    expect([submission.statements.length, new Set(submission.statements).size]).toEqual([6, 6])
    for (const [i, { onChain }] of predictions.entries())
      expect(onChain.output).toEqual(json(`${many[i]}/prediction.json`).integer[0].integers)
    const again = await zkonnx(dir, 'submit', 'm', '--batch', ...many, '--rpc', anvil.url)
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('AlreadyRecorded') })
    expect(again.stderr).toContain('1 of 6')
  })

  test('has none of a batch taken with a bad proof in it, which is named', async () => {
    const few = proofs.slice(7, 10)
    const bad = join(dir, few[1]!, 'proof.json')
    const good = readFileSync(bad, 'utf8')
    writeFileSync(bad, readFileSync(join(dir, few[2]!, 'proof.json')))
    const ran = await run('submit', 'm', '--batch', ...few)
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('ProofInvalid') })
    expect(answer<{ error: { name: string } }>(ran).error.name).toBe('Chain.RefusedProofError')
    expect(ran.stderr).toMatch(/p\/000008, 2 of 3/)
    writeFileSync(bad, good)
    expect(await run('submit', 'm', '--batch', ...few)).toMatchObject({ code: 0 })
  })
})

describe('a model with contracts of its own', () => {
  test('keeps its record, and goes to the ledger where it is told to', async () => {
    expect(await run('deploy', 'own')).toMatchObject({ code: 0 })
    const { verifier, keyId, steps } = await register('own', '--own-verifier')
    expect([verifier, keyId]).toEqual([json('own/deployment.json').verifier.address, undefined])
    expect(steps.map(({ what }) => what)).toEqual(['registry entry'])
    const [[toRecord, toStore], [toLedger]] = await Promise.all([
      prove('own', 'record', 2),
      prove('own', 'ledger', 1, '--ledger'),
    ])
    expect(json(`${toRecord}/prediction.json`).context.consumer).toBe(
      json('own/deployment.json').record.address,
    )
    expect(json(`${toLedger}/prediction.json`).context.consumer).toBe(first.ledger)
    const mixed = await run('submit', 'own', '--batch', toLedger!, toRecord!)
    expect(mixed).toMatchObject({ code: 2, stderr: expect.stringContaining('Chain.NotForLedgerError') })
    expect(await run('submit', 'own', toRecord!, toLedger!)).toMatchObject({ code: 0 })
    expect(await run('submit', 'own', '--store', toStore!)).toMatchObject({ code: 0 })
  })
})

describe('the command line refuses', () => {
  test('a batch of a model that is not registered, of unbound proofs, and one that is to be stored', async () => {
    cpSync(join(dir, 'm'), join(dir, 'fresh'), { recursive: true })
    rmSync(join(dir, 'fresh/registration.json'))
    const [proof] = await prove('fresh', 'unbound', 1)
    const [none, unbound, stored] = await Promise.all([
      run('submit', 'fresh', '--batch', proof!),
      run('submit', 'm', '--batch', proof!),
      run('submit', 'm', '--batch', '--store', proof!),
    ])
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('Chain.NotRegisteredError') })
    expect(unbound).toMatchObject({ code: 2, stderr: expect.stringContaining('Chain.UnboundProofError') })
    expect(stored).toMatchObject({ code: 2, stderr: expect.stringContaining('Cli.StoreInBatchError') })
  })

  test('dev keys on a chain with value, before it sends anything', async () => {
    const real = await startAnvil({ chainId: 5 })
    try {
      const ran = await zkonnx(dir, 'register', 'm', '--rpc', real.url)
      expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('Chain.DevKeysError') })
    } finally {
      await real.stop()
    }
  })
})

describe('contracts that all models share', () => {
  // creation code of a contract of one byte; what it is called does not matter here
  const shared = (last: string): Common => {
    const creation: Hex = `0x60${last}5f5360015ff3`
    const address = getCreate2Address(FACTORY, `0x${'0'.repeat(64)}`, keccak256(creation))
    return { name: 'Groth16Verifier', creation, address }
  }

  test('cost nobody by surprise on a chain with value, and stand at the address that follows from their code', async () => {
    const real = await startAnvil({ chainId: 5 })
    const chain = await connect(real.url)
    try {
      const signer = await chain.provider.getSigner(0)
      const [one, two] = [shared('01'), shared('02')]
      const unasked = await provide(chain, signer, [one, two]).catch((error: unknown) => error)
      expect(unasked).toBeInstanceOf(MissingCommonsError)
      expect((unasked as Error).message).toContain(one.address)
      const deployed = await provide(chain, signer, [one], { consent: true })
      expect(deployed.map(({ address }) => address)).toEqual([one.address])
      expect(await provide(chain, signer, [one])).toEqual([])
      expect(await provide(chain, signer, [one, two], { consent: true })).toHaveLength(1)
      await chain.provider.send('anvil_setCode', [FACTORY, '0x'])
      const third = provide(chain, signer, [shared('03')], { consent: true })
      await expect(third).rejects.toThrow(NoFactoryError)
    } finally {
      chain.close()
      await real.stop()
    }
  })
})
