/**
 * The one place that decides how the machine's cores and memory are spent.
 *
 * Throughput: a worker a core, each with a proof of one thread. Latency, where there are fewer samples than cores: one
 * worker, whose proof has all cores while the next sample's witness is computed. ONNX Runtime has its worker's threads.
 */
import { availableParallelism, freemem } from 'node:os'

export type Budget = {
  readonly mode: 'throughput' | 'latency'
  readonly workers: number
  /** Of each worker. */
  readonly threads: number
}

export type Demand = {
  /** Cores to use; by default all. */
  readonly threads?: number | undefined
  /** How many samples there will be, where that is known. */
  readonly tasks?: number | undefined
  /** The proving key's; 0 where nothing is proven. */
  readonly keyBytes?: number
  /** By default what the machine, or the container, has left. */
  readonly memory?: number
}

export function planBudget(demand: Demand = {}): Budget {
  const cores = Math.max(1, demand.threads ?? availableParallelism())
  const { tasks = Number.POSITIVE_INFINITY, keyBytes = 0, memory = availableMemory() } = demand
  if (tasks < cores) return { mode: 'latency', workers: 1, threads: cores }
  const room = Math.floor((SHARE * memory - PROCESS_BYTES - keyBytes) / workerBytes(keyBytes))
  return { mode: 'throughput', workers: Math.max(1, Math.min(cores, room)), threads: 1 }
}

/** What a worker needs beyond the shared key: measured, see MEASURED. */
export function workerBytes(keyBytes: number): number {
  return MEASURED.base + MEASURED.perKeyByte * keyBytes
}

/** Bytes: from peaks of `zkonnx prove` on the digits net with one worker and with two, rounded up. */
const MEASURED = { base: 110e6, perKeyByte: 8 }
const PROCESS_BYTES = 100e6
/** Of what is left: others want memory too. */
const SHARE = 0.8

function availableMemory(): number {
  return process.availableMemory?.() ?? freemem()
}
