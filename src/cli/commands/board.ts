/** `zkonnx request`, `fulfil`, `withdraw` and `reclaim`: predictions that are asked for and paid on a board. */
import type { Command } from 'commander'
import { readManifest } from '../../artifacts/manifest.js'
import { BaseError } from '../../base/errors.js'
import { reclaim, withdraw, ZERO_ADDRESS } from '../../chain/board.js'
import { formatEther, parseEther } from '../../chain/provider.js'
import type { Hex } from '../../chain/types.js'
import type { BackendChoice } from '../../prover/backend.js'
import { type FulfilOptions, fulfilRequest } from '../../stages/board/fulfil.js'
import { sharedBoard } from '../../stages/board/place.js'
import { type AskOptions, askBoard } from '../../stages/board/request.js'
import { onUrl } from '../../stages/open-chain.js'
import { answerOf } from '../answer.js'
import {
  JSON_OPTION,
  PROVER_OPTION,
  parseAddress,
  parseCount,
  parseInteger,
  parseRequestId,
  parseSalt,
  parseSeed,
  parseWord,
} from '../options.js'
import { count, shortHex } from '../output.js'
import { runCommand, runInterruptible } from '../run.js'
import { addSigning, keystoreOf, SIGNING_HELP, type SigningOptions } from '../signing.js'

type BoardOptions = SigningOptions & {
  readonly rpc: string
  readonly board?: string
  readonly json?: boolean
}

function addBoard(command: Command): Command {
  command
    .requiredOption('--rpc <url>', "the chain's JSON-RPC endpoint")
    .option('--board <address>', 'the board of requests (default: the one that all share)', parseAddress)
  return addSigning(command)
}

type RequestOptions = BoardOptions & {
  readonly modelId?: bigint
  readonly deployMissing?: boolean
  readonly input?: string
  readonly sample: number
  readonly signal?: readonly string[]
  readonly bounty: string
  readonly token?: string
  readonly deadline?: bigint
  readonly within?: bigint
  readonly callback?: string
  readonly callbackGas?: number
  readonly salt?: bigint
  readonly reveal?: boolean
  readonly keep?: string
}

const REQUEST_HELP = `
The input is a sample of a file, for which the compiled model (its manifest will
do) is needed, or the statement's signals as they are: commitments, say, that
somebody else computed. Where the model commits to its input, provers must learn
what is behind: --reveal tells everybody, --keep DIR writes a file for the
prover of your choice.
`

export function addRequest(program: Command): void {
  const command = program
    .command('request')
    .description('ask a board for a prediction, for a bounty')
    .argument('[dir]', 'the folder of the compiled model')
  addBoard(command)
    .option(
      '--model-id <n>',
      "the model's id in the board's registry (default: what the folder is registered as)",
      parseWord,
    )
    .option('--input <file>', 'samples (.npz, .npy, .csv, .json, .jsonl)')
    .option('--sample <i>', 'which sample of the file', parseSeed, 0)
    .option('--signal <n>', 'a signal of the input, in decimal; repeat it for more', collectSignal)
    .requiredOption('--bounty <amount>', "in ether; with --token in the token's smallest unit")
    .option('--token <address>', 'pay in this token; the board is allowed to take the bounty', parseAddress)
    .option('--deadline <seconds>', 'the last Unix time at which it can be fulfilled', parseInteger)
    .option('--within <seconds>', 'the same from now on (default: 3600)', parseInteger)
    .option('--callback <address>', 'the contract that is told the answer', parseAddress)
    .option('--callback-gas <n>', 'the gas that it is given, at most 5,000,000', parseCount)
    .option('--salt <number>', 'of commitments (default: a random one)', parseSalt)
    .option('--reveal', 'put what opens the commitments into the request')
    .option('--keep <dir>', 'write what opens the commitments into this folder')
    .option('--deploy-missing', 'deploy the shared board where a chain with value lacks it')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      `${REQUEST_HELP}${SIGNING_HELP}\nExample:\n  zkonnx request build/model --rpc URL --input x.json --bounty 0.01\n`,
    )
    .action((dir: string | undefined, options: RequestOptions) =>
      runCommand(options, async (output) => {
        const asking = askOptions(dir, options)
        output.progress('asking')
        const asked = await onUrl(options.rpc, (chain) => askBoard(asking, chain), keystoreOf(options))
        output.say(`  request ${asked.id}`)
        output.say(`  on board ${asked.board}`)
        output.say(
          `  open until ${timeOf(asked.deadline)}, bounty ${amount(asking.bounty, options.token)}; ${count(Number(asked.gas))} gas`,
        )
        if (asked.opening !== undefined)
          output.say(`  what opens the input, for your prover: ${asked.opening}`)
        output.result(asked)
      }),
    )
}

