/** What is generated for consumers of a model, on a chain: inputs packed as the prover packs them, classes, decimals. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pack } from '../../src/artifacts/statement.js'
import { type Anvil, startAnvil } from '../../src/chain/anvil.js'
import { deployContract } from '../../src/chain/deploy.js'
import { type Chain, Contract, connect, signerFor } from '../../src/chain/provider.js'
import type { Classes, ModelFacts } from '../../src/chain/solidity/model-facts.js'
import { renderModelLibrary } from '../../src/chain/solidity/model-library.js'
import type { Hex } from '../../src/chain/types.js'
import { MODEL_ID } from '../helpers/chain.js'
import { Random } from '../helpers/random.js'
import { compileCached } from '../helpers/solidity.js'

const INPUTS = [
  { name: 'x', first: 1, signals: 2, width: 60, perSignal: 4, count: 7, lo: -(2 ** 52) },
  { name: 'y', first: 3, signals: 1, width: 1, perSignal: 253, count: 3, lo: 5 },
]
const SCORES = { name: 's', first: 0, signals: 1, width: 20, perSignal: 12, count: 4, lo: -500_000 }
const facts = (name: string, classes: Classes): ModelFacts => ({
  ...{ name, modelId: MODEL_ID, classes, scales: [[0.25]] },
  statement: { outputs: [SCORES], inputs: INPUTS, context: 4 },
})

const harness = (name: string) => `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;
import {${name}Model} from "generated/${name}Model.sol";
contract ${name}Harness {
    function encodeInput(int256[] memory values) external pure returns (uint256[] memory) { return ${name}Model.encodeInput(values); }
    function classOf(int256[] memory output) external pure returns (${name}Model.Class) { return ${name}Model.classOf(output); }
    function requireClass(int256[] memory output, ${name}Model.Class expected) external pure { ${name}Model.requireClass(output, expected); }
    function toE18(int256 value) external pure returns (int256) { return ${name}Model.toE18(value); }
}
`

const SCORED = facts('Scored', { kind: 'scores', start: 1, count: 3, names: ['Cat', 'Dog', 'Bird'] })
const INDEXED = facts('Indexed', { kind: 'index', start: 0, count: 3 })

let anvil: Anvil
let chain: Chain
let scored: Contract
let indexed: Contract

beforeAll(async () => {
  const sources = Object.fromEntries(
    [SCORED, INDEXED].flatMap((model) => [
      [`generated/${model.name}Model.sol`, renderModelLibrary(model)],
      [`${model.name}Harness.sol`, harness(model.name)],
    ]),
  )
  const compiled = compileCached(sources)
  anvil = await startAnvil()
  chain = await connect(anvil.url)
  const signer = await signerFor(chain, { source: 'node' })
  const put = async (name: string) => {
    const contract = compiled.get(name)!
    const { address } = await deployContract(chain, signer, contract, [])
    return new Contract(address, [...contract.abi], signer)
  }
  scored = await put('ScoredHarness')
  indexed = await put('IndexedHarness')
})
afterAll(async () => {
  chain?.close()
  await anvil?.stop()
})

const ask = (contract: Contract, method: string, ...args: unknown[]) =>
  contract.getFunction(method).staticCall(...args)
async function refusal(contract: Contract, method: string, ...args: unknown[]) {
  const thrown = await ask(contract, method, ...args).catch((error: { data: Hex }) => error)
  const { name, args: values } = contract.interface.parseError((thrown as { data: Hex }).data)!
  return [name, ...values]
}

describe('an input', () => {
  const random = new Random(11)
  const draw = () => [
    ...Array.from({ length: 7 }, () => random.int(0, 2 ** 31) * 2 ** 20 - 2 ** 52),
    ...[random.int(5, 6), random.int(5, 6), random.int(5, 6)],
  ]
  test('is packed as the prover packs it', async () => {
    for (let i = 0; i < 10; i++) {
      const values = draw()
      const expected = [...pack(INPUTS[0]!, values.slice(0, 7)), ...pack(INPUTS[1]!, values.slice(7))]
      expect([...(await ask(scored, 'encodeInput', values))]).toEqual(expected)
    }
  })

  test.each([
    [0, -(2n ** 52n) - 1n],
    [6, 2n ** 60n - 2n ** 52n],
    [7, 4n],
    [9, 7n],
    [3, -(2n ** 255n)],
    [3, 2n ** 255n - 1n],
  ])('whose element %d is %d is refused', async (index, value) => {
    const values = draw().map(BigInt).with(index, value)
    expect(await refusal(scored, 'encodeInput', values)).toEqual(['InputOutOfRange', BigInt(index), value])
  })

  test('of another length is refused', async () => {
    expect(await refusal(scored, 'encodeInput', [1])).toEqual(['InputCount', 10n, 1n])
  })
})

describe('a class', () => {
  test.each([
    [[99, 3, 2, 1], 0],
    [[99, -3, -2, -2], 1],
    [[99, -3, -2, 7], 2],
    [[0, 5, 5, 5], 0],
  ])('of scores %j is that of the highest, the first of equal ones', async (output, expected) => {
    expect(await ask(scored, 'classOf', output)).toBe(BigInt(expected))
    await ask(scored, 'requireClass', output, expected)
    const other = (expected + 1) % 3
    const wrong = ['WrongClass', BigInt(other), BigInt(expected)]
    expect(await refusal(scored, 'requireClass', output, other)).toEqual(wrong)
  })

  test('of an index is that one, and no other than there are', async () => {
    expect(await ask(indexed, 'classOf', [2])).toBe(2n)
    await expect(ask(indexed, 'classOf', [3])).rejects.toThrow()
    await expect(ask(indexed, 'classOf', [-1])).rejects.toThrow()
  })

  test('has its name in the library, and names that are none are refused', () => {
    expect(renderModelLibrary(SCORED)).toMatch(/enum Class \{\s+Cat,\s+Dog,\s+Bird\s+\}/)
    const named = (names: string[]) =>
      renderModelLibrary(facts('Bad', { kind: 'scores', start: 0, count: 2, names }))
    expect(() => named(['A', 'B } contract C {'])).toThrow('name of a contract')
    expect(() => named(['A'])).toThrow('different names')
    expect(() => named(['A', 'A'])).toThrow('different names')
  })
})

test('a value has eighteen decimals', async () => {
  expect(await ask(scored, 'toE18', -3)).toBe(-750_000_000_000_000_000n)
})
