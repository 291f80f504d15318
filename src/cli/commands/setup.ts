/** `zkonnx setup`: keys for a compiled circuit. */
import type { Command } from 'commander'
import { BaseError } from '../../base/errors.js'
import { DEV_WARNING } from '../../prover/keys.js'
import { setup } from '../../stages/setup.js'
import { JSON_OPTION } from '../options.js'
import { colour, fold, milliseconds, WIDTH } from '../output.js'
import { runCommand } from '../run.js'

export function addSetup(program: Command): void {
  program
    .command('setup')
    .description('make keys for a compiled circuit')
    .argument('<dir>', 'the folder that compile wrote')
    .option('--dev', "dev keys, from this machine's randomness: for tests and demos only")
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExample:\n  zkonnx setup build/model --dev\n')
    .action((dir: string, options: { dev?: boolean; json?: boolean }) =>
      runCommand(options, async (output) => {
        if (options.dev !== true) throw new NoKindError(dir)
        output.progress('making dev keys')
        const start = performance.now()
        const keys = await setup({ dir, kind: 'dev' })
        output.say(`  dev keys in ${milliseconds(performance.now() - start)}, written to ${dir}`)
        for (const line of fold(`${colour.yellow('note')} ${DEV_WARNING}`, WIDTH - 2)) output.say(`  ${line}`)
        output.result({ dir, kind: keys.kind, circuit: keys.circuit, zkey: keys.zkey })
      }),
    )
}

export class NoKindError extends BaseError {
  override name = 'Setup.NoKindError'
  constructor(dir: string) {
    super('The kind of keys was not named.', { hint: `for tests and demos: zkonnx setup ${dir} --dev` })
  }
}
