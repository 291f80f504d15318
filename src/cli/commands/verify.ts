/** `zkonnx verify`: proofs off the chain. */
import type { Command } from 'commander'
import { type Verdict, verify } from '../../stages/verify.js'
import { JSON_OPTION } from '../options.js'
import { colour, table } from '../output.js'
import { EXIT, runCommand } from '../run.js'

export function addVerify(program: Command): void {
  program
    .command('verify')
    .description('verify proofs off the chain; exit code 1 when one does not hold')
    .argument('<dir>', 'the folder of the compiled model')
    .argument('<proof...>', 'folders that prove wrote, or the proof.json in them')
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExample:\n  zkonnx verify build/model proofs/*\n')
    .action((dir: string, paths: readonly string[], options: { json?: boolean }) =>
      runCommand(options, async (output) => {
        const verdicts: Verdict[] = []
        for (const path of paths) {
          output.progress(`verifying ${path}`)
          verdicts.push(await verify(dir, path))
        }
        output.say(
          table(
            ['proof', 'holds', 'what it says'].map((title) => ({ title })),
            verdicts.map(rowOf),
          ),
        )
        output.result(
          verdicts.map(({ folder, valid, reason, outputs }) => ({ folder, valid, reason, outputs })),
        )
        if (verdicts.some(({ valid }) => !valid)) process.exitCode = EXIT.answer
      }),
    )
}

function rowOf({ folder, valid, reason, outputs }: Verdict): string[] {
  if (!valid) return [folder, colour.red('no'), reason ?? '']
  return [
    folder,
    colour.green('yes'),
    outputs.map(({ name, integers }) => `${name} = ${brief(integers)}`).join('; '),
  ]
}

function brief(integers: readonly number[]): string {
  return integers.length > 12 ? `[${integers.slice(0, 12).join(', ')}, ...]` : `[${integers.join(', ')}]`
}
