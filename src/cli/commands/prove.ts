/** `zkonnx prove` and `zkonnx witness`: samples through the parallel workers. */
import type { Command } from 'commander'
import { type Manifest, readManifest } from '../../artifacts/manifest.js'
import type { ContextRecord } from '../../artifacts/proof-folder.js'
import { BaseError } from '../../base/errors.js'
import { factsOf } from '../../chain/solidity/model-facts.js'
import { contextFor, NotDeployedError } from '../../stages/chain.js'
import { type ProveOptions, prove, type SampleResult, witness } from '../../stages/prove.js'
import { type RegistrationFile, readRegistration } from '../../stages/register.js'
import { readTargets } from '../../stages/submit.js'
import { answerOf } from '../answer.js'
import { collectClaim, JSON_OPTION, parseCount, parseInteger, parseSalt } from '../options.js'
import { colour, type Output, shownPath, table } from '../output.js'
import { EXIT, runInterruptible } from '../run.js'

type ContextOptions = {
  readonly label?: string
  readonly consumer?: string
  readonly chainId?: bigint
  readonly beneficiary: string
  readonly nonce?: bigint
  readonly deadline?: bigint
  readonly unbound?: boolean
  readonly ledger?: boolean
}

type Options = ContextOptions & {
  readonly input: string
  readonly out?: string
  readonly limit?: number
  readonly threads?: number
  readonly claim: Record<string, number>
  readonly salt?: bigint
  readonly json?: boolean
}

/** No deadline: the last second that 64 bits can name. */
const NEVER = 2n ** 64n - 1n
const NOBODY = `0x${'0'.repeat(40)}`

export function addProve(program: Command): void {
  addSampleOptions(program.command('prove').description('prove predictions, in parallel'), 'proofs')
    .addHelpText('after', '\nExample:\n  zkonnx prove build/model --input samples.npz -o proofs\n')
    .action((dir: string, options: Options) => run(prove, dir, options))
}

export function addWitness(program: Command): void {
  addSampleOptions(
    program.command('witness').description('predict and write witnesses, without proofs'),
    'witnesses',
  )
    .addHelpText('after', '\nExample:\n  zkonnx witness build/model --input samples.npz -o witnesses\n')
    .action((dir: string, options: Options) => run(witness, dir, options))
}

function addSampleOptions(command: Command, what: string): Command {
  return command
    .argument('<dir>', 'the folder of the compiled model')
    .requiredOption('--input <file>', 'samples (.npz, .npy, .csv, .json, .jsonl)')
    .option('-o, --out <dir>', `write the ${what} there, a folder a sample`)
    .option('--limit <n>', 'take the first n samples only', parseCount)
    .option('--threads <n>', 'workers (default: one a core)', parseCount)
    .option('--label <text>', 'bind to a label of yours')
    .option(
      '--consumer <address>',
      'bind to this contract (default: the record that the model is deployed with, else the ledger that it is registered with)',
    )
    .option('--chain-id <n>', 'the chain of --consumer', parseInteger)
    .option('--beneficiary <address>', 'for whom, when bound to a contract', NOBODY)
    .option(
      '--nonce <n>',
      'the nonce of sample 0, when bound to a contract; sample i has n + i (default: 0)',
      parseInteger,
    )
    .option(
      '--deadline <seconds>',
      'the last Unix time at which a contract accepts it (default: none)',
      parseInteger,
    )
    .option(
      '--claim <output=number>',
      'the T of a threshold claim, or the m of a margin claim, in real numbers',
      collectClaim,
      {},
    )
    .option('--salt <number>', 'the salt of every commitment (default: a random one each)', parseSalt)
    .option('--ledger', 'bind to the ledger, also where the model has a record of its own')
    .option('--unbound', 'bind to nothing, also where the model is deployed')
    .option(...JSON_OPTION)
}

