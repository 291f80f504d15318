/** The manifest of a compiled model. */

import { recordOf } from '../artifacts/lookup-choice.js'
import { encode, entriesOf, type LookupLayout } from '../artifacts/lookups.js'
import type { Derivation, Manifest } from '../artifacts/manifest.js'
import { sectionsOf } from '../artifacts/model-commitment.js'
import type { FixedInput } from '../artifacts/samples/fixed.js'
import { signalCount } from '../artifacts/statement.js'
import { type Sha256, sha256 } from '../base/digest.js'
import { bitLength, widthOf } from '../base/integers.js'
import { SOLC_VERSION } from '../chain/solc.js'
import type { Circuit } from '../circuit/circuit.js'
import type { Blueprint } from '../circuit/synthesize.js'
import { hull } from '../model/interval.js'
import type { QuantizedModel } from '../model/quantized.js'
import { RUNTIME_VERSION } from '../onnx/runtime.js'
import type { Fidelity } from '../quantize/fidelity.js'
import { describeTarget, type Target } from '../quantize/target.js'
import { VERSION } from '../version.js'
import { chooseClasses } from './classes.js'

export type Facts = {
  readonly name: string
  readonly files: Manifest['model']['files']
  readonly data: Manifest['data']
  readonly options: Readonly<Record<string, unknown>>
  readonly fixed: readonly FixedInput[]
  readonly classes: {
    readonly given: readonly string[] | undefined
    readonly told: readonly string[] | undefined
  }
  readonly blueprint: Blueprint
  readonly circuit: Circuit
  readonly r1cs: Sha256
  readonly quantization: Manifest['quantization']
  readonly fidelity: Fidelity | undefined
  readonly derivation: Derivation
  /** What else a reader must know first. */
  readonly remarks: readonly string[]
  /** To the weights, where they are secret. */
  readonly commitment?: string | undefined
}

/** Throws `ClassNamesError`. Depends on the model, the data, the options and a commitment's salt alone: no time, no folder, no machine. */
export function describeModel(facts: Facts): Manifest {
  const { blueprint, circuit, fidelity } = facts
  const outputs = outputsOf(blueprint)
  const classes = chooseClasses(facts.classes.given, facts.classes.told, outputs)
  return {
    format: 'zkonnx-manifest/1',
    zkonnx: VERSION,
    tools: { onnxruntime: RUNTIME_VERSION, solc: SOLC_VERSION },
    model: modelOf(facts),
    data: facts.data,
    options: facts.options,
    ...(circuit.lookups === undefined ? {} : { scheme: 'groth16-lookup' as const }),
    inputs: inputsOf(facts),
    fixed: structuredClone(facts.fixed) as unknown as Manifest['fixed'],
    outputs,
    ...(classes === undefined ? {} : { classes }),
    statement: structuredClone(blueprint.statement) as unknown as Manifest['statement'],
    layers: layersOf(blueprint, circuit),
    ...(facts.commitment === undefined ? { derivation: facts.derivation } : {}),
    circuit: {
      sha256: facts.r1cs,
      constraints: circuit.r1cs.constraints,
      wires: circuit.r1cs.wires,
      publicSignals: signalCount(blueprint.statement),
      power: powerOf(circuit.r1cs),
      ...(circuit.lookups === undefined ? {} : { lookups: lookupsOf(facts, circuit.lookups) }),
      inputConstraints: costOf(circuit, 'input'),
      ...(facts.commitment === undefined ? {} : { weightConstraints: costOf(circuit, 'weights') }),
      statementConstraints: costOf(circuit, 'statement'),
    },
    ...(facts.quantization === undefined ? {} : { quantization: facts.quantization }),
    ...(fidelity === undefined ? {} : { fidelity: fidelityOf(fidelity) }),
    notes: notesOf(facts),
  }
}

/** The proving system adds a row for each public wire and for the constant. */
function powerOf({ constraints, publicOutputs, publicInputs }: Circuit['r1cs']): number {
  return bitLength(constraints + publicOutputs + publicInputs)
}

