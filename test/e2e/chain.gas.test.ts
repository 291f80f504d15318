/**
 * What the contracts cost: gas of execution (without a transaction's base and call data) and bytes of code.
 *
 * `npx vitest run test/e2e/chain.gas.test.ts -u` rewrites the pinned figures.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { VERIFIER } from '../../src/chain/abi.js'
import { type Anvil, startAnvil } from '../../src/chain/anvil.js'
import { deployContract } from '../../src/chain/deploy.js'
import { type Chain, connect, Interface, type Signer, signerFor } from '../../src/chain/provider.js'
import { deploySharedVerifier, registerKey } from '../../src/chain/shared-verifier.js'
import { compileSolidity } from '../../src/chain/solc.js'
import { proofWords } from '../../src/chain/solidity/points.js'
import { compileTiny, SMALL, STATEMENT } from '../helpers/chain.js'
import { execution } from '../helpers/chain-calls.js'
import { expectEstimates, measure, measureShared } from '../helpers/gas.js'
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
  const at = { chain, signer }
  const { figures: two } = await measure(at, await tinyProver(2), SMALL, [[-7, 0, 7]])
  const { figures: three } = await measure(at, await tinyProver(3), STATEMENT, [
    [-7, 0, 7],
    [1, 2],
  ])
  expect(two.verify).toBeLessThanOrEqual(205_000)
  expect(two.verifierBytes.runtime).toBeLessThanOrEqual(1_500)
  expect(two.verifierBytes.creation).toBeLessThanOrEqual(1_500)
  // the statement of a model that shows the class, and commits to its inputs
  const { figures: label, ...small } = await measure(at, await tinyProver(3), LABEL, [[9]])
  expect(small.record).toBeLessThanOrEqual(260_000)
  const { figures: digits } = await measure(at, await tinyProver(4), DIGITS, [LOGITS])
  const { figures: hashed, ...committed } = await measure(at, await tinyProver(3), HASHED, [LOGITS])
  expect(committed.announce).toBeLessThanOrEqual(260_000)
  const shared = await measureShared(at, await tinyProver(2))
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
  const words = proofWords(proof)
  const { a, b, c } = words
  const call = new Interface([...theirs.abi]).encodeFunctionData('verifyProof', [a, b, c, signals])
  const gas = {
    ours: await execution(signer, here.address, VERIFIER.encodeFunctionData('verify', [words, signals])),
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
  (...shape) => expectEstimates({ chain, signer }, tinyProver, shape),
)
