/** The registry of models: what is registered and verified, and everything that is refused. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { REGISTRY } from '../../src/chain/abi-board.js'
import { labelContext } from '../../src/chain/context.js'
import { AbiCoder, type Contract, Interface, keccak256, toUtf8Bytes } from '../../src/chain/provider.js'
import {
  deprecate,
  type Entry,
  NONE,
  register,
  registeredModel,
  type SchemaPart,
} from '../../src/chain/register.js'
import { deploySharedVerifier, registerKey } from '../../src/chain/shared-verifier.js'
import { proofWords } from '../../src/chain/solidity/points.js'
import type { Hex } from '../../src/chain/types.js'
import { type Answer, DIGESTS, refused, SCHEMA, SCORES, type TestBoard, testBoard } from '../helpers/board.js'
import { MODEL_ID } from '../helpers/chain.js'
import { mined } from '../helpers/chain-calls.js'
import { terminateCurve } from '../helpers/tiny-groth16.js'

let world: TestBoard
let registry: Contract

beforeAll(async () => {
  world = await testBoard()
  registry = world.at(world.registry, REGISTRY)
})
afterAll(async () => {
  await world?.stop()
  await terminateCurve()
})

const put = (changes: Partial<Entry>, account = 0) =>
  register(world.chain, world.signers[account]!, world.registry, { ...world.entry, ...changes })
const ask = (method: string, ...args: unknown[]) => registry.getFunction(method).staticCall(...args)

test('the compiled registry has the ABI that the modules speak', () => {
  const signatures = (items: Interface) => items.fragments.map((part) => part.format('full')).sort()
  const compiled = new Interface([...world.contracts.get('ModelRegistry')!.abi])
  expect(signatures(REGISTRY)).toEqual(signatures(compiled))
})

describe('an entry', () => {
  test('reads back as it was registered', async () => {
    const facts = await registeredModel(world.chain, world.registry, world.modelId)
    expect(facts).toMatchObject({
      ...{ publisher: world.accounts[0], modelId: MODEL_ID, verifier: world.verifier, keyId: NONE },
      ...{ setup: 'dev', outputSignals: 1, inputSignals: 1, signals: 3, weights: 0n, predecessor: 0n },
      deprecated: false,
    })
    const model = await ask('modelOf', world.modelId)
    for (const [name, digest] of Object.entries(DIGESTS)) expect(model[name]).toBe(digest)
    expect(model.uri).toBe('ipfs://model')
    const parts = [...model.schema].map((part) => part.toObject())
    const expected = SCHEMA.map((part) =>
      Object.fromEntries(Object.entries(part).map(([key, value]) => [key, BigInt(value)])),
    )
    expect(parts).toEqual(expected)
    // 0.25 as a double
    expect(parts[0].scale).toBe(0x3fd0000000000000n)
  })

  test('reads back in the form of the draft', async () => {
    const { commitment, deprecated, owner } = await ask('getModel', world.modelId)
    const proofSystemId = keccak256(toUtf8Bytes('groth16-bn254-v1')).slice(0, 10)
    expect(commitment.toObject()).toEqual({
      modelHash: DIGESTS.onnx,
      circuitHash: DIGESTS.circuit,
      vkHash: DIGESTS.verifyingKey,
      proofSystemId,
      uri: 'ipfs://model',
    })
    expect([deprecated, owner]).toEqual([false, world.accounts[0]])
    expect(await ask('proofSystemOf', world.modelId)).toBe(proofSystemId)
    expect(await ask('registry')).toBe(world.registry)
  })

  test('has an id that is its content’s and its publisher’s', async () => {
    expect((await refused(put({}))).contractError).toBe('AlreadyRegistered')
    const copied = await put({}, 3)
    expect(copied.id).not.toBe(world.modelId)
    const found = await ask('modelOf', world.modelId)
    const model = { ...found.toObject(), schema: [...found.schema].map((part) => part.toObject()) }
    expect(await ask('modelIdOf', world.accounts[0], model)).toBe(world.modelId)
    expect(await ask('modelIdOf', world.accounts[3], model)).toBe(copied.id)
  })

  test('never changes', async () => {
    const { commitment } = await ask('getModel', world.modelId)
    const update = ask('updateModel', world.modelId, commitment.toObject())
    expect((await refused(update)).contractError).toBe('EntryImmutable')
  })

  test('names the version before it, of the same publisher', async () => {
    const next = await put({ predecessor: world.modelId, uri: 'v2' })
    const facts = await registeredModel(world.chain, world.registry, next.id)
    expect(facts.predecessor).toBe(world.modelId)
    const logs = await registry.queryFilter('VersionRegistered')
    expect(logs.map((log) => [...REGISTRY.parseLog(log)!.args])).toContainEqual([next.id, world.modelId])
    expect((await refused(put({ predecessor: world.modelId }, 3))).contractError).toBe('OtherPublisher')
    expect((await refused(put({ predecessor: 5n }))).contractError).toBe('ModelNotFound')
  })

  test('holds a long address, and one that is too long is refused', async () => {
    const uri = 'x'.repeat(5000)
    const { id } = await put({ uri })
    expect((await ask('modelOf', id)).uri).toBe(uri)
    expect((await refused(put({ uri: 'x'.repeat(30_000) }))).contractError).toBe('WriteFailed')
  })

  test('that is not there is not found', async () => {
    for (const method of ['modelOf', 'factsOf', 'getModel', 'isDeprecated', 'proofSystemOf']) {
      expect((await refused(ask(method, 9n))).contractError).toBe('ModelNotFound')
    }
    expect((await refused(deprecate(world.chain, world.signers[0]!, world.registry, 9n))).contractError).toBe(
      'ModelNotFound',
    )
  })
})

describe('an entry is refused', () => {
  const part = (index: number, change: Partial<SchemaPart>) =>
    SCHEMA.map((one, i) => (i === index ? { ...one, ...change } : one))
  const [output, input] = SCHEMA as [SchemaPart, SchemaPart]
  const weights: SchemaPart = { ...output, role: 2, shows: 1, width: 254, perSignal: 1, count: 1, lo: 0n }
  test.each<[string, Partial<Entry>, string]>([
    ['with elements of no bits', { schema: part(0, { width: 0 }) }, 'SchemaInvalid'],
    ['with no elements', { schema: part(0, { count: 0 }) }, 'SchemaInvalid'],
    ['with signals of no elements', { schema: part(1, { perSignal: 0 }) }, 'SchemaInvalid'],
    ['with more bits than the field holds', { schema: part(0, { width: 22 }) }, 'SchemaInvalid'],
    ['with an element beyond the field', { schema: part(0, { width: 255, perSignal: 1 }) }, 'SchemaInvalid'],
    ['with more signals than any', { schema: part(0, { count: 1 << 30 }) }, 'SchemaInvalid'],
    ['without output', { schema: [input] }, 'SchemaInvalid'],
    ['with input before output', { schema: [input, output] }, 'SchemaInvalid'],
    ['with secret weights and no commitment', { schema: [...SCHEMA, weights] }, 'WeightsMismatch'],
    ['with a commitment and no signal for it', { weights: 5n }, 'WeightsMismatch'],
    [
      'with two commitments to weights',
      { schema: [...SCHEMA, weights, weights], weights: 5n },
      'SchemaInvalid',
    ],
    ['with the verifier of another model', { modelId: `0x${'5b'.repeat(32)}` }, 'ModelMismatch'],
    ['with dev keys that it calls others', { setup: 'ceremony' }, 'SetupMismatch'],
    ['with dev keys of which it says nothing', { setup: 'unknown' }, 'SetupMismatch'],
    ['without a verifier', { verifier: `0x${'12'.repeat(20)}` }, 'VerifierMissing'],
  ])('%s', async (_name, changes, error) => {
    expect((await refused(put(changes))).contractError).toBe(error)
  })
})

describe('a proof', () => {
  let valid: Answer
  beforeAll(async () => {
    valid = await world.answer(await world.ask())
  })
  const verify = (signals: readonly string[], modelId = world.modelId) =>
    ask('verify', modelId, proofWords(valid.proof), signals)

  test('that holds is verified', async () => {
    await verify(valid.signals)
    expect([...(await ask('decodeOutput', world.modelId, valid.signals))]).toEqual(SCORES.map(BigInt))
  })

  test('of other signals is refused', async () => {
    const other = ['1', ...valid.signals.slice(1)]
    expect((await refused(verify(other))).contractError).toBe('ProofInvalid')
    expect((await refused(verify(valid.signals.slice(1)))).contractError).toBe('SignalCount')
    expect((await refused(verify(valid.signals, 4n))).contractError).toBe('ModelNotFound')
  })

  test('is verified under its key by a verifier of many', async () => {
    const signer = world.signers[0]!
    const { address } = await deploySharedVerifier(world.chain, signer)
    const options = { verificationKey: world.prover.key, keys: 'dev' } as const
    const { keyId } = await registerKey(world.chain, signer, address, options)
    const { id } = await put({ verifier: address, keyId })
    expect(await registeredModel(world.chain, world.registry, id)).toMatchObject({ keyId, setup: 'dev' })
    await verify(valid.signals, id)
    const other = ['1', ...valid.signals.slice(1)]
    expect((await refused(verify(other, id))).contractError).toBe('ProofInvalid')
    const unknown = put({ verifier: address, keyId: `0x${'99'.repeat(32)}` })
    expect((await refused(unknown)).contractError).toBe('UnknownKey')
    const longer = SCHEMA.map((part) => (part.role === 1 ? { ...part, count: 40 } : part))
    const wrong = await refused(put({ verifier: address, keyId, schema: longer }))
    expect(wrong).toMatchObject({ contractError: 'SignalCount', args: { expected: '3', given: '4' } })
  })

  test('is refused once the verifier is another', async () => {
    const mock = await world.put('MockVerifier', [MODEL_ID, 3])
    const { id } = await put({ verifier: String(mock.target) })
    const code = await world.chain.provider.getCode(mock.target)
    expect((await refused(verify(valid.signals, id))).contractError).toBe('ProofInvalid')
    // as if it had been destroyed and made anew
    await world.chain.provider.send('anvil_setCode', [mock.target, '0x00'])
    expect((await refused(verify(valid.signals, id))).contractError).toBe('VerifierChanged')
    await world.chain.provider.send('anvil_setCode', [mock.target, code])
    expect((await refused(verify(valid.signals, id))).contractError).toBe('ProofInvalid')
  })

  test('of the same circuit with other weights is refused', async () => {
    const mock = await world.put('MockVerifier', [MODEL_ID, 4])
    const [output] = SCHEMA as [SchemaPart]
    const weights: SchemaPart = {
      ...output,
      role: 2,
      shows: 1,
      width: 254,
      perSignal: 1,
      count: 1,
      lo: 0n,
      scale: 0n,
    }
    const secret = { schema: [...SCHEMA, weights], weights: 99n, verifier: String(mock.target) }
    const { id } = await put(secret)
    const signals = [...valid.signals.slice(0, 2), '98', valid.signals[2]!]
    const error = await refused(verify(signals, id))
    expect(error).toMatchObject({ contractError: 'OtherWeights', args: { expected: '99', given: '98' } })
    const own = signals.with(2, '99')
    expect((await refused(verify(own, id))).contractError).toBe('ProofInvalid')
  })

  test('whose signals hold what no output puts there does not decode', async () => {
    const signals = [String(1n << 60n), ...valid.signals.slice(1)]
    const error = await refused(ask('decodeOutput', world.modelId, signals))
    expect(error).toMatchObject({ contractError: 'SignalNotCanonical', args: { index: '0' } })
    expect((await refused(ask('decodeOutput', world.modelId, []))).contractError).toBe('SignalCount')
  })
})

describe('verifyInference, as the draft has it,', () => {
  const coder = AbiCoder.defaultAbiCoder()
  const PROOF = 'tuple(uint256[2] a, uint256[2][2] b, uint256[2] c, uint256[2] d)'
  const encode = ({ proof, signals }: Answer) =>
    coder.encode([PROOF, 'uint256[]'], [proofWords(proof), signals])
  const output = (values: readonly number[]) => coder.encode(['int256[]'], [values])
  let valid: Answer
  let commitment: Hex
  beforeAll(async () => {
    valid = await world.answer(await world.ask(), { chainId: 5n })
    commitment = await ask('inputCommitmentOf', world.modelId, valid.signals)
  })
  const refusal = (...args: unknown[]) => refused(ask('verifyInference', ...args))

  test('says in an event what holds', async () => {
    const { logs } = await mined(
      registry.getFunction('verifyInference').send(world.modelId, commitment, output(SCORES), encode(valid)),
    )
    const { name, args } = REGISTRY.parseLog(logs[0]!)!
    expect(name).toBe('InferenceVerified')
    expect([...args]).toEqual([world.modelId, commitment, output(SCORES), world.accounts[0]])
  })

  test('commits to all that follows the output, context included', async () => {
    const domain = keccak256(toUtf8Bytes('zkonnx.input.v1'))
    const rest = valid.signals.slice(1)
    const encoded = coder.encode(['bytes32', 'uint256', 'uint256[]'], [domain, world.modelId, rest])
    expect(commitment).toBe(keccak256(encoded))
    const elsewhere = [...valid.signals.slice(0, 2), String(labelContext('another'))]
    expect(await ask('inputCommitmentOf', world.modelId, elsewhere)).not.toBe(commitment)
  })

  test('refuses every other statement', async () => {
    const { modelId } = world
    const proof = encode(valid)
    const other = [SCORES[0]!, 1, SCORES[2]!]
    expect((await refusal(modelId, commitment, output(other), proof)).contractError).toBe('OutputMismatch')
    expect((await refusal(modelId, commitment, '0x', proof)).contractError).toBe('OutputMismatch')
    expect((await refusal(modelId, NONE, output(SCORES), proof)).contractError).toBe(
      'InputCommitmentMismatch',
    )
    const forged = encode({ ...valid, signals: ['1', ...valid.signals.slice(1)] })
    expect((await refusal(modelId, commitment, output(SCORES), forged)).contractError).toBe('ProofInvalid')
    expect((await refusal(3n, commitment, output(SCORES), proof)).contractError).toBe('ModelNotFound')
    await expect(ask('verifyInference', modelId, commitment, output(SCORES), '0x1234')).rejects.toThrow(
      'revert',
    )
  })

  test('refuses a deprecated model, which the registry verifies as before', async () => {
    const { id } = await put({ uri: 'old' })
    const own = await ask('inputCommitmentOf', id, valid.signals)
    const thief = deprecate(world.chain, world.signers[2]!, world.registry, id)
    expect((await refused(thief)).contractError).toBe('NotModelOwner')
    await ask('verifyInference', id, own, output(SCORES), encode(valid))
    await deprecate(world.chain, world.signers[0]!, world.registry, id)
    expect((await registeredModel(world.chain, world.registry, id)).deprecated).toBe(true)
    const again = deprecate(world.chain, world.signers[0]!, world.registry, id)
    expect((await refused(again)).contractError).toBe('AlreadyDeprecated')
    const refusedNow = await refusal(id, own, output(SCORES), encode(valid))
    expect(refusedNow.contractError).toBe('VerificationRefused_ModelDeprecated')
    await ask('verify', id, proofWords(valid.proof), valid.signals)
  })
})

test('a verifier of another proof system is refused', async () => {
  const verifier = String((await world.put('OtherSystem', [MODEL_ID])).target)
  expect((await refused(put({ verifier }))).contractError).toBe('UnsupportedProofSystem')
})

describe('registerModel, as the draft has it,', () => {
  const hashes = {
    modelHash: DIGESTS.onnx,
    circuitHash: DIGESTS.circuit,
    vkHash: DIGESTS.verifyingKey,
    uri: 'x',
  }

  test('states hashes, for which nothing is verified', async () => {
    const proofSystemId = await ask('proofSystemOf', world.modelId)
    const commitment = { ...hashes, proofSystemId }
    const id = await ask('registerModel', commitment)
    await mined(registry.getFunction('registerModel').send(commitment))
    const { commitment: read } = await ask('getModel', id)
    expect(read.toObject()).toEqual(commitment)
    const { proof, signals } = await world.answer(await world.ask())
    expect((await refused(ask('verify', id, proofWords(proof), signals))).contractError).toBe('NoVerifier')
    expect((await refused(world.ask({ modelId: id }))).contractError).toBe('NoVerifier')
  })

  test('refuses another proof system', async () => {
    const commitment = { ...hashes, proofSystemId: '0x12345678' }
    expect((await refused(ask('registerModel', commitment))).contractError).toBe('UnsupportedProofSystem')
  })
})

test('interfaces are found by ERC-165', async () => {
  const idOf = (...names: string[]) => {
    const selectors = names.map((name) => BigInt(REGISTRY.getFunction(name)!.selector))
    return `0x${selectors
      .reduce((sum, selector) => sum ^ selector, 0n)
      .toString(16)
      .padStart(8, '0')}`
  }
  const draft = [
    idOf('registerModel', 'updateModel', 'deprecateModel', 'getModel'),
    idOf('verifyInference', 'proofSystemOf', 'registry'),
  ]
  for (const id of ['0x01ffc9a7', ...draft]) expect(await ask('supportsInterface', id)).toBe(true)
  expect(await ask('supportsInterface', '0xffffffff')).toBe(false)
})
