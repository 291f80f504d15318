/** SHA-256 digests of files and values. */
import { createHash } from 'node:crypto'

export { canonicalJson } from './canonical-json.js'

export type Sha256 = `sha256:${string}`

export function sha256(...parts: readonly (Uint8Array | string)[]): Sha256 {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return `sha256:${hash.digest('hex')}`
}
