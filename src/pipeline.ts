/**
 * The whole flow, one call a stage, in the order in which the data goes: an ONNX file in, predictions that a contract
 * has verified out. Each stage leaves its result in the model's folder; see the stages for what they throw.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Manifest, readManifest } from './artifacts/manifest.js'
import { BaseError } from './base/errors.js'
import type { Deployment } from './chain/deploy.js'
import { recordAddress } from './chain/deploy.js'
import { factsOf } from './chain/solidity/model-facts.js'
import { contextFor, deployModel, type OpenChain } from './stages/chain.js'
import { type Compiled, type CompileOptions, compile } from './stages/compile.js'
import { withChain } from './stages/open-chain.js'
import { prove, type SampleResult } from './stages/prove.js'
import { type MadeKeys, setup } from './stages/setup.js'
import { type Recorded, submitProof } from './stages/submit.js'
import { type Verdict, verify } from './stages/verify.js'

export type PipelineOptions = {
  readonly compile: CompileOptions
  /** Samples to prove. */
  readonly input: string
  /** How many of them, from the first. */
  readonly count: number
  /** A JSON-RPC endpoint; without, an embedded local chain. */
  readonly rpc?: string
  readonly signal?: AbortSignal
  /** Told of each stage's result as it is there. */
  readonly on: PipelineEvents
}

export type PipelineEvents = {
  readonly begin: (stage: 'compile' | 'setup' | 'prove' | 'verify' | 'deploy' | 'submit') => void
  readonly compiled: (compiled: Compiled) => void
  readonly keys: (keys: MadeKeys, milliseconds: number) => void
  readonly proved: (result: SampleResult, done: number, total: number) => void
  readonly verified: (verdicts: readonly Verdict[], milliseconds: number) => void
  readonly deployed: (deployment: Deployment) => void
  readonly recorded: (recorded: readonly RecordedSample[], chain: OpenChain) => Promise<void>
}

export type RecordedSample = {
  readonly result: SampleResult
  readonly folder: string
  readonly recorded: Recorded
  readonly milliseconds: number
}

/** Runs it all. The chain is open from before the proofs, since they are bound to the record that it will hold. */
export async function runPipeline(options: PipelineOptions): Promise<void> {
  const { on, signal } = options
  const { out: dir } = options.compile
  on.begin('compile')
  const compiled = await compile(options.compile)
  on.compiled(compiled)
  signal?.throwIfAborted()

  on.begin('setup')
  const [keys, setupTime] = await timed(() => setup({ dir, kind: 'dev' }))
  on.keys(keys, setupTime)
  signal?.throwIfAborted()

  await withChain(dir, options.rpc, async (chain) => {
    on.begin('prove')
    const proofs = join(dir, 'proofs')
    await rm(proofs, { recursive: true, force: true })
    const context = await futureContext(await readManifest(dir), chain)
    const results = await prove({
      dir,
      input: options.input,
      out: proofs,
      limit: options.count,
      context,
      onSample: on.proved,
      ...(signal === undefined ? {} : { signal }),
    })
    signal?.throwIfAborted()
    const folders = results.map(folderOf)

    on.begin('verify')
    const [verdicts, verifyTime] = await timed(() => inOrder(folders, (folder) => verify(dir, folder)))
    on.verified(verdicts, verifyTime)

    on.begin('deploy')
    on.deployed(await deployModel(dir, chain))
    on.begin('submit')
    const recorded = await inOrder(results, async (result): Promise<RecordedSample> => {
      signal?.throwIfAborted()
      const folder = folderOf(result)
      const [submission, milliseconds] = await timed(() => submitProof(dir, folder, chain))
      return { result, folder, recorded: submission, milliseconds }
    })
    await on.recorded(recorded, chain)
  })
}

/** An address follows from the deployer and its nonce, so proofs can be bound to a contract that is not there yet. */
async function futureContext(manifest: Manifest, { chain, signer }: OpenChain) {
  const deployer = await signer()
  const target = {
    chainId: chain.id.toString(),
    modelId: factsOf(manifest).modelId,
    record: { address: await recordAddress(chain, deployer), transaction: '', gas: '' },
  }
  const beneficiary = await deployer.getAddress()
  return (sample: number) =>
    contextFor(target, { beneficiary, nonce: BigInt(sample), deadline: 2n ** 64n - 1n })
}

function folderOf(result: SampleResult): string {
  if ('error' in result) throw result.error
  if (result.folder === undefined)
    throw new BaseError(`Sample ${result.sample} was not written.`, { fault: 'internal' })
  return result.folder
}

async function inOrder<A, B>(items: readonly A[], act: (item: A) => Promise<B>): Promise<B[]> {
  const results: B[] = []
  for (const item of items) results.push(await act(item))
  return results
}

async function timed<T>(act: () => Promise<T>): Promise<[T, number]> {
  const start = performance.now()
  return [await act(), performance.now() - start]
}
