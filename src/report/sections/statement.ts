/** What the public signals show, and what they hide, in words. */
import type { Manifest } from '../../artifacts/manifest.js'
import { FILES } from '../../artifacts/paths.js'
import { type Part, signalCount } from '../../artifacts/statement.js'
import { sizeOf } from '../../base/tensor.js'
import type { ReportFacts } from '../facts.js'
import { type Html, html } from '../html.js'
import { count, counted, shapeText } from '../words.js'
import { facts, type Section } from './parts.js'

export function statementSection({ manifest }: ReportFacts): Section {
  const { inputs, outputs, statement } = manifest
  return {
    id: 'statement',
    title: 'What a proof says',
    body: html`<p>A proof shows that the integer model that this verifying key belongs to gives these outputs on inputs inside its declared domain: ${inputsInWords(inputs)}. It does not show that the float model would say the same (see <a href="#fidelity">integers against floats</a>), that the answer is right, or where inputs come from. And it shows nothing to anybody if somebody knows the secrets of the <a href="#keys">keys</a>’ setup.</p>
<p>Its statement is ${counted(signalCount(statement), 'public signal')}, which anyone who verifies sees:</p>
${facts([
  ...outputs.map((port, i) => portFact('output', port, OUTPUTS[port.visibility], statement.outputs, i)),
  ...inputs.map((port, i) => portFact('input', port, INPUTS[port.visibility], statement.inputs, i)),
  ['weights', weights(manifest)],
  [
    'context',
    lines(
      'Shows what the proof is bound to: a chain, contract, beneficiary, nonce and deadline; or a label; or nothing.',
      `One field element; signal ${statement.context}`,
    ),
  ],
])}`,
  }
}

/** What is shown, and what is hidden. */
type Words = readonly [string, string]

const OUTPUTS: Readonly<Record<Manifest['outputs'][number]['visibility'], Words>> = {
  public: ['every number', 'nothing'],
  hashed: ['a Poseidon commitment', 'the numbers, until the prover opens the commitment'],
  class: ['the place of the largest score', 'the scores themselves'],
  threshold: ['that the number is at least T, where T is chosen for each proof', 'the number itself'],
  margin: ['the predicted class, and by how much it leads at least', 'the scores themselves'],
}

const INPUTS: Readonly<Record<Manifest['inputs'][number]['visibility'], Words>> = {
  public: ['every number', 'nothing'],
  hashed: ['a Poseidon commitment', 'the numbers, until the prover opens the commitment'],
  private: ['nothing, but that the prover knows such numbers', 'the numbers'],
}

type Port = Manifest['inputs'][number] | Manifest['outputs'][number]

function portFact(
  kind: string,
  port: Port,
  [shown, hidden]: Words,
  parts: readonly Part[],
  place: number,
): readonly [string, Html] {
  const own = parts.filter((part) => part.port === place)
  const salt = port.visibility === 'hashed' ? (port.salted ? ', salted' : ', without a salt') : ''
  const scale = port.visibility === 'public' || port.visibility === 'threshold' ? `; ${scaleText(port)}` : ''
  return [
    `${kind} ${port.name}`,
    lines(`Shows ${shown}${salt}. Hides ${hidden}.`, `${shapeText(port.shape)}; ${signalsText(own)}${scale}`),
  ]
}

function lines(first: string, second: string): Html {
  return html`${first}<br><span class="faint">${second}</span>`
}

function scaleText({ scale, shape }: Port): string {
  if (scale.length > 1) return `${count(sizeOf(shape))} integers, each with a scale of its own`
  return `real = integer × ${Number(scale[0]!.toPrecision(6))}`
}

function signalsText(parts: readonly Part[]): string {
  if (parts.length === 0) return 'in no signal'
  const first = Math.min(...parts.map((part) => part.first))
  const last = Math.max(...parts.map((part) => part.first + part.signals - 1))
  return first === last ? `signal ${first}` : `signals ${first} to ${last}`
}

function weights({ model, statement, scheme }: Manifest): Html {
  return model.weights === 'fixed'
    ? lines(
        'Not in the statement: they are constants of the circuit, hidden from those who see keys and proofs but not the proving key.',
        `Whoever has the proving key (${scheme === 'groth16-lookup' ? FILES.lkey : FILES.zkey}) has the weights`,
      )
    : lines(
        'Shows a Poseidon commitment, the same for every proof of this model. Hides the weights: circuit and keys do not hold them.',
        `One field element; signal ${statement.model?.first ?? ''}`,
      )
}

function inputsInWords(inputs: Manifest['inputs']): string {
  const kinds = new Set(inputs.map(({ visibility }) => visibility))
  const words = {
    public: 'the inputs in the statement',
    hashed: 'those behind its commitment',
    private: 'some that the prover knows',
  }
  return (['public', 'hashed', 'private'] as const)
    .filter((kind) => kinds.has(kind))
    .map((kind) => words[kind])
    .join(', and ')
}
