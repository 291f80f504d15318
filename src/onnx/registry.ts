/** Every ONNX operator that can be imported: one line each. */
import type { Lowering } from './node.js'
import * as Add from './ops/add.js'
import * as Clip from './ops/clip.js'
import * as Constant from './ops/constant.js'
import * as Conv from './ops/conv.js'
import * as Div from './ops/div.js'
import * as Flatten from './ops/flatten.js'
import * as Gemm from './ops/gemm.js'
import * as Identity from './ops/identity.js'
import * as MatMul from './ops/matmul.js'
import * as MaxPool from './ops/max-pool.js'
import * as Mul from './ops/mul.js'
import * as Neg from './ops/neg.js'
import * as Relu from './ops/relu.js'
import * as Reshape from './ops/reshape.js'
import * as Softmax from './ops/softmax.js'
import * as Sub from './ops/sub.js'
import * as Sum from './ops/sum.js'
import * as Transpose from './ops/transpose.js'

/** Versions of the operator set, the first and the last included. */
type OpsetRange = readonly [since: number, until: number]

const NEWEST = Infinity
/** From opset 7 on; what changes within the range is read by the operator from the opset. */
const ALL: OpsetRange = [7, NEWEST]

/** The domain of the standard operators is written as the empty string. */
const REGISTRY: readonly (readonly [
  domain: string,
  operator: string,
  opsets: OpsetRange,
  module: { lower: Lowering },
])[] = [
  ['', 'Add', ALL, Add],
  ['', 'Clip', ALL, Clip],
  ['', 'Constant', ALL, Constant],
  ['', 'Conv', ALL, Conv],
  ['', 'Div', ALL, Div],
  ['', 'Flatten', ALL, Flatten],
  ['', 'Gemm', ALL, Gemm],
  ['', 'Identity', ALL, Identity],
  ['', 'LogSoftmax', ALL, Softmax],
  ['', 'MatMul', ALL, MatMul],
  ['', 'MaxPool', ALL, MaxPool],
  ['', 'Mul', ALL, Mul],
  ['', 'Neg', ALL, Neg],
  ['', 'Relu', ALL, Relu],
  ['', 'Reshape', ALL, Reshape],
  ['', 'Softmax', ALL, Softmax],
  ['', 'Sub', ALL, Sub],
  ['', 'Sum', ALL, Sum],
  ['', 'Transpose', ALL, Transpose],
]

/** How the operator is lowered, or why it is not. */
export function findLowering(
  domain: string,
  operator: string,
  opset: number,
): Lowering | { reason: string; hint: string } {
  const lines = REGISTRY.filter((line) => line[0] === domain && line[1] === operator)
  const found = lines.find(([, , [since, until]]) => since <= opset && opset <= until)
  if (found !== undefined) return found[3].lower
  if (lines.length === 0)
    return { reason: 'the operator is not supported', hint: 'replace it by supported operators' }
  const since = Math.min(...lines.map(([, , opsets]) => opsets[0]))
  return { reason: `opset ${opset} is not supported`, hint: `convert the model to opset ${since} or later` }
}