function askOptions(dir: string | undefined, options: RequestOptions): AskOptions {
  const { board, modelId, deployMissing, token, callback, callbackGas, deadline, within = 3600n } = options
  return {
    input: inputOptions(dir, options),
    ...(board === undefined ? {} : { board }),
    ...(modelId === undefined ? {} : { modelId }),
    ...(deployMissing === undefined ? {} : { deployMissing }),
    bounty: bountyOf(options),
    deadline: deadline === undefined ? { within } : { at: deadline },
    ...(token === undefined ? {} : { token }),
    ...(callback === undefined ? {} : { callback }),
    ...(callbackGas === undefined ? {} : { callbackGas }),
  }
}

function bountyOf({ bounty, token }: RequestOptions): bigint {
  const form = token === undefined ? /^\d+(\.\d{1,18})?$/ : /^\d+$/
  if (!form.test(bounty)) throw new BountyError(bounty)
  return token === undefined ? parseEther(bounty) : BigInt(bounty)
}

function inputOptions(dir: string | undefined, options: RequestOptions): AskOptions['input'] {
  const { input: file, sample, signal: signals = [], salt, reveal, keep } = options
  if (file === undefined && signals.length > 0) return { signals }
  if (file === undefined || signals.length > 0) throw new InputChoiceError()
  if (dir === undefined) throw new NoModelError()
  return {
    ...{ dir, file, sample },
    ...(salt === undefined ? {} : { salt }),
    ...(reveal === undefined ? {} : { reveal }),
    ...(keep === undefined ? {} : { keep }),
  }
}

export function addFulfil(program: Command): void {
  const command = program
    .command('fulfil')
    .description('prove the prediction that a request asks for, and hand it in')
    .argument('<request>', "the request's id", parseRequestId)
    .requiredOption('--model <dir>', 'the folder of the compiled model, with keys')
  addBoard(command)
    .option('--beneficiary <address>', 'who is credited (default: who signs)', parseAddress)
    .option('--inputs <dir>', 'files that open commitments, as request --keep writes them')
    .option(...PROVER_OPTION)
    .option(...JSON_OPTION)
    .addHelpText('after', `${SIGNING_HELP}\nExample:\n  zkonnx fulfil 0x... --model build/model --rpc URL\n`)
    .action(
      (
        request: Hex,
        options: BoardOptions & {
          model: string
          beneficiary?: string
          inputs?: string
          prover?: BackendChoice
        },
      ) =>
        runInterruptible(options, async (output, signal) => {
          const { model: dir, board, beneficiary, inputs, prover } = options
          const fulfilOptions: FulfilOptions = {
            ...{ dir, request, signal },
            ...(board === undefined ? {} : { board }),
            ...(beneficiary === undefined ? {} : { beneficiary }),
            ...(inputs === undefined ? {} : { inputs }),
            ...(prover === undefined ? {} : { backend: prover }),
            onStep: (step) => output.progress(step),
          }
          const done = await onUrl(
            options.rpc,
            (chain) => fulfilRequest(fulfilOptions, chain),
            keystoreOf(options),
          )
          const [, says] = answerOf(done.prediction, await readManifest(dir))
          const token = done.token === ZERO_ADDRESS ? undefined : done.token
          output.say(`  fulfilled ${shortHex(request)}: ${says}`)
          output.say(`  bounty ${amount(done.bounty, token)}, ${count(Number(done.gas))} gas`)
          output.say(`  ${done.beneficiary} can withdraw ${amount(done.credit, token)}`)
          const { prediction, ...rest } = done
          output.result({ ...rest, integer: prediction.integer, signals: prediction.signals })
        }),
    )
}

