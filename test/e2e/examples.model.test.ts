/**
 * Each example with its own trained model, from the ONNX file to the contract that acts on a real proof. The pool, whose
 * rules are in examples.test.ts, is taken through its market with ZKONNX_DEEP alone.
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readManifest } from '../../src/artifacts/manifest.js'
import { saveNpz } from '../../src/artifacts/samples/npz.js'
import { revertError } from '../../src/chain/abi.js'
import { BOARD } from '../../src/chain/abi-board.js'
import { ZERO_ADDRESS } from '../../src/chain/board.js'
import { deployContract } from '../../src/chain/deploy.js'
import { Contract } from '../../src/chain/provider.js'
import { deploySharedVerifier } from '../../src/chain/shared-verifier.js'
import type { Sources } from '../../src/chain/solc.js'
import { compileSolidity } from '../../src/chain/solc.js'
import { compileModelContracts, handWritten, sourcesOf } from '../../src/chain/solidity/model-contracts.js'
import { factsOf } from '../../src/chain/solidity/model-facts.js'
import { proofWords } from '../../src/chain/solidity/points.js'
import type { Hex } from '../../src/chain/types.js'
import { openTrustedKey } from '../../src/prover/open.js'
import { fulfilRequest } from '../../src/stages/board/fulfil.js'
import type { OpenChain } from '../../src/stages/chain.js'
import { commitments } from '../../src/stages/commit.js'
import { type CompileOptions, compile } from '../../src/stages/compile.js'
import { prove } from '../../src/stages/prove.js'
import { registerModel } from '../../src/stages/register.js'
import { setup } from '../../src/stages/setup.js'
import { type TestBoard, testBoard } from '../helpers/board.js'
import { mined } from '../helpers/chain-calls.js'
import { tempDir } from '../helpers/cli.js'
import { terminateCurve } from '../helpers/tiny-groth16.js'

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url))
const ASKER = [
  'PredictionAsker.sol',
  'lib/Schema.sol',
  ...['IERC165', 'IERC20', 'IERC7992', 'IModelRegistry', 'IPredictionBoard', 'IPredictionCallback'].map(
    (name) => `interfaces/${name}.sol`,
  ),
]
const dir = tempDir()
let world: TestBoard

beforeAll(async () => {
  world = await testBoard()
})
afterAll(async () => {
  await world?.stop()
  await terminateCurve()
  rmSync(dir, { recursive: true, force: true })
})

const as = (account: number): OpenChain => {
  return { chain: world.chain, embedded: false, signer: async () => world.signers[account]! }
}

/** The example's model compiled with keys, and its contract compiled with what is generated for the model. */
async function build(example: string, model: string, contract: string, options: Partial<CompileOptions>) {
  const out = join(dir, example)
  const file = (name: string) => join(EXAMPLES, example, name)
  const samples = { data: file('calibration.npz'), holdout: file('heldout.npz') }
  await compile({ model: file(model), ...samples, out, ...options })
  await setup({ dir: out, kind: 'dev' })
  const manifest = await readManifest(out)
  const verificationKey = await openTrustedKey(out, manifest)
  const own = await compileModelContracts({ ...factsOf(manifest), keys: 'dev', verificationKey })
  const sources: Sources = {
    ...(await handWritten()),
    ...(await sourcesOf(ASKER)),
    ...Object.fromEntries(Object.entries(own.generated).map(([name, text]) => [`generated/${name}`, text])),
    [`examples/${contract}.sol`]: readFileSync(file(`${contract}.sol`), 'utf8'),
  }
  return { out, manifest, own, compiled: compileSolidity(sources).get(contract)! }
}

