/** The project's own vectors: seeded models of one operator each, answered by ONNX Runtime. */
import { createInference, type Inference } from '../../src/onnx/ort.js'
import { buildBytes, type ModelSpec, randomValues, seeded } from '../../test/helpers/onnx-model.js'
import { DRAWS } from '../../test/helpers/onnx-random.js'
import type { Vector, VectorSample } from './vector.js'

/** Models a way of drawing, and samples a model. */
const MODELS = 6
const SAMPLES = 2
const SEED = 20240607

export async function* ownVectors(): AsyncGenerator<Vector> {
  for (const [name, draw] of Object.entries(DRAWS)) {
    const random = seeded(SEED + [...name].reduce((sum, letter) => 31 * sum + letter.charCodeAt(0), 0))
    for (let index = 0; index < MODELS; index++) {
      const spec = draw(random)
      const bytes = buildBytes(spec)
      // a few draws are windows that ONNX does not allow: the runtime is the judge of that
      const inference = await createInference(bytes).catch(() => undefined)
      if (inference === undefined) continue
      const samples = await answer(inference, spec, random)
      await inference.release()
      yield {
        name: `${name} ${index}`,
        operators: operatorsFor(name, spec),
        uses: operatorsOf(spec),
        source: { kind: 'bytes', bytes },
        constants: {},
        samples,
      }
    }
  }
}

async function answer(inference: Inference, spec: ModelSpec, random: () => number): Promise<VectorSample[]> {
  const samples: VectorSample[] = []
  for (let index = 0; index < SAMPLES; index++) {
    const feeds = inference.inputs.map(({ name }) => {
      const dims = spec.inputs[name]!.shape as number[]
      return [name, { dims, data: randomValues(random, dims) }] as const
    })
    const outputs = await inference.run(Object.fromEntries(feeds))
    samples.push({
      inputs: new Map(feeds.map(([name, { data }]) => [name, data])),
      outputs: new Map(Object.entries(outputs)),
    })
  }
  return samples
}

/** The operator that the way of drawing begins with; all of the model where it is named for something else. */
function operatorsFor(name: string, spec: ModelSpec): string[] {
  const [first] = name.split(' ')
  const all = operatorsOf(spec)
  const own = all.filter((operator) => operator === first || operator.endsWith(`.${first}`))
  return own.length > 0 ? own : all
}

export function operatorsOf({ nodes }: ModelSpec): string[] {
  const names = nodes.map(({ op, domain }) => (domain ? `${domain}.${op}` : op))
  return [...new Set(names)].sort()
}
