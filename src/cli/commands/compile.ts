/** `zkonnx compile`: from an ONNX file to a folder with the integer model and its circuit. */
import { type Command, Option } from 'commander'
import type { Choice, InputVisibility, OutputVisibility } from '../../artifacts/disclosure.js'
import { type Manifest, WEIGHTS, type Weights } from '../../artifacts/manifest.js'
import type { Dims } from '../../onnx/dims.js'
import type { DeclaredDomain } from '../../quantize/domain.js'
import type { Fidelity } from '../../quantize/fidelity.js'
import { type Compiled, type CompileOptions, type CompileStep, compile } from '../../stages/compile.js'
import type { Fix } from '../../stages/fixed.js'
import {
  collectDim,
  collectDomain,
  collectFix,
  collectInputs,
  collectShow,
  collectText,
  JSON_OPTION,
  parseCount,
  parsePercent,
} from '../options.js'
import { colour, count, type Output, percent, shownPath, table } from '../output.js'
import { runCommand } from '../run.js'

type Options = {
  readonly data: string
  readonly holdout?: string
  readonly out: string
  readonly inputs?: Choice<InputVisibility>
  readonly show?: Choice<OutputVisibility>
  readonly salt?: boolean
  readonly bits?: number
  readonly weights?: Weights
  readonly like?: string
  readonly weightBits?: number
  readonly inputBits?: number
  readonly maxFlip?: number
  readonly dim: Dims
  readonly fix: Record<string, Fix>
  readonly domain: Record<string, DeclaredDomain>
  readonly output: readonly string[]
  readonly json?: boolean
}

export function addCompile(program: Command): void {
  program
    .command('compile')
    .description('quantize an ONNX model, certify its integers, and emit its circuit')
    .argument('<model.onnx>', 'the model; external data is looked for beside it')
    .requiredOption(
      '--data <file>',
      'samples to calibrate on (.npz, .npy, .csv, .json), with labels where there are any',
    )
    .option('--holdout <file>', 'samples to measure fidelity on (default: every third of --data)')
    .requiredOption('-o, --out <dir>', 'the folder to write')
    .option(
      '--inputs <choice>',
      'what the statement shows of inputs: public, hashed or private, or NAME=one of them (default public)',
      collectInputs,
    )
    .option(
      '--show <choice>',
      'what it shows of outputs: public, hashed, class, threshold or margin, or NAME=one of them (default public)',
      collectShow,
    )
    .option('--salt', 'salt every commitment (default: those to values that could be guessed)')
    .option('--no-salt', 'salt no commitment')
    .addOption(
      new Option(
        '--weights <choice>',
        'fixed: constants of the circuit, and free; committed: secret, one circuit for all models of an architecture (default fixed)',
      ).choices([...WEIGHTS]),
    )
    .option('--like <dir>', 'share the circuit and the keys of this committed model of the same architecture')
    .option('--bits <n>', 'bits of activations (default 8)', parseCount)
    .option('--weight-bits <n>', 'bits of weights (default 8)', parseCount)
    .option('--input-bits <n>', 'bits of inputs (default 8)', parseCount)
    .option(
      '--max-flip <percent>',
      'refuse to compile when more labels flip on the held-out samples',
      parsePercent,
    )
    .option('--dim <name=extent>', 'pin an open axis (default 1)', collectDim, {})
    .option(
      '--fix <name[=value]>',
      'make this input a constant (axes, shapes, ...); without a value, the one that all samples have',
      collectFix,
      {},
    )
    .option('--domain <name=lo,hi>', "declare an input's domain in real numbers", collectDomain, {})
    .option('--output <name>', 'prove this output only; may be repeated', collectText, [])
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExample:\n  zkonnx compile model.onnx --data samples.npz -o build/model\n')
    .action((model: string, options: Options) =>
      runCommand(options, async (output) => {
        const compiled = await compile({ ...compileOptions(model, options), onStep: announce(output) })
        sayCompiled(output, compiled)
        output.result({
          dir: compiled.dir,
          manifest: compiled.manifest,
          ...(compiled.keysCopied ? { keysCopied: true } : {}),
        })
      }),
    )
}

