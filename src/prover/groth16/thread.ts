/** What runs in each thread of an engine: a machine over the memory that all share, and tasks one after the other. */
import { workerData } from 'node:worker_threads'
import { answerTasks } from '../answer.js'
import type { Loaded } from './loaded.js'
import type { Affine, Values, Which } from './machine.js'
import { shareBytes } from './memory.js'
import { openMachine } from './tiers.js'

export type ThreadData = Loaded

export type Task =
  | { readonly kind: 'quotient'; readonly witness: Uint8Array }
  | { readonly kind: 'evaluate'; readonly values: Values; readonly witness: Uint8Array }
  | { readonly kind: 'carry'; readonly values: Values; readonly which: Which }
  | { readonly kind: 'join'; readonly values: Values }
  | { readonly kind: 'multiply'; readonly chunk: number; readonly scalars: Uint8Array }

export type Result = Uint8Array | Affine | undefined

const { tier, shared, rows, chunks } = workerData as ThreadData
const machine = openMachine(tier, shared)

answerTasks(run)

async function run(task: Task): Promise<Result> {
  const own = await machine
  switch (task.kind) {
    case 'multiply':
      return own.multiply(chunks[task.chunk]!.points, task.scalars)
    case 'quotient':
      return shareBytes(own.quotientOf(rows, task.witness))
    case 'evaluate':
      return void own.parts!.evaluate(rows, task.values, task.witness)
    case 'carry':
      return void own.parts!.carry(rows, task.values, task.which)
    case 'join':
      return shareBytes(own.parts!.join(rows, task.values))
  }
}
