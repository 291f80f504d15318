/** Whether a core program computes what ONNX Runtime computes with the model it was imported from. */
import { execute, type Values } from '../model/execute.js'
import type { Graph } from '../model/graph.js'
import type { Feed, Inference } from './ort.js'

/**
 * The greatest absolute difference of each output over all samples; a sample has the values of the program's inputs, in
 * their order. Outputs that stand for a dropped Softmax differ by nature: compare labels there.
 */
export async function compareWithRuntime(
  graph: Graph,
  inference: Inference,
  samples: readonly Values[],
): Promise<Record<string, number>> {
  const worst = graph.outputs.map(() => 0)
  for (const sample of samples) {
    const truth = await inference.run(feedsOf(inputNames(graph), inference, sample))
    const values = execute(graph, sample)
    graph.outputs.forEach(({ name, tensor }, at) => {
      worst[at] = Math.max(
        worst[at]!,
        greatestDifference(values[tensor]!, truth[name]?.data ?? new Float64Array()),
      )
    })
  }
  return Object.fromEntries(graph.outputs.map(({ name }, at) => [name, worst[at]!]))
}

export function inputNames({ inputs }: Pick<Graph, 'inputs'>): string[] {
  return inputs.map(({ name }) => name)
}

/**
 * A sample as ONNX Runtime takes it, its values in the order of the program's inputs. Inputs that the program has not
 * kept, because nothing reads them, become zeros.
 */
export function feedsOf(
  names: readonly string[],
  inference: Inference,
  sample: Values,
): Record<string, Feed> {
  const feeds = inference.inputs.map(({ name, shape }): [string, Feed] => {
    const dims = shape.map((extent) => (typeof extent === 'number' ? extent : 1))
    const at = names.indexOf(name)
    const size = dims.reduce((product, extent) => product * extent, 1)
    return [name, { dims, data: at < 0 ? new Float64Array(size) : sample[at]! }]
  })
  return Object.fromEntries(feeds)
}

/** Infinity where the sizes differ; equal infinities agree. */
function greatestDifference(a: Float64Array, b: Float64Array): number {
  if (a.length !== b.length) return Infinity
  let worst = 0
  for (let i = 0; i < a.length; i++) {
    if (!Object.is(a[i], b[i])) worst = Math.max(worst, Math.abs(a[i]! - b[i]!))
  }
  return worst
}
