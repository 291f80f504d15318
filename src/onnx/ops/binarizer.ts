/** Binarizer of ai.onnx.ml: 1 above the threshold, else 0. */
import { float } from '../attributes.js'
import type { Value } from '../builder.js'
import { isAtLeast } from '../comparison.js'
import { type OpNode, requireInput } from '../node.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const limit = { shape: [], type: x.type, data: Float64Array.of(float(node.attributes, 'threshold', 0)) }
  return { ...isAtLeast(node.graph, x, limit, true), type: x.type }
}
