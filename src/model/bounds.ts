/**
 * Interval arithmetic over an integer program, from the declared input domain: for every element of every tensor the
 * least and the greatest value that any input of the domain can give it. These bounds choose every width in the
 * circuit, so soundness stands on them: each operator's rule must contain its exact range.
 */

import { BaseError, InternalError } from '../base/errors.js'
import { EXACT_LIMIT } from '../base/integers.js'
import { sizeOf } from '../base/tensor.js'
import type { Node } from './graph.js'
import type { Interval } from './interval.js'
import * as ArgMax from './ops/argmax.js'
import * as Clamp from './ops/clamp.js'
import * as Compare from './ops/compare.js'
import * as Constant from './ops/constant.js'
import * as Linear from './ops/linear.js'
import * as Max from './ops/max.js'
import * as Piecewise from './ops/piecewise.js'
import * as Product from './ops/product.js'
import * as Quotient from './ops/quotient.js'
import * as Rearrange from './ops/rearrange.js'
import * as Rescale from './ops/rescale.js'
import * as Root from './ops/root.js'
import * as Round from './ops/round.js'
import { at, type QuantizedModel } from './quantized.js'

/** By tensor id. */
export type Bounds = readonly Interval[]

/** Throws `OverflowError` where a bound leaves the integers that float64 holds exactly. */
export function boundsOf(model: Pick<QuantizedModel, 'inputs' | 'nodes' | 'tensors'>): Bounds {
  const bounds = new Array<Interval>(model.tensors.length)
  for (const input of model.inputs) {
    const size = sizeOf(model.tensors[input.tensor]!.shape)
    bounds[input.tensor] = {
      lo: Float64Array.from({ length: size }, (_, i) => at(input.lo, i)),
      hi: Float64Array.from({ length: size }, (_, i) => at(input.hi, i)),
    }
    assertExact({ name: input.name, source: 'input' }, bounds[input.tensor]!)
  }
  for (const node of model.nodes) {
    const result = boundNode(
      node,
      node.inputs.map((id) => bounds[id]!),
    )
    assertExact(node, result)
    bounds[node.output] = result
  }
  return bounds
}

/** The exact rule of one node; exported for planners that look ahead. */
export function boundNode(node: Pick<Node, 'op'>, inputs: readonly Interval[]): Interval {
  const { op } = node
  switch (op.kind) {
    case 'argmax':
      return ArgMax.bound(op)
    case 'clamp':
      return Clamp.bound(op, inputs)
    case 'compare':
      return Compare.bound(op, inputs)
    case 'constant':
      return Constant.bound(op)
    case 'linear':
      return Linear.bound(op, inputs)
    case 'max':
      return Max.bound(op, inputs)
    case 'piecewise':
      return Piecewise.bound(op, inputs)
    case 'product':
      return Product.bound(op, inputs)
    case 'quotient':
      return Quotient.bound(op, inputs)
    case 'rearrange':
      return Rearrange.bound(op, inputs)
    case 'rescale':
      return Rescale.bound(op, inputs)
    case 'round':
      return Round.bound(op, inputs)
    case 'root':
      return Root.bound(op, inputs)
    case 'smooth':
      throw new InternalError('An integer program has a function of reals, which only floats have.')
  }
}

function assertExact(node: Pick<Node, 'name' | 'source'>, { lo, hi }: Interval): void {
  for (let i = 0; i < lo.length; i++) {
    const worst = Math.max(-lo[i]!, hi[i]!)
    if (!(worst <= EXACT_LIMIT)) throw new OverflowError(node, i, worst)
  }
}

export class OverflowError extends BaseError {
  override name = 'Bounds.OverflowError'
  constructor(
    readonly node: Pick<Node, 'name' | 'source'>,
    readonly element: number,
    readonly bound: number,
  ) {
    super(`Layer "${node.name}" (${node.source}) can reach ${bound}, above 2^52, at element ${element}.`, {
      details: ['Integers above 2^52 are not exact, so the circuit could not equal the model.'],
      hint: 'give fewer bits to weights or activations (--weight-bits, --bits), or declare a narrower input domain',
    })
  }
}
