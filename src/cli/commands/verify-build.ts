/** `zkonnx verify-build`: from the ONNX file to the code on chain, derived again and compared. */
import type { Command } from 'commander'
import { DEV_WARNING } from '../../prover/keys.js'
import { type BuildOptions, type BuildVerdict, type Link, verifyBuild } from '../../stages/verify-build.js'
import { JSON_OPTION } from '../options.js'
import { colour, fold, type Output, WIDTH } from '../output.js'
import { EXIT, runCommand } from '../run.js'

type Options = Omit<BuildOptions, 'dir' | 'onLink'> & { readonly json?: boolean }

export function addVerifyBuild(program: Command): void {
  program
    .command('verify-build')
    .description('derive a compiled model again and compare; exit code 1 when anything differs')
    .argument('<dir>', "the folder of somebody's compiled model")
    .option('--model <file>', 'the ONNX file that it is said to come from')
    .option('--data <file>', 'the samples that it was calibrated on; else what was kept of them is taken')
    .option('--holdout <file>', 'the samples that it was measured on, where they were a file of their own')
    .option('--ptau <file>', 'the powers of tau that the keys come from')
    .option('--rpc <url>', 'compare the code on this chain, too')
    .option('--address <address>', 'of the record or the verifier there (default: of deployment.json)')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nExample:\n  zkonnx verify-build build/model --model model.onnx --data samples.npz\n',
    )
    .action((dir: string, { json, ...options }: Options) =>
      runCommand({ json: json === true }, async (output) => {
        const verdict = await verifyBuild({
          dir,
          ...options,
          onLink: (name) => output.progress(`deriving: ${name}`),
        })
        sayVerdict(output, verdict)
        output.result(verdict)
        if (!verdict.equal) process.exitCode = EXIT.answer
      }),
    )
}

/** Where what a link says begins. */
const INDENT = 24

const MARKS: Readonly<Record<Link['state'], string>> = {
  equal: colour.green('✓'),
  differs: colour.red('✗'),
  skipped: colour.yellow('–'),
  unreached: colour.dim('·'),
}

function sayVerdict(output: Output, verdict: BuildVerdict): void {
  const { links, manifest } = verdict
  const say = (text: string, first: string) => {
    const [line, ...rest] = fold(text, WIDTH - INDENT)
    output.say(`${first}${line}`)
    for (const more of rest) output.say(`${' '.repeat(INDENT)}${more}`)
  }
  for (const { name, state, says, details = [], hint } of links) {
    say(says, `  ${MARKS[state]} ${name.padEnd(INDENT - 4)}`)
    for (const detail of details) say(shorten(detail), ' '.repeat(INDENT))
    if (hint) say(`What to do: ${hint}`, ' '.repeat(INDENT))
  }
  output.say()
  output.say('  the digest of the manifest, which is the id of the model on a chain:')
  output.say(`  ${manifest}`)
  for (const line of fold(conclusion(verdict), WIDTH - 2)) output.say(`  ${line}`)
  if (verdict.devKeys) for (const line of fold(DEV_WARNING, WIDTH - 2)) output.warn(`  ${line}`)
}

/** Of digests enough to tell them apart; --json has them whole. */
function shorten(text: string): string {
  return text.replace(/(sha256:[0-9a-f]{16})[0-9a-f]{48}/g, '$1...')
}

function conclusion({ links, equal }: BuildVerdict): string {
  const of = (state: Link['state']) => links.filter((link) => link.state === state).map(({ name }) => name)
  if (!equal) return colour.red(`The build does not match, from "${of('differs')[0]}" on.`)
  const left = of('skipped')
  const rest = left.length === 0 ? '' : ` Not looked at: ${left.join(', ')}.`
  return `${of('equal').length} of ${links.length} links are equal, and none differs.${rest}`
}
