import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RECORD, SHARED_VERIFIER, VERIFIER } from '../../src/chain/abi.js'
import { Interface } from '../../src/chain/provider.js'
import { compileSolidity } from '../../src/chain/solc.js'
import { handWritten, sharedVerifier } from '../../src/chain/solidity/model-contracts.js'
import type { ModelFacts } from '../../src/chain/solidity/model-facts.js'
import { renderModelLibrary } from '../../src/chain/solidity/model-library.js'
import { modelIdOf, solidityName } from '../../src/chain/solidity/names.js'
import { BASE_FIELD } from '../../src/chain/solidity/points.js'
import { renderVerifier } from '../../src/chain/solidity/verifier.js'
import type { VerificationKey } from '../../src/chain/types.js'
import { compileTiny, MODEL_ID, SMALL, STATEMENT } from '../helpers/chain.js'
import { type TinyProver, terminateCurve, tinyProver } from '../helpers/tiny-groth16.js'

let prover: TinyProver
beforeAll(async () => {
  prover = await tinyProver(2)
})
afterAll(terminateCurve)

const render = (verificationKey: VerificationKey, keys: 'dev' | 'ceremony' = 'dev') =>
  renderVerifier({ name: 'Tiny', modelId: MODEL_ID, keys, verificationKey })

test('the compiled contracts have the ABI that the modules speak', async () => {
  const compiled = compileSolidity(await handWritten())
  const signatures = (items: Interface) => items.fragments.map((part) => part.format('full')).sort()
  const own = new Interface([...compiled.get('IVerifier')!.abi])
  expect(signatures(VERIFIER)).toEqual(signatures(own))
  const record = new Interface([...compiled.get('IPredictionRecord')!.abi])
  const errors = own.fragments.filter((part) => part.type === 'error')
  const expected = [...signatures(record), ...errors.map((part) => part.format('full'))].sort()
  expect([...new Set(signatures(RECORD))]).toEqual([...new Set(expected)])
})

test('the verifier of many keys has the ABI that the modules speak', async () => {
  const compiled = compileSolidity(await sharedVerifier())
  const signatures = (items: Interface) => items.fragments.map((part) => part.format('full')).sort()
  const own = new Interface([...compiled.get('IGroth16Verifier')!.abi])
  const single = new Interface([...compiled.get('IVerifier')!.abi])
  const errors = single.fragments.filter((part) => part.type === 'error').map((part) => part.format('full'))
  expect(signatures(SHARED_VERIFIER)).toEqual([...signatures(own), ...errors].sort())
})

test('the same model gives the same code', async () => {
  const [first, second] = [await compileTiny(prover.key, SMALL), await compileTiny(prover.key, SMALL)]
  expect(first.verifier.bytecode).toBe(second.verifier.bytecode)
  expect(first.record.bytecode).toBe(second.record.bytecode)
  expect(first.generated).toEqual(second.generated)
})

test('what the compiler refuses is a typed error with its message', () => {
  expect(() => compileSolidity({ 'A.sol': 'contract {' })).toThrow('Expected identifier')
})

test('loading the compiler leaves no handler on the process', () => {
  const count = () => process.listenerCount('unhandledRejection') + process.listenerCount('uncaughtException')
  const before = count()
  compileSolidity({ 'A.sol': '// SPDX-License-Identifier: MIT\npragma solidity ^0.8.28;\ncontract A {}' })
  expect(count()).toBe(before)
})

describe('a verifying key is refused', () => {
  const other = (change: Partial<VerificationKey>) => ({ ...prover.key, ...change })
  test.each<[string, () => VerificationKey, string]>([
    ['without points', () => other({ IC: undefined as never }), 'undefined points IC'],
    ['without a contribution', () => prover.uncontributedKey, 'phase 2 was skipped'],
    ['of another protocol', () => other({ protocol: 'plonk' }), 'not groth16'],
    ['on another curve', () => other({ curve: 'bls12381' }), 'not bn128'],
    ['with too few points', () => other({ IC: prover.key.IC.slice(1) }), '2 points IC for 2'],
    ['with a short point', () => other({ vk_alpha_1: ['1', '2'] }), '`vk_alpha_1` is not a list of three'],
    [
      'with code for a number',
      () => other({ vk_alpha_1: ['1; selfdestruct()', '2', '1'] }),
      'not a decimal string',
    ],
    [
      'out of the base field',
      () => other({ vk_alpha_1: [String(BASE_FIELD), '2', '1'] }),
      'not below the order',
    ],
    ['not affine', () => other({ vk_alpha_1: ['1', '2', '2'] }), 'not in affine form'],
  ])('%s', (_name, key, message) => {
    expect(() => render(key())).toThrow(message)
  })

  test('marked as a dev key and offered as another', () => {
    const marked = { ...prover.key, zkonnx: { setup: 'dev' } }
    expect(() => render(marked, 'ceremony')).toThrow('marked as a dev key')
    expect(render(marked)).toContain('DEV_KEYS = true')
  })

  test('of another number of signals than the model', async () => {
    await expect(compileTiny(prover.key, STATEMENT)).rejects.toThrow('2 public signals, the model has 3')
  })
})

describe('a model library is refused', () => {
  const model: ModelFacts = { name: 'Tiny', modelId: MODEL_ID, statement: STATEMENT, scales: [[1], [1]] }
  const withOutput = (change: object): ModelFacts => ({
    ...model,
    statement: { ...STATEMENT, outputs: [{ ...STATEMENT.outputs[0]!, ...change }] },
  })
  test.each<[string, ModelFacts, string]>([
    ['with more bits than the field holds', withOutput({ width: 22 }), 'more bits than fit'],
    ['with an output elsewhere', withOutput({ first: 1 }), 'does not begin at signal 0'],
    ['with a wrong number of signals', withOutput({ signals: 2 }), 'another number of signals'],
    ['with no elements', withOutput({ count: 0 }), 'positive integers'],
    ['with a fraction', withOutput({ lo: 0.5 }), 'lo is not a safe integer'],
    ['without outputs', { ...model, statement: { outputs: [], context: 0 } }, 'no output'],
    ['without a context', { ...model, statement: { ...STATEMENT, context: 1 } }, 'among the outputs'],
    ['with a scale of zero', { ...model, scales: [[0], [1]] }, 'a scale is not'],
    ['with code for a name', { ...model, name: 'A{}contract B' }, 'name of a contract'],
    ['with code for an id', { ...model, modelId: '0x12;' }, 'not a model id'],
  ])('%s', (_name, facts, message) => {
    expect(() => renderModelLibrary(facts)).toThrow(message)
  })
})

test('names and ids are made from any text', () => {
  expect(solidityName('digits-cnn v2')).toBe('DigitsCnnV2')
  expect(solidityName('3d')).toBe('Model3d')
  expect(solidityName('Ünïcode/*x*/')).toBe('NCodeX')
  expect(solidityName('')).toBe('Model')
  expect(modelIdOf(`sha256:${'ab'.repeat(32)}`)).toBe(`0x${'ab'.repeat(32)}`)
  expect(() => modelIdOf('sha256:12')).toThrow('not a model id')
})
