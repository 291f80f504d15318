/**
 * A service for one machine: predictions over HTTP, answered at once, and proven in their turn. It runs until it is told
 * to stop; what it has accepted it keeps for the next start.
 */
import { BaseError } from '../../base/errors.js'
import type { BackendChoice } from '../../prover/backend.js'
import { assertProves } from '../../prover/open.js'
import { openApp } from './http/app.js'
import { isLoopback } from './http/guard.js'
import { listen } from './http/listen.js'
import { openMetrics } from './metrics.js'
import { openServed } from './models.js'
import { waiting } from './queue.js'
import { closeService, openService, type Service, type ServiceEvent } from './service.js'
import { openState, type State } from './state.js'

export type ServeOptions = {
  /** Folders of compiled models with keys, each as `DIR` or `NAME=DIR`. */
  readonly models: readonly string[]
  /** The folder of what was accepted and proven. */
  readonly state: string
  /** By default 127.0.0.1, any port that is free. */
  readonly host?: string
  readonly port?: number
  /** Asked of every client; needed beyond loopback. */
  readonly token?: string | undefined
  /** Origins whose pages may use the service. */
  readonly origins?: readonly string[]
  readonly threads?: number
  readonly backend?: BackendChoice
  /** Samples that may wait for their proofs. By default 1000. */
  readonly queue?: number
  /** Bytes of a request's body. By default 1 MiB. */
  readonly body?: number
  /** Seconds for the predictions of a request, and for one proof. By default 30 and 600. */
  readonly predictTime?: number
  readonly proofTime?: number
  /** Seconds that finished predictions are kept. By default for ever. */
  readonly keep?: number
  /** Whether what statements hide (salts, hidden outputs) is given to clients. */
  readonly openings?: boolean
  readonly on?: (event: ServeEvent) => void
  readonly signal: AbortSignal
}

export type ServeEvent =
  | ServiceEvent
  | {
      readonly kind: 'listening'
      readonly url: string
      readonly models: readonly { readonly id: string; readonly constraints: number; readonly dir: string }[]
      readonly waiting: number
    }
  | { readonly kind: 'fault'; readonly reason: string }
  | { readonly kind: 'swept'; readonly requests: number }
  | { readonly kind: 'stopped'; readonly waiting: number }

const SWEEP_MS = 600_000
const SHORTEST_TOKEN = 16

/**
 * Serves until the signal is aborted. Throws what opening models throws, `TokenNeededError`, `BusyError`, `ListenError`
 * and the store's errors.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { host = '127.0.0.1', token, signal } = options
  if (token === undefined && !isLoopback(host)) throw new TokenNeededError(host)
  if (token !== undefined && token.length < SHORTEST_TOKEN) throw new ShortTokenError()
  const models = await openServed(options.models)
  for (const { manifest } of models.values()) assertProves(options.backend, manifest.scheme)
  const state = await openState(options.state)
  try {
    if (!signal.aborted) await serveModels({ ...options, host }, models, state)
  } finally {
    await state.close()
  }
}

async function serveModels(
  options: ServeOptions & { readonly host: string },
  models: Service['options']['models'],
  state: State,
): Promise<void> {
  const { queue: mostWaiting = 1_000, predictTime = 30, proofTime = 600, openings = false } = options
  const { signal, token, origins = [], threads, backend, on = () => {} } = options
  const early: ServiceEvent[] = []
  let note = (event: ServiceEvent): void => {
    early.push(event)
  }
  const service = await openService({
    ...{ models, state, threads, backend, mostWaiting, predictTime, proofTime, openings },
    emit: (event) => note(event),
  })
  const closing = new AbortController()
  try {
    const streams = { open: 0, closing: closing.signal }
    const metrics = openMetrics({
      waiting: () => waiting(service.queue),
      proving: () => service.queue.running.size,
      streams: () => streams.open,
      limit: mostWaiting,
    })
    note = (event) => {
      metrics.note(event)
      on(event)
    }
    const app = openApp({
      ...{ service, metrics, streams },
      ...{ mostBytes: options.body ?? 2 ** 20, guard: { token, origins } },
      onFault: (reason) => on({ kind: 'fault', reason }),
    })
    const { url, close } = await listen(app, options.host, options.port ?? 0)
    on({ kind: 'listening', url, models: listed(models), waiting: waiting(service.queue) })
    for (const event of early) note(event)
    const timer = startSweeping(state, options)
    await aborted(signal)
    clearInterval(timer)
    service.stopping = true
    closing.abort()
    await Promise.all([close(), closeService(service)])
  } finally {
    await closeService(service)
  }
  on({ kind: 'stopped', waiting: waiting(service.queue) })
}

function listed(models: Service['options']['models']) {
  return [...models.values()].map(({ id, dir, manifest }) => ({
    ...{ id, dir, constraints: manifest.circuit.constraints },
  }))
}

function startSweeping(state: State, { keep, on = () => {} }: ServeOptions): NodeJS.Timeout | undefined {
  if (keep === undefined) return undefined
  const sweep = () =>
    state.sweep(1_000 * keep).then(
      (requests) => requests > 0 && on({ kind: 'swept', requests }),
      (error) => on({ kind: 'fault', reason: String(error) }),
    )
  void sweep()
  return setInterval(sweep, Math.min(SWEEP_MS, Math.max(1_000, 1_000 * keep)))
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

export class TokenNeededError extends BaseError {
  override name = 'Serve.TokenNeededError'
  constructor(host: string) {
    super(`On ${host} others can reach the service, and there is no token to ask them for.`, {
      hint: 'put a token into the environment variable ZKONNX_SERVE_TOKEN or into a file (--token-file), or listen on 127.0.0.1',
    })
  }
}

export class ShortTokenError extends BaseError {
  override name = 'Serve.ShortTokenError'
  constructor() {
    super(`The token is shorter than ${SHORTEST_TOKEN} characters, and can be guessed.`, {
      hint: 'make one: openssl rand -hex 32',
    })
  }
}
