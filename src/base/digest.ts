/** SHA-256 digests of files and values, and the canonical JSON (RFC 8785 subset) that they are taken over. */
import { createHash } from 'node:crypto'

export type Sha256 = `sha256:${string}`

export function sha256(...parts: readonly (Uint8Array | string)[]): Sha256 {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return `sha256:${hash.digest('hex')}`
}

/** JSON with sorted keys and no white space: equal values give equal bytes. Numbers print as ECMAScript prints them. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  )
}
