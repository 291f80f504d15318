/** `zkonnx watch`: the prover's node. */
import { type Command, InvalidArgumentError } from 'commander'
import type { Keystore } from '../../chain/keystore.js'
import { formatEther, parseEther } from '../../chain/provider.js'
import type { WatchEvent } from '../../stages/watch/events.js'
import { type WatchOptions, watch } from '../../stages/watch/watch.js'
import { JSON_OPTION, parseAddress, parseCount, parseEtherAmount, parseSeed } from '../options.js'
import { colour, count, milliseconds, type Output, shortHex } from '../output.js'
import { runUntilStopped } from '../run.js'
import { addSigning, keystoreOf, SIGNING_HELP, type SigningOptions } from '../signing.js'

type Options = SigningOptions & {
  readonly rpc: string
  readonly models: readonly string[]
  readonly board?: readonly string[]
  readonly state: string
  readonly beneficiary?: string
  readonly inputs?: string
  readonly fromBlock?: number
  readonly margin?: bigint
  readonly price?: ReadonlyMap<string, bigint>
  readonly lead?: number
  readonly collect?: bigint
  readonly threads?: number
  readonly confirmations?: number
  readonly poll?: number
  readonly json?: boolean
}

const HELP = `
The node takes requests about its models whose input it can know: shown by the
statement, revealed in the request, or held in the folder of --inputs. It proves
what leaves most after gas, fulfils, and goes on after restarts, reorganisations
and outages from what its state file remembers. Give each node an account of its
own. Ctrl-C stops it. With --json each event is one line on stdout.
`

export function addWatch(program: Command): void {
  const command = program
    .command('watch')
    .description('be a prover: follow boards, and fulfil the requests that pay')
    .requiredOption('--rpc <url>', "the chain's JSON-RPC endpoint")
    .requiredOption('--models <dir...>', 'folders of compiled models, with keys')
    .option('--board <address...>', 'the boards to follow (default: the one that all share)', collectAddress)
  addSigning(command)
    .option('--state <file>', 'what the node remembers', 'zkonnx-watch.json')
    .option('--beneficiary <address>', 'who is credited (default: who signs)', parseAddress)
    .option('--inputs <dir>', 'files that open commitments, as request --keep writes them')
    .option('--margin <ether>', 'what must remain of a bounty after gas (default: 0)', parseEtherAmount)
    .option(
      '--price <token=ether>',
      "what 10^18 of a token's smallest units are worth; bounties in other tokens are left",
      collectPrice,
    )
    .option('--collect <ether>', 'withdraw once the account is credited with as much', parseEtherAmount)
    .option(
      '--from-block <n>',
      'start there (default: 0 on a local chain, else 50,000 blocks back)',
      parseSeed,
    )
    .option('--lead <seconds>', 'must be left before a deadline (default: 30, 2 on a local chain)', parseSeed)
    .option('--confirmations <n>', 'blocks after which a transaction is settled', parseSeed, 12)
    .option('--poll <ms>', 'between two looks at the chain (default: 2000, 200 on a local chain)', parseCount)
    .option('--threads <n>', 'workers (default: one a core)', parseCount)
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      `${HELP}${SIGNING_HELP}\nExample:\n  zkonnx watch --rpc URL --models build/a build/b --keystore key.json\n`,
    )
    .action((options: Options) =>
      runUntilStopped(options, async (output, signal) => {
        const keystore = await early(keystoreOf(options))
        await watch({ ...watchOptions(options), keystore, signal, on: (event) => tell(output, event) })
      }),
    )
}

function watchOptions(options: Options): Omit<WatchOptions, 'signal'> {
  const { rpc, models, state } = options
  const {
    board: boards,
    margin,
    price: prices,
    beneficiary,
    inputs,
    fromBlock: from,
    lead,
    collect,
    threads,
    confirmations,
    poll,
  } = options
  const given = {
    boards,
    margin,
    prices,
    beneficiary,
    inputs,
    from,
    lead,
    collect,
    threads,
    confirmations,
    poll,
  }
  const known = Object.entries(given).filter(([, value]) => value !== undefined)
  return { rpc, models, state, ...Object.fromEntries(known) }
}

/** Asks for the password at the start, and not when a chain that was away comes back. */
async function early(keystore: Keystore | undefined): Promise<Keystore | undefined> {
  if (keystore === undefined) return undefined
  const word = await keystore.password()
  return { ...keystore, password: async () => word }
}

