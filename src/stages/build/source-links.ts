/** From the ONNX file to the imported graph. */
import { basename } from 'node:path'
import { digestGraph } from '../../artifacts/graph-digest.js'
import type { Manifest } from '../../artifacts/manifest.js'
import { FILES, pathOf } from '../../artifacts/paths.js'
import { readBytes } from '../../artifacts/store.js'
import { sha256 } from '../../base/digest.js'
import type { Constants } from '../../onnx/constants.js'
import { modelDifference } from '../../onnx/difference.js'
import type { Dims } from '../../onnx/dims.js'
import { type LoadedModel, loadModel } from '../../onnx/load.js'
import { RUNTIME_VERSION } from '../../onnx/runtime.js'
import { VERSION } from '../../version.js'
import { type Build, differs, equal, type Outcome, skipped, toolsHint } from './link.js'

/** The file that was compiled, with its external data, by digest. */
export async function onnxFile(build: Build): Promise<Outcome> {
  const { options, manifest, opening } = build
  if (options.model === undefined)
    return skipped(`not given (--model FILE); the chain begins with the folder's ${FILES.onnx}`)
  const expected = manifest.model.weights === 'fixed' ? manifest.model.files : opening?.files
  build.source = await loadModel(options.model, loadOptions(manifest))
  if (expected === undefined) return skipped('the weights are secret: only their owner has the digest')
  const found = await Promise.all(
    build.source.files.map(async (path) => ({ path, sha256: sha256(await readBytes(path)) })),
  )
  const other = expected.find(({ sha256: digest }, i) => found[i]?.sha256 !== digest)
  if (other === undefined && found.length === expected.length)
    return equal(`${found.map(({ path }) => basename(path)).join(', ')}, as the manifest names it`)
  const at = other === undefined ? expected.length : expected.indexOf(other)
  const details = [
    `found    ${found[at]?.sha256 ?? 'no such file'}`,
    `expected ${other?.sha256 ?? 'no such file'}`,
    ...(await whatDiffers(build.source, options.dir)),
  ]
  const name = other?.name ?? basename(found[at]!.path)
  return differs(
    `${name} is not the file that was compiled`,
    details,
    'give the file that the model was compiled from',
  )
}

async function whatDiffers({ runtimeModel }: LoadedModel, dir: string): Promise<string[]> {
  const here = await readBytes(pathOf(dir, 'onnx')).catch(() => undefined)
  const difference = here && modelDifference(runtimeModel, here)
  return difference === undefined ? [] : [difference]
}

/** As `compile` was told to read it. */
export function loadOptions({ options, fixed, outputs }: Manifest) {
  const constants: Constants = Object.fromEntries(
    fixed.map(({ name, shape, values }) => [name, { shape, data: values }]),
  )
  return {
    constants,
    // checked by reading the model with them
    ...(options.dims === undefined ? {} : { dims: options.dims as Dims }),
    outputs: outputs.map(({ name }) => name),
  }
}

/** The model as it is run: weights inside, axes pinned. */
export async function runModel(build: Build): Promise<Outcome> {
  const { options, derivation, manifest, source } = build
  const path = pathOf(options.dir, 'onnx')
  const bytes = await readBytes(path)
  const expected = derivation?.files[FILES.onnx]
  const digest = sha256(bytes)
  if (expected !== undefined && digest !== expected) {
    const difference = source && modelDifference(bytes, source.runtimeModel)
    return differs(
      `${FILES.onnx} is not the one that the manifest names`,
      [`found    ${digest}`, `expected ${expected}`, ...(difference === undefined ? [] : [difference])],
      'take the folder from who compiled it, or compile the ONNX file again',
    )
  }
  if (source !== undefined && sha256(source.runtimeModel) !== digest) {
    return differs(
      `${FILES.onnx} does not follow from the ONNX file and the options`,
      [modelDifference(bytes, source.runtimeModel) ?? 'it is written in another way'],
      'look at the options "dims", "fix" and "outputs" of the manifest',
    )
  }
  build.source ??= await loadModel(path, { outputs: manifest.outputs.map(({ name }) => name) })
  return equal(source === undefined ? 'as the manifest names it' : 'derived from the ONNX file')
}

/** The imported float program, after ONNX Runtime has folded it. */
export async function foldedGraph(build: Build): Promise<Outcome> {
  const { source, derivation } = build
  if (source === undefined) return skipped(SECRET)
  if (derivation === undefined) return skipped('the weights are secret: there is nothing to compare with')
  const found = digestGraph(source.graph)
  const { graph: expected } = derivation
  if (found.sha256 === expected.sha256) return equal(`${found.layers.length} layers`)
  const at = expected.layers.findIndex(({ sha256: digest }, i) => found.layers[i]?.sha256 !== digest)
  const layer = at < 0 ? undefined : expected.layers[at]
  return differs(
    'the imported graph is another',
    [
      layer === undefined
        ? 'its inputs, outputs or tensors differ'
        : `layer "${layer.name}" differs, weights or structure`,
      `found    ${layer === undefined ? found.sha256 : (found.layers[at]?.sha256 ?? 'no such layer')}`,
      `expected ${layer === undefined ? expected.sha256 : layer.sha256}`,
    ],
    toolsHint(build, { ...build.manifest.tools, zkonnx: VERSION, onnxruntime: RUNTIME_VERSION }),
  )
}

export const SECRET = 'the weights are secret: only their owner can derive it'
