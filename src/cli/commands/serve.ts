/** `zkonnx serve`: predictions over HTTP, and their proofs. */
import { type Command, InvalidArgumentError } from 'commander'
import { readText } from '../../artifacts/store.js'
import type { BackendChoice } from '../../prover/backend.js'
import { type ServeEvent, type ServeOptions, serve } from '../../stages/serve/serve.js'
import { collectText, JSON_OPTION, PROVER_OPTION, parseCount, parseSeed } from '../options.js'
import { colour, count, milliseconds, type Output, shownPath } from '../output.js'
import { runUntilStopped } from '../run.js'

type Options = {
  readonly state: string
  readonly host: string
  readonly port: number
  readonly tokenFile?: string
  readonly cors: readonly string[]
  readonly threads?: number
  readonly prover?: BackendChoice
  readonly queue: number
  readonly maxBody: number
  readonly predictTime: number
  readonly proofTime: number
  readonly keep?: number
  readonly openings?: boolean
  readonly json?: boolean
}

/** The environment variable that holds the token. */
export const TOKEN = 'ZKONNX_SERVE_TOKEN'

const HELP = `
A prediction is answered at once; its proof follows, and is fetched, or followed
as server-sent events. What is accepted is written down first: stopped or
killed, the service proves it after the next start. The page at / tries a model
in the browser; /openapi.json describes the service. Ctrl-C stops it. With
--json each event is one line on stdout.

Beyond loopback every client has to send a token: that of --token-file, else of
${TOKEN}.

Examples:
  zkonnx serve build/model
  zkonnx serve digits=build/digits build/iris --port 8080
  curl -H 'content-type: application/json' -d '{"input_data": [[5.1, 3.5, 1.4, 0.2]]}' \\
    http://127.0.0.1:8080/models/iris/predictions
`

export function addServe(program: Command): void {
  program
    .command('serve')
    .description('answer predictions over HTTP at once, and prove them in their turn')
    .argument('<dir...>', 'folders of compiled models with keys, as DIR or NAME=DIR')
    .option('--state <dir>', 'where predictions and proofs are kept', 'zkonnx-serve')
    .option('--host <address>', 'listen there', '127.0.0.1')
    .option('--port <n>', 'on this port; 0 for any that is free', parsePort, 8080)
    .option('--token-file <file>', `holds the token (default: ${TOKEN}, or none on loopback)`)
    .option('--cors <origin>', 'pages of this origin may use the service; again for more', collectOrigin, [])
    .option('--threads <n>', 'proofs at a time (default: one a core)', parseCount)
    .option(...PROVER_OPTION)
    .option('--queue <n>', 'samples that may wait for their proofs', parseCount, 1_000)
    .option('--max-body <bytes>', "of a request's body", parseCount, 2 ** 20)
    .option('--predict-time <seconds>', 'for the predictions of a request', parseCount, 30)
    .option('--proof-time <seconds>', 'for one proof', parseCount, 600)
    .option(
      '--keep <time>',
      'remove what has been proven for longer, e.g. 12h or 30d (default: never)',
      parseTime,
    )
    .option('--openings', 'give clients what statements hide: salts and hidden outputs')
    .option(...JSON_OPTION)
    .addHelpText('after', HELP)
    .action((models: readonly string[], options: Options) =>
      runUntilStopped(options, async (output, signal) => {
        await serve({
          ...serveOptions(models, options),
          token: await tokenOf(options),
          signal,
          on: (event) => tell(output, event, options),
        })
      }),
    )
}

function serveOptions(models: readonly string[], options: Options): Omit<ServeOptions, 'signal'> {
  const { state, host, port, cors: origins, threads, prover: backend, queue, maxBody: body } = options
  const { predictTime, proofTime, keep, openings } = options
  const optional = { threads, backend, keep, openings }
  const known = Object.entries(optional).filter(([, value]) => value !== undefined)
  const given = { models, state, host, port, origins, queue, body, predictTime, proofTime }
  return { ...given, ...Object.fromEntries(known) }
}

async function tokenOf({ tokenFile }: Options): Promise<string | undefined> {
  // an editor ends the file with a line feed, which is no part of the token
  if (tokenFile !== undefined) return (await readText(tokenFile)).trim()
  const token = process.env[TOKEN]?.trim()
  return token === '' ? undefined : token
}

function tell(output: Output, event: ServeEvent, options: Options): void {
  // what a client of the service sees as events
  if (event.kind === 'changed' || event.kind === 'predicted') return
  output.result({ time: new Date().toISOString(), ...event })
  const line = lineOf(event, options)
  if (line !== undefined) output.say(event.kind === 'listening' ? line : `${timeNow()}  ${line}`)
}

function timeNow(): string {
  return colour.dim(new Date().toTimeString().slice(0, 8))
}

/** What people read of an event. */
function lineOf(event: ServeEvent, { state }: Options): string | undefined {
  switch (event.kind) {
    case 'listening':
      return [
        `  ${colour.bold(event.url)}   try it there; Ctrl-C stops`,
        ...event.models.map(
          ({ id, dir, constraints }) => `  model ${id}: ${shownPath(dir)}, ${count(constraints)} constraints`,
        ),
        `  state in ${shownPath(state)}${event.waiting > 0 ? `; ${samples(event.waiting)} from before to be proven` : ''}`,
        '',
      ].join('\n')
    case 'accepted':
      return `accepted  ${event.id}  ${event.model}, ${samples(event.samples)}`
    case 'proven':
      return `${colour.green('proven')}    ${event.id}-${event.sample}  in ${milliseconds(event.milliseconds)}`
    case 'failed':
      return `${colour.red('failed')}    ${event.id}-${event.sample}  ${event.reason}`
    case 'held':
      return `${colour.yellow('held')}      ${event.id}  ${event.reason}`
    case 'trouble':
      return `${colour.red('trouble')}   ${event.reason}\n          Waiting.`
    case 'fault':
      return `${colour.red('fault')}     ${event.reason}`
    case 'swept':
      return `removed   ${event.requests} finished requests`
    case 'stopped':
      return event.waiting === 0
        ? 'stopped'
        : `stopped: ${samples(event.waiting)} without a proof yet, kept for the next start`
    default:
      return undefined
  }
}

function samples(number: number): string {
  return number === 1 ? '1 sample' : `${count(number)} samples`
}

function parsePort(text: string): number {
  const port = parseSeed(text)
  if (port > 65_535) throw new InvalidArgumentError('Give a port from 0 to 65535.')
  return port
}

/** `90s`, `30m`, `12h` or `30d` in seconds. */
function parseTime(text: string): number {
  const [, number, unit] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? []
  if (number === undefined) throw new InvalidArgumentError('Give a time such as 90s, 30m, 12h or 30d.')
  return Number(number) * { s: 1, m: 60, h: 3_600, d: 86_400 }[unit as 's' | 'm' | 'h' | 'd']
}

function collectOrigin(text: string, before: readonly string[]): string[] {
  if (!URL.canParse(text) || new URL(text).origin !== text)
    throw new InvalidArgumentError('Give an origin, e.g. https://example.org.')
  return collectText(text, before)
}
