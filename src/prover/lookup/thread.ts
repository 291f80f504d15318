/** What runs in each thread of an engine: a machine over the memory that all share, and tasks one after the other. */
import { workerData } from 'node:worker_threads'
import { BYTES } from '../../base/field.js'
import { answerTasks } from '../answer.js'
import type { Affine, Points, Values } from '../groth16/machine.js'
import { shareBytes } from '../groth16/memory.js'
import { openMachine } from '../groth16/tiers.js'
import type { LoadedLookup } from './loaded.js'

export type ThreadData = LoadedLookup

export type Task =
  | { readonly kind: 'slopes'; readonly a: Uint8Array; readonly b: Uint8Array }
  | { readonly kind: 'carry'; readonly values: Values; readonly which: 0 | 1; readonly plain: Uint8Array }
  | {
      readonly kind: 'join'
      readonly values: Values
      readonly from: number
      readonly to: number
      /** Shared, of all. */
      readonly out: Uint8Array
    }
  | { readonly kind: 'multiply'; readonly chunk: number; readonly scalars: Uint8Array }
  | {
      readonly kind: 'classes'
      readonly chunk: number
      readonly hits: Uint32Array
      readonly scalars: Uint8Array
    }

export type Result = Uint8Array | Affine | undefined

const { tier, shared, domain, chunks } = workerData as ThreadData
const machine = openMachine(tier, shared)

answerTasks(run)

async function run(task: Task): Promise<Result> {
  const own = await machine
  switch (task.kind) {
    case 'multiply':
      return own.multiply(chunks[task.chunk]!.points, task.scalars, chunks[task.chunk]!.share)
    case 'classes':
      return own.multiplyClasses(chunks[task.chunk]!.points as Points<'g1'>, task.hits, task.scalars)
    case 'slopes':
      return shareBytes(own.slopesOf(domain, task.a, task.b))
    case 'carry':
      return void own.slopeParts!.carry(domain, task.values, task.which, task.plain)
    case 'join':
      return void task.out.set(own.slopeParts!.join(task.values, task.from, task.to), BYTES * task.from)
  }
}
