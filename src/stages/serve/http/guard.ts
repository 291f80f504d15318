/**
 * Who is let in. Beyond loopback everybody who has the token. On loopback whoever is on the machine, but no page of the
 * web: such a page can make a browser send requests there, also under a name of its own that leads to 127.0.0.1, so the
 * name in the request and its origin have to be the service's.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { Refusal } from '../refusals.js'

export type Guard = {
  /** Asked for where there is one. */
  readonly token: string | undefined
  /** Origins of pages elsewhere that may use the service. */
  readonly origins: readonly string[]
}

/** Nothing is loaded from, or embedded, elsewhere. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
}

export function headers(): MiddlewareHandler {
  return async (c, next) => {
    await next()
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value)
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store')
  }
}

/** Requests of pages: of this service, or of origins that were named; preflights are answered for the latter. */
export function origin({ token, origins }: Guard): MiddlewareHandler {
  return async (c, next) => {
    const own = new URL(c.req.url)
    if (token === undefined && !isLoopback(own.hostname)) throw new HostError(own.host)
    const from = c.req.header('origin')
    if (from === undefined || from === own.origin) return next()
    if (!origins.includes(from)) {
      // proxies end TLS: what a browser takes for the same origin may look different here
      if (c.req.header('sec-fetch-site') === 'same-origin') return next()
      throw new OriginError(from)
    }
    c.header('access-control-allow-origin', from)
    c.header('access-control-expose-headers', 'location, retry-after, idempotency-replayed')
    c.header('cross-origin-resource-policy', 'cross-origin')
    c.header('vary', 'origin')
    if (c.req.method !== 'OPTIONS') return next()
    c.header('access-control-allow-methods', 'GET, POST')
    c.header('access-control-allow-headers', 'authorization, content-type, idempotency-key')
    c.header('access-control-max-age', '600')
    return c.body(null, 204)
  }
}

/** Throws `TokenError` where a token is asked for and another, or none, is given. */
export function assertToken({ token }: Guard, authorization: string | undefined): void {
  if (token === undefined) return
  const [, given] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? []
  // digests have one length, and are compared in one time
  if (given === undefined || !timingSafeEqual(digest(given), digest(token)))
    throw new TokenError(given !== undefined)
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

export function isLoopback(host: string): boolean {
  return /^(localhost|(.+\.)?localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host)
}

export class TokenError extends Refusal {
  override name = 'Serve.TokenError'
  constructor(given: boolean) {
    super(401, given ? 'The token is not the right one.' : 'This service asks for a token.', {
      hint: 'send it as the header "Authorization: Bearer TOKEN"',
    })
  }
}

export class HostError extends Refusal {
  override name = 'Serve.HostError'
  constructor(host: string) {
    super(421, `This service does not answer to the name "${host.slice(0, 80)}".`, {
      hint: 'use localhost or 127.0.0.1; to be reached under a name, it has to be started with a token',
    })
  }
}

export class OriginError extends Refusal {
  override name = 'Serve.OriginError'
  constructor(from: string) {
    super(403, `Pages of ${from.slice(0, 80)} may not use this service.`, {
      hint: 'the operator can name origins that may: --cors ORIGIN',
    })
  }
}
