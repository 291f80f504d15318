/** SHA-256 where there is no Node, as base/digest.ts has it. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { canonicalJson } from '../base/canonical-json.js'
import type { Sha256 } from '../base/digest.js'

/** Of a value's canonical JSON. */
export function digestOf(value: unknown): Sha256 {
  return `sha256:${bytesToHex(sha256(utf8ToBytes(canonicalJson(value))))}`
}
