/** `zkonnx bundle`: predictions with their proofs in one file, to be published. */
import { join } from 'node:path'
import type { Command } from 'commander'
import { readManifest } from '../../artifacts/manifest.js'
import { DEV_WARNING } from '../../prover/keys.js'
import { bundle } from '../../stages/bundle.js'
import { JSON_OPTION } from '../options.js'
import { bytes, fold, shownPath, WIDTH } from '../output.js'
import { runCommand } from '../run.js'

type Options = { readonly out?: string; readonly json?: boolean }

export function addBundle(program: Command): void {
  program
    .command('bundle')
    .description('put proofs and all that verifies them into one file')
    .argument('<dir>', 'the folder of the compiled model')
    .argument('<proof...>', 'folders that prove wrote, or the proof.json in them')
    .option('-o, --out <file>', 'the file to write (default: DIR/bundle.zip)')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nThe same files give the same bytes, so that the digest can be cited.\n\nExample:\n  zkonnx bundle build/model proofs/* -o predictions.zip\n',
    )
    .action((dir: string, proofs: readonly string[], options: Options) =>
      runCommand(options, async (output) => {
        const made = await bundle({
          dir,
          proofs,
          out: options.out ?? join(dir, 'bundle.zip'),
          onProof: (path) => output.progress(`verifying ${path}`),
        })
        const { setup } = await readManifest(dir)
        output.say(
          `  ${made.proofs} ${made.proofs === 1 ? 'proof' : 'proofs'} in ${shownPath(made.path)}, ${bytes(made.bytes)}; its digest is`,
        )
        output.say(`  ${made.sha256}`)
        output.say(`  to verify it: zkonnx verify --bundle ${shownPath(made.path)}`)
        if (setup?.kind !== 'ceremony')
          for (const line of fold(DEV_WARNING, WIDTH - 2)) output.warn(`  ${line}`)
        output.result(made)
      }),
    )
}
