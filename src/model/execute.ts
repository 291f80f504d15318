/**
 * The meaning of a program: its plain execution, node by node. For a `QuantizedModel` this is the specification that
 * witness and circuit must equal bit for bit; for a float `Graph` it is what calibration looks at.
 */
import type { Graph, Node, TensorId } from './graph.js'
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
import * as Smooth from './ops/smooth.js'

/** The values of every tensor, by id. */
export type Values = readonly Float64Array[]

/** Runs a program on its inputs (in the order of its input ports, each row-major) and returns every tensor. */
export function execute(program: Pick<Graph, 'inputs' | 'nodes' | 'tensors'>, inputs: Values): Values {
  const values = new Array<Float64Array>(program.tensors.length)
  program.inputs.forEach((port, at) => {
    values[port.tensor] = inputs[at]!
  })
  for (const node of program.nodes) values[node.output] = runNode(node, values)
  return values
}

function runNode(node: Node, values: Values): Float64Array {
  const inputs = node.inputs.map((id: TensorId) => values[id]!)
  const { op } = node
  switch (op.kind) {
    case 'argmax':
      return ArgMax.run(op, inputs)
    case 'clamp':
      return Clamp.run(op, inputs)
    case 'compare':
      return Compare.run(op, inputs)
    case 'constant':
      return Constant.run(op)
    case 'linear':
      return Linear.run(op, inputs)
    case 'max':
      return Max.run(op, inputs)
    case 'piecewise':
      return Piecewise.run(op, inputs)
    case 'product':
      return Product.run(op, inputs)
    case 'quotient':
      return Quotient.run(op, inputs)
    case 'rearrange':
      return Rearrange.run(op, inputs)
    case 'rescale':
      return Rescale.run(op, inputs)
    case 'round':
      return Round.run(op, inputs)
    case 'root':
      return Root.run(op, inputs)
    case 'smooth':
      return Smooth.run(op, inputs)
  }
}
