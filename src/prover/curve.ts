/**
 * BN254 in WebAssembly: the one user of ffjavascript's curve, which is loaded and built where it is needed first.
 *
 * Its tasks run here, or in threads of ours: as many as are asked for, also inside a worker of a pool, and ended at once.
 * (ffjavascript's own take every core, cannot be started in a worker, and need 200 ms to end.)
 *
 * Trap: snarkjs takes its curve from `globalThis.curve_bn128`, and builds one and leaves its threads running where there
 * is none: such a process would not end by itself. So this module decides what stands there: a curve with threads while
 * somebody holds one, a curve without while somebody holds that, and never both. Who wants the other kind waits; a holder
 * of one kind must not ask for the other.
 */
import { availableParallelism } from 'node:os'
import type { ChaCha, Curve, ModuleBuilder } from 'ffjavascript'
import { BYTES } from '../base/field.js'
import { G1, G2 } from './groth16/group.js'
import type { GroupName } from './groth16/machine.js'
import { loadIden3 } from './iden3.js'
import { addKernels } from './kernels.js'
import { openRunner } from './runner.js'
import { runTask, type SumTask, type Task, tierOfSums } from './sums.js'
import type { Results, ThreadData } from './thread.js'
import { openThreads, type Threads } from './threads.js'
import { addTransform } from './transform-kernel.js'
import { addTransforms } from './transforms.js'

export type { ChaCha, Command, Curve, Element } from 'ffjavascript'

/**
 * Runs `use` with a curve of so many threads, by default one a core. Those who overlap share it, with as many threads as
 * the first asked for; the last to leave stops them.
 */
export function withThreads<Result>(
  use: (curve: Curve) => Promise<Result>,
  threads = availableParallelism(),
): Promise<Result> {
  return hold('threads', use, threads)
}

/** Runs `use` with a curve that works in the calling thread. It is built once. */
export function withoutThreads<Result>(use: (curve: Curve) => Promise<Result>): Promise<Result> {
  return hold('none', use)
}

/** Runs `use` with whichever curve stands, or else one without threads. */
export function withAnyCurve<Result>(use: (curve: Curve) => Promise<Result>): Promise<Result> {
  return hold(standing?.kind ?? 'none', use)
}

/**
 * To be called where something that snarkjs does is given up: it goes on until it next asks for a curve, and where none
 * stands any more, it is refused one, instead of building one with threads that nobody would stop.
 */
export function abandonWork(): void {
  whereNoneStands = refusing
}

export async function newChaCha(seed: readonly number[]): Promise<ChaCha> {
  const { ffjavascript } = await loadIden3()
  return new ffjavascript.ChaCha(seed)
}

/**
 * Runs `use`, and whatever overlaps with it, with ffjavascript's own sums: for proofs that are to show whether our kernels
 * are right, or to take their place; and in G2 where points may be out of the group, whose multiples ours do not make.
 */
export async function withStockSums<Result>(
  groups: readonly GroupName[],
  use: () => Promise<Result>,
): Promise<Result> {
  for (const group of groups) stock[group]++
  try {
    return await use()
  } finally {
    for (const group of groups) stock[group]--
  }
}

/** How many want them. */
const stock = { g1: 0, g2: 0 }

type Kind = 'threads' | 'none'

type Holding = {
  readonly kind: Kind
  readonly curve: Promise<Curve>
  readonly over: Promise<void>
  readonly end: () => void
  holders: number
}

const slot = globalThis as { curve_bn128?: Curve | null | undefined }
let standing: Holding | undefined
let single: Promise<Curve> | undefined
let whereNoneStands: Curve | null = null
/** Cannot even be awaited. */
const refusing = new Proxy({} as Curve, {
  get: () => {
    throw new Error('the work was given up')
  },
})

async function hold<Result>(
  kind: Kind,
  use: (curve: Curve) => Promise<Result>,
  threads = 1,
): Promise<Result> {
  while (standing !== undefined && standing.kind !== kind) await standing.over
  standing ??= open(kind, threads)
  const mine = standing
  mine.holders++
  try {
    return await use(await mine.curve)
  } finally {
    if (--mine.holders === 0) await close(mine)
  }
}

