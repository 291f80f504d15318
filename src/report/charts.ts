/** The report's plots: what stands on which axis. */
import type { Manifest } from '../artifacts/manifest.js'
import type { Comparison, ErrorFacts, ShownProof } from './facts.js'
import type { Html } from './html.js'
import { chart, Plot } from './plots.js'
import { count, milliseconds, percent } from './words.js'

const ACCENT = 'var(--accent)'
const WARM = 'var(--warm)'
const FAINT = 'var(--faint)'

/** Bars of a plot that are drawn; the others are summed up. */
export const MOST_BARS = 16
const BAR = 24

export type Cost = { readonly name: string; readonly constraints: number }

/** What each layer costs, in the program's order. */
export function costChart(costs: readonly Cost[], total: number, grouped: boolean): Html {
  const bars = fewest(costs.filter(({ constraints }) => constraints > 0))
  return chart({
    title: `Constraints by layer: ${bars.map(({ name, constraints }) => `${name} ${count(constraints)}`).join(', ')}`,
    caption: `Constraints by layer, in the order of the program${grouped ? ', all steps of a node together' : ''}. Setup and proving take time and memory in proportion to their sum. Layers that are not drawn cost nothing.`,
    draw: ({ narrow }) => ({
      ...rows(bars, narrow),
      x: {
        label: 'constraints',
        grid: true,
        ticks: narrow ? 3 : 4,
        tickFormat: compact,
        insetRight: narrow ? 60 : 110,
      },
      marks: [
        Plot.barX(bars, { x: 'constraints', y: 'name', fill: ACCENT }),
        Plot.text(bars, {
          x: 'constraints',
          y: 'name',
          text: ({ constraints }: Cost) =>
            narrow ? percent(constraints / total) : `${count(constraints)} (${percent(constraints / total)})`,
          textAnchor: 'start',
          dx: 5,
        }),
        Plot.ruleX([0]),
      ],
    }),
  })
}

/** The most expensive ones, still in their order, and one bar for the others. */
function fewest(costs: readonly Cost[]): Cost[] {
  if (costs.length <= MOST_BARS) return [...costs]
  const least = costs.map(({ constraints }) => constraints).sort((a, b) => b - a)[MOST_BARS - 2]!
  const kept = costs.filter(({ constraints }) => constraints >= least).slice(0, MOST_BARS - 1)
  const others = costs.filter((one) => !kept.includes(one))
  const sum = others.reduce((total, { constraints }) => total + constraints, 0)
  return [...kept, { name: `${others.length} others`, constraints: sum }]
}

const ERROR_CAPTION =
  'in parts of the range of values that calibration saw there. An error that grows from layer to layer adds up; one that peaks asks for bits there.'

/** The mean error of each layer, in parts of the range that calibration saw. */
export function errorChart(layers: readonly ErrorFacts[]): Html {
  return layers.length <= MOST_BARS ? errorBars(layers) : errorCourse(layers)
}

function errorBars(bars: readonly ErrorFacts[]): Html {
  return chart({
    title: `Mean error by layer, in parts of its range: ${bars.map(({ name, relative }) => `${name} ${percent(relative)}`).join(', ')}`,
    caption: `Mean error by layer, ${ERROR_CAPTION}`,
    draw: ({ narrow }) => ({
      ...rows(bars, narrow),
      x: {
        label: 'mean error, % of range',
        grid: true,
        ticks: narrow ? 3 : 4,
        transform: inPercent,
        insetRight: 50,
      },
      marks: [
        Plot.barX(bars, { x: 'relative', y: 'name', fill: WARM }),
        Plot.text(bars, {
          x: 'relative',
          y: 'name',
          text: ({ relative }: ErrorFacts) => percent(relative),
          textAnchor: 'start',
          dx: 5,
        }),
        Plot.ruleX([0]),
      ],
    }),
  })
}

