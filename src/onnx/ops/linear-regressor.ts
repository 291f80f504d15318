/** LinearRegressor of ai.onnx.ml: N x features to N x targets. */
import { int } from '../attributes.js'
import type { Value } from '../builder.js'
import type { OpNode } from '../node.js'
import { linearScores, postTransformOf } from '../scores.js'
import { UnsupportedNodeError } from '../unsupported.js'

export function lower(node: OpNode): Value {
  const transform = postTransformOf(node)
  if (transform !== 'NONE') {
    throw new UnsupportedNodeError(
      `its post_transform ${transform} is not supported`,
      'export it with post_transform NONE',
    )
  }
  return linearScores(node, int(node.attributes, 'targets', 1))
}
