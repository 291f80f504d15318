/** `zkonnx setup`: keys for a compiled circuit. */
import type { Command } from 'commander'
import { readManifest } from '../../artifacts/manifest.js'
import { pathOf } from '../../artifacts/paths.js'
import { BaseError } from '../../base/errors.js'
import { DEV_WARNING } from '../../prover/keys.js'
import { publishedBytes, publishedFor } from '../../prover/published-ptau.js'
import { keyFileOf } from '../../prover/schemes.js'
import { beginCeremony, setup } from '../../stages/setup.js'
import { JSON_OPTION } from '../options.js'
import { bytes, colour, fold, milliseconds, type Output, WIDTH } from '../output.js'
import { runInterruptible } from '../run.js'

type Options = { readonly dev?: boolean; readonly ptau?: string; readonly json?: boolean }

export function addSetup(program: Command): void {
  program
    .command('setup')
    .description('make keys for a compiled circuit')
    .argument('<dir>', 'the folder that compile wrote')
    .option('--dev', "dev keys, from this machine's randomness: for tests and demos only")
    .option('--ptau <file>', 'begin a ceremony from these powers of tau')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nWithout options: which powers of tau the circuit needs.\n\nExample:\n  zkonnx setup build/model --dev\n  zkonnx setup build/model --ptau powersOfTau28_hez_final_14.ptau\n',
    )
    .action((dir: string, options: Options) =>
      runInterruptible(options, async (output, signal) => {
        const { ptau, dev } = options
        if (ptau !== undefined)
          await begin(output, signal, { dir, ptau, ...(dev === undefined ? {} : { dev }) })
        else if (dev === true) await makeDev(output, dir)
        else throw new NoKindError(dir, (await readManifest(dir)).circuit.power)
      }),
    )
}

async function makeDev(output: Output, dir: string): Promise<void> {
  output.progress('making dev keys')
  const start = performance.now()
  const keys = await setup({ dir, kind: 'dev' })
  output.say(`  dev keys in ${milliseconds(performance.now() - start)}, written to ${dir}`)
  sayDev(output)
  output.result({ dir, kind: keys.kind, circuit: keys.circuit, zkey: keys.zkey })
}

async function begin(
  output: Output,
  signal: AbortSignal,
  options: { readonly dir: string; readonly ptau: string; readonly dev?: boolean },
): Promise<void> {
  const { dir } = options
  const { scheme } = await readManifest(dir)
  const start = performance.now()
  const { kind, ptau, firstKey, zkey } = await beginCeremony({
    ...options,
    signal,
    onProgress: output.progress,
  })
  const how = { published: 'the published file', full: 'verified in full', dev: 'DEV' }[ptau!.verified]
  output.say(`  powers of tau: ${ptau!.name}, of power ${ptau!.power}: ${how}`)
  output.say(
    `  the first key in ${milliseconds(performance.now() - start)}, written to ${pathOf(dir, keyFileOf(scheme))}`,
  )
  if (kind === 'dev') sayDev(output)
  output.say(`  It cannot be used before people contribute: zkonnx ceremony contribute ${dir} --name NAME`)
  output.result({ dir, kind, ptau, firstKey, zkey })
}

function sayDev(output: Output): void {
  for (const line of fold(`${colour.yellow('note')} ${DEV_WARNING}`, WIDTH - 2)) output.say(`  ${line}`)
}

export class NoKindError extends BaseError {
  override name = 'Setup.NoKindError'
  constructor(dir: string, power: number) {
    const file = publishedFor(power)
    super('The kind of keys was not named.', {
      details: [
        `a ceremony needs powers of tau of power ${power} or above` +
          (file === undefined ? '' : `, e.g. ${file.name} (${bytes(publishedBytes(file))})`),
        ...(file === undefined ? [] : [`whose BLAKE2b-512 is ${file.blake2b}`]),
      ],
      hint: `for a ceremony: zkonnx setup ${dir} --ptau FILE; for tests and demos: zkonnx setup ${dir} --dev`,
    })
  }
}
