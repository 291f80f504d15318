/** `zkonnx verify`: proofs off the chain. */
import type { Command } from 'commander'
import type { Said } from '../../artifacts/statement.js'
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
        output.result(verdicts.map(({ folder, valid, reason, says }) => ({ folder, valid, reason, says })))
        if (verdicts.some(({ valid }) => !valid)) process.exitCode = EXIT.answer
      }),
    )
}

function rowOf({ folder, valid, reason, says }: Verdict): string[] {
  if (!valid) return [folder, colour.red('no'), reason ?? '']
  return [folder, colour.green('yes'), says.outputs.map(spell).join('; ')]
}

function spell(said: Said): string {
  if ('commitment' in said) return `${said.name} is committed to as ${said.commitment}`
  const numbers = said.integers.length === 1 ? String(said.integers[0]) : brief(said.integers)
  switch (said.shows) {
    case 'class':
      return `${said.name} is of class ${numbers}`
    case 'threshold':
      return `${said.name} >= ${numbers}`
    case 'margin':
      return `by a margin of at least ${numbers}`
    default:
      return `${said.name} = ${numbers}`
  }
}

function brief(integers: readonly number[]): string {
  return integers.length > 12 ? `[${integers.slice(0, 12).join(', ')}, ...]` : `[${integers.join(', ')}]`
}
