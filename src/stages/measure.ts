/** The integer model against the float one, on held-out samples. */
import type { SampleSet } from '../artifacts/samples/bind.js'
import { execute, type Values } from '../model/execute.js'
import { feedsOf, inputNames } from '../onnx/agree.js'
import type { LoadedModel } from '../onnx/load.js'
import { createInference, type Inference } from '../onnx/ort.js'
import { type Fidelity, measureFidelity } from '../quantize/fidelity.js'
import type { Quantized } from '../quantize/quantize.js'

/** Undefined where there are no held-out samples. */
export async function measure(
  source: LoadedModel,
  quantized: Quantized,
  heldOut: SampleSet,
): Promise<Fidelity | undefined> {
  if (heldOut.rows.length === 0) return undefined
  const inference = await createInference(source.runtimeModel)
  try {
    const reference: Values[] = []
    for (const sample of heldOut.rows) reference.push(await floatOutputs(source, inference, sample))
    const labels = heldOut.labels === undefined ? {} : { labels: heldOut.labels }
    return measureFidelity(quantized, { samples: heldOut.rows, reference, ...labels })
  } finally {
    await inference.release()
  }
}

/**
 * What ONNX Runtime answers, by output of the graph. An output whose Softmax was left out is compared before it: there
 * the imported float graph stands in, whose largest score is the same class.
 */
async function floatOutputs(source: LoadedModel, inference: Inference, sample: Values): Promise<Values> {
  const { graph, softmaxOutputs } = source
  const results = await inference.run(feedsOf(inputNames(graph), inference, sample))
  const own = softmaxOutputs.length > 0 ? execute(graph, sample) : []
  return graph.outputs.map(({ name, tensor }) =>
    softmaxOutputs.includes(name) ? own[tensor]! : results[name]!.data,
  )
}