function open(kind: Kind, threads: number): Holding {
  let end = () => {}
  const over = new Promise<void>((resolve) => {
    end = resolve
  })
  return { kind, curve: place(kind === 'threads' ? build(threads) : buildSingle()), over, end, holders: 0 }
}

async function close(holding: Holding): Promise<void> {
  standing = undefined
  slot.curve_bn128 = whereNoneStands
  // a curve that could not be built has nothing to stop
  const curve = await holding.curve.catch(() => undefined)
  holding.end()
  if (holding.kind === 'threads') await curve?.tm.terminate()
}

async function place(building: Promise<Curve>): Promise<Curve> {
  const curve = await building
  slot.curve_bn128 = curve
  return curve
}

function buildSingle(): Promise<Curve> {
  single ??= build(1)
  return single
}

/** A curve whose tasks run in the calling thread, or in threads of their own where there is more than one. */
async function build(count: number): Promise<Curve> {
  const { ffjavascript } = await loadIden3()
  const curve = await ffjavascript.buildBn128(true, addAllKernels)
  const module = await WebAssembly.compile(curve.tm.code)
  if (count === 1) {
    const run = openRunner(module)
    const runHere = (task: Task) => runTask(run, task)
    return equip(curve, { count, run: runHere, close: async () => {} })
  }
  const work = { file: 'thread', data: { module } satisfies ThreadData }
  return equip(curve, openThreads<Task, Results>(work, count))
}

function addAllKernels(module: ModuleBuilder): void {
  addKernels(module)
  addTransform(module)
}

/** Gives the curve our threads, sums and transforms, where the rest of ffjavascript, and snarkjs, look for its own. */
function equip(curve: Curve, { count, run, close }: Threads<Task, Results>): Curve {
  Object.assign(curve.tm, { concurrency: count, queueAction: run, terminate: close })
  // its own copies the bytes before it writes them
  curve.tm.setBuff = (pointer, bytes) => curve.tm.u8.set(bytes, pointer)
  for (const name of ['g1', 'g2'] as const) {
    const group = curve[name === 'g1' ? 'G1' : 'G2']
    const own = group.multiExpAffine.bind(group)
    group.multiExpAffine = async (bases, scalars, ...rest) => {
      const points = scalars.length / BYTES
      const isOurs =
        stock[name] === 0 &&
        points >= FEWEST &&
        bases instanceof Uint8Array &&
        bases.length === points * BYTES_OF[name]
      const tier = isOurs ? await tierOfSums() : undefined
      if (tier === undefined) return own(bases, scalars, ...rest)
      const tasks = cut({ group: name, bases, scalars, tier }, count)
      const parts = await Promise.all(tasks.map((task) => run(task)))
      return parts.reduce((total, [part]) => group.add(total, part!), group.zero)
    }
  }
  // with more threads, ffjavascript's transforms use them all
  if (count === 1) addTransforms(curve)
  return curve
}

/** Runs a task of ours on a curve's threads. */
export function runOn({ tm }: Curve, task: Task): Promise<Uint8Array[]> {
  return (tm.queueAction as (task: Task) => Promise<Uint8Array[]>)(task)
}

/** Below, it takes longer to hand points over than to add them up. */
const FEWEST = 256
const FEWEST_OF_A_PART = 4096
const BYTES_OF = { g1: G1.bytes, g2: G2.bytes }

/** About as many points each, for so many threads at most. */
function cut({ bases, scalars, ...task }: SumTask, count: number): SumTask[] {
  const points = scalars.length / BYTES
  const parts = Math.max(1, Math.min(count, Math.floor(points / FEWEST_OF_A_PART)))
  const edge = (part: number) => Math.floor((part * points) / parts)
  const size = bases.length / points
  return Array.from({ length: parts }, (_, part) => {
    const [from, to] = [edge(part), edge(part + 1)]
    // what is posted to a thread is copied with all of its buffer
    const take = (bytes: Uint8Array, width: number) =>
      parts === 1 ? bytes : bytes.slice(width * from, width * to)
    return { ...task, bases: take(bases, size), scalars: take(scalars, BYTES) }
  })
}
