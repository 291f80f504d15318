/** What a model says, for a person: the class, or the numbers, and bars of scores. */
import type { PredictionView } from './api.js'
import { figure, make } from './dom.js'

type Output = PredictionView['outputs'][number]

/** Bars beyond these are left out, least scores first. */
const BARS = 12

export function answerOf({ outputs }: PredictionView, classes: readonly string[] | undefined): HTMLElement {
  return make('div', {}, ...outputs.map((output) => outputOf(output, classes)))
}

/** In a few words. */
export function headline(output: Output): string {
  if (output.class !== undefined) return output.className ?? `class ${output.class}`
  if (output.commitment !== undefined) return 'a commitment'
  const numbers = output.values ?? output.integers ?? []
  return numbers.length === 1 ? figure(numbers[0]!) : `${numbers.length} numbers`
}

function outputOf(output: Output, classes: readonly string[] | undefined): HTMLElement {
  const { name, shows, commitment, values, float } = output
  const isMargin = shows === 'margin' || shows === 'threshold'
  const title = isMargin ? `${shows} of at least ${output.integers![0]} (integers)` : headline(output)
  return make(
    'section',
    { class: 'output' },
    make('p', { class: 'note' }, name),
    make('p', { class: 'headline' }, title),
    ...(commitment === undefined ? [] : [make('p', { class: 'long' }, commitment)]),
    ...(values === undefined || values.length < 2 ? [] : [bars(values, output, classes)]),
    ...(float === undefined || values === undefined ? [] : [compared(values, float)]),
  )
}

function bars(
  values: readonly number[],
  output: Output,
  classes: readonly string[] | undefined,
): HTMLElement {
  const [least, most] = [Math.min(0, ...values), Math.max(...values)]
  const order = values.map((_, at) => at)
  const kept = new Set(order.toSorted((a, b) => values[b]! - values[a]!).slice(0, BARS))
  const rows = order
    .filter((at) => kept.has(at))
    .map((at) => {
      const bar = make('span', { class: at === output.class ? 'bar chosen' : 'bar' })
      const share = most === least ? 0 : (values[at]! - least) / (most - least)
      bar.style.width = `${Math.max(1, 100 * share).toFixed(1)}%`
      const label = make('th', { scope: 'row' }, classes?.[at] ?? String(at))
      const track = make('td', { class: 'track', 'aria-hidden': 'true' }, bar)
      return make('tr', {}, label, track, make('td', { class: 'number' }, figure(values[at]!)))
    })
  const caption = rows.length < values.length ? `The ${BARS} largest of ${values.length}` : 'All of them'
  return make(
    'table',
    { class: 'bars' },
    make('caption', { class: 'unseen' }, caption),
    make('tbody', {}, ...rows),
  )
}

function compared(values: readonly number[], float: readonly number[]): HTMLElement {
  const worst = Math.max(...values.map((value, at) => Math.abs(value - (float[at] ?? value))))
  const same = values.indexOf(Math.max(...values)) === float.indexOf(Math.max(...float))
  const agrees = values.length > 1 && !same ? 'and puts another one first' : 'at most'
  const text =
    values.length > 1 && !same
      ? `The float model differs by up to ${figure(worst)}, ${agrees}.`
      : `The float model, which is not proven, differs by ${figure(worst)} ${agrees}.`
  return make('p', { class: 'note' }, text)
}
