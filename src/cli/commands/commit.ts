/** `zkonnx commit`: the commitments of a statement outside the circuit, and openings checked. */
import { type Command, InvalidArgumentError } from 'commander'
import { type Manifest, readManifest } from '../../artifacts/manifest.js'
import { BaseError } from '../../base/errors.js'
import { type Commitment, commitments, type Opened, open } from '../../stages/commit.js'
import { JSON_OPTION, parseCount, parseSalt } from '../options.js'
import { colour, type Output, table } from '../output.js'
import { EXIT, runCommand } from '../run.js'
import { spell } from '../spell.js'

type Options = {
  readonly input?: string
  readonly output: Record<string, number[]>
  readonly open?: string
  readonly limit?: number
  readonly salt?: bigint
  readonly json?: boolean
}

const HELP = `
A contract needs no Poseidon: it compares the signal of a verified statement
with the commitment that it was told beforehand. --json gives each commitment as
the decimal number that stands in public.json.

Examples:
  zkonnx commit build/model --input samples.npz --salt 0x5eed
  zkonnx commit build/model --open proofs/000000/opening.json --input samples.npz
`

export function addCommit(program: Command): void {
  program
    .command('commit')
    .description(
      'compute commitments to inputs and outputs, or check an opening; exit code 1 when it differs',
    )
    .argument('<dir>', 'the folder of the compiled model')
    .option('--input <file>', 'samples (.npz, .npy, .csv, .json, .jsonl)')
    .option(
      '--output <name=integers>',
      'integers of a hashed output, in place of samples, e.g. y=3,-1,7',
      collectIntegers,
      {},
    )
    .option('--open <file>', 'the opening.json beside a proof; hashed inputs are checked with --input')
    .option('--limit <n>', 'take the first n samples only', parseCount)
    .option(
      '--salt <number>',
      'the salt of every commitment (default: a random one; give it to prove)',
      parseSalt,
    )
    .option(...JSON_OPTION)
    .addHelpText('after', HELP)
    .action((dir: string, options: Options) => runCommand(options, (output) => run(dir, options, output)))
}

async function run(dir: string, options: Options, output: Output): Promise<void> {
  if (options.open !== undefined) {
    const opened = await open(dir, options.open, options.input)
    sayOpened(output, opened, await readManifest(dir))
    output.result(opened)
    if (opened.some(({ agrees }) => agrees === false)) process.exitCode = EXIT.answer
    return
  }
  const { input, output: outputs, limit, salt } = options
  if (input === undefined && Object.keys(outputs).length === 0) throw new NothingToCommitError(dir)
  const made = await commitments({
    dir,
    outputs,
    ...(input === undefined ? {} : { input }),
    ...(limit === undefined ? {} : { limit }),
    ...(salt === undefined ? {} : { salt }),
  })
  sayMade(output, made)
  output.result(made)
}

function sayMade(output: Output, made: readonly Commitment[]): void {
  const rows = made.map(({ sample, side, name, shape, commitment }) => [
    sample ?? '',
    `${side} ${name}`,
    `${shape.count} integers from ${shape.lo}, ${shape.width} bits each`,
    commitment.toString(),
  ])
  output.say(
    table(
      ['sample', 'of', 'committed to', 'commitment'].map((title) => ({ title })),
      rows,
    ),
  )
  const salt = made.find((one) => one.salt !== undefined)?.salt
  output.say(salt === undefined ? '  no salt' : `  salt ${salt}; whoever knows it can test guesses`)
}

function sayOpened(output: Output, opened: readonly Opened[], manifest: Manifest): void {
  const rows = opened.map(({ side, name, said, agrees }) => [
    `${side} ${name}`,
    side === 'output' || 'commitment' in said ? spell(said, manifest) : 'shown as it is',
    agrees === undefined ? 'give --input to tell' : agrees ? colour.green('yes') : colour.red('no'),
  ])
  output.say(
    table(
      ['of', 'what was proven', 'opened'].map((title) => ({ title })),
      rows,
    ),
  )
}

/** `y=3,-1,7`, collected. */
function collectIntegers(text: string, before: Record<string, number[]>): Record<string, number[]> {
  const [, name, list] = /^(.+)=(-?\d+(?:,-?\d+)*)$/.exec(text) ?? []
  if (name === undefined) throw new InvalidArgumentError('Give NAME=INTEGERS, e.g. y=3,-1,7.')
  return { ...before, [name]: list!.split(',').map(Number) }
}

export class NothingToCommitError extends BaseError {
  override name = 'Commit.NothingToCommitError'
  constructor(dir: string) {
    super('Neither samples nor outputs were given to commit to.', {
      hint: `give samples: zkonnx commit ${dir} --input FILE`,
    })
  }
}
