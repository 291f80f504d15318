/** What happened on boards, from their logs: requests made, fulfilled and taken back, in the order of the chain. */
import { BaseError } from '../base/errors.js'
import { BOARD } from './abi-board.js'
import { type Chain, type Log, RpcError, reach } from './provider.js'
import type { Hex } from './types.js'

/** A request as its event tells it: the input stands nowhere else. */
export type Asked = {
  readonly id: Hex
  readonly board: string
  readonly modelId: bigint
  readonly asker: string
  /** The statement's signals that hold the input. */
  readonly input: readonly bigint[]
  readonly data: Hex
  readonly token: string
  readonly bounty: bigint
  readonly deadline: bigint
  readonly callback: string
  readonly callbackGas: number
}

export type BoardEvent = { readonly board: string; readonly id: Hex; readonly block: number } & (
  | { readonly kind: 'requested'; readonly asked: Asked }
  | { readonly kind: 'fulfilled'; readonly beneficiary: string; readonly transaction: Hex }
  | { readonly kind: 'reclaimed' }
)

/** Of the blocks from `from` to `to`, both included. Throws the errors of `reach`: `RpcError` where the range is too long. */
export async function boardEvents(
  chain: Chain,
  boards: readonly string[],
  from: number,
  to: number,
): Promise<BoardEvent[]> {
  const filter = { address: [...boards], topics: [TOPICS], fromBlock: from, toBlock: to }
  return (await reach(chain, () => chain.provider.getLogs(filter))).map(eventOf)
}

/**
 * A request, found by its event. Where the node answers for short ranges only, looks back from the newest block.
 * Throws `NoRequestError` and the errors of `reach`.
 */
export async function askedOf(chain: Chain, board: string, id: Hex): Promise<Asked> {
  const newest = await reach(chain, () => chain.provider.getBlockNumber())
  let range = newest + 1
  for (let end = newest; end >= 0; ) {
    const from = Math.max(0, end - range + 1)
    const found = await requestedIn(chain, board, id, from, end).catch((error: unknown) => {
      if (!(error instanceof RpcError) || range <= 1) throw error
      return 'too long' as const
    })
    if (found === 'too long') range = Math.min(LONG_RANGE, Math.ceil(range / 2))
    else if (found !== undefined) return found
    else end = from - 1
  }
  throw new NoRequestError(chain, board, id)
}

const LONG_RANGE = 10_000

const TOPICS = ['Requested', 'Fulfilled', 'Reclaimed'].map((name) => BOARD.getEvent(name)!.topicHash)

async function requestedIn(
  chain: Chain,
  board: string,
  id: Hex,
  from: number,
  to: number,
): Promise<Asked | undefined> {
  const filter = { address: board, topics: [TOPICS[0]!, id], fromBlock: from, toBlock: to }
  const [log] = await reach(chain, () => chain.provider.getLogs(filter))
  const event = log === undefined ? undefined : eventOf(log)
  return event?.kind === 'requested' ? event.asked : undefined
}

function eventOf(log: Log): BoardEvent {
  const { name, args } = BOARD.parseLog(log)!
  const at = { board: log.address, id: args.requestId as Hex, block: log.blockNumber }
  if (name === 'Fulfilled') {
    return {
      ...at,
      kind: 'fulfilled',
      beneficiary: args.beneficiary,
      transaction: log.transactionHash as Hex,
    }
  }
  if (name === 'Reclaimed') return { ...at, kind: 'reclaimed' }
  const { modelId, asker, data, token, bounty, deadline, callback } = args
  const asked = {
    ...{ id: at.id, board: at.board, modelId, asker, data, token, bounty, deadline, callback },
    input: [...args.input],
    callbackGas: Number(args.callbackGas),
  }
  return { ...at, kind: 'requested', asked }
}

export class NoRequestError extends BaseError {
  override name = 'Board.NoRequestError'
  constructor(
    chain: Chain,
    board: string,
    readonly id: string,
  ) {
    super(`The board ${board} on chain ${chain.id} has no request ${id}.`, {
      hint: 'give the id that `zkonnx request` printed, with its board and chain',
    })
  }
}
