/**
 * The memory that kernels share: one block that only grows, over which each thread has its own instance. What is taken
 * from it is never given back; a key's memory goes with the key.
 *
 * Traps: where the free part begins is counted in the memory itself, so that threads do not take the same. Views end where
 * the memory ended when they were made: `views` makes new ones when it has grown.
 */

/** Where the modules' own constants end. The first word counts what is taken, in units of 16 bytes. */
const HEAP = 65536
const COUNTER = HEAP / 4
const PAGE = 65536
const MOST_PAGES = 65536

export type Memory = {
  readonly block: WebAssembly.Memory
  /** Takes so many bytes; the address is a multiple of 16. Throws `RangeError` beyond 4 GB. */
  take(bytes: number): number
  views(): Views
}

export type Views = {
  readonly bytes: Uint8Array
  readonly words: Uint32Array
  readonly integers: Int32Array
  readonly longs: BigInt64Array
  readonly doubles: Float64Array
}

export function newMemory(): Memory {
  const memory = over(new WebAssembly.Memory({ initial: 2, maximum: MOST_PAGES, shared: true }))
  Atomics.store(memory.views().words, COUNTER, HEAP / 16 + 1)
  return memory
}

/** The same memory in another thread. */
export function over(block: WebAssembly.Memory): Memory {
  let current: Views | undefined
  const views = (): Views => {
    const { buffer } = block
    if (current?.bytes.buffer !== buffer)
      current = {
        bytes: new Uint8Array(buffer),
        words: new Uint32Array(buffer),
        integers: new Int32Array(buffer),
        longs: new BigInt64Array(buffer),
        doubles: new Float64Array(buffer),
      }
    return current
  }
  return {
    block,
    views,
    take(bytes) {
      const units = Math.ceil(bytes / 16)
      const at = 16 * Atomics.add(views().words, COUNTER, units)
      const missing = Math.ceil((at + 16 * units - block.buffer.byteLength) / PAGE)
      if (missing > 0) block.grow(missing)
      return at
    },
  }
}
