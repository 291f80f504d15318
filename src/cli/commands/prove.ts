/** `zkonnx prove` and `zkonnx witness`: samples through the parallel workers. */
import type { Command } from 'commander'
import { type Manifest, readManifest } from '../../artifacts/manifest.js'
import type { ContextRecord } from '../../artifacts/proof-folder.js'
import { BaseError } from '../../base/errors.js'
import { factsOf } from '../../chain/solidity/model-facts.js'
import type { BackendChoice } from '../../prover/backend.js'
import { contextFor, NotDeployedError } from '../../stages/chain.js'
import { type ProveOptions, proveEach, type SampleResult, witnessEach } from '../../stages/prove.js'
import { type RegistrationFile, readRegistration } from '../../stages/register.js'
import { readTargets } from '../../stages/submit.js'
import { answerOf } from '../answer.js'
import { collectClaim, JSON_OPTION, PROVER_OPTION, parseCount, parseInteger, parseSalt } from '../options.js'
import { colour, errorColour, type Output, shownPath, table, count as thousands } from '../output.js'
import { openPace, progressLine } from '../pace.js'
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
  readonly prover?: BackendChoice
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
    .action((dir: string, options: Options) => run(proveEach, dir, options))
}

export function addWitness(program: Command): void {
  addSampleOptions(
    program.command('witness').description('predict and write witnesses, without proofs'),
    'witnesses',
  )
    .addHelpText('after', '\nExample:\n  zkonnx witness build/model --input samples.npz -o witnesses\n')
    .action((dir: string, options: Options) => run(witnessEach, dir, options))
}

function addSampleOptions(command: Command, what: string): Command {
  return command
    .argument('<dir>', 'the folder of the compiled model')
    .requiredOption('--input <file>', 'samples (.npz, .npy, .csv, .json, .jsonl)')
    .option('-o, --out <dir>', `write the ${what} there, a folder a sample`)
    .option('--limit <n>', 'take the first n samples only', parseCount)
    .option('--threads <n>', 'cores to use (default: all)', parseCount)
    .option(...PROVER_OPTION)
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

async function run(stage: typeof proveEach, dir: string, options: Options): Promise<void> {
  await runInterruptible(options, async (output, signal) => {
    const context = await contextOption(dir, options)
    const manifest = await readManifest(dir)
    const results = stage({
      ...stageOptions(dir, options),
      context,
      signal,
      onSample: announce(output),
    })
    const summary = await gather(output, results, manifest)
    if (!signal.aborted) saySummary(output, summary)
    if (summary.exitCode > 0) process.exitCode = summary.exitCode
  })
}

type Summary = {
  /** Of the first results, for a table. */
  readonly rows: Row[]
  samples: number
  kept: number
  /** What workers have to say of how proofs were made, each once. */
  readonly notes: Set<string>
  readonly failures: string[]
  failed: number
  exitCode: number
}

/** Takes results as they come, and gives them on in the file's order; what is held back are those that came early. */
async function gather(
  output: Output,
  results: AsyncGenerator<SampleResult>,
  manifest: Manifest,
): Promise<Summary> {
  const summary: Summary = {
    rows: [],
    samples: 0,
    kept: 0,
    notes: new Set(),
    failures: [],
    failed: 0,
    exitCode: 0,
  }
  const early = new Map<number, SampleResult>()
  const list = output.list()
  const take = (result: SampleResult) => {
    early.delete(result.sample)
    count(summary, result, manifest)
    list.add(toJson(result))
  }
  let [next, cutOff] = [0, true]
  try {
    for await (const result of results) {
      early.set(result.sample, result)
      for (let due = early.get(next); due !== undefined; due = early.get(++next)) take(due)
    }
    cutOff = false
  } finally {
    for (const result of [...early.values()].sort((a, b) => a.sample - b.sample)) take(result)
    list.end(cutOff)
  }
  return summary
}

function count(summary: Summary, result: SampleResult, manifest: Manifest): void {
  summary.samples++
  if (summary.rows.length < TABLE_ROWS) summary.rows.push(rowOf(result, manifest))
  if (!('error' in result)) {
    if (result.kept) summary.kept++
    if (result.outcome.kind === 'prove' && result.outcome.note !== undefined)
      summary.notes.add(result.outcome.note)
    return
  }
  summary.failed++
  summary.exitCode = Math.max(summary.exitCode, exitOf(result.error))
  if (summary.failures.length < TABLE_ROWS) summary.failures.push(result.error.message)
}

/** Of a batch of thousands nobody reads more; --json has all. */
const TABLE_ROWS = 40

function exitOf(error: Error): number {
  return error instanceof BaseError ? EXIT[error.fault] : EXIT.internal
}

function stageOptions(
  dir: string,
  { input, out, limit, threads, prover, claim, salt }: Options,
): ProveOptions {
  return {
    dir,
    input,
    claims: claim,
    ...(salt === undefined ? {} : { salt }),
    ...(out === undefined ? {} : { out }),
    ...(limit === undefined ? {} : { limit }),
    ...(threads === undefined ? {} : { threads }),
    ...(prover === undefined ? {} : { backend: prover }),
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
  const pace = openPace()
  let failed = 0
  return (result, done, total) => {
    const isNew = !('outcome' in result && result.kept)
    if ('error' in result) failed++
    const { rate, secondsLeft } = pace(isNew, total - done)
    output.progress(progressLine({ sample: result.sample, done, total, failed, rate, secondsLeft }), {
      sample: result.sample,
      done,
      total,
      failed,
      rate,
      secondsLeft,
    })
  }
}

type Row = readonly (string | number)[]

function rowOf(result: SampleResult, manifest: Manifest): Row {
  if ('error' in result) return [result.sample, result.label ?? '', '', colour.red('failed'), '']
  const { prediction } = result.outcome
  const folder = result.folder === undefined ? '' : shownPath(result.folder)
  return [
    result.sample,
    result.label ?? '',
    ...answerOf(prediction, manifest),
    result.kept ? `${folder} (was there)` : folder,
  ]
}

function saySummary(output: Output, { rows, samples, kept, notes, failed, failures }: Summary): void {
  const columns = ['sample', 'label', 'float model', 'integer model', 'written to'].map((title) => ({
    title,
  }))
  output.say(table(columns, rows))
  if (samples > rows.length) output.say(`  ... and ${thousands(samples - rows.length)} more`)
  if (kept > 0 || samples > rows.length) {
    const parts = [`${thousands(samples - kept - failed)} done`]
    if (kept > 0) parts.push(`${thousands(kept)} kept from before`)
    if (failed > 0) parts.push(colour.red(`${thousands(failed)} failed`))
    output.say(`  ${thousands(samples)} samples: ${parts.join(', ')}`)
  }
  for (const note of notes) process.stderr.write(`${errorColour.yellow('note')} ${note}\n`)
  for (const message of failures) process.stderr.write(`${colour.red('error')} ${message}\n`)
  if (failed > failures.length)
    process.stderr.write(`... and ${thousands(failed - failures.length)} failures more\n`)
}

function toJson(result: SampleResult): unknown {
  const { sample, label, context } = result
  if ('error' in result)
    return { sample, label, error: { name: result.error.name, message: result.error.message } }
  const { float, integer, signals, times } = result.outcome.prediction
  const proof =
    result.outcome.kind === 'prove' ? { proof: result.outcome.proof, note: result.outcome.note } : {}
  const { folder, kept } = result
  return { sample, label, context, float, integer, signals, times, folder, kept, ...proof }
}
