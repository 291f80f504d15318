/**
 * Digests of a float program, layer by layer: over the canonical JSON of each node, in which arrays of numbers are
 * replaced by the SHA-256 of their bytes (little-endian, as all machines that V8 runs on have them).
 */
import { canonicalJson, type Sha256, sha256 } from '../base/digest.js'
import type { Graph, Node } from '../model/graph.js'
import type { Derivation } from './manifest.js'

/** What a reader is told of the program (`notes`) is no part of it. */
export function digestGraph({ inputs, outputs, tensors, nodes }: Graph): Derivation['graph'] {
  const layers = nodes.map((node) => ({ name: node.name, sha256: digestNode(node) }))
  return { sha256: sha256(canonicalJson(plain({ inputs, outputs, tensors, layers }))), layers }
}

function digestNode(node: Node): Sha256 {
  return sha256(canonicalJson(plain(node)))
}

/** As JSON can say it. */
function plain(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    return { array: value.constructor.name, sha256: sha256(bytes) }
  }
  if (Array.isArray(value)) return value.map(plain)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
}
