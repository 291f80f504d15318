/** The socket: what is slow, too long or malformed is ended here. The only door to hono's server. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { BaseError, messageOf } from '../../../base/errors.js'
import { Refusal } from '../refusals.js'
import type { App } from './app.js'
import { PROBLEM_TYPE, problemOf } from './problems.js'

export type Listening = {
  readonly url: string
  /** Ends connections: at once those that wait, soon those that are answered. */
  close(): Promise<void>
}

/** Milliseconds that a request may take to arrive, its headers alone, and between two. */
const [REQUEST_MS, HEADERS_MS, KEEP_MS] = [30_000, 10_000, 5_000]
const CONNECTIONS = 1_024
/** How long answers under way may take when the service stops. */
const GRACE_MS = 3_000

/** Throws `ListenError`. */
export async function listen(app: Pick<App, 'fetch'>, host: string, port: number): Promise<Listening> {
  const server = createAdaptorServer({
    fetch: app.fetch,
    createServer,
    serverOptions: {
      requestTimeout: REQUEST_MS,
      headersTimeout: HEADERS_MS,
      keepAliveTimeout: KEEP_MS,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 16_384,
    },
  }) as Server
  server.maxConnections = CONNECTIONS
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return socket.destroy()
    const problem = JSON.stringify(problemOf(new MalformedError(error.code)))
    const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request'
    socket.end(
      `HTTP/1.1 ${status}\r\ncontent-type: ${PROBLEM_TYPE}\r\ncontent-length: ${Buffer.byteLength(problem)}\r\nconnection: close\r\n\r\n${problem}`,
    )
  })
  await started(server, host, port)
  const { address, family, port: taken } = server.address() as AddressInfo
  const name = family === 'IPv6' ? `[${address}]` : address
  return { url: `http://${name}:${taken}`, close: () => closed(server) }
}

function started(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(new ListenError(host, port, cause)))
    server.listen(port, host, resolve)
  })
}

async function closed(server: Server): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), GRACE_MS)
  await new Promise((resolve) => {
    server.close(resolve)
    server.closeIdleConnections()
  })
  clearTimeout(timer)
}

class MalformedError extends Refusal {
  override name = 'Serve.MalformedError'
  constructor(code: string | undefined) {
    super(code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400, 'This is not a request that could be read.', {
      details: code === undefined ? [] : [code],
      hint: 'send a whole HTTP/1.1 request in time',
    })
  }
}

export class ListenError extends BaseError {
  override name = 'Serve.ListenError'
  constructor(host: string, port: number, cause: Error) {
    super(`The service cannot listen on ${host}, port ${port}.`, {
      details: [messageOf(cause)],
      hint: 'choose another port (--port N, 0 for any that is free) or an address of this machine (--host)',
      cause,
    })
  }
}
