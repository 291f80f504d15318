/** The integer model against the float one, on held-out samples. */
import type { SampleSet } from '../artifacts/samples/bind.js'
import { execute, type Values } from '../model/execute.js'
import { feedsOf, inputNames } from '../onnx/agree.js'
import type { LoadedModel } from '../onnx/load.js'
import { createInference, type Inference } from '../onnx/ort.js'
import { type Fidelity, measureFidelity } from '../quantize/fidelity.js'
import type { Quantized } from '../quantize/quantize.js'

/** What the float model answers to each sample, by output of the graph. */
export async function referenceOf(source: LoadedModel, samples: readonly Values[]): Promise<Values[]> {
  const inference = await createInference(source.runtimeModel)
  try {
    const reference: Values[] = []
    for (const sample of samples) reference.push(await floatOutputs(source, inference, sample))
    return reference
  } finally {
    await inference.release()
  }
}

/** `reference` is what the float model answers to the samples, which are named by their places in the file. */
export function measure(
  quantized: Quantized,
  { rows, labels, places }: SampleSet,
  reference: readonly Values[],
): Fidelity {
  const fidelity = measureFidelity(quantized, {
    samples: rows,
    reference,
    ...(labels === undefined ? {} : { labels }),
  })
  const named = <T extends { readonly sample: number }>(one: T): T => ({
    ...one,
    sample: places[one.sample]!,
  })
  return {
    ...fidelity,
    outside: fidelity.outside.map(named),
    labels: fidelity.labels && { ...fidelity.labels, flipped: fidelity.labels.flipped.map(named) },
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
