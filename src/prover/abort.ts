/**
 * Work that may be told to stop: what runs in threads is let go at once, what runs here pauses often enough to hear of it.
 * Trap: a signal is heard, and Ctrl-C seen, only when the event loop gets its turn; `await` alone does not give it.
 */
import { setImmediate } from 'node:timers/promises'

/** How somebody follows long work. */
export type Watch = {
  /** Told what it is at. */
  readonly onProgress?: ((text: string) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * What the work gives, or as soon as the signal is aborted its reason; then nobody hears any more how the work ends.
 * `abandon` is called before.
 */
export async function unlessAborted<Result>(
  signal: AbortSignal | undefined,
  work: () => Promise<Result>,
  abandon = () => {},
): Promise<Result> {
  if (signal === undefined) return work()
  signal.throwIfAborted()
  let stop = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => {
      abandon()
      reject(signal.reason)
    }
  })
  signal.addEventListener('abort', stop, { once: true })
  const working = work()
  working.catch(() => {})
  try {
    return await Promise.race([working, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** Gives the event loop a turn, in the midst of a long computation. Throws the reason of a signal that is aborted. */
export async function pause(signal?: AbortSignal): Promise<void> {
  await setImmediate()
  signal?.throwIfAborted()
}
