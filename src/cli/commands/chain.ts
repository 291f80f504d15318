/** `zkonnx deploy` and `zkonnx submit`: a model and its predictions on a chain. */
import type { Command } from 'commander'
import { BaseError } from '../../base/errors.js'
import { type GasChoice, RECORD_BUDGET, withinBudget } from '../../chain/gas.js'
import { deployModel, type OpenChain, planDeployment } from '../../stages/chain.js'
import { withChain } from '../../stages/open-chain.js'
import {
  type Recorded,
  type RecordedBatch,
  readTargets,
  submitBatch,
  submitProof,
} from '../../stages/submit.js'
import { gasTable, rounded } from '../gas.js'
import { JSON_OPTION } from '../options.js'
import { count, type Output, shortHex, shownPath, table, vector } from '../output.js'
import { runCommand, runInterruptible } from '../run.js'
import { addSigning, keystoreOf, SIGNING_HELP, type SigningOptions } from '../signing.js'

type Options = SigningOptions & { readonly rpc?: string; readonly json?: boolean }

const RPC_OPTION = [
  '--rpc <url>',
  'a JSON-RPC endpoint (default: an embedded local chain that the folder remembers)',
] as const

export function addDeploy(program: Command): void {
  const command = program
    .command('deploy')
    .description('deploy the verifier and the record of predictions')
    .argument('<dir>', 'the folder of the compiled model, with keys')
    .option(...RPC_OPTION)
  addSigning(command)
    .option('--dry-run', 'send nothing: say what this and every other choice of the statement would cost')
    .option('--forgeable', 'let dev keys onto a public chain, where their maker can forge every prediction')
    .option(...JSON_OPTION)
    .addHelpText('after', `${SIGNING_HELP}\nExample:\n  zkonnx deploy build/model\n`)
    .action((dir: string, options: Options & { readonly dryRun?: boolean; readonly forgeable?: boolean }) =>
      runCommand(options, async (output) => {
        if (options.dryRun) return sayPlan(output, dir)
        output.progress('compiling and deploying contracts')
        const { chainId, modelId, verifier, record, forgeable } = await withChain(
          dir,
          options.rpc,
          (chain) => deployModel(dir, chain, options),
          keystoreOf(options),
        )
        output.say(
          table(
            [{ title: 'contract' }, { title: 'address' }, { title: 'gas', align: 'right' }],
            [
              ['verifier', verifier.address, count(Number(verifier.gas))],
              ['record', record.address, count(Number(record.gas))],
            ],
          ),
        )
        output.say(`  on chain ${chainId}; sources in ${dir}/contracts`)
        if (forgeable)
          output.warn('  FORGEABLE: whoever made these dev keys can forge every prediction there')
        output.result({ chainId, modelId, verifier, record, ...(forgeable && { forgeable }) })
      }),
    )
}

async function sayPlan(output: Output, dir: string): Promise<void> {
  const { scheme, signals, gas, choices } = await planDeployment(dir)
  output.say(
    `  ${count(signals)} public signals, a verifier of ${count(gas.verifierBytes)} bytes; estimated gas:`,
  )
  const rows = [
    ['verifier and record, deployed', gas.deploy],
    ['or its key, registered with a verifier of many', gas.register],
    ['a prediction, verified and recorded', gas.record],
    ['the same with its output stored (submit --store)', gas.store],
    ['a proof, verified alone', gas.verify],
    ['a proof of a batch of 10', gas.batchOf10],
    ['a proof of a batch of 100', gas.batchOf100],
  ] as const
  output.say(
    table(
      [{ title: 'what' }, { title: 'gas', align: 'right' }],
      rows.map(([what, value]) => [what, rounded(value)]),
    ),
  )
  output.say('\n  by what the statement shows (compile --inputs, --show):')
  output.say(gasTable(choices))
  if (choices.some((choice) => !choice.gas.fits)) output.say('  !  larger than a chain takes')
  const cheaper = gas.record > RECORD_BUDGET ? withinBudget(choices) : undefined
  if (cheaper !== undefined)
    output.say(
      `\n  to keep a recorded prediction to ${count(RECORD_BUDGET)} gas: compile ${flagsOf(cheaper)}`,
    )
  output.result({ dryRun: true, scheme, signals, gas, choices })
}

