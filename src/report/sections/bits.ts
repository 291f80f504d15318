/** How many bits, and what others would have cost and given: the frontier of a search. */
import type { Manifest } from '../../artifacts/manifest.js'
import { frontierChart, frontierMeasure, MEASURES } from '../charts.js'
import type { ReportFacts } from '../facts.js'
import { type Html, html } from '../html.js'
import { count, counted, percent } from '../words.js'
import { missing, type Section, shellWord, table } from './parts.js'

type Quantization = NonNullable<Manifest['quantization']>
type Point = NonNullable<Quantization['frontier']>[number]

export function bitsSection({ manifest, dir }: ReportFacts): Section {
  const { quantization } = manifest
  const again = `zkonnx compile MODEL.onnx --data SAMPLES.npz --bits auto -o ${shellWord(dir)}`
  const body =
    quantization === undefined
      ? html`<p>This model was compiled like another, and has that one’s bits.</p>`
      : quantization.frontier === undefined || quantization.frontier.length === 0
        ? html`<p>The bits were given, not searched for: ${bitsText(quantization.bits)}.</p>${
            // which bits a search finds would tell of secret weights
            manifest.model.weights === 'fixed' &&
            missing('A search shows what fewer bits would save, and what more would give:', again)
          }`
        : searched(manifest, quantization, quantization.frontier)
  return { id: 'bits', title: 'What bits cost', body }
}

function searched({ scheme }: Manifest, quantization: Quantization, frontier: readonly Point[]): Html {
  const { bits, target, met, trials = 0, samples = 0 } = quantization
  const measure = frontierMeasure(frontier)
  const goals = [
    target?.maxFlip === undefined ? [] : [`at most ${percent(target.maxFlip)} of labels may flip`],
    target?.maxError === undefined
      ? []
      : [`a number may be off by at most ${percent(target.maxError)} of its range`],
  ].flat()
  return html`<p>${counted(trials, 'choice')} of bits ${trials === 1 ? 'was' : 'were'} tried on ${counted(samples, 'sample')}. Chosen: ${bitsText(bits)}.${
    goals.length === 0 ? '' : ` The target: ${goals.join(', ')}. It is ${met === false ? 'missed' : 'met'}.`
  }${scheme === 'groth16-lookup' && ' Constraints are those of groth16, by which bits are chosen in either scheme.'}</p>${measure === undefined ? '' : frontierChart(frontier, quantization, measure)}${frontierTable(frontier, quantization)}`
}

function frontierTable(frontier: readonly Point[], { bits }: Quantization): Html {
  const measures = (['flips', 'expected', 'error'] as const).filter((what) =>
    frontier.some((point) => point[what] !== undefined),
  )
  const rows = frontier.map((point) => [
    count(point.constraints),
    point.bits.activation,
    point.bits.weight,
    point.bits.input,
    ...measures.map((what) => (point[what] === undefined ? '' : percent(point[what]))),
    JSON.stringify(point.bits) === JSON.stringify(bits) ? 'chosen' : point.within ? '' : 'misses the target',
  ])
  return html`<details><summary>The same as a table</summary>${table(
    'Choices of bits',
    [
      { title: 'constraints', numbers: true },
      { title: 'activations', numbers: true },
      { title: 'weights', numbers: true },
      { title: 'inputs', numbers: true },
      ...measures.map((what) => ({ title: MEASURES[what], numbers: true })),
      { title: '' },
    ],
    rows,
  )}</details>`
}

function bitsText({ activation, weight, input, layers }: Quantization['bits']): string {
  const own = Object.keys(layers ?? {}).length
  const others = own === 0 ? '' : `; ${counted(own, 'layer')} with bits of their own`
  return `${activation} bits for activations, ${weight} for weights, ${input} for inputs${others}`
}
