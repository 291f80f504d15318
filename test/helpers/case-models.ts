/** The models of the collection beside the project, as integer programs. */
import { readdirSync, readFileSync } from 'node:fs'
import { BaseError } from '../../src/base/errors.js'
import type { Values } from '../../src/model/execute.js'
import type { QuantizedModel } from '../../src/model/quantized.js'
import { loadModel } from '../../src/onnx/load.js'
import type { Functions } from '../../src/quantize/lowering.js'
import { quantize } from '../../src/quantize/quantize.js'
import { casePath } from './cases.js'

type Port = { readonly name: string; readonly data: readonly number[] }
type Case = { readonly sets: readonly { readonly inputs: readonly Port[] }[] }

/** Folder and file of each. */
export function casesOf(): (readonly [string, string])[] {
  const folders = (group: string) =>
    readdirSync(casePath(group), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return ['torch', 'sklearn', 'models', 'onnx-node'].flatMap((group) =>
    folders(group).map(
      ({ name }) => [`${group}/${name}`, group === 'torch' ? 'legacy.onnx' : 'model.onnx'] as const,
    ),
  )
}

/** The integer program, or why there is none. */
export async function tryToQuantize(
  folder: string,
  file: string,
  functions: Functions = 'lines',
): Promise<QuantizedModel | string> {
  try {
    const { graph, softmaxOutputs } = await loadModel(casePath(folder, file))
    const names = graph.inputs.map(({ name }) => name)
    return quantize(graph, samplesOf(folder, names), { softmaxOutputs, functions }).model
  } catch (error) {
    if (error instanceof BaseError && error.fault !== 'internal') return error.name
    throw error
  }
}

function samplesOf(folder: string, names: readonly string[]): Values[] {
  const read = (file: string) => JSON.parse(readFileSync(casePath(folder, file), 'utf8'))
  if (/^(torch|sklearn)/.test(folder)) {
    const { x } = read('test.json') as { x: unknown[] }
    return x.map((sample) => [Float64Array.from([sample].flat(Infinity) as number[])])
  }
  return (read('io.json') as Case).sets.map(({ inputs }) =>
    names.map((name) => Float64Array.from(inputs.find((input) => input.name === name)?.data ?? [])),
  )
}
