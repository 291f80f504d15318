/**
 * SVMRegressor: a sum of kernels, or its sign for a machine of one class.
 *
 * Traps, ONNX Runtime's: without support vectors the coefficients are a linear model, whatever `kernel_type` says; and
 * `post_transform` is ignored.
 */
import { addTerms, scale } from '../affine.js'
import { floats, int } from '../attributes.js'
import { compare, constant, type Value } from '../builder.js'
import { kernelSums } from '../kernels.js'
import { range } from '../layout.js'
import { matricesOf, multiply } from '../matrix.js'
import { InvalidNodeError, type OpNode, requireInput } from '../node.js'
import { rowsOf } from '../scores.js'

export function lower(node: OpNode): Value {
  const { attributes, graph } = node
  const x = rowsOf(node, requireInput(node, 0))
  const coefficients = floats(attributes, 'coefficients') ?? []
  const [rho = 0] = floats(attributes, 'rho') ?? []
  const vectors = int(attributes, 'n_supports', 0)
  const size = vectors > 0 ? vectors : x.shape[1]!
  if (coefficients.length !== size) {
    throw new InvalidNodeError(node, `it has ${coefficients.length} coefficients instead of ${size}`)
  }
  const sums =
    vectors > 0
      ? kernelSums(node, x, vectors, { weights: [coefficients], rho: [rho] })
      : multiply(
          node,
          matricesOf(x),
          matricesOf(constant([size, 1], Float64Array.from(coefficients))),
          new Float64Array(x.shape[0]!).fill(rho),
        )
  const value: Value = { ...sums, type: 'float32', range: undefined }
  if (int(attributes, 'one_class', 0) === 0) return value
  // 1 where the sum is above 0, -1 elsewhere
  const rows = x.shape[0]!
  const above = compare(
    graph,
    value,
    range(rows),
    new Float64Array(rows),
    value.shape,
    new Uint8Array(rows).fill(1),
  )
  const doubled = scale(graph, above, { shape: [], data: Float64Array.of(2) })
  const one = constant([1], Float64Array.of(1))
  return { ...addTerms(graph, { value: doubled, sign: 1 }, { value: one, sign: -1 }), type: 'float32' }
}
