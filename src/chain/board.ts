/** Requests for predictions: made, fulfilled, taken back, and paid out. */
import { InternalError } from '../base/errors.js'
import { BOARD } from './abi-board.js'
import { ask, contractAt } from './contract.js'
import type { Chain, Signer } from './provider.js'
import { proofWords } from './solidity/points.js'
import { parseSignals } from './submit.js'
import { type Transacted, transact } from './transact.js'
import type { Hex, Proof } from './types.js'

/** The token that stands for ether, and the callback that stands for none. */
export const ZERO_ADDRESS = '0x0000000000000000000000000000000000000000'

export type Ask = {
  /** In the registry. */
  readonly modelId: bigint
  /** The statement's signals that hold the input, in decimal. */
  readonly input: readonly string[]
  /** For provers: what is behind a commitment, or where to get it. */
  readonly data?: Hex
  readonly token?: string
  readonly bounty: bigint
  /** Unix time in seconds; the last timestamp at which the request can be fulfilled. */
  readonly deadline: bigint
  readonly callback?: string
  readonly callbackGas?: number
}

export type State = 'none' | 'open' | 'fulfilled' | 'reclaimed'

export type Request = {
  readonly state: State
  readonly deadline: bigint
  readonly asker: string
  readonly callback: string
  readonly callbackGas: number
  readonly token: string
  readonly bounty: bigint
  readonly modelId: bigint
  readonly inputHash: Hex
  readonly beneficiary: string
}

/** A board on a chain, and who pays there. */
export type BoardAt = { readonly chain: Chain; readonly signer: Signer; readonly address: string }

/**
 * Asks for a prediction; returns the request's id when it is mined. A token's bounty must be approved before.
 * Throws `RevertError`, `SignalsError`, `NoContractError`, and the errors of `reach`.
 */
export async function request(at: BoardAt, asked: Ask): Promise<{ id: Hex; gas: bigint }> {
  const {
    data = '0x',
    token = ZERO_ADDRESS,
    callback = ZERO_ADDRESS,
    callbackGas = 0,
    bounty,
    ...rest
  } = asked
  const args = [{ ...rest, input: parseSignals(asked.input), data, token, bounty, callback, callbackGas }]
  const value = token === ZERO_ADDRESS ? bounty : 0n
  const { receipt } = await send<Hex>(at, 'request', args, value)
  // the log has the id: what the call said before it was sent may have been overtaken
  const found = receipt.logs
    .filter((log) => log.address.toLowerCase() === at.address.toLowerCase())
    .map((log) => BOARD.parseLog(log))
    .find((log) => log?.name === 'Requested')
  if (!found) throw new InternalError('A request was mined without its event.')
  return { id: found.args.requestId, gas: receipt.gasUsed }
}

/** Fulfils a request. The proof must be bound to the board, with the request's id as the nonce and its deadline. */
export async function fulfil(at: BoardAt, id: Hex, answer: fulfil.Answer): Promise<{ gas: bigint }> {
  const args = [id, proofWords(answer.proof), parseSignals(answer.signals), answer.beneficiary]
  const { receipt } = await send(at, 'fulfil', args)
  return { gas: receipt.gasUsed }
}

export declare namespace fulfil {
  type Answer = {
    readonly proof: Proof
    readonly signals: readonly string[]
    /** Who is credited: the beneficiary inside the proof's context. */
    readonly beneficiary: string
  }
}

/** Gives the bounty of a request that nobody fulfilled in time back to who asked. */
export async function reclaim(at: BoardAt, id: Hex): Promise<void> {
  await send(at, 'reclaim', [id])
}

/** Pays out what the signer was credited with in one token, and says how much it was. */
export async function withdraw(at: BoardAt, token: string, to: string): Promise<bigint> {
  return (await send<bigint>(at, 'withdraw', [token, to])).answer
}

/** A request as it stands; of state `none` if there is no such request. */
export async function requestOf(chain: Chain, address: string, id: Hex): Promise<Request> {
  const found = await read<Answered>(chain, address, 'requestOf', [id])
  return {
    state: STATES[Number(found.state)]!,
    deadline: found.deadline,
    asker: found.asker,
    callback: found.callback,
    callbackGas: Number(found.callbackGas),
    token: found.token,
    bounty: found.bounty,
    modelId: found.modelId,
    inputHash: found.inputHash,
    beneficiary: found.beneficiary,
  }
}

/** The output of a fulfilled request as integers. Throws `RevertError` NotAnswered before. */
export async function answerOf(chain: Chain, address: string, id: Hex): Promise<bigint[]> {
  return [...(await read<Iterable<bigint>>(chain, address, 'answerOf', [id]))]
}

/** The registry that a board trusts. */
export async function registryOf(chain: Chain, address: string): Promise<string> {
  return read(chain, address, 'REGISTRY', [])
}

/** What an account can withdraw in one token. */
export async function creditOf(
  chain: Chain,
  address: string,
  token: string,
  account: string,
): Promise<bigint> {
  return read(chain, address, 'creditOf', [token, account])
}

/** A request as ethers reads it: numbers of any width are bigints. */
type Answered = Omit<Request, 'state' | 'callbackGas'> & Record<'state' | 'callbackGas', bigint>

const STATES: readonly State[] = ['none', 'open', 'fulfilled', 'reclaimed']

async function send<T>(
  { chain, signer, address }: BoardAt,
  method: string,
  args: unknown[],
  value = 0n,
): Promise<Transacted<T>> {
  const board = await contractAt(chain, address, BOARD, signer)
  return transact<T>(chain, board, { method, args, value })
}

/** What a contract answers has the type that its ABI says. */
async function read<T>(chain: Chain, address: string, method: string, args: unknown[]): Promise<T> {
  const board = await contractAt(chain, address, BOARD)
  return ask(chain, board, () => board.getFunction(method).staticCall(...args))
}
