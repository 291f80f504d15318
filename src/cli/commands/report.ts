/** `zkonnx report`: a compiled model as one page for people. */
import type { Command } from 'commander'
import { report } from '../../stages/report.js'
import { JSON_OPTION } from '../options.js'
import { bytes, colour, count, shownPath } from '../output.js'
import { EXIT, runCommand } from '../run.js'

type Options = { readonly out?: string; readonly data?: string; readonly json?: boolean }

export function addReport(program: Command): void {
  program
    .command('report')
    .description('show a compiled model, its fidelity, cost, keys and proofs on one HTML page')
    .argument('<dir>', 'the folder of the compiled model')
    .argument('[proof...]', 'folders that prove wrote (default: all in DIR/proofs)')
    .option('-o, --out <file>', 'the page to write (default: DIR/report.html)')
    .option(
      '--data <file>',
      "the samples that fidelity was measured on: compile's --holdout, or its --data (default: looked for nearby)",
    )
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nThe page is one file that loads nothing; a button in it verifies the proofs.\nExit code 1: one of them does not hold.\n\nExample:\n  zkonnx report build/model --data samples.npz -o report.html\n',
    )
    .action((dir: string, proofs: readonly string[], options: Options) =>
      runCommand(options, async (output) => {
        const { json: _, ...paths } = options
        const made = await report({
          ...{ dir, ...paths, show: shownPath, onStep: (step) => output.progress(step) },
          ...(proofs.length === 0 ? {} : { proofs }),
        })
        const { failing } = made
        output.say(`  written to ${shownPath(made.path)}, ${bytes(made.bytes)}: open it in a browser`)
        output.say(`  ${proofsText(made.proofs, failing)}`)
        if (made.compared === 0 && made.samples !== undefined)
          output.say(
            `  ${colour.yellow('note')} ${made.samples} was not at hand: --data FILE adds what the samples show`,
          )
        output.result(made)
        if (failing > 0) process.exitCode = EXIT.answer
      }),
    )
}

function proofsText(proofs: number, failing: number): string {
  if (proofs === 0) return 'no proofs yet: zkonnx prove makes some'
  const counted = `${count(proofs)} ${proofs === 1 ? 'proof' : 'proofs'}`
  return failing === 0
    ? `${counted} verified, ${proofs === 1 ? 'it holds' : 'all of which hold'}`
    : colour.red(`${count(failing)} of ${counted} ${failing === 1 ? 'does' : 'do'} not hold`)
}
