/**
 * BN254 in WebAssembly: the one door to ffjavascript.
 *
 * Trap: ffjavascript keeps its curve, with a thread a core, in `globalThis.curve_bn128`. snarkjs takes it from there, and
 * builds one and leaves it running where there is none: such a process would not end by itself. So this module decides
 * what stands there: a curve with threads while somebody holds one, a curve without while somebody holds that, and never
 * both. Who wants the other kind waits; a holder of one kind must not ask for the other.
 */
import { buildBn128, type Curve } from 'ffjavascript'
import { addKernels } from './kernels.js'

export type { Command, Curve, Element } from 'ffjavascript'

/** The order of BN254's base field, where the coordinates of points lie (EIP-196). */
export const Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n

/**
 * Runs `use` with a curve of one thread a core, which the kernels of a setup are part of. Those who overlap share it;
 * the last to leave stops its threads.
 */
export function withThreads<Result>(use: (curve: Curve) => Promise<Result>): Promise<Result> {
  return hold('threads', use)
}

/** Runs `use` with a curve that works in the calling thread. It is built once. */
export function withoutThreads<Result>(use: (curve: Curve) => Promise<Result>): Promise<Result> {
  return hold('none', use)
}

/** Runs `use` with whichever curve stands, or else one without threads. */
export function withAnyCurve<Result>(use: (curve: Curve) => Promise<Result>): Promise<Result> {
  return hold(standing?.kind ?? 'none', use)
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

async function hold<Result>(kind: Kind, use: (curve: Curve) => Promise<Result>): Promise<Result> {
  while (standing !== undefined && standing.kind !== kind) await standing.over
  standing ??= open(kind)
  const mine = standing
  mine.holders++
  try {
    return await use(await mine.curve)
  } finally {
    if (--mine.holders === 0) await close(mine)
  }
}

function open(kind: Kind): Holding {
  let end = () => {}
  const over = new Promise<void>((resolve) => {
    end = resolve
  })
  return { kind, curve: kind === 'threads' ? buildThreaded() : placeSingle(), over, end, holders: 0 }
}

async function close(holding: Holding): Promise<void> {
  standing = undefined
  slot.curve_bn128 = null
  // a curve that could not be built has nothing to stop
  const curve = await holding.curve.catch(() => undefined)
  holding.end()
  if (holding.kind === 'threads') await stopThreads(curve)
}

/** Unlike the curve's own `terminate`, leaves alone what meanwhile stands in the global. */
async function stopThreads(curve: Curve | undefined): Promise<void> {
  await curve?.tm.terminate()
}

function buildThreaded(): Promise<Curve> {
  // a curve that somebody else left there would come without the kernels
  slot.curve_bn128 = null
  return buildBn128(false, addKernels)
}

async function placeSingle(): Promise<Curve> {
  single ??= buildBn128(true)
  slot.curve_bn128 = await single
  return single
}
