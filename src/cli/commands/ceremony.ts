/** `zkonnx ceremony`: keys that nobody knows the secrets of, as long as one contributor was honest. */
import type { Command } from 'commander'
import * as Ceremony from '../../stages/ceremony.js'
import { EntropyError } from '../../stages/ceremony.js'
import { estimatePowers, newPowers } from '../../stages/powers.js'
import { type Link, verifyCeremony } from '../../stages/verify-ceremony.js'
import { readEntropy } from '../entropy.js'
import { JSON_OPTION, parseCount } from '../options.js'
import { bytes, colour, type Output, shownPath, table } from '../output.js'
import { EXIT, runInterruptible } from '../run.js'

type Json = { readonly json?: boolean }

const ENTROPY_OPTION = [
  '--entropy <text>',
  'your randomness; - reads standard input (default: asked for at a terminal)',
] as const

export function addCeremony(program: Command): void {
  const ceremony = program
    .command('ceremony')
    .description('keys made by several people: their proofs hold as long as one of them was honest')
    .addHelpText('after', EXAMPLE)
  addContribute(ceremony)
  addAccept(ceremony)
  addBeacon(ceremony)
  addStatus(ceremony)
  addVerify(ceremony)
  addNewPtau(ceremony)
}

const EXAMPLE = `
Example (contributors have the key's file alone):
  zkonnx setup build/model --ptau powersOfTau28_hez_final_14.ptau
  zkonnx ceremony contribute circuit.zkey --name Ada -o ada.zkey
  zkonnx ceremony accept build/model ada.zkey
  zkonnx ceremony beacon build/model --value 0x5f3c...
  zkonnx ceremony verify build/model --ptau powersOfTau28_hez_final_14.ptau
`

function example(line: string): string {
  return `\nExample:\n  zkonnx ceremony ${line}\n`
}

type ContributeOptions = Json & { readonly name: string; readonly entropy?: string; readonly out?: string }

function addContribute(ceremony: Command): void {
  ceremony
    .command('contribute')
    .description("add a contribution, from your randomness and this machine's")
    .argument('<at>', "a folder that setup --ptau began, or a key's file")
    .requiredOption('--name <name>', 'who contributes, as the transcript will name them')
    .option(...ENTROPY_OPTION)
    .option('-o, --out <file>', "write the new key there (default: in the old one's place)")
    .option(...JSON_OPTION)
    .addHelpText('after', example('contribute circuit.zkey --name Ada -o ada.zkey'))
    .action((at: string, options: ContributeOptions) =>
      runInterruptible(options, async (output, signal) => {
        const { name, out } = options
        const entropy = await readEntropy(options.entropy)
        const watch = { signal, onProgress: output.progress }
        const made = await Ceremony.contribute({
          at,
          name,
          entropy,
          ...(out === undefined ? {} : { out }),
          ...watch,
        })
        sayContributed(output, made)
      }),
    )
}

function sayContributed(
  output: Output,
  { path, place, contribution, circuitHash }: Ceremony.Contributed,
): void {
  const { name, hash, beacon } = contribution
  output.say(`  contribution ${place}, ${name}, written to ${shownPath(path)}`)
  output.say('\n  its hash, to publish and to find in the transcript:')
  for (const line of hashLines(hash)) output.say(`    ${line}`)
  if (beacon === undefined)
    output.say('\n  Nothing of the secret was written. Send the file on, and publish the hash.')
  output.result({ path, place, name, hash, circuitHash, ...(beacon === undefined ? {} : { beacon }) })
}

function addAccept(ceremony: Command): void {
  ceremony
    .command('accept')
    .description("take a contributor's key into the folder, if it is the folder's with something added")
    .argument('<dir>', 'the folder that setup --ptau began')
    .argument('<file>', 'the key that came back')
    .option(...JSON_OPTION)
    .addHelpText('after', example('accept build/model ada.zkey'))
    .action((dir: string, file: string, options: Json) =>
      runInterruptible(options, async (output, signal) => {
        const added = await Ceremony.accept(dir, file, { signal, onProgress: output.progress })
        for (const { name, hash } of added) {
          output.say(`  accepted: ${name}`)
          for (const line of hashLines(hash)) output.say(`    ${line}`)
        }
        output.result({ dir, added: added.map(({ name, hash }) => ({ name, hash })) })
      }),
    )
}

type BeaconOptions = Json & {
  readonly value: string
  readonly name: string
  readonly iterations: number
  readonly out?: string
}

function addBeacon(ceremony: Command): void {
  ceremony
    .command('beacon')
    .description('end the ceremony with a value that nobody could know or choose before')
    .argument('<at>', "the folder, or a key's file")
    .requiredOption('--value <hex>', 'e.g. the hash of a block that was announced before it was made')
    .option('--name <name>', 'what the transcript calls it', 'beacon')
    .option('--iterations <n>', 'hash it 2^n times', parseCount, 10)
    .option('-o, --out <file>', "write the new key there (default: in the old one's place)")
    .option(...JSON_OPTION)
    .addHelpText('after', example('beacon build/model --value 0x5f3c...'))
    .action((at: string, { json, ...options }: BeaconOptions) =>
      runInterruptible({ ...(json === true ? { json } : {}) }, async (output, signal) =>
        sayContributed(
          output,
          await Ceremony.applyBeacon({ at, ...options, signal, onProgress: output.progress }),
        ),
      ),
    )
}