/** Of many layers what stands out, and where. */
function errorCourse(layers: readonly ErrorFacts[]): Html {
  const points = layers.map(({ name, relative }, i) => ({ name, relative, place: i + 1 }))
  const worst = points.reduce((most, one) => (one.relative > most.relative ? one : most))
  return chart({
    title: `Mean error of ${layers.length} layers, in parts of their range; the largest is ${percent(worst.relative)}, of ${worst.name}`,
    caption: `Mean error of ${layers.length} layers, a point each, in the order of the program, ${ERROR_CAPTION} The largest, ${percent(worst.relative)}, is of ${worst.name}.`,
    draw: ({ narrow }) => ({
      height: narrow ? 240 : 280,
      marginLeft: 52,
      marginTop: 34,
      marginBottom: 44,
      x: { label: 'layer, counted from the input', ticks: 5 },
      y: { label: 'mean error, % of range', grid: true, ticks: 5, zero: true, transform: inPercent },
      marks: [
        Plot.ruleY([0]),
        Plot.dot(points, { x: 'place', y: 'relative', r: 2.5, fill: WARM, fillOpacity: 0.7 }),
      ],
    }),
  })
}

/** Horizontal bars, one a name, in the given order. */
function rows(bars: readonly { readonly name: string }[], narrow: boolean) {
  const most = narrow ? 14 : 26
  const longest = bars.reduce((length, { name }) => Math.max(length, Math.min(name.length, most)), 4)
  return {
    marginLeft: 14 + 7.4 * longest,
    marginBottom: 44,
    height: 74 + BAR * bars.length,
    y: {
      label: null,
      domain: bars.map(({ name }) => name),
      tickFormat: (name: string) => shortened(name, most),
      tickSize: 0,
    },
  }
}

/** The end of a name tells more of it than its beginning. */
function shortened(name: string, most: number): string {
  return name.length <= most ? name : `…${name.slice(1 - most)}`
}

function inPercent(share: number): number {
  return 100 * share
}

function compact(value: number): string {
  return value >= 1000 ? `${Number((value / 1000).toPrecision(3))}k` : String(value)
}

/** What the integer model says against what the float model says; on the diagonal they agree. */
export function scatterChart({ name, points, total }: Comparison['outputs'][number], of: string): Html {
  const values = points.flatMap(({ float, integer }) => [float, integer])
  const [lo, hi] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity])
  const flips = points.filter((point) => point.flips)
  const others = points.filter((point) => !point.flips)
  const drawn = points.length < total ? `, of which ${count(points.length)} are drawn` : ''
  return chart({
    title: `Output ${name}: integer model against float model, ${count(total)} numbers of ${of}`,
    caption: `Output “${name}”: each point is one of ${count(total)} numbers${drawn}, from ${of}. On the line the integer model says what the float model says.${
      flips.length > 0 ? ' Crosses are of samples whose label flips.' : ''
    }`,
    draw: ({ width, narrow }) => ({
      height: narrow ? width : 420,
      marginLeft: 52,
      marginTop: 34,
      marginBottom: 44,
      x: { label: 'float model', domain: [lo, hi], nice: true, grid: true, ticks: 5 },
      y: { label: 'integer model', domain: [lo, hi], nice: true, grid: true, ticks: 5 },
      marks: [
        Plot.link([0], { x1: lo, y1: lo, x2: hi, y2: hi, stroke: FAINT, strokeWidth: 1.5 }),
        Plot.dot(others, { x: 'float', y: 'integer', r: 2.5, fill: ACCENT, fillOpacity: 0.55 }),
        Plot.dot(flips, { x: 'float', y: 'integer', r: 5, symbol: 'times', stroke: WARM, strokeWidth: 2 }),
      ],
    }),
  })
}

type Quantization = NonNullable<Manifest['quantization']>
type FrontierPoint = NonNullable<Quantization['frontier']>[number]

/** Which of a trial's figures stands for its faithfulness. */
export function frontierMeasure(
  frontier: readonly FrontierPoint[],
): 'expected' | 'flips' | 'error' | undefined {
  return (['expected', 'flips', 'error'] as const).find((what) =>
    frontier.every((point) => point[what] !== undefined),
  )
}

export const MEASURES = {
  expected: 'labels expected to flip',
  flips: 'labels that flipped',
  error: 'worst error, of the range',
} as const

