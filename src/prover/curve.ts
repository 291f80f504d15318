/**
 * BN254 in WebAssembly: the one door to ffjavascript.
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
import { buildBn128, type Command, type Curve } from 'ffjavascript'
import { addKernels } from './kernels.js'
import { openRunner } from './runner.js'
import type { Results, ThreadData } from './thread.js'
import { openThreads } from './threads.js'

export type { Command, Curve, Element } from 'ffjavascript'
export { ChaCha } from 'ffjavascript'

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
  const curve = await buildBn128(true, addKernels)
  const module = await WebAssembly.compile(curve.tm.code)
  if (count === 1) {
    const run = openRunner(module)
    return withManager(curve, {
      concurrency: 1,
      queueAction: async (task) => run(task),
      terminate: async () => {},
    })
  }
  const work = { file: 'thread', data: { module } satisfies ThreadData }
  const threads = openThreads<readonly Command[], Results>(work, count)
  return withManager(curve, { concurrency: count, queueAction: threads.run, terminate: threads.close })
}

/** What the rest of ffjavascript reads of its manager of threads. */
function withManager(curve: Curve, manager: Omit<Curve['tm'], 'code'>): Curve {
  Object.assign(curve.tm, manager)
  return curve
}
