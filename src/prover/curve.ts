/**
 * BN254 in WebAssembly: the one door to ffjavascript.
 *
 * Trap: ffjavascript keeps its curve, with a thread a core, in `globalThis.curve_bn128`; snarkjs takes it from there
 * and never stops the threads, so that a process would not end by itself. This module decides what stands there: a
 * threaded curve only while somebody holds it, and otherwise, for calls that begin by looking, one without threads.
 */
import { buildBn128, type Curve } from 'ffjavascript'
import { addKernels } from './kernels.js'

export type { Command, Curve, Element, Group } from 'ffjavascript'

/** The order of BN254's base field, where the coordinates of points lie (EIP-196). */
export const Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n

/**
 * Runs `use` with a curve of one thread a core, which the kernels of a setup are part of. Those who overlap share it;
 * the last to leave stops its threads.
 */
export async function withThreads<Result>(use: (curve: Curve) => Promise<Result>): Promise<Result> {
  shared ??= { curve: buildThreaded(), holders: 0 }
  const mine = shared
  mine.holders++
  try {
    return await use(await mine.curve)
  } finally {
    if (--mine.holders === 0) {
      shared = undefined
      await (await mine.curve).terminate()
    }
  }
}

/** The curve without threads, built once. */
export function withoutThreads(): Promise<Curve> {
  single ??= buildBn128(true)
  return single
}

/**
 * Calls `begin` while ffjavascript's global is the curve without threads. For functions that take their curve before
 * they first wait.
 */
export async function onSingleThread<Result>(begin: () => Promise<Result>): Promise<Result> {
  const curve = await withoutThreads()
  const before = slot.curve_bn128
  slot.curve_bn128 = curve
  try {
    // not awaited here: the global must be back before anything else runs
    return begin()
  } finally {
    slot.curve_bn128 = before
  }
}

let shared: { readonly curve: Promise<Curve>; holders: number } | undefined
let single: Promise<Curve> | undefined
const slot = globalThis as { curve_bn128?: Curve | null | undefined }

function buildThreaded(): Promise<Curve> {
  // a curve that somebody else left there would come without the kernels
  slot.curve_bn128 = null
  return buildBn128(false, addKernels)
}
