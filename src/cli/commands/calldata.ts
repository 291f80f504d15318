/** `zkonnx calldata`: what a contract of one's own is called with. */
import type { Command } from 'commander'
import { callArguments, castArguments } from '../../stages/calldata.js'
import { JSON_OPTION } from '../options.js'
import { runCommand } from '../run.js'

export function addCalldata(program: Command): void {
  program
    .command('calldata')
    .description('print a proof as the arguments of a contract that acts on it: proof, signals, terms')
    .argument('<dir>', 'the folder of the compiled model')
    .argument('<proof>', 'a folder that prove wrote with --consumer')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nOne a line, as cast of Foundry takes them. The proof is verified first.\n\nExample:\n  zkonnx calldata build/model proofs/000000\n',
    )
    .action((dir: string, path: string, options: { readonly json?: boolean }) =>
      runCommand(options, async (output) => {
        const found = await callArguments(dir, path)
        for (const line of castArguments(found)) output.say(line)
        output.result(found)
      }),
    )
}
