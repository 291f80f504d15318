/** `zkonnx doctor`: whether a model compiles, what stands in the way, and what it would cost; nothing is written. */
import type { Command } from 'commander'
import { type Blocker, type Cost, type Diagnosis, type DoctorStep, doctor } from '../../stages/doctor.js'
import { gasTable, rounded } from '../gas.js'
import { JSON_OPTION } from '../options.js'
import { bytes, colour, count, fold, milliseconds, type Output, table, WIDTH } from '../output.js'
import { EXIT, runCommand } from '../run.js'
import { short } from '../spell.js'
import { addModelOptions, joinParts, type ModelOptions, modelOptions } from './compile.js'

type Options = ModelOptions & { readonly json?: boolean }

export function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description(
      'name all that stands in the way of a model, and what its circuit would cost; writes nothing',
    )
    .argument('<model.onnx>', 'the model; external data is looked for beside it')
    .option('--data <file>', 'samples as for compile: with them the costs are those of compile')
    .option('--holdout <file>', 'as for compile: all of --data is calibrated on')
  addModelOptions(command)
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nExit code 1: the model does not compile.\n\nExample:\n  zkonnx doctor model.onnx\n',
    )
    .action((model: string, options: Options) =>
      runCommand(options, async (output) => {
        const diagnosis = await doctor({
          model,
          ...modelOptions(options),
          onStep: (step, trial) =>
            output.progress(trial === undefined ? STEPS[step] : `${STEPS[step]} ${trial}`),
        })
        sayModel(output, diagnosis)
        sayBlockers(output, diagnosis)
        sayCosts(output, diagnosis)
        for (const note of diagnosis.notes) say(output, `${colour.yellow('note')} ${note}`)
        sayNext(output, diagnosis, model, options.data !== undefined)
        output.result(diagnosis)
        if (!diagnosis.usable) process.exitCode = EXIT.answer
      }),
    )
}

const STEPS: Readonly<Record<DoctorStep, string>> = {
  import: 'reading the model',
  calibrate: 'calibrating and quantizing',
  search: 'searching for the cheapest bits: trial',
  measure: 'comparing integers with floats on held-out samples',
  count: 'counting constraints',
  time: 'timing this machine',
}

function sayModel(output: Output, { model }: Diagnosis): void {
  const opsets = Object.entries(model.opsets).map(([domain, version]) => `${domain} ${version}`)
  const made = model.producer === '' ? 'producer unknown' : model.producer
  say(output, `${made}; opsets ${opsets.join(', ')}; ${count(model.nodes)} nodes`)
  for (const side of ['inputs', 'outputs'] as const) {
    const ports = model[side].map(({ name, type, shape }) => `${name} ${type}[${shape?.join('x') ?? '?'}]`)
    say(output, `${side}: ${some(ports, 6)}`)
  }
  const unsupported = model.operators.filter((operator) => operator.unsupported > 0)
  const good = model.operators.reduce((sum, { nodes, unsupported: bad }) => sum + nodes - bad, 0)
  const bad = unsupported.reduce((sum, operator) => sum + operator.unsupported, 0)
  say(
    output,
    `constants folded: ${count(good)} nodes are supported, ${bad === 0 ? 'none is not' : bad === 1 ? '1 is not' : `${count(bad)} are not`}`,
  )
}

/** Groups printed; all are in the JSON. */
const MOST_SHOWN = 20