describe('the pool', () => {
  test.runIf(process.env.ZKONNX_DEEP)(
    'takes its fee from the volatility that its model proves of its own price',
    async () => {
      const { out, manifest, compiled } = await build('pool', 'volatility.onnx', 'VolatilityPool', {
        domains: { moves: { lo: -128, hi: 127 } },
      })
      // the pool gives moves as they are, and cuts them to what the model takes
      expect(manifest.inputs[0]).toMatchObject({ shape: [1, 8], scale: [1], lo: [-128], hi: [127] })
      const { chain, signers, registry, ledger, board } = world
      const { address: verifier } = await deploySharedVerifier(chain, signers[0]!)
      const { id } = await registerModel(out, as(0), { verifier, registry, ledger })
      const coins = [await world.put('Token'), await world.put('Token')]
      const args = [board, id, coins[0]!.target, coins[1]!.target]
      const { address } = await deployContract(chain, signers[0]!, compiled, args)
      const pool = new Contract(address, [...compiled.abi], signers[0]!)
      const send = (contract: Contract, method: string, args: unknown[], value = 0n) =>
        mined(contract.getFunction(method).send(...args, { value, gasLimit: 3_000_000n }))
      for (const coin of coins) {
        await send(coin, 'mint', [world.accounts[0], 10n ** 24n])
        await send(coin, 'approve', [address, 10n ** 24n])
      }
      await send(pool, 'provide', [10n ** 21n, 10n ** 21n])
      const fees: bigint[] = []
      // a calm market, then a wild one: parts of a thousand of the reserve
      for (const sizes of [Array(9).fill(1n), [40n, 60n, 35n, 80n, 55n, 45n, 70n, 90n]]) {
        for (const [i, size] of (sizes as bigint[]).entries())
          await send(pool, 'swap', [coins[i % 2]!.target, size * 10n ** 17n, 0n])
        await send(pool, 'askForFee', [], 1000n)
        const request: Hex = await pool.getFunction('pending').staticCall()
        const { prediction } = await fulfilRequest({ dir: out, board, request }, as(5))
        const [integer, float] = [prediction.integer[0]!.values[0]!, prediction.float[0]!.values[0]!]
        expect(Math.abs(integer - float)).toBeLessThan(0.01 * 300)
        const fee: bigint = await pool.getFunction('fee').staticCall()
        expect(fee).toBe(BigInt(Math.min(200, Math.max(5, Math.floor(integer)))))
        fees.push(fee)
      }
      expect(fees[1]! > fees[0]!).toBe(true)
      expect(
        await world.at(board, BOARD).getFunction('creditOf').staticCall(ZERO_ADDRESS, world.accounts[5]),
      ).toBe(2000n)
    },
  )
})

describe('the credit line', () => {
  const [BUREAU, APPLICANT] = [1, 2]
  const SALT = 1234567890123456789n

  test('opens for who proves a score that is high enough, and shows neither data nor score', async () => {
    const { out, manifest, own, compiled } = await build('credit', 'score.onnx', 'CreditLine', {
      disclose: { inputs: 'hashed', outputs: 'threshold' },
    })
    const { chain, signers, accounts } = world
    const { address: verifier } = await deployContract(chain, signers[0]!, own.verifier, [])
    const least = BigInt(Math.ceil(600 / manifest.outputs[0]!.scale[0]!))
    const { address } = await deployContract(chain, signers[0]!, compiled, [
      verifier,
      accounts[BUREAU],
      least,
      1000n,
    ])
    await chain.provider.send('anvil_setBalance', [address, '0x2000'])
    const line = new Contract(address, [...compiled.abi], signers[APPLICANT]!)
    // income, debt, years, late payments, credit in use, requests: of one who pays, and of one who does not
    const applicants = [
      [60, 10, 20, 0, 10, 0],
      [15, 120, 1, 5, 90, 4],
    ]
    const input = join(dir, 'applicants.npz')
    await saveNpz(input, { x: { shape: [2, 6], data: Float64Array.from(applicants.flat()) } })
    const context = (sample: number) => {
      const terms = { beneficiary: accounts[APPLICANT]!, nonce: String(sample), deadline: '4102444800' }
      const bound = { chainId: String(chain.id), consumer: address, modelId: factsOf(manifest).modelId }
      return { kind: 'chain' as const, ...bound, ...terms }
    }
    const [good, bad] = await prove({ dir: out, input, context, claims: { score: 600 }, salt: SALT })
    // nobody can prove that a score is what it is not
    expect(bad).toHaveProperty('error')
    if (good === undefined || 'error' in good || good.outcome.kind !== 'prove') throw new Error('no proof')
    const { proof, prediction } = good.outcome
    const terms = { beneficiary: accounts[APPLICANT]!, nonce: 0n, deadline: 4102444800n }
    const open = [proofWords(proof), prediction.signals, terms] as const
    const refused = async (...args: readonly unknown[]) => {
      const thrown = await line
        .getFunction('open')
        .staticCall(...args)
        .catch((error: { data: Hex }) => error)
      const { data } = thrown as { data: Hex }
      return line.interface.parseError(data)?.name ?? revertError(data).contractError
    }
    expect(await refused(...open)).toBe('NotAttested')
    // the bureau knows the applicant's data and salt, and computes the commitment by itself
    const [attested] = await commitments({ dir: out, input, limit: 1, salt: SALT })
    const bureau = line.connect(signers[BUREAU]!) as Contract
    await mined(bureau.getFunction('attest').send(accounts[APPLICANT], attested!.commitment))
    const higher = prediction.signals.with(0, String(BigInt(prediction.signals[0]!) + 1n))
    expect(await refused(open[0], higher, terms)).toBe('ProofInvalid')
    await mined(line.getFunction('open').send(...open))
    await mined(line.getFunction('draw').send(1000n))
    expect(await line.getFunction('debtOf').staticCall(accounts[APPLICANT])).toBe(1000n)
    for (const value of applicants[0]!) expect(prediction.signals).not.toContain(String(value))
  })
})
