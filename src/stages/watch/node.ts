/** What a running node is made of. */
import type { fulfil } from '../../chain/board.js'
import type { Account } from '../../chain/outbox.js'
import type { Hex } from '../../chain/types.js'
import type { Pool } from '../../workers/pool.js'
import type { WatchEvent } from './events.js'
import type { Models, Served } from './models.js'
import type { State } from './state.js'
import type { Terms } from './worth.js'

/** A proof under way. */
export type Job = { readonly model: Served; readonly abort: AbortController; readonly done: Promise<void> }

/** A proof that waits to be sent. */
export type Ready = { readonly model: Served; readonly answer: fulfil.Answer }

export type Node = {
  readonly account: Account
  readonly beneficiary: string
  readonly models: Models
  readonly terms: Terms
  readonly state: State
  /** Writes the state if it changed. */
  readonly save: () => Promise<void>
  readonly threads: number
  readonly inputs: string | undefined
  /** Blocks on top of one of our transactions after which it is forgotten. */
  readonly confirmations: number
  /** Ends the loop's wait. */
  readonly wake: () => void
  readonly emit: (event: WatchEvent) => void
  readonly pools: Map<Served, Pool>
  readonly jobs: Map<Hex, Job>
  /** Of the proofs under way those that nobody waits for any more, and the milliseconds that they have to end. */
  readonly late: Set<Hex>
  readonly grace: number
  readonly ready: Map<Hex, Ready>
  /** Why a request is not taken, as it was said last. */
  readonly said: Map<Hex, string>
  /** When to look again for the input of a request, in milliseconds of this process. */
  readonly later: Map<Hex, number>
  /** Requests that are given up: their proof fails, or the contract does not want it. */
  readonly refused: Set<Hex>
}

/** Whether one of our transactions for the request is under way, or did what it should. */
export function isSent({ state }: Pick<Node, 'state'>, request: Hex): boolean {
  return state.outbox.some(
    ({ purpose, mined }) =>
      purpose.kind === 'fulfil' && purpose.request === request && mined?.passed !== false,
  )
}

/** Whether the board, as far as it was read, still waits for an answer. */
export function isOpen({ state }: Pick<Node, 'state'>, request: Hex): boolean {
  const known = state.requests.get(request)
  return known !== undefined && known.closed === undefined
}
