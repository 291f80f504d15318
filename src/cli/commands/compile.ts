/** `zkonnx compile`: from an ONNX file to a folder with the integer model and its circuit. */
import { type Command, Option } from 'commander'
import type { Choice, InputVisibility, OutputVisibility } from '../../artifacts/disclosure.js'
import { type Manifest, WEIGHTS, type Weights } from '../../artifacts/manifest.js'
import { SCHEMES, type Scheme } from '../../artifacts/scheme.js'
import { BaseError } from '../../base/errors.js'
import type { Dims } from '../../onnx/dims.js'
import type { DeclaredDomain } from '../../quantize/domain.js'
import { type Compiled, type CompileOptions, type CompileStep, compile } from '../../stages/compile.js'
import type { Fix } from '../../stages/fixed.js'
import { WARNING } from '../../stages/samples.js'
import { sayFidelity, sayQuantization } from '../fidelity.js'
import {
  collectDim,
  collectDomain,
  collectFix,
  collectInputs,
  collectShow,
  collectText,
  JSON_OPTION,
  parseBits,
  parseClasses,
  parseCount,
  parsePercent,
} from '../options.js'
import { colour, count, fold, type Output, shownPath, table, WIDTH } from '../output.js'
import { runCommand } from '../run.js'

type Options = ModelOptions & {
  readonly out: string
  readonly scheme?: Scheme
  readonly like?: string
  readonly classes?: string[]
  readonly json?: boolean
}

export type ModelOptions = {
  readonly data?: string
  readonly holdout?: string
  readonly inputs?: Choice<InputVisibility>
  readonly show?: Choice<OutputVisibility>
  readonly salt?: boolean
  readonly bits?: number | 'auto'
  readonly weights?: Weights
  readonly weightBits?: number
  readonly inputBits?: number
  readonly maxFlip?: number
  readonly maxError?: number
  readonly dim: Dims
  readonly fix: Record<string, Fix>
  readonly domain: Record<string, DeclaredDomain>
  readonly output: readonly string[]
}

export function addCompile(program: Command): void {
  const command = program
    .command('compile')
    .description('quantize an ONNX model, certify its integers, and emit its circuit')
    .argument('<model.onnx>', 'the model; external data is looked for beside it')
    .option(
      '--data <file>',
      'samples to calibrate on (.npz, .npy, .csv, .json), with labels where there are any (default: random ones from --domain, for a first look)',
    )
    .option('--holdout <file>', 'samples to measure fidelity on (default: every third of --data)')
    .requiredOption('-o, --out <dir>', 'the folder to write')
    .addOption(
      new Option(
        '--scheme <name>',
        'how it is proven: groth16, or groth16-lookup: far fewer constraints by tables, in a newer variant of Groth16 with keys of its own (default groth16)',
      ).choices([...SCHEMES]),
    )
    .option('--like <dir>', 'share the circuit and the keys of this committed model of the same architecture')
  addModelOptions(command)
    .option(
      '--classes <names>',
      "names of the classes, in the order of the scores: a,b,c, or a file with a name a line (default: the model's own)",
      parseClasses,
    )
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExample:\n  zkonnx compile model.onnx --data samples.npz -o build/model\n')
    .action((model: string, options: Options) =>
      runCommand(options, async (output) => {
        const compiled = await compile({
          ...compileOptions(model, options),
          onStep: announce(output),
        })
        sayCompiled(output, compiled)
        output.result({
          dir: compiled.dir,
          manifest: compiled.manifest,
          ...(compiled.keysCopied ? { keysCopied: true } : {}),
        })
      }),
    )
}

