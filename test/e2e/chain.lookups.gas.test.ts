/**
 * What contracts cost for proofs with lookups, beside the same contracts for plain Groth16: gas of execution and bytes of
 * code, as in chain.gas.test.ts.
 *
 * `ZKONNX_DEEP=1 npx vitest run test/e2e/chain.lookups.gas.test.ts -u` rewrites the pinned figures.
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Anvil, startAnvil } from '../../src/chain/anvil.js'
import { type Chain, connect, type Signer, signerFor } from '../../src/chain/provider.js'
import { SMALL, STATEMENT } from '../helpers/chain.js'
import { expectEstimates, measure, measureShared } from '../helpers/gas.js'
import { terminateCurve, tinyProver } from '../helpers/tiny-groth16.js'
import { type TinyLookupProver, tinyLookupProver } from '../helpers/tiny-lookups.js'

vi.setConfig({ testTimeout: 400_000 })

let anvil: Anvil
let chain: Chain
let signer: Signer
const opened: TinyLookupProver[] = []

const DEEP = process.env.ZKONNX_DEEP !== undefined

beforeAll(async () => {
  if (!DEEP) return
  anvil = await startAnvil()
  chain = await connect(anvil.url)
  signer = await signerFor(chain, { source: 'node' })
})

afterAll(async () => {
  chain?.close()
  await anvil?.stop()
  for (const prover of opened) await prover.close()
  await terminateCurve()
})

async function proverOf(signals: number): Promise<TinyLookupProver> {
  const prover = await tinyLookupProver(signals)
  opened.push(prover)
  return prover
}

/** Of the plain scheme, as chain.gas.test.ts pins them. */
const PLAIN = JSON.parse(readFileSync(new URL('../pinned/gas.json', import.meta.url), 'utf8'))
/** More than the plain verifier of the same signals, with the transaction's call data. */
const MOST = 48_000

test.runIf(DEEP)(
  'gas and code size stay as pinned, and within the bar above the plain verifier',
  async () => {
    const at = { chain, signer }
    const { figures: three } = await measure(at, await proverOf(3), STATEMENT, [
      [-7, 0, 7],
      [1, 2],
    ])
    const shared = await measureShared(at, await proverOf(2))
    // the commitment is two words of call data, which plain proofs fill with zeros
    const words = 64 * (16 - 4)
    const plain = PLAIN['three signals, five outputs']
    for (const name of ['verify', 'record', 'announce'] as const)
      expect(three[name] + words - plain[name], name).toBeLessThanOrEqual(MOST)
    const sharedPlain = PLAIN['verifier of many keys, two signals']
    expect(shared.verify + words - sharedPlain.verify).toBeLessThanOrEqual(MOST)
    const figures = { 'three signals, five outputs': three, 'verifier of many keys, two signals': shared }
    await expect(`${JSON.stringify(figures, null, 2)}\n`).toMatchFileSnapshot('../pinned/gas.lookups.json')
  },
)

test.runIf(DEEP)('whole transactions stay within the bar, measured side by side', async () => {
  const at = { chain, signer }
  for (const [statement, outputs] of [
    [SMALL, [[-7, 0, 7]]],
    [
      STATEMENT,
      [
        [-7, 0, 7],
        [1, 2],
      ],
    ],
  ] as const) {
    const signals = statement.context + 1
    const lookups = await measure(at, await proverOf(signals), statement, outputs as never)
    const plain = await measure(at, await tinyProver(signals), statement, outputs as never)
    for (const name of ['verify', 'record', 'announce'] as const) {
      console.log(`${signals} signals, ${name}: ${lookups[name]} with lookups, ${plain[name]} without`)
      expect(lookups[name] - plain[name]).toBeLessThanOrEqual(MOST)
    }
  }
})

const SHAPES = [
  [3, 1, 0],
  [60, 10, 0],
  [10, 1, 2],
] as const
test.runIf(DEEP).each(SHAPES)('the estimates hold: %i values in %i signals, %i more', (...shape) =>
  expectEstimates({ chain, signer }, proverOf, shape),
)