/** Nodes of one operator with one fault are one entry. */
function sayBlockers(output: Output, { blockers, model }: Diagnosis): void {
  if (blockers.length === 0) return
  output.say()
  const groups = new Map<string, Blocker[]>()
  for (const blocker of blockers) {
    const key = `${blocker.operator}\n${blocker.reason}`
    groups.set(key, [...(groups.get(key) ?? []), blocker])
  }
  say(output, colour.red(blockers.length === 1 ? '1 blocker' : `${count(blockers.length)} blockers`))
  for (const group of [...groups.values()].slice(0, MOST_SHOWN)) {
    const { operator, opset, reason, hint } = group[0]!
    const version = opset > 0 ? ` (opset ${opset})` : ''
    const nodes = group.map(({ node }) => `"${node}"`)
    say(output, `${colour.red('x')} ${operator}${version}: ${reason}`)
    say(output, `at ${some(nodes, 4)}`, 4)
    say(output, `instead: ${hint}`, 4)
  }
  if (groups.size > MOST_SHOWN) say(output, `and ${count(groups.size - MOST_SHOWN)} more, all with --json`)
  say(output, `then export again: ${model.exportAgain}`)
}

function sayCosts(output: Output, { layers, cost, samples }: Diagnosis): void {
  const least = layers.reduce((sum, layer) => sum + layer.constraints, 0)
  if (cost === undefined && least === 0) return
  output.say()
  if (cost === undefined) say(output, 'The part that is supported, without inputs, statement and blockers:')
  output.say(layerTable(layers, cost))
  if (cost === undefined) {
    say(output, `at least ${count(least)} constraints`)
  } else {
    output.say()
    for (const [name, value] of totalsOf(cost)) output.say(`  ${name.padEnd(22)} ${value}`)
    saySchemes(output, cost)
    sayLimits(output, cost)
    sayGas(output, cost)
  }
  if (samples?.from !== 'assumption') return
  const note = colour.yellow('note')
  say(output, `${note} No samples were given: all costs depend on ranges that are only assumed:`)
  for (const { input, lo, hi, from } of samples.assumptions.slice(0, 6)) {
    say(output, `${input} in ${short(lo)} to ${short(hi)} (${ORIGINS[from]})`, 7)
  }
  say(
    output,
    'The bits are the usual ones, where compile searches for cheaper ones on its data: often it comes to less. With --data FILE the costs are those of compile.',
    7,
  )
}

const ORIGINS = {
  declared: 'declared',
  type: 'by its type',
  thresholds: 'around the thresholds of its trees',
  default: 'for want of anything better: declare it with --domain',
} as const

function totalsOf({ constraints, wires, publicSignals, proving, gas }: Cost): [string, string][] {
  const keys: [string, string][] =
    proving === undefined
      ? [['proving key', colour.red('none: more constraints than a key can hold')]]
      : [
          ['powers of tau', `2^${proving.power}`],
          ['proving key', bytes(proving.keyBytes)],
          ['proof, one thread', `${milliseconds(proving.next)}, the first ${milliseconds(proving.first)}`],
          ['memory of a prover', bytes(proving.memory)],
        ]
  return [
    ['constraints', `${count(constraints)} (${count(wires)} wires)`],
    ['public signals', count(publicSignals)],
    ...keys,
    ['gas to deploy', rounded(gas.deploy)],
    ['gas of a prediction', rounded(gas.record)],
  ]
}

/** Both ways to prove a model, side by side. */
function saySchemes(output: Output, cost: Cost): void {
  const { gas, lookup } = cost
  const row = (name: string, of: Cost | Cost['lookup'], record: number, trust: string) => {
    const { constraints, proving, proofBytes } = of
    const [key, time] =
      proving === undefined ? ['none', '-'] : [bytes(proving.keyBytes), milliseconds(proving.next)]
    return [name, count(constraints), key, time, `${proofBytes} B`, rounded(record), trust]
  }
  const rows = [
    row('groth16 (default)', cost, gas.record, 'widely used'),
    row('groth16-lookup', lookup, gas.record + lookup.moreGas, 'not audited'),
  ]
  output.say()
  const right = (title: string) => ({ title, align: 'right' as const })
  const numbers = ['constraints', 'key', 'proving', 'proof', 'gas'].map(right)
  output.say(table([{ title: '--scheme' }, ...numbers, { title: 'trust' }], rows))
  say(
    output,
    'groth16 has the keys, ceremonies and verifiers of snarkjs; groth16-lookup is a newer variant of it, with keys of its own (docs/lookups.md). Times are of one thread.',
  )
  for (const note of lookup.notes) say(output, `with groth16-lookup: ${note}`)
}