/** What compiling and diagnosing a model both take. */
export function addModelOptions(command: Command): Command {
  return command
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
    .option(
      '--bits <n>',
      'bits of activations, or auto: search for the cheapest that keep to the target (default auto; 8 for committed weights)',
      parseBits,
    )
    .option('--weight-bits <n>', 'bits of weights (default 8, as --bits then is)', parseCount)
    .option('--input-bits <n>', 'bits of inputs (default 8, as --bits then is)', parseCount)
    .option(
      '--max-flip <percent>',
      'the target: refuse to compile when more labels flip on the held-out samples (default for classifiers: aim at 0.5)',
      parsePercent,
    )
    .option(
      '--max-error <percent>',
      'the target: refuse to compile when a number is further off, in parts of its range (default for other models: aim at 1)',
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
}

function compileOptions(model: string, options: Options): CompileOptions {
  const { out, like, classes, scheme } = options
  return {
    model,
    out,
    ...(like === undefined ? {} : { like }),
    ...(scheme === undefined ? {} : { scheme }),
    ...(classes === undefined ? {} : { classes }),
    ...modelOptions(options),
  }
}

/** The options of both as the stages take them: those that were given. */
export function modelOptions(options: ModelOptions) {
  const { data, holdout, maxFlip, maxError, weights } = options
  const { inputs, show: outputs, salt } = options
  const disclose = Object.fromEntries(
    Object.entries({ inputs, outputs, salt }).filter(([, one]) => one !== undefined),
  )
  const bits = bitsOf(options)
  return {
    ...(data === undefined ? {} : { data }),
    ...(holdout === undefined ? {} : { holdout }),
    ...(Object.keys(disclose).length > 0 ? { disclose } : {}),
    ...(maxFlip === undefined ? {} : { maxFlip }),
    ...(maxError === undefined ? {} : { maxError }),
    ...(weights === undefined ? {} : { weights }),
    ...(bits === undefined ? {} : { bits }),
    ...(Object.keys(options.dim).length > 0 ? { dims: options.dim } : {}),
    ...(Object.keys(options.fix).length > 0 ? { fix: options.fix } : {}),
    ...(Object.keys(options.domain).length > 0 ? { domains: options.domain } : {}),
    ...(options.output.length > 0 ? { outputs: options.output } : {}),
  }
}

/** Any number fixes them all: what is not given is 8. */
function bitsOf({ bits, weightBits: weight, inputBits: input }: ModelOptions): CompileOptions['bits'] {
  if (bits === 'auto' && (weight !== undefined || input !== undefined)) throw new BitsChoiceError()
  if (bits === 'auto') return bits
  const numbers = Object.entries({ activation: bits, weight, input }).filter(([, n]) => n !== undefined)
  return numbers.length === 0 ? undefined : Object.fromEntries(numbers)
}

const STEPS: Readonly<Record<CompileStep, string>> = {
  import: 'folding and importing the model',
  calibrate: 'calibrating and quantizing',
  search: 'searching for the cheapest bits: trial',
  measure: 'comparing integers with floats on held-out samples',
  constrain: 'emitting constraints',
  write: 'writing',
}

export function announce(output: Output): (step: CompileStep, trial?: number) => void {
  return (step, trial) => output.progress(trial === undefined ? STEPS[step] : `${STEPS[step]} ${trial}`)
}

/** What a person wants to know of a compiled model. */
export function sayCompiled(output: Output, compiled: Compiled): void {
  const { dir, manifest, fidelity, keysCopied } = compiled
  sayFidelity(output, fidelity)
  sayQuantization(output, manifest)
  output.say()
  output.say(layerTable(manifest))
  if (manifest.classes !== undefined) output.say(`  classes: ${listed(manifest.classes)}`)
  const { constraints, power, publicSignals, lookups } = manifest.circuit
  output.say(`  ${count(constraints)} constraints, a domain of 2^${power}, ${publicSignals} public signals`)
  if (lookups !== undefined)
    output.say(
      `  ${count(lookups.lookups)} of them are lookups in ${lookups.tables} tables of ${count(lookups.entries)} entries together`,
    )
  for (const note of manifest.notes) {
    if (note.startsWith(WARNING)) output.warn(note)
    else output.say(`  ${colour.yellow('note')} ${note}`)
  }
  if (manifest.model.commitment !== undefined)
    output.say(`  commitment to the weights: ${manifest.model.commitment}`)
  if (keysCopied) output.say('  the circuit is the same: its keys were copied')
  output.say(`  written to ${shownPath(dir)}`)
}

function listed(names: readonly string[]): string {
  const [shown, more] = [names.slice(0, MOST_NAMES).join(', '), names.length - MOST_NAMES]
  return fold(more > 0 ? `${shown} and ${more} more` : shown, WIDTH - 13).join('\n           ')
}

const MOST_NAMES = 12

/** An operator that became many core operators (`trees`, `trees.2`, `trees.3`, ...) is one row: the last, with all costs. */
export function joinParts(layers: Manifest['layers']): Manifest['layers'] {
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
      ...(circuit.lookups === undefined
        ? []
        : [['(tables)', `${circuit.lookups.tables} tables`, '', '', circuit.lookups.tableConstraints]]),
    ],
  )
}

export class BitsChoiceError extends BaseError {
  override name = 'Cli.BitsChoiceError'
  constructor() {
    super('--bits auto searches for the bits of weights and inputs as well.', {
      hint: 'leave out --weight-bits and --input-bits, or give a number for --bits',
    })
  }
}
