/** `zkonnx verify`: proofs off the chain. */
import type { Command } from 'commander'
import { type Manifest, readManifest } from '../../artifacts/manifest.js'
import { type Verdict, verify } from '../../stages/verify.js'
import { JSON_OPTION } from '../options.js'
import { colour, fold, shownPath, table, WIDTH } from '../output.js'
import { EXIT, runCommand } from '../run.js'
import { spell } from '../spell.js'

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
        const manifest = await readManifest(dir)
        const verdicts: Verdict[] = []
        for (const path of paths) {
          output.progress(`verifying ${path}`)
          verdicts.push(await verify(dir, path))
        }
        output.say(
          table(
            ['proof', 'holds', 'what it says'].map((title) => ({ title })),
            verdicts.map((verdict) => rowOf(verdict, manifest)),
          ),
        )
        output.result(verdicts.map(({ folder, valid, reason, says }) => ({ folder, valid, reason, says })))
        if (verdicts.some(({ valid }) => !valid)) process.exitCode = EXIT.answer
      }),
    )
}

function rowOf({ folder, valid, reason, says }: Verdict, manifest: Manifest): string[] {
  const shown = shownPath(folder)
  const what = valid ? says.outputs.map((said) => spell(said, manifest)).join('; ') : (reason ?? '')
  const left = Math.max(LEAST_WIDTH, WIDTH - shown.length - OTHER_WIDTH)
  return [shown, valid ? colour.green('yes') : colour.red('no'), fold(what, left).join('\n')]
}

/** Of a line, beside the path and what a proof says: the margin, the second column, two gaps. */
const OTHER_WIDTH = 11
const LEAST_WIDTH = 30