async function run(stage: typeof prove, dir: string, options: Options): Promise<void> {
  await runInterruptible(options, async (output, signal) => {
    const context = await contextOption(dir, options)
    const results = await stage({
      ...stageOptions(dir, options),
      context,
      signal,
      onSample: announce(output),
    })
    sayResults(output, results, await readManifest(dir))
    output.result(results.map(toJson))
    const failed = results.filter((result) => 'error' in result)
    if (failed.length > 0) process.exitCode = Math.max(...failed.map(({ error }) => exitOf(error)))
  })
}

function exitOf(error: Error): number {
  return error instanceof BaseError ? EXIT[error.fault] : EXIT.internal
}

function stageOptions(dir: string, { input, out, limit, threads, claim, salt }: Options): ProveOptions {
  return {
    dir,
    input,
    claims: claim,
    ...(salt === undefined ? {} : { salt }),
    ...(out === undefined ? {} : { out }),
    ...(limit === undefined ? {} : { limit }),
    ...(threads === undefined ? {} : { threads }),
  }
}

/** A label, a contract that was named, the deployment that is there, or nothing, in this order. */
async function contextOption(
  dir: string,
  options: ContextOptions,
): Promise<(sample: number) => ContextRecord> {
  const { label, consumer, chainId, beneficiary, nonce = 0n, deadline = NEVER } = options
  if (label !== undefined) return () => ({ kind: 'label', label })
  const target =
    consumer === undefined
      ? await ownTarget(dir, options)
      : {
          chainId: (chainId ?? missingChainId()).toString(),
          modelId: factsOf(await readManifest(dir)).modelId,
          record: { address: consumer, transaction: '', gas: '' },
        }
  if (target === undefined) return () => ({ kind: 'none' })
  return (sample) => contextFor(target, { beneficiary, nonce: nonce + BigInt(sample), deadline })
}

/** The record of the deployment that is there, or the ledger of the registration. */
async function ownTarget(dir: string, { unbound, ledger }: ContextOptions) {
  if (unbound) return undefined
  if (ledger) return ledgerTarget(await readRegistration(dir))
  try {
    const { deployment, registration } = await readTargets(dir)
    return deployment ?? ledgerTarget(registration!)
  } catch (error) {
    if (error instanceof NotDeployedError) return undefined
    throw error
  }
}

function ledgerTarget({ chainId, modelId, ledger: address }: RegistrationFile) {
  return { chainId, modelId, record: { address, transaction: '', gas: '' } }
}

function missingChainId(): never {
  throw new BaseError('A consumer was named without its chain.', {
    hint: 'add --chain-id, e.g. --chain-id 1',
  })
}

function announce(output: Output): NonNullable<ProveOptions['onSample']> {
  return (result, done, total) => {
    const state = 'error' in result ? colour.red('failed') : 'done'
    output.progress(`sample ${result.sample} ${state} (${done} of ${total})`)
  }
}

function sayResults(output: Output, results: readonly SampleResult[], manifest: Manifest): void {
  const rows = results.map((result) => {
    if ('error' in result) return [result.sample, result.label ?? '', '', colour.red('failed'), '']
    const { prediction } = result.outcome
    return [
      result.sample,
      result.label ?? '',
      ...answerOf(prediction, manifest),
      result.folder === undefined ? '' : shownPath(result.folder),
    ]
  })
  const columns = ['sample', 'label', 'float model', 'integer model', 'written to'].map((title) => ({
    title,
  }))
  output.say(table(columns, rows))
  for (const result of results) {
    if ('error' in result) process.stderr.write(`${colour.red('error')} ${result.error.message}\n`)
  }
}

function toJson(result: SampleResult): unknown {
  const { sample, label, context } = result
  if ('error' in result)
    return { sample, label, error: { name: result.error.name, message: result.error.message } }
  const { float, integer, signals, times } = result.outcome.prediction
  const proof = result.outcome.kind === 'prove' ? { proof: result.outcome.proof } : {}
  return { sample, label, context, float, integer, signals, times, folder: result.folder, ...proof }
}