function sayGas(output: Output, { gasPlan }: Cost): void {
  output.say()
  say(output, 'gas by what --inputs and --show choose; of 10 and of 100: of each proof in a batch of so many')
  output.say(gasTable(gasPlan))
}

function sayLimits(output: Output, { publicSignals, gas }: Cost): void {
  if (gas.fits) return
  say(
    output,
    `${colour.yellow('note')} With ${count(publicSignals)} public signals the verifier is too large for a chain: show less, with --inputs hashed or private.`,
  )
}

/** Layers that cost nothing, one after the other, are one row. */
function layerTable(layers: Diagnosis['layers'], cost: Cost | undefined): string {
  const rows: (string | number)[][] = []
  const free: Diagnosis['layers'] = []
  const flush = () => {
    const [first, ...more] = free.splice(0)
    if (first === undefined) return
    const names = more.length === 0 ? first.name : `${first.name} and ${more.length} more`
    const kinds = [...new Set([first, ...more].map(({ source }) => plain(source)))]
    rows.push([clip(names, 30), clip(kinds.join(', '), 24), '', '', 0])
  }
  for (const layer of joinParts(layers)) {
    if (layer.constraints === 0) {
      free.push(layer)
      continue
    }
    flush()
    const { name, source, shape, bits, constraints } = layer
    rows.push([clip(name, 30), clip(plain(source), 24), clip(shape.join('x'), 12), bits, constraints])
  }
  flush()
  const around = (title: string, what: string, constraints: number | undefined) =>
    constraints ? [[title, what, '', '', constraints]] : []
  return table(
    [
      { title: 'layer' },
      { title: 'operator' },
      { title: 'shape' },
      { title: 'bits', align: 'right' },
      { title: 'constraints', align: 'right' },
    ],
    [
      ...around('(inputs)', 'range check', cost?.inputConstraints),
      ...around('(weights)', 'range check', cost?.weightConstraints),
      ...rows,
      ...around('(statement)', 'outputs, signals', cost?.statementConstraints),
    ],
  )
}

/** With all that was chosen here: then compiling comes to what was said. */
function sayNext(output: Output, { usable, blockers }: Diagnosis, model: string, hasData: boolean): void {
  output.say()
  say(output, colour.bold('what to do next'))
  if (usable) {
    const given = process.argv.slice(3).filter((argument) => argument !== '--json')
    const chosen = [...given, ...(hasData ? [] : ['--data', 'SAMPLES.npz']), '-o', 'build/model']
    output.say(`    zkonnx compile ${chosen.map(quoted).join(' ')}`)
    if (!hasData)
      say(output, 'SAMPLES.npz holds x, an array of samples, and y, their labels where there are any.', 4)
    return
  }
  const samplesOnly = blockers.every(({ operator }) => operator === 'samples')
  const first = samplesOnly ? 'Correct the samples' : 'Change what is named above, export the model again'
  say(output, `${first}, then:`, 4)
  output.say(`    zkonnx doctor ${quoted(model)}`)
}

function plain(operator: string): string {
  return operator.replace(/^ai\.onnx\.ml\./, '')
}

function some(texts: readonly string[], most: number): string {
  const rest = texts.length - most
  return rest > 0 ? `${texts.slice(0, most).join(', ')} and ${count(rest)} more` : texts.join(', ')
}

function clip(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 3)}...` : text
}

function quoted(text: string): string {
  return /^[\w./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** Prints words at an indent, folded at the edge of a terminal. */
function say(output: Output, text: string, indent = 2): void {
  for (const line of fold(text, WIDTH - indent)) output.say(' '.repeat(indent) + line)
}
