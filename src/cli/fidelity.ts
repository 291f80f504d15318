/** What a person wants to know of how faithful a compiled model is, and of what else its bits could have been. */
import type { Manifest } from '../artifacts/manifest.js'
import type { Fidelity, LabelFidelity } from '../quantize/fidelity.js'
import { describeTarget, percent as fine } from '../quantize/target.js'
import { colour, count, type Output, percent, table, WIDTH } from './output.js'

type Quantization = NonNullable<Manifest['quantization']>
type Point = NonNullable<Quantization['frontier']>[number]

/** Lines of a list that is whole in the manifest. */
const SHOWN = 5
const SHOWN_POINTS = 8

export function sayFidelity(output: Output, fidelity: Fidelity | undefined): void {
  if (fidelity === undefined) return
  const { labels, samples } = fidelity
  if (labels !== undefined) sayLabels(output, labels, samples)
  for (const { name, meaning, worst, mean, relative } of fidelity.outputs) {
    if (meaning === 'label') continue
    const share = meaning === 'values' ? ` (${fine(relative)} of its range)` : ''
    output.say(`  output ${name}: off by ${short(mean)} on average, ${short(worst)} at worst${share}`)
  }
  if (labels === undefined) output.say(`  measured on ${samples} held-out samples`)
  const layers = fidelity.layers.toSorted((a, b) => b.relative - a.relative).slice(0, SHOWN)
  const errors = layers.map(({ name, relative }) => `${name} ${fine(relative)}`)
  for (const line of wrapped('  mean error by layer, in parts of its range: ', errors)) output.say(line)
}

function sayLabels(output: Output, labels: LabelFidelity, samples: number): void {
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
  for (const { sample, float, integer, margin } of labels.flipped.slice(0, SHOWN)) {
    const by = margin === undefined ? '' : `, by a margin of ${short(margin)}`
    output.say(`    sample ${sample}: class ${float.join(',')} becomes ${integer.join(',')}${by}`)
  }
  if (labels.flips > SHOWN) output.say(`    and ${labels.flips - SHOWN} more in the manifest`)
}

/** The bits, and of a search what else was found. */
export function sayQuantization(
  output: Output,
  { quantization, scheme }: Pick<Manifest, 'quantization' | 'scheme'>,
): void {
  const { frontier, target, trials, samples, bits, met } = quantization ?? {}
  if (bits === undefined || frontier === undefined) return
  const verdict = met ? colour.green('met') : colour.red('missed')
  output.say(`  target: ${describeTarget(target ?? {})}: ${verdict}`)
  output.say(`  ${trials} choices of bits tried on ${samples} samples; none is both cheaper and better than:`)
  output.say(frontierTable(frontier, bits))
  if (scheme === 'groth16-lookup')
    output.say('  (constraints of groth16, by which bits are chosen in either scheme)')
  if (bits.channels === true) output.say('  channels of a layer have scales of their own')
  const own = Object.entries(bits.layers ?? {}).map(([layer, change]) => `${layer} ${describeChange(change)}`)
  if (own.length > 0) for (const line of wrapped('  layers of their own: ', own)) output.say(line)
}

function describeChange(change: NonNullable<Quantization['bits']['layers']>[string]): string {
  return Object.entries(change)
    .map(([what, bits]) => `${what}s ${bits! > 0 ? '+' : ''}${bits}`)
    .join(' ')
}

/** The chosen point, and an even part of the others. */
function frontierTable(frontier: readonly Point[], chosen: Quantization['bits']): string {
  const isChosen = ({ bits }: Point) => JSON.stringify(bits) === JSON.stringify(chosen)
  const every = Math.ceil(frontier.length / SHOWN_POINTS)
  const shown = frontier.filter((point, i) => i % every === 0 || isChosen(point))
  const has = (what: 'flips' | 'expected' | 'error') => frontier.some((point) => point[what] !== undefined)
  const shares = (['flips', 'expected', 'error'] as const).filter(has)
  const titles = { flips: 'flips', expected: 'expected', error: 'worst error' }
  return table(
    [
      { title: 'constraints', align: 'right' },
      { title: 'activations' },
      { title: 'weights' },
      { title: 'inputs' },
      ...shares.map((what) => ({ title: titles[what], align: 'right' as const })),
      { title: '' },
    ],
    shown.map((point) => [
      count(point.constraints),
      width(point, 'activation'),
      width(point, 'weight'),
      String(point.bits.input),
      ...shares.map((what) => fine(point[what] ?? 0)),
      isChosen(point) ? 'chosen' : point.within ? '' : 'misses',
    ]),
  )
}

/** `8`, or `6 (-2 to +1)` where layers have others. */
function width({ bits }: Point, what: 'activation' | 'weight'): string {
  const changes = Object.values(bits.layers ?? {}).map((change) => change[what] ?? 0)
  if (changes.every((change) => change === 0)) return String(bits[what])
  const [least, most] = [Math.min(0, ...changes), Math.max(0, ...changes)]
  return least === most ? String(bits[what]) : `${bits[what] + least} to ${bits[what] + most}`
}

function short(value: number): string {
  return value.toPrecision(3)
}

/** A list on lines that fit a terminal. */
function wrapped(head: string, items: readonly string[]): string[] {
  const lines = [head]
  items.forEach((item, i) => {
    const text = item + (i < items.length - 1 ? ', ' : '')
    if (lines.at(-1)!.length + text.length > WIDTH) lines.push('    ')
    lines.push(lines.pop()! + text)
  })
  return lines.map((line) => line.trimEnd())
}