function compileOptions(model: string, options: Options): CompileOptions {
  const { bits: activation, weightBits: weight, inputBits: input } = options
  const { weights, like } = options
  const { inputs, show: outputs, salt } = options
  const disclose = Object.fromEntries(
    Object.entries({ inputs, outputs, salt }).filter(([, one]) => one !== undefined),
  )
  const bits = Object.fromEntries(
    Object.entries({ activation, weight, input }).filter(([, n]) => n !== undefined),
  )
  return {
    model,
    data: options.data,
    out: options.out,
    ...(Object.keys(disclose).length > 0 ? { disclose } : {}),
    ...(options.holdout === undefined ? {} : { holdout: options.holdout }),
    ...(options.maxFlip === undefined ? {} : { maxFlip: options.maxFlip }),
    ...(weights === undefined ? {} : { weights }),
    ...(like === undefined ? {} : { like }),
    ...(Object.keys(bits).length > 0 ? { bits } : {}),
    ...(Object.keys(options.dim).length > 0 ? { dims: options.dim } : {}),
    ...(Object.keys(options.fix).length > 0 ? { fix: options.fix } : {}),
    ...(Object.keys(options.domain).length > 0 ? { domains: options.domain } : {}),
    ...(options.output.length > 0 ? { outputs: options.output } : {}),
  }
}

const STEPS: Readonly<Record<CompileStep, string>> = {
  import: 'folding and importing the model',
  calibrate: 'calibrating and quantizing',
  measure: 'comparing integers with floats on held-out samples',
  constrain: 'emitting constraints',
  write: 'writing',
}

export function announce(output: Output): (step: CompileStep) => void {
  return (step) => output.progress(STEPS[step])
}

/** What a person wants to know of a compiled model. */
export function sayCompiled(output: Output, compiled: Compiled): void {
  const { dir, manifest, fidelity, keysCopied } = compiled
  sayFidelity(output, fidelity)
  output.say()
  output.say(layerTable(manifest))
  const { constraints, power, publicSignals } = manifest.circuit
  output.say(`  ${count(constraints)} constraints, a domain of 2^${power}, ${publicSignals} public signals`)
  for (const note of manifest.notes) output.say(`  ${colour.yellow('note')} ${note}`)
  if (manifest.model.commitment !== undefined)
    output.say(`  commitment to the weights: ${manifest.model.commitment}`)
  if (keysCopied) output.say('  the circuit is the same: its keys were copied')
  output.say(`  written to ${shownPath(dir)}`)
}

export function sayFidelity(output: Output, fidelity: Fidelity | undefined): void {
  if (fidelity === undefined) return
  const { labels, samples } = fidelity
  if (labels === undefined) {
    for (const { name, worst, mean } of fidelity.outputs) {
      output.say(
        `  output ${name}: differs from the float model by ${mean.toPrecision(3)} on average, ${worst.toPrecision(3)} at worst (${samples} held-out samples)`,
      )
    }
    return
  }
  if (labels.accuracy !== undefined) {
    const { float, integer } = labels.accuracy
    output.say(
      `  accuracy on ${samples} held-out samples: float model ${percent(float)}, integer model ${percent(integer)}`,
    )
  }
  const [low, high] = labels.interval
  output.say(
    `  labels that differ: ${labels.flips} of ${samples} (${percent(labels.rate)}, 95 % interval ${percent(low)} to ${percent(high)})`,
  )
}

/** An operator that became many core operators (`trees`, `trees.2`, `trees.3`, ...) is one row: the last, with all costs. */
function joinParts(layers: Manifest['layers']): Manifest['layers'] {
  const joined: Manifest['layers'] = []
  for (const layer of layers) {
    const before = joined.at(-1)
    const isPart = before?.source === layer.source && /^\.\d+$/.test(layer.name.replace(before.name, ''))
    if (!isPart) joined.push(layer)
    else
      joined.splice(-1, 1, {
        ...layer,
        name: before.name,
        constraints: before.constraints + layer.constraints,
      })
  }
  return joined
}

function layerTable({ layers, circuit }: Manifest): string {
  const rows = joinParts(layers).map(({ name, source, shape, bits, constraints }) => [
    name,
    source.replace(/^ai\.onnx\.ml\./, ''),
    shape.join('x'),
    bits,
    constraints,
  ])
  return table(
    [
      { title: 'layer' },
      { title: 'operator' },
      { title: 'shape' },
      { title: 'bits', align: 'right' },
      { title: 'constraints', align: 'right' },
    ],
    [
      ['(inputs)', 'range check', '', '', circuit.inputConstraints],
      ...(circuit.weightConstraints === undefined
        ? []
        : [['(weights)', 'range check', '', '', circuit.weightConstraints]]),
      ...rows,
      ['(statement)', 'outputs, signals, context', '', '', circuit.statementConstraints],
    ],
  )
}
