/** Server-sent events of one prediction: how it stands now, each change, and the end of the stream with the last one. */
import type { Context } from 'hono'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import { read } from '../read.js'
import { Refusal } from '../refusals.js'
import * as Service from '../service.js'

/** Streams at a time. */
const MOST = 256
/** Proxies close what is silent for long. */
const BEAT_MS = 15_000

export type Streams = { open: number; readonly closing: AbortSignal }

/** Throws `TooManyStreamsError`, `UnknownPredictionError`. */
export async function answerEvents(
  c: Context,
  service: Service.Service,
  streams: Streams,
  id: string,
): Promise<Response> {
  if (streams.open >= MOST) throw new TooManyStreamsError()
  await read(service, id)
  streams.open++
  // for proxies that collect answers before they pass them on
  c.header('x-accel-buffering', 'no')
  c.header('cache-control', 'no-store')
  return streamSSE(c, async (stream) => {
    try {
      await tell(stream, service, id, streams.closing)
    } finally {
      streams.open--
    }
  })
}

async function tell(
  stream: SSEStreamingApi,
  service: Service.Service,
  id: string,
  closing: AbortSignal,
): Promise<void> {
  let wake = () => {}
  let changed = true
  const change = () => {
    changed = true
    wake()
  }
  const unwatch = Service.watch(service, id, change)
  const stop = () => wake()
  stream.onAbort(stop)
  closing.addEventListener('abort', stop)
  try {
    while (!stream.aborted && !closing.aborted) {
      if (changed) {
        changed = false
        const view = await read(service, id)
        await stream.writeSSE({ event: view.status, data: JSON.stringify(view) })
        if (['proven', 'failed', 'held'].includes(view.status)) return
        continue
      }
      const woken = await waitFor((resolve) => {
        wake = resolve
      })
      if (!woken) await stream.write(': still there\n\n')
    }
  } finally {
    closing.removeEventListener('abort', stop)
    unwatch()
  }
}

/** Whether it was woken in time. */
function waitFor(arm: (wake: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), BEAT_MS)
    arm(() => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}

class TooManyStreamsError extends Refusal {
  override name = 'Serve.TooManyStreamsError'
  constructor() {
    super(503, `More than ${MOST} clients follow predictions.`, {
      hint: 'ask for the proof now and then instead: GET /predictions/{id}/proof',
      retryAfter: 10,
    })
  }
}
