/** `zkonnx deploy` and `zkonnx submit`: a model and its predictions on a chain. */
import type { Command } from 'commander'
import { deployModel, planDeployment, readDeployment, submitProof } from '../../stages/chain.js'
import { withChain } from '../../stages/open-chain.js'
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
    .option(...JSON_OPTION)
    .addHelpText('after', `${SIGNING_HELP}\nExample:\n  zkonnx deploy build/model\n`)
    .action((dir: string, options: Options & { readonly dryRun?: boolean }) =>
      runCommand(options, async (output) => {
        if (options.dryRun) return sayPlan(output, dir)
        output.progress('compiling and deploying contracts')
        const { chainId, modelId, verifier, record } = await withChain(
          dir,
          options.rpc,
          (chain) => deployModel(dir, chain),
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
        output.result({ chainId, modelId, verifier, record })
      }),
    )
}

async function sayPlan(output: Output, dir: string): Promise<void> {
  const { signals, gas, choices } = await planDeployment(dir)
  output.say(
    `  ${count(signals)} public signals, a verifier of ${count(gas.verifierBytes)} bytes; estimated gas:`,
  )
  const rows = [
    ['verifier and record, deployed', gas.deploy],
    ['or its key, registered with a verifier of many', gas.register],
    ['a prediction, verified and recorded', gas.record],
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
  output.result({ dryRun: true, signals, gas, choices })
}

export function addSubmit(program: Command): void {
  const command = program
    .command('submit')
    .description('record proven predictions on the chain that the model is deployed on')
    .argument('<dir>', 'the folder of the compiled model')
    .argument('<proof...>', 'folders that prove wrote after the deployment')
    .option(...RPC_OPTION)
  addSigning(command)
    .option(...JSON_OPTION)
    .addHelpText('after', `${SIGNING_HELP}\nExample:\n  zkonnx submit build/model proofs/*\n`)
    .action((dir: string, paths: readonly string[], options: Options) =>
      runInterruptible(options, async (output, signal) => {
        await readDeployment(dir)
        const recorded = await withChain(
          dir,
          options.rpc,
          async (chain) => {
            const done = []
            for (const path of paths) {
              if (signal.aborted) break
              output.progress(`submitting ${path}`)
              done.push(await submitProof(dir, path, chain))
            }
            return done
          },
          keystoreOf(options),
        )
        saySubmitted(output, recorded)
        output.result(recorded)
      }),
    )
}

function saySubmitted(output: Output, recorded: readonly Awaited<ReturnType<typeof submitProof>>[]): void {
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