function flagsOf({ inputs, outputs }: GasChoice): string {
  return [
    ...(inputs === 'public' ? [] : [`--inputs ${inputs}`]),
    ...(outputs === 'public' ? [] : [`--show ${outputs}`]),
  ].join(' ')
}

type SubmitFlags = Options & { readonly batch?: boolean; readonly store?: boolean }

export function addSubmit(program: Command): void {
  const command = program
    .command('submit')
    .description('record proven predictions on the chain that the model is on')
    .argument('<dir>', 'the folder of the compiled model')
    .argument('<proof...>', 'folders that prove wrote after deploy or register')
    .option(...RPC_OPTION)
    .option('--batch', 'all in one transaction, by one pairing check: for a registered model')
    .option('--store', 'have the record store outputs, for contracts that know a statement only')
  addSigning(command)
    .option(...JSON_OPTION)
    .addHelpText('after', `${SIGNING_HELP}\nExample:\n  zkonnx submit build/model proofs/*\n`)
    .action((dir: string, paths: readonly string[], options: SubmitFlags) =>
      options.batch
        ? runCommand(options, (output) => batch(output, dir, paths, options))
        : runInterruptible(options, (output, signal) => oneByOne(output, signal, dir, paths, options)),
    )
}

async function oneByOne(
  output: Output,
  signal: AbortSignal,
  dir: string,
  paths: readonly string[],
  options: SubmitFlags,
): Promise<void> {
  await readTargets(dir)
  const store = options.store === undefined ? {} : { store: options.store }
  const submitAll = async (chain: OpenChain) => {
    const done: Recorded[] = []
    for (const path of paths) {
      if (signal.aborted) break
      output.progress(`submitting ${path}`)
      done.push(await submitProof(dir, path, chain, store))
    }
    return done
  }
  const recorded = await withChain(dir, options.rpc, submitAll, keystoreOf(options))
  saySubmitted(output, recorded)
  output.result(recorded)
}

function saySubmitted(output: Output, recorded: readonly Recorded[]): void {
  const rows = recorded.map(({ folder, submission, onChain }) => [
    shownPath(folder),
    count(Number(submission.gas)),
    shortHex(submission.statement),
    vector(onChain.output),
  ])
  output.say(
    table(
      [{ title: 'proof' }, { title: 'gas', align: 'right' }, { title: 'statement' }, { title: 'recorded' }],
      rows,
    ),
  )
}

async function batch(
  output: Output,
  dir: string,
  paths: readonly string[],
  options: SubmitFlags,
): Promise<void> {
  if (options.store) throw new StoreInBatchError()
  output.progress(`submitting ${count(paths.length)} proofs in one transaction`)
  const done = await withChain(
    dir,
    options.rpc,
    (chain) => submitBatch(dir, paths, chain),
    keystoreOf(options),
  )
  sayBatch(output, done)
  output.result(done)
}

function sayBatch(output: Output, { submission, predictions }: RecordedBatch): void {
  const rows = predictions.map(({ folder, onChain }, index) => [
    shownPath(folder),
    shortHex(submission.statements[index]!),
    vector(onChain.output),
  ])
  output.say(
    table(
      ['proof', 'statement', 'recorded'].map((title) => ({ title })),
      rows,
    ),
  )
  const [gas, n] = [Number(submission.gas), predictions.length]
  output.say(
    `  ${count(n)} in one transaction, ${shortHex(submission.transaction)}: ${count(gas)} gas, ${count(Math.round(gas / n))} each`,
  )
}

export class StoreInBatchError extends BaseError {
  override name = 'Cli.StoreInBatchError'
  constructor() {
    super('--store was given with --batch, which goes to the ledger, and that stores no outputs.', {
      hint: 'leave one of them out: whoever has the signals reads outputs from the ledger too',
    })
  }
}
