/** How far the integer model, which is proven, is from the float one, which was trained. */
import { errorChart, scatterChart } from '../charts.js'
import type { FlipFacts, LabelFacts, ReportFacts } from '../facts.js'
import { type Html, html } from '../html.js'
import { imageLayout, pictureOf } from '../picture.js'
import { className, count, counted, percent, short } from '../words.js'
import { facts, missing, type Section, shellWord } from './parts.js'

/** Of the flipped samples those that are shown. */
const SHOWN_FLIPS = 24

export function fidelitySection(report: ReportFacts): Section {
  const { fidelity, manifest } = report
  const file = samplesFile(manifest)
  const body =
    fidelity === undefined
      ? missing(
          'Fidelity was not measured: there were no held-out samples.',
          `zkonnx compile MODEL.onnx --data SAMPLES.npz --holdout OTHERS.npz -o ${shellWord(report.dir)}`,
        )
      : html`<p>Measured on ${counted(fidelity.samples, 'held-out sample')}${file === undefined ? ', drawn at random' : html` of <code>${file}</code>`}, which calibration has not seen${
          fidelity.outside > 0
            ? `; ${counted(fidelity.outside, 'more sample')} lay outside the declared domain and cannot be proven`
            : ''
        }.</p>${facts([...labelFacts(fidelity.labels), ...outputFacts(report)])}`
  return {
    id: 'fidelity',
    title: 'Integers against floats',
    body: html`${body}${scatter(report)}${fidelity && fidelity.layers.length > 0 ? errorChart(fidelity.layers) : ''}${flips(report)}`,
  }
}

function labelFacts(labels: LabelFacts | undefined): (readonly [string, string])[] {
  if (labels === undefined) return []
  const [low, high] = labels.interval
  return [
    [
      'labels that flip',
      `${count(labels.flips)} (${percent(labels.rate)}); with 95\u00a0% confidence between ${percent(low)} and ${percent(high)} of all samples of this kind`,
    ],
    ...(labels.accuracy === undefined
      ? []
      : ([
          [
            'accuracy',
            `float model ${percent(labels.accuracy.float)}, integer model ${percent(labels.accuracy.integer)}`,
          ],
        ] as const)),
  ]
}

function outputFacts({ fidelity, manifest }: ReportFacts): (readonly [string, string])[] {
  const isLabel = (name: string) =>
    manifest.outputs.some((port) => port.name === name && port.meaning === 'label')
  return (fidelity?.outputs ?? [])
    .filter(({ name }) => !isLabel(name))
    .map(({ name, mean, worst, relative }) => [
      `error of ${name}`,
      `${short(mean)} on average, ${short(worst)} at worst, which is ${percent(relative)} of the range that calibration saw`,
    ])
}

/** What fidelity was measured on; undefined where samples were drawn. */
function samplesFile({ data }: ReportFacts['manifest']): string | undefined {
  return (data.find(({ role }) => role === 'holdout') ?? data[0])?.name
}

/** One plot an output; more than a few say no more. */
const MOST_PLOTS = 3

function scatter({ comparison, manifest, dir }: ReportFacts): Html {
  const file = samplesFile(manifest)
  const measure = `zkonnx report ${shellWord(dir)} --data ${shellWord(file ?? 'SAMPLES.npz')}`
  if (comparison === undefined && file === undefined)
    return missing(
      'No data was given, so there is no plot of what the two models say of them. With data:',
      `zkonnx compile MODEL.onnx --data SAMPLES.npz -o ${shellWord(dir)}`,
    )
  if (comparison === undefined)
    return missing(
      'The samples are not at hand, so there is no plot of what the two models say of them. With the file:',
      measure,
    )
  const plots = comparison.outputs
    .filter(({ points }) => points.length > 1)
    .slice(0, MOST_PLOTS)
    .map((output) => scatterChart(output, comparison.of))
  return html`${plots}`
}

function flips({ fidelity, comparison, manifest, dir }: ReportFacts): Html | undefined {
  const flipped = fidelity?.labels?.flipped ?? []
  if (flipped.length === 0) return undefined
  const shown = flipped.slice(0, SHOWN_FLIPS)
  const inputOf = new Map(comparison?.flipped.map(({ sample, input }) => [sample, input]))
  const layout = imageLayout(manifest.inputs[0]?.shape ?? [])
  const hasPictures = layout !== undefined && shown.some(({ sample }) => inputOf.has(sample))
  const file = samplesFile(manifest)
  return html`<h3>The samples that flip</h3>
<p>${
    shown.length < flipped.length ? `The first ${shown.length} of ${count(flipped.length)}. ` : ''
  }The margin is by how much the float model preferred its class to the next: small ones flip first.</p>
<ul class="cards">${shown.map((flip) => {
    const input = inputOf.get(flip.sample)
    const picture = layout && input ? pictureOf(input, layout) : undefined
    return html`<li>${picture && image(picture, `sample ${flip.sample}`)}<div><strong>sample ${flip.sample}</strong><br>${flipText(flip, manifest.classes)}</div></li>`
  })}</ul>${
    layout !== undefined && !hasPictures
      ? missing(
          'Their pictures need the samples:',
          `zkonnx report ${shellWord(dir)} --data ${shellWord(file ?? 'SAMPLES.npz')}`,
        )
      : ''
  }`
}

function flipText({ float, integer, margin }: FlipFacts, classes: readonly string[] | undefined): string {
  const named = (places: readonly number[]) =>
    places
      .map((index) => {
        const name = classes?.[index]
        return className(name === undefined ? { index } : { index, name })
      })
      .join(', ')
  return `${named(float)} becomes ${named(integer)}${margin === undefined ? '' : `; margin ${short(margin)}`}`
}

export function image(address: string, of: string): Html {
  return html`<img class="sample" src="${address}" alt="${`Picture of ${of}`}" width="84" height="84">`
}