function addStatus(ceremony: Command): void {
  ceremony
    .command('status')
    .description('who has contributed, and what is missing')
    .argument('<at>', "the folder, or a key's file")
    .option(...JSON_OPTION)
    .addHelpText('after', example('status build/model'))
    .action((at: string, options: Json) =>
      runInterruptible(options, async (output, signal) => {
        const { path, circuitHash, contributions, missing, setup } = await Ceremony.status(at, { signal })
        if (setup?.kind === 'dev')
          output.say(`  ${colour.red('DEV')}: the powers of tau are dev, and so are the keys`)
        if (setup?.ptau !== undefined)
          output.say(
            `  powers of tau: ${setup.ptau.name}, of power ${setup.ptau.power} (${setup.ptau.verified})`,
          )
        output.say(
          table(
            ['', 'contribution', 'hash begins with'].map((title) => ({ title })),
            contributions.map(({ name, hash, beacon }, i) => [
              String(i + 1),
              beacon === undefined ? name : `${name} (beacon, 2^${beacon.iterations} hashes)`,
              hash.slice(0, 32),
            ]),
          ),
        )
        output.say(`  ${missing ?? 'Keys with these contributions can be used.'}`)
        const list = contributions.map(({ name, hash, beacon }) => ({ name, hash, beacon }))
        output.result({
          path,
          circuitHash,
          contributions: list,
          missing: missing ?? null,
          setup: setup ?? null,
        })
      }),
    )
}

function addVerify(ceremony: Command): void {
  ceremony
    .command('verify')
    .description('check a ceremony from the circuit to the verifying key; exit code 1 where a link fails')
    .argument('<dir>', 'the folder, as its coordinator published it')
    .option('--ptau <file>', 'the powers of tau that it began with')
    .option('--dev', 'accept a rehearsal with dev powers of tau')
    .option(...JSON_OPTION)
    .addHelpText('after', example('verify build/model --ptau powersOfTau28_hez_final_14.ptau'))
    .action((dir: string, { json, ...options }: Json & { readonly ptau?: string; readonly dev?: boolean }) =>
      runInterruptible({ ...(json === true ? { json } : {}) }, async (output, signal) => {
        const { links, holds, setup } = await verifyCeremony({
          dir,
          ...options,
          signal,
          onProgress: output.progress,
        })
        const failed = setup.kind === 'dev' && options.dev !== true
        for (const link of links) sayLink(output, link)
        if (setup.kind === 'dev')
          output.warn('  DEV: everyone can compute the secrets of these keys and forge proofs')
        output.result({ dir, holds: holds && !failed, links, setup })
        if (!holds || failed) process.exitCode = EXIT.answer
      }),
    )
}

function sayLink(output: Output, { what, outcome, detail }: Link): void {
  const mark = { holds: colour.green('yes'), fails: colour.red('no '), 'not checked': colour.yellow('-  ') }[
    outcome
  ]
  const [first, ...rest] = detail.split('\n')
  // digests are whole with --json
  output.say(
    `  ${mark} ${what}: ${outcome === 'fails' ? first : first!.replace(/(:[0-9a-f]{32})[0-9a-f]{32}/, '$1...')}`,
  )
  for (const line of rest) output.say(`      ${line}`)
}

type NewPtauOptions = Json & {
  readonly power: number
  readonly out: string
  readonly name: string
  readonly entropy?: string
  readonly dev?: boolean
}

function addNewPtau(ceremony: Command): void {
  ceremony
    .command('new-ptau')
    .description('make powers of tau, for closed networks (one honest contribution) and for tests (--dev)')
    .requiredOption('--power <n>', 'for circuits of up to 2^n constraints and public signals', parseCount)
    .requiredOption('-o, --out <file>', 'the file to write')
    .option('--name <name>', 'who contributes', 'zkonnx')
    .option(...ENTROPY_OPTION)
    .option('--dev', 'in seconds, from secrets that stand in the file: for tests and demos only')
    .option(...JSON_OPTION)
    .addHelpText('after', example('new-ptau --power 14 -o own.ptau --name Ada'))
    .action((options: NewPtauOptions) =>
      runInterruptible(options, async (output, signal) => {
        const { power, out, name } = options
        const watch = { signal, onProgress: output.progress }
        const how =
          options.dev === true
            ? ({ dev: true } as const)
            : ({ dev: false, name, entropy: await honestly(output, options, signal) } as const)
        const start = performance.now()
        const made = await newPowers({ power, out, ...how, ...watch })
        const seconds = (performance.now() - start) / 1000
        output.say(`  powers of tau of power ${power} in ${duration(seconds)}, written to ${shownPath(out)}`)
        if (made.dev)
          output.warn('  DEV: everyone can compute their secrets; keys made from them are dev keys')
        output.result({ out, power, dev: made.dev, seconds })
      }),
    )
}

/** Asks first and measures then, so that nobody waits to be asked. */
async function honestly(
  output: Output,
  { power, ...options }: NewPtauOptions,
  signal: AbortSignal,
): Promise<string> {
  const entropy = await readEntropy(options.entropy)
  if (entropy.trim() === '') throw new EntropyError()
  output.progress('measuring this machine')
  const { seconds, bytes: size, measured } = await estimatePowers(power, { signal })
  const line = `This will take about ${duration(seconds)} here, and ${bytes(size)} of disk (twice that meanwhile).`
  process.stderr.write(`${line}\n`)
  output.progress(`estimated from powers of tau of power ${measured}`)
  return entropy
}

function duration(seconds: number): string {
  if (seconds < 90) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
  return seconds < 5400 ? `${(seconds / 60).toFixed(0)} minutes` : `${(seconds / 3600).toFixed(1)} hours`
}

/** 64 bytes as people compare them: four lines of four groups of eight digits. */
function hashLines(hash: string): string[] {
  return [0, 1, 2, 3].map((line) =>
    [0, 1, 2, 3].map((i) => hash.slice(32 * line + 8 * i, 32 * line + 8 * i + 8)).join(' '),
  )
}