function tell(output: Output, event: WatchEvent): void {
  output.result({ time: new Date().toISOString(), ...event })
  const line = lineOf(event)
  if (line !== undefined) output.say(event.kind === 'started' ? line : `${timeNow()}  ${line}`)
}

function timeNow(): string {
  return colour.dim(new Date().toTimeString().slice(0, 8))
}

/** What people read of an event. */
function lineOf(event: WatchEvent): string | undefined {
  switch (event.kind) {
    case 'started':
      return [
        `  watching ${list(event.boards)} on chain ${event.chainId}, from block ${count(event.block)}`,
        `  as ${event.account}${event.beneficiary === event.account ? '' : `, for ${event.beneficiary}`}`,
        `  models: ${event.models.join(', ')}`,
        ...(event.underWay > 0 ? [`  under way from before: ${transactions(event.underWay)}`] : []),
        '',
      ].join('\n')
    case 'away':
    case 'trouble':
      return `${colour.yellow(event.kind)}      ${event.reason} Waiting.`
    case 'back':
      return `${colour.green('back')}      after ${milliseconds(1000 * event.seconds)}`
    case 'reorganised':
      return `${colour.yellow('reorg')}     reading again from block ${count(event.block + 1)}`
    case 'proving':
      return `proving   ${shortHex(event.request)}  ${event.model}, worth ${ether(event.value)}, gas ${ether(event.cost)}`
    case 'proven':
      return `proven    ${shortHex(event.request)}  in ${milliseconds(event.milliseconds)}`
    case 'sent':
    case 'replaced':
      return `${event.kind.padEnd(10)}${shortHex(event.request)}  in ${shortHex(event.transaction)}`
    case 'fulfilled': {
      const left = `${ether(event.value - event.cost)} after ${count(Number(event.gas))} gas`
      return `${colour.green('fulfilled')} ${shortHex(event.request)}  ${left}`
    }
    case 'reverted':
      return `${colour.yellow('reverted')}  ${shortHex(event.request)}  for ${ether(event.cost)} of gas`
    case 'overtaken':
      return `overtaken ${shortHex(event.request)}  while ${event.while}`
    case 'skipped':
      return `${colour.dim('skipped')}   ${shortHex(event.request)}  ${event.reason}`
    case 'failed':
      return `${colour.red('failed')}    ${shortHex(event.request)}  ${event.reason}`
    case 'cancelled':
      return `cancelled nonce ${event.nonce} for ${ether(event.cost)}`
    case 'displaced':
      return `${colour.yellow('displaced')} nonce ${event.nonce}: another transaction of this account used it`
    case 'unmined':
      return `${colour.yellow('unmined')}   ${shortHex(event.transaction)} is no longer on the chain`
    case 'collecting':
      return undefined
    case 'collected':
      return `collected from ${shortHex(event.board)} in ${shortHex(event.transaction)}`
    case 'stopped':
      return [
        `stopped: fulfilled ${event.fulfilled}, overtaken ${event.overtaken}, skipped ${event.skipped}`,
        `earned ${ether(event.earned)}, spent ${ether(event.spent)} on gas`,
        ...(event.underWay > 0 ? [`${transactions(event.underWay)} still under way, and remembered`] : []),
      ].join('; ')
  }
}

function transactions(number: number): string {
  return number === 1 ? '1 transaction' : `${number} transactions`
}

function list(boards: readonly string[]): string {
  return boards.length === 1 ? `board ${boards[0]}` : `${boards.length} boards`
}

/** To six digits after the point, where that leaves any. */
function ether(wei: bigint): string {
  const value = Number(formatEther(wei))
  return `${Number(value.toPrecision(4))} ether`
}

function collectAddress(text: string, before: readonly string[] = []): string[] {
  return [...before, parseAddress(text)]
}

/** `0x...=0.0004`, collected. */
function collectPrice(
  text: string,
  before: ReadonlyMap<string, bigint> = new Map(),
): ReadonlyMap<string, bigint> {
  const [, token, price] = /^(0x[0-9a-fA-F]{40})=(\d+(?:\.\d{1,18})?)$/.exec(text) ?? []
  if (token === undefined) throw new InvalidArgumentError('Give TOKEN=ETHER, e.g. 0x...=0.0004.')
  return new Map([...before, [parseAddress(token).toLowerCase(), parseEther(price!)]])
}
