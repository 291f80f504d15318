/** `zkonnx attack`: what a dishonest prover could get past a circuit. */
import { type Command, CommanderError } from 'commander'
import type { Finding, Report } from '../../attack/attack.js'
import { attack, attackFiles } from '../../stages/attack.js'
import { collectText, JSON_OPTION, parseCount, parseSeed } from '../options.js'
import { colour, count, type Output, table } from '../output.js'
import { EXIT, runCommand } from '../run.js'

type Options = {
  readonly input?: string
  readonly limit?: number
  readonly lies?: number
  readonly seed?: number
  readonly r1cs?: string
  readonly wtns: readonly string[]
  readonly sym?: string
  readonly inputs: readonly string[]
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  zkonnx attack build/model --input samples.npz --limit 3
  zkonnx attack --r1cs circuit.r1cs --wtns witness.wtns --sym circuit.sym --inputs main.in
`

export function addAttack(program: Command): void {
  program
    .command('attack')
    .description('try to cheat a circuit; exit code 1 when it accepts what it should not')
    .argument('[dir]', 'the folder of a compiled model')
    .option('--input <file>', 'samples to start from; by default seeded ones from the declared domain')
    .option('--limit <n>', 'at most so many samples, beside the edges of the domain', parseCount)
    .option('--lies <n>', 'lies told to each kind of hint, on each sample', parseCount)
    .option('--seed <n>', 'of all that is random', parseSeed)
    .option('--r1cs <file>', 'a circuit of another origin, in place of a folder')
    .option('--wtns <file>', 'an honest witness of it; may be repeated', collectText, [])
    .option('--sym <file>', "the names of its wires, as circom's .sym has them")
    .option(
      '--inputs <prefix>',
      'wires whose names begin so cannot be chosen by a prover; may be repeated; by default all inputs of the header',
      collectText,
      [],
    )
    .option(...JSON_OPTION)
    .addHelpText('after', EXAMPLES)
    .action((dir: string | undefined, options: Options) => {
      if ((dir === undefined) === (options.r1cs === undefined)) {
        throw usage('give the folder of a compiled model, or --r1cs with --wtns')
      }
      if (options.r1cs !== undefined && options.wtns.length === 0) throw usage('give a witness with --wtns')
      return runCommand(options, async (output) => {
        const report = await run(dir, options, output)
        show(report, output)
        output.result(report)
        if (report.accepted.length > 0) process.exitCode = EXIT.answer
      })
    })
}

function usage(message: string): CommanderError {
  return new CommanderError(2, 'zkonnx.attack', `error: ${message}`)
}

function run(dir: string | undefined, options: Options, output: Output): Promise<Report> {
  const { input, limit, lies, seed, r1cs, wtns, sym, inputs } = options
  const effort = {
    ...(lies === undefined ? {} : { lies }),
    ...(seed === undefined ? {} : { seed }),
    onStep: (step: string) => output.progress(`attacking: ${step}`),
  }
  if (dir !== undefined) {
    const samples = { ...(input === undefined ? {} : { input }), ...(limit === undefined ? {} : { limit }) }
    return attack({ dir, ...samples, ...effort })
  }
  const named = { ...(sym === undefined ? {} : { sym }), ...(inputs.length === 0 ? {} : { inputs }) }
  return attackFiles({ r1cs: r1cs!, wtns, ...named, ...effort })
}

function show(report: Report, output: Output): void {
  const { hints, domain, edits, rank, isolated, sums } = report
  output.say(
    `  ${count(report.constraints)} constraints, ${count(report.wires)} wires, ${report.samples} honest witnesses`,
  )
  output.say()
  const rows: [string, string, number][] = [
    ...Object.entries(hints).map(([hint, { lies, accepted }]): [string, string, number] => [
      `lies about ${hint}`,
      count(lies),
      accepted,
    ]),
    ...(domain.tries === 0
      ? []
      : [
          ['inputs and claims out of range', count(domain.tries), domain.accepted] as [
            string,
            string,
            number,
          ],
        ]),
    ...(sums === undefined
      ? []
      : [
          ['counts and values forged before the challenge', count(sums.tries), sums.accepted] as [
            string,
            string,
            number,
          ],
        ]),
    ['wires edited, to every other value', count(edits.wires), acceptedEdits(report, 1)],
    ['groups of wires edited', count(edits.groups), acceptedEdits(report, 2)],
    [
      'rank of the wires that a prover fills in',
      `${count(rank.rank)} of ${count(rank.unknowns)}`,
      rank.free.length,
    ],
    ['witnesses shown to be the only one', `${isolated.unique} of ${report.samples}`, isolated.accepted],
  ]
  output.say(
    table(
      [{ title: 'attack' }, { title: 'tried', align: 'right' }, { title: 'accepted', align: 'right' }],
      rows.map(([name, tried, accepted]) => [
        name,
        tried,
        accepted === 0 ? colour.green('0') : colour.red(count(accepted)),
      ]),
    ),
  )
  if (isolated.wide.length > 0) {
    output.say(
      `  ${colour.yellow('note')} ${isolated.wide.length} decompositions reach the size of the field (${isolated.wide[0]}): for some values they have two answers`,
    )
  }
  if (isolated.unresolved + isolated.assumed > 0) {
    output.say(
      `  ${colour.yellow('note')} the search for other witnesses left ${isolated.unresolved} ways open and took ${isolated.assumed} wires as they were`,
    )
  }
  output.say()
  output.say(
    report.accepted.length === 0 ? '  nothing was accepted that should not be' : findings(report.accepted),
  )
}

function acceptedEdits({ accepted }: Report, atLeast: 1 | 2): number {
  return accepted.filter(({ by, count: wires }) => by === 'edit' && (atLeast === 1 ? wires === 1 : wires > 1))
    .length
}

/** Findings printed; all are in the JSON. */
const MOST_SHOWN = 12
const MOST_WIRES = 4

function findings(accepted: readonly Finding[]): string {
  const lines = accepted
    .slice(0, MOST_SHOWN)
    .map(({ by, sample, what, wires, count: all, changesStatement }) => {
      const names = wires.slice(0, MOST_WIRES).join(', ')
      const more = all > MOST_WIRES ? ` and ${count(all - MOST_WIRES)} more` : ''
      const weight = changesStatement ? colour.red('another statement') : 'the same statement'
      return `  ${colour.red('accepted')} ${by}, sample ${sample}: ${what} (${weight})\n    ${names}${more}`
    })
  if (accepted.length > MOST_SHOWN) lines.push(`  and ${count(accepted.length - MOST_SHOWN)} more`)
  return lines.join('\n')
}