function lookupsOf(
  { circuit, blueprint }: Facts,
  layout: LookupLayout,
): NonNullable<Manifest['circuit']['lookups']> {
  return {
    sha256: sha256(encode(layout)),
    lookups: layout.tableOf.length,
    tables: layout.tables.length,
    entries: entriesOf(layout),
    tableConstraints: costOf(circuit, 'tables'),
    choice: recordOf(blueprint.lookups!),
  }
}

function modelOf({ name, files, commitment }: Facts): Manifest['model'] {
  return commitment === undefined
    ? { name, files, weights: 'fixed' }
    : { name, files: [], weights: 'committed', commitment }
}

function inputsOf({ blueprint: { model, disclosure } }: Facts): Manifest['inputs'] {
  return model.inputs.map(({ name, tensor, lo, hi }, port) => ({
    name,
    shape: [...model.tensors[tensor]!.shape],
    ...disclosure.inputs[port]!,
    scale: [...model.scales[tensor]!],
    lo: [...lo],
    hi: [...hi],
  }))
}

function outputsOf({ model, bounds, disclosure }: Blueprint): Manifest['outputs'] {
  return model.outputs.map(({ name, tensor, meaning }, port) => ({
    name,
    shape: [...model.tensors[tensor]!.shape],
    meaning,
    ...disclosure.outputs[port]!,
    scale: [...model.scales[tensor]!],
    ...hull(bounds[tensor]!),
  }))
}

/** What each layer of the integer program costs. */
export function layersOf(
  { model, bounds }: Pick<Blueprint, 'model' | 'bounds'>,
  circuit: Pick<Circuit, 'layers'>,
): Manifest['layers'] {
  return model.nodes.map(({ name, source, op, output }) => {
    const { lo, hi } = hull(bounds[output]!)
    return {
      name,
      source,
      kind: op.kind,
      shape: [...model.tensors[output]!.shape],
      lo,
      hi,
      bits: widthOf(Math.min(lo, 0), Math.max(hi, 0)),
      constraints: costOf(circuit, name),
    }
  })
}

/** Without the error objects of refused samples: their indices tell. */
export function fidelityOf({ outside, ...rest }: Fidelity): unknown {
  return { ...rest, outside: outside.map(({ sample }) => sample) }
}

export function costOf(circuit: Pick<Circuit, 'layers'>, layer: string): number {
  return circuit.layers.find(({ name }) => name === layer)?.constraints ?? 0
}

function notesOf({
  blueprint: { model },
  circuit,
  fidelity,
  quantization,
  commitment,
  remarks,
}: Facts): string[] {
  const notes = [...remarks, ...model.notes]
  if (quantization?.met === false) notes.push(missedNote(quantization.target!))
  if (commitment !== undefined) notes.push(secretNote(model, circuit))
  if (fidelity === undefined) notes.push('Fidelity was not measured: there are no held-out samples.')
  else if (fidelity.outside.length > 0) {
    const count = fidelity.outside.length
    notes.push(`${count} held-out samples are outside the declared domain and cannot be proven.`)
  }
  return notes
}

function missedNote(target: Target): string {
  return (
    `The usual target (${describeTarget(target)}) is missed, by no more than these samples leave open: ` +
    'measure on more of them (--holdout), or ask for a target that must be met (--max-flip, --max-error).'
  )
}

/** What the secret costs. */
function secretNote(model: QuantizedModel, circuit: Circuit): string {
  const count = sectionsOf(model).reduce((sum, section) => sum + section.count, 0)
  const products = model.nodes.reduce(
    (sum, { op }) => sum + (op.kind === 'linear' && op.secret !== undefined ? op.column.length : 0),
    0,
  )
  const opened = costOf(circuit, 'weights')
  return (
    `The weights are secret: each of ${products} products with one costs a constraint, and the range checks of ` +
    `${count} weights and biases ${opened}; with constants in the circuit all of that is free.`
  )
}
