/**
 * Gas by the size of the statement: `npx vitest run --config scripts/bench/vitest.config.ts gas`. What src/chain/gas.ts
 * estimates with was fitted to what this prints. Every proof is recorded for real; a refused one ends the bench.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pack } from '../../src/artifacts/statement.js'
import { type Anvil, startAnvil } from '../../src/chain/anvil.js'
import { contextOf } from '../../src/chain/context.js'
import { deploy } from '../../src/chain/deploy.js'
import { estimateGas } from '../../src/chain/gas.js'
import { type Chain, connect, type Signer, signerFor } from '../../src/chain/provider.js'
import { submit } from '../../src/chain/submit.js'
import { compileTiny, MODEL_ID } from '../../test/helpers/chain.js'
import { terminateCurve, tinyProver } from '../../test/helpers/tiny-groth16.js'

/** Elements and signals of the output, signals of the inputs. */
const STATEMENTS = [
  [1, 1, 0],
  [3, 1, 0],
  [10, 1, 1],
  [10, 2, 2],
  [10, 1, 10],
  [24, 3, 4],
  [48, 6, 4],
  [60, 10, 0],
] as const

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

test.each(STATEMENTS)('%i values in %i signals, %i signals of inputs', async (count, signals, inputs) => {
  const [perSignal, width] = [Math.ceil(count / signals), 20]
  const output = { name: 'scores', first: 0, signals, width, perSignal, count, lo: -500_000 }
  const input = { ...output, name: 'x', first: signals, signals: inputs, count: inputs, perSignal: 1 }
  const statement = { outputs: [output], inputs: inputs === 0 ? [] : [input], context: signals + inputs }
  const prover = await tinyProver(statement.context + 1)
  const { verifier, record, chainId } = await deploy(chain, signer, await compileTiny(prover.key, statement))
  const terms = { beneficiary: await signer.getAddress(), nonce: 1n, deadline: 4_102_444_800n }
  const context = contextOf({ ...terms, chainId, consumer: record.address, modelId: MODEL_ID })
  const values = (length: number) => Array.from({ length }, (_, i) => 1000 * i - 20_000)
  const packed = [...pack(output, values(count)), ...(inputs === 0 ? [] : pack(input, values(inputs)))]
  const proof = await prover.prove([...packed, context])
  const { gas } = await submit(chain, signer, record.address, { ...proof, terms })
  const measured = { deploy: Number(verifier.gas + record.gas), record: Number(gas) }
  const estimated = estimateGas(statement)
  console.log(JSON.stringify({ count, signals, inputs, verifier: Number(verifier.gas), measured, estimated }))
  for (const kind of ['deploy', 'record'] as const) {
    expect(Math.abs(estimated[kind] / measured[kind] - 1), kind).toBeLessThan(0.1)
  }
})
