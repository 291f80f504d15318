/** A key that kernels took: plain data, so that machines in other threads, over the same memory, prove with it as well. */
import type { Key } from './key.js'
import type { Machine, Rows, TierName } from './machine.js'
import { shareBytes } from './memory.js'
import { type Chunk, loadChunks } from './multiply.js'

export type Loaded = {
  readonly tier: TierName
  /** What opens a machine over the memory that the key is in. */
  readonly shared: unknown
  readonly rows: Rows
  readonly chunks: readonly Chunk[]
}

/** For proofs of so many threads each. Bytes that several threads will read are shared. */
export function loadKey(machine: Machine, key: Key, threads: number): Loaded {
  const held = threads === 1 ? (bytes: Uint8Array) => bytes : shareBytes
  const { a, b1, b2, c, h } = key.points
  const points = { a: held(a), b1: held(b1), b2: held(b2), c: held(c), h: held(h) }
  return {
    tier: machine.tier,
    shared: machine.shared,
    rows: machine.loadRows(held(key.coefficients), key.header.domainSize),
    chunks: loadChunks(machine, { ...key, points }, threads),
  }
}
