/** `zkonnx register`: a model in the registry. */
import type { Command } from 'commander'
import { withChain } from '../../stages/open-chain.js'
import { type RegisteredModel, type RegisterOptions, registerModel } from '../../stages/register.js'
import { JSON_OPTION, parseAddress, parseWord } from '../options.js'
import { colour, count, fold, type Output, shownPath, table, WIDTH } from '../output.js'
import { runCommand } from '../run.js'
import { addSigning, keystoreOf, SIGNING_HELP, type SigningOptions } from '../signing.js'

type Options = Omit<RegisterOptions, 'onStep'> &
  SigningOptions & { readonly rpc?: string; readonly json?: boolean }

const HELP = `
The verifying key goes to a verifier of many keys, an entry to the registry, and
predictions to the ledger of all registered models: zkonnx prove binds to it.
These contracts have one address on every chain, and nobody owns them.
`

export function addRegister(program: Command): void {
  const command = program
    .command('register')
    .description('put the model into the registry, and its key into the verifier of many keys')
    .argument('<dir>', 'the folder of the compiled model, with keys')
    .option('--rpc <url>', 'a JSON-RPC endpoint (default: an embedded local chain that the folder remembers)')
    .option('--uri <text>', 'where others find manifest, keys and report')
    .option('--predecessor <id>', 'the entry that this one is a new version of', parseWord)
    .option('--with-board', 'deploy the board of requests too, where it is missing')
    .option('--own-verifier', 'with the verifier that the model is deployed with')
    .option('--deploy-missing', 'deploy shared contracts that a chain with value lacks')
    .option('--verifier <address>', 'another verifier of many keys', parseAddress)
    .option('--registry <address>', 'another registry', parseAddress)
    .option('--ledger <address>', 'another ledger', parseAddress)
  addSigning(command)
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      `${HELP}${SIGNING_HELP}\nExample:\n  zkonnx register build/model --uri ipfs://...\n`,
    )
    .action((dir: string, { rpc, json: _, keystore, passwordFile, ...options }: Options) =>
      runCommand({ ...(_ === undefined ? {} : { json: _ }) }, async (output) => {
        const onStep = (step: string) => output.progress(step)
        const signing = keystoreOf({
          ...(keystore === undefined ? {} : { keystore }),
          ...(passwordFile === undefined ? {} : { passwordFile }),
        })
        const registered = await withChain(
          dir,
          rpc,
          (chain) => registerModel(dir, chain, { ...options, onStep }),
          signing,
        )
        sayRegistered(output, dir, registered)
        const { format: _format, ...result } = registered
        output.result(result)
      }),
    )
}

function sayRegistered(output: Output, dir: string, done: RegisteredModel): void {
  if (done.steps.length > 0) {
    const titles = ['sent', 'to'].map((title) => ({ title }))
    output.say(
      table(
        [...titles, { title: 'gas', align: 'right' }],
        done.steps.map(({ what, address, gas }) => [what, address, count(Number(gas))]),
      ),
    )
  } else output.say('  all of it was there already: nothing was sent')
  output.say(`  model ${done.id}`)
  output.say(`  in the registry ${done.registry}, chain ${done.chainId}`)
  output.say(`  with keys of kind ${done.setup}, in ${done.verifier}`)
  output.say(`  predictions go to the ledger ${done.ledger}`)
  if (done.board !== undefined) output.say(`  requests for it go to the board ${done.board}`)
  output.say(`  written to ${shownPath(dir)}/registration.json`)
  if (done.before !== undefined) {
    const note = `${colour.yellow('note')} this folder was registered before, as ${done.before}. If this is a new version of that, say so: --predecessor ${done.before}`
    for (const line of fold(note, WIDTH - 2)) output.say(`  ${line}`)
  }
}
