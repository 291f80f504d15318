/** What runs in each thread of an engine: a machine over the memory that all share, and tasks one after the other. */
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../../base/errors.js'
import type { Answer } from '../threads.js'
import type { Affine, Points, Rows, TierName } from './machine.js'
import { shareBytes } from './memory.js'
import { openMachine } from './tiers.js'

export type ThreadData = {
  readonly tier: TierName
  /** The machine's that loaded the points. */
  readonly shared: unknown
  readonly rows: Rows
  readonly chunks: readonly Points[]
}

export type Task =
  | { readonly kind: 'quotient'; readonly witness: Uint8Array }
  | { readonly kind: 'multiply'; readonly chunk: number; readonly scalars: Uint8Array }

export type Result = Uint8Array | Affine

const { tier, shared, rows, chunks } = workerData as ThreadData
const machine = openMachine(tier, shared)

parentPort!.on('message', async (task: Task) => parentPort!.postMessage(await answerTo(task)))

async function answerTo(task: Task): Promise<Answer<Result>> {
  try {
    return { result: await run(task) }
  } catch (error) {
    return { failed: messageOf(error) }
  }
}

async function run(task: Task): Promise<Result> {
  const own = await machine
  if (task.kind === 'multiply') return own.multiply(chunks[task.chunk]!, task.scalars)
  return shareBytes(own.quotientOf(rows, task.witness))
}