export function addWithdraw(program: Command): void {
  const command = program
    .command('withdraw')
    .description('pay out what a board credited the signing account with')
  addBoard(command)
    .option('--token <address>', 'in this token (default: ether)', parseAddress)
    .option('--to <address>', 'whom to pay (default: the signing account)', parseAddress)
    .option(...JSON_OPTION)
    .addHelpText('after', `${SIGNING_HELP}\nExample:\n  zkonnx withdraw --rpc URL\n`)
    .action((options: BoardOptions & { token?: string; to?: string }) =>
      runCommand(options, async (output) => {
        const { token = ZERO_ADDRESS } = options
        const board = options.board ?? (await sharedBoard())
        const paid = await onUrl(
          options.rpc,
          async ({ chain, signer }) => {
            const own = await signer()
            const to = options.to ?? (await own.getAddress())
            return { to, amount: await withdraw({ chain, signer: own, address: board }, token, to) }
          },
          keystoreOf(options),
        )
        output.say(`  ${amount(paid.amount, options.token)} paid to ${paid.to}`)
        output.result({ token, ...paid })
      }),
    )
}

export function addReclaim(program: Command): void {
  const command = program
    .command('reclaim')
    .description('credit the asker with the bounty of a request that nobody fulfilled in time')
    .argument('<request>', "the request's id", parseRequestId)
  addBoard(command)
    .option(...JSON_OPTION)
    .addHelpText('after', `${SIGNING_HELP}\nExample:\n  zkonnx reclaim 0x... --rpc URL\n`)
    .action((request: Hex, options: BoardOptions) =>
      runCommand(options, async (output) => {
        const board = options.board ?? (await sharedBoard())
        await onUrl(
          options.rpc,
          async ({ chain, signer }) => reclaim({ chain, signer: await signer(), address: board }, request),
          keystoreOf(options),
        )
        output.say(`  the bounty of ${shortHex(request)} is the asker's again: zkonnx withdraw pays it out`)
        output.result({ request, reclaimed: true })
      }),
    )
}

function collectSignal(text: string, before: readonly string[] = []): string[] {
  return [...before, text]
}

function amount(value: bigint, token: string | undefined): string {
  return token === undefined ? `${formatEther(value)} ether` : `${value} of token ${token}`
}

function timeOf(seconds: bigint): string {
  const date = new Date(Number(seconds) * 1000)
  return Number.isNaN(date.getTime()) ? `Unix time ${seconds}` : date.toISOString().replace('.000Z', 'Z')
}

export class BountyError extends BaseError {
  override name = 'Cli.BountyError'
  constructor(bounty: string) {
    super(`The bounty "${bounty}" is no amount.`, {
      hint: "give it in ether, e.g. 0.01; with --token as a whole number of the token's smallest unit",
    })
  }
}

export class InputChoiceError extends BaseError {
  override name = 'Cli.InputChoiceError'
  constructor() {
    super('A request needs one input: a sample of a file, or signals.', {
      hint: 'give --input FILE with the folder of the model, or --signal N for each signal of the input',
    })
  }
}

export class NoModelError extends BaseError {
  override name = 'Cli.NoModelError'
  constructor() {
    super('Samples were given without the model that says how they become signals.', {
      hint: 'give the folder of the compiled model: zkonnx request DIR --input FILE ...',
    })
  }
}