/** What more constraints buy. */
export function frontierChart(
  frontier: readonly FrontierPoint[],
  { bits, target }: Quantization,
  measure: keyof typeof MEASURES,
): Html {
  const chosen = frontier.filter((point) => JSON.stringify(point.bits) === JSON.stringify(bits))
  const limit = measure === 'error' ? target?.maxError : target?.maxFlip
  const label = ({ bits: { activation, weight, channels, layers } }: FrontierPoint) =>
    `${activation}/${weight}${channels || Object.keys(layers ?? {}).length > 0 ? '+' : ''}`
  return chart({
    title: `Constraints against ${MEASURES[measure]}: ${frontier
      .map((point) => `${count(point.constraints)} constraints ${percent(point[measure]!)}`)
      .join(', ')}`,
    caption: `Each point is a choice of bits that no other beats in both: at most so many constraints, at most so large a share of ${MEASURES[measure]}. Beside it stand the bits of activations and weights, with a + where layers or channels have their own. The filled one was chosen${
      limit === undefined ? '.' : '; the dashed line is the target.'
    }`,
    draw: ({ width, narrow }) => ({
      height: narrow ? 280 : 320,
      marginLeft: 52,
      marginTop: 34,
      marginBottom: 44,
      x: {
        label: 'constraints',
        grid: true,
        ticks: narrow ? 3 : 6,
        tickFormat: compact,
        insetLeft: 16,
        insetRight: 44,
      },
      y: {
        label: `${MEASURES[measure]}, %`,
        grid: true,
        ticks: 5,
        zero: true,
        transform: inPercent,
        insetTop: 18,
      },
      marks: [
        limit === undefined
          ? null
          : Plot.ruleY([limit], { stroke: WARM, strokeDasharray: '5 4', strokeWidth: 1.5 }),
        Plot.line(frontier, { x: 'constraints', y: measure, stroke: FAINT, curve: 'step-after' }),
        Plot.dot(frontier, {
          x: 'constraints',
          y: measure,
          r: 5,
          stroke: ACCENT,
          fill: 'var(--page)',
          strokeWidth: 1.8,
        }),
        Plot.dot(chosen, { x: 'constraints', y: measure, r: 6, fill: ACCENT }),
        Plot.text(apart(frontier, width), {
          x: 'constraints',
          y: measure,
          text: label,
          textAnchor: 'start',
          dx: 7,
          dy: -10,
          fill: 'currentColor',
          stroke: 'var(--page)',
          strokeWidth: 5,
        }),
      ],
    }),
  })
}

/** Those whose labels do not run into the one before. */
function apart(frontier: readonly FrontierPoint[], width: number): FrontierPoint[] {
  const costs = frontier.map(({ constraints }) => constraints)
  const span = Math.max(...costs) - Math.min(...costs) || 1
  const room = (36 / (width - 110)) * span
  let last = -Infinity
  return frontier.filter(({ constraints }) => {
    if (constraints - last < room) return false
    last = constraints
    return true
  })
}

const STAGES = {
  infer: 'float model',
  execute: 'integer model',
  witness: 'witness',
  prove: 'proof',
  verify: 'verification',
} as const

/** How long each part of each proof took. */
export function timesChart(proofs: readonly ShownProof[]): Html {
  const ticks = proofs.flatMap(({ times }) =>
    Object.entries(STAGES).flatMap(([stage, name]) => {
      const time = times[stage as keyof typeof STAGES]
      return time === undefined || time <= 0 ? [] : [{ name, time }]
    }),
  )
  const names = Object.values(STAGES).filter((name) => ticks.some((tick) => tick.name === name))
  return chart({
    title: `Times of each part of ${proofs.length} proofs`,
    caption:
      'How long each part took, a stroke a proof, on the machine that proved. The scale is logarithmic. A first proof also reads the keys and warms up.',
    draw: ({ narrow }) => ({
      ...rows(
        names.map((name) => ({ name })),
        narrow,
      ),
      x: { type: 'log', label: 'time', grid: true, ticks: narrow ? 3 : 5, tickFormat: milliseconds },
      marks: [
        Plot.tickX(ticks, { x: 'time', y: 'name', stroke: ACCENT, strokeWidth: 2.5, strokeOpacity: 0.7 }),
      ],
    }),
  })
}
