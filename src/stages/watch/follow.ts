/**
 * Reads the boards block by block into the state. Before it reads on, it looks whether the chain still has the block
 * that was read last; if not, it walks back to one that the chain has, forgets what came after, and reads that anew.
 */
import { type BoardEvent, boardEvents } from '../../chain/board-events.js'
import { type Chain, NoAnswerError, RpcError, reach } from '../../chain/provider.js'
import type { Hex } from '../../chain/types.js'
import type { Known, Mark, State } from './state.js'

/** Blocks that are remembered, at most one each time that new ones were read. */
const MARKS = 128
/** Blocks that are asked for at once, unless the node refuses so many. */
const RANGE = 2_000
/** Requests that are remembered; of more, those of the least bounty are left out. */
const MOST_REQUESTS = 10_000

export type Followed = {
  readonly head: Mark
  /** The block that was walked back to, where the chain was reorganised. */
  readonly back?: number
  readonly events: readonly BoardEvent[]
}

export type FollowOptions = {
  /** The first block to read. */
  readonly from: number
  /** Whether a request is worth remembering. */
  readonly wanted: (event: BoardEvent & { kind: 'requested' }) => Promise<boolean>
}

/** Brings the state up to the chain's newest block. Throws the errors of `reach`; what was read until then is kept. */
export async function follow(chain: Chain, state: State, options: FollowOptions): Promise<Followed> {
  const head = await markAt(chain, 'latest')
  const back = await walkBack(chain, state)
  const events: BoardEvent[] = []
  let range = RANGE
  for (let next = (state.marks.at(-1)?.number ?? options.from - 1) + 1; next <= head!.number; ) {
    const to = Math.min(head!.number, next + range - 1)
    const found = await readRange(chain, state.boards, next, to)
    if (found === 'too long') {
      range = Math.max(1, Math.floor((to - next + 1) / 2))
      continue
    }
    for (const event of found.events) await apply(state, event, options)
    events.push(...found.events)
    state.marks = [...state.marks, found.mark].slice(-MARKS)
    next = to + 1
  }
  prune(state)
  return { head: head!, events, ...(back === undefined ? {} : { back }) }
}

async function markAt(chain: Chain, block: number | 'latest'): Promise<Mark | undefined> {
  const found = await reach(chain, () => chain.provider.getBlock(block))
  if (found?.hash == null) return undefined
  return { number: found.number, hash: found.hash, timestamp: found.timestamp }
}

async function isThere(chain: Chain, mark: Mark): Promise<boolean> {
  return (await markAt(chain, mark.number))?.hash === mark.hash
}

/** Forgets what came after the newest mark that the chain still has; returns its number if there was anything. */
async function walkBack(chain: Chain, state: State): Promise<number | undefined> {
  const kept = [...state.marks]
  while (kept.length > 0 && !(await isThere(chain, kept.at(-1)!))) kept.pop()
  if (kept.length === state.marks.length) return undefined
  const last = kept.at(-1)?.number ?? -1
  state.marks = kept
  for (const [id, known] of state.requests) {
    if (known.block > last) state.requests.delete(id)
    else if (known.closed !== undefined && known.closed.block > last) {
      const { closed: _, ...open } = known
      state.requests.set(id, open)
    }
  }
  return Math.max(0, last)
}

/** The events of a range, and the mark of its last block, which was the same before and after they were read. */
async function readRange(
  chain: Chain,
  boards: readonly string[],
  from: number,
  to: number,
): Promise<{ events: BoardEvent[]; mark: Mark } | 'too long'> {
  try {
    const mark = await markAt(chain, to)
    const events = await boardEvents(chain, boards, from, to)
    if (mark === undefined || !(await isThere(chain, mark))) throw new MovedError(chain)
    return { events, mark }
  } catch (error) {
    if (error instanceof RpcError && to > from) return 'too long'
    throw error
  }
}

async function apply(state: State, event: BoardEvent, { wanted }: FollowOptions): Promise<void> {
  const { requests } = state
  const known = requests.get(event.id)
  if (event.kind === 'requested') {
    if (known === undefined && (await wanted(event))) {
      requests.set(event.id, { asked: event.asked, block: event.block })
      if (requests.size > MOST_REQUESTS) dropLeast(requests)
    }
  } else if (known !== undefined) {
    const { block, kind: how } = event
    const transaction = event.kind === 'fulfilled' ? { transaction: event.transaction } : {}
    requests.set(event.id, { ...known, closed: { block, how, ...transaction } })
  }
}

function dropLeast(requests: Map<Hex, Known>): void {
  const [least] = [...requests.values()].toSorted((a, b) => (a.asked.bounty < b.asked.bounty ? -1 : 1))
  requests.delete(least!.asked.id)
}

/** Forgets what ended, or ran out, before the oldest block that could be walked back to. */
function prune({ marks, requests }: State): void {
  const oldest = marks[0]
  if (oldest === undefined || marks.length < MARKS) return
  for (const [id, { asked, block, closed }] of requests) {
    const over = closed !== undefined ? closed.block <= oldest.number : asked.deadline < oldest.timestamp
    if (over && block <= oldest.number) requests.delete(id)
  }
}

/** The chain was reorganised while it was read: to be read again, as if it had not answered. */
export class MovedError extends NoAnswerError {
  constructor(chain: Chain) {
    super(chain.url, new Error('the chain was reorganised while it was read'))
  }
}
