/** What zkonnx cannot prove (yet), collected over a whole model and said all at once. */
import { BaseError } from '../base/errors.js'

export type UnsupportedNode = {
  readonly node: string
  readonly operator: string
  /** Version of the operator set that the model imports for the operator's domain. */
  readonly opset: number
  readonly reason: string
  readonly hint: string
  /** Inputs of the model that would have to be constant. */
  readonly inputs?: readonly string[]
}

/** All of a model's nodes that cannot be imported. */
export class UnsupportedOperatorError extends BaseError {
  override name = 'Onnx.UnsupportedOperatorError'
  constructor(readonly nodes: readonly UnsupportedNode[]) {
    const count = nodes.length === 1 ? '1 node' : `${nodes.length} nodes`
    super(`The model has ${count} that zkonnx does not support yet.`, {
      details: nodes.map(
        ({ node, operator, opset, reason, hint }) =>
          `node "${node}", ${operator} (opset ${opset}): ${reason}; ${hint}`,
      ),
      hint: 'change the nodes above, or choose outputs that do not need them (--output NAME)',
    })
  }
}

/** Thrown by the lowering of one node; the import collects it into `UnsupportedOperatorError`. */
export class UnsupportedNodeError extends BaseError {
  override name = 'Onnx.UnsupportedNodeError'
  constructor(
    readonly reason: string,
    readonly whatToDo: string,
    /** The node at fault, where it is not the one being lowered. */
    readonly culprit?: { readonly node: string; readonly operator: string },
    /** Inputs of the model that would have to be constant. */
    readonly inputs: readonly string[] = [],
  ) {
    super(reason, { hint: whatToDo })
  }
}
