/** How a sample is given: drawn, or as numbers, field by field or as a row that is pasted. */
import type { ModelView } from './api.js'
import { openDrawing } from './canvas.js'
import { figure, make } from './dom.js'
import { sideOf } from './raster.js'

type Port = ModelView['inputs'][number]

export type Editor = {
  readonly element: HTMLElement
  /** Row-major. Throws `RowError`. */
  values(): number[]
}

/** More numbers than these are pasted. */
const FIELDS = 24

export function openEditor(port: Port): Editor {
  const side = sideOf(port.shape, port.lo, port.hi)
  return side === undefined ? openNumbers(port) : openChoice(port, side)
}

/** Drawn, or as numbers, as the person likes. */
function openChoice(port: Port, side: number): Editor {
  const numbers = openNumbers(port)
  const drawing = openDrawing(side, () => {})
  const name = `how-${port.name}`
  const draw = make('input', { type: 'radio', name, checked: true })
  const paste = make('input', { type: 'radio', name })
  const show = () => {
    drawing.element.hidden = !draw.checked
    numbers.element.hidden = draw.checked
  }
  for (const choice of [draw, paste]) choice.addEventListener('change', show)
  show()
  const legend = make('legend', { class: 'unseen' }, `How to give ${port.name}`)
  const choices = [make('label', {}, draw, ' Draw'), make('label', {}, paste, ' Numbers')]
  const element = make(
    'div',
    {},
    make('fieldset', { class: 'choice' }, legend, ...choices),
    drawing.element,
    numbers.element,
  )
  return {
    element,
    values() {
      if (!draw.checked) return numbers.values()
      if (drawing.isEmpty()) throw new RowError('Nothing has been drawn yet.')
      const [lo, hi] = [port.lo[0]!, port.hi[0]!]
      return Array.from(drawing.pixels(), (ink) => lo + ink * (hi - lo))
    },
  }
}

function openNumbers(port: Port): Editor {
  const size = port.shape.reduce((product, extent) => product * extent, 1)
  return size <= FIELDS ? openFields(port, size) : openText(port, size)
}

function openFields(port: Port, size: number): Editor {
  const fields = Array.from({ length: size }, (_, at) =>
    make('input', {
      ...{ type: 'text', inputmode: 'decimal', autocomplete: 'off', spellcheck: 'false' },
      value: middleOf(port, at),
      'aria-describedby': `range-${port.name}-${at}`,
    }),
  )
  fields.forEach((field, from) => {
    field.addEventListener('paste', (event) => {
      const numbers = split(event.clipboardData?.getData('text') ?? '')
      if (numbers.length < 2) return
      event.preventDefault()
      numbers.slice(0, size - from).forEach((number, i) => {
        fields[from + i]!.value = number
      })
    })
  })
  const rows = fields.map((field, at) => {
    const range = `${figure(endAt(port.lo, at))} to ${figure(endAt(port.hi, at))}`
    const hint = make('span', { class: 'note', id: `range-${port.name}-${at}` }, range)
    return make('label', { class: 'field' }, make('span', {}, `${port.name}[${at}]`), field, hint)
  })
  const note = make(
    'p',
    { class: 'note' },
    'A row of numbers that is pasted into a field fills those after it too.',
  )
  return {
    element: make('div', {}, make('div', { class: 'fields' }, ...rows), ...(size > 1 ? [note] : [])),
    values: () => fields.map((field, at) => numberIn(field.value, `${port.name}[${at}]`)),
  }
}

function openText(port: Port, size: number): Editor {
  const area = make('textarea', { rows: 6, spellcheck: 'false', autocomplete: 'off' })
  const [lo, hi] = [Math.min(...port.lo), Math.max(...port.hi)]
  const asked = `${port.name}: ${size} numbers (${port.shape.join('x')}), from ${figure(lo)} to ${figure(hi)}`
  const middle = make('button', { type: 'button' }, 'Take the middle of each range')
  middle.addEventListener('click', () => {
    area.value = Array.from({ length: size }, (_, at) => middleOf(port, at)).join(', ')
  })
  return {
    element: make('div', {}, make('label', { class: 'area' }, make('span', {}, asked), area), middle),
    values() {
      const numbers = split(area.value)
      if (numbers.length !== size)
        throw new RowError(`${port.name} takes ${size} numbers, and there are ${numbers.length}.`)
      return numbers.map((text, at) => numberIn(text, `${port.name}[${at}]`))
    },
  }
}

function middleOf({ lo, hi }: Port, at: number): number {
  return Number(((endAt(lo, at) + endAt(hi, at)) / 2).toPrecision(4))
}

/** One for all elements, or one each. */
function endAt(ends: readonly number[], at: number): number {
  return ends[at] ?? ends[0]!
}

/** Between commas, semicolons or white space; brackets of any kind do no harm. */
export function split(text: string): string[] {
  return text.split(/[\s,;[\](){}]+/).filter((part) => part !== '')
}

function numberIn(text: string, where: string): number {
  const number = Number(text)
  if (text.trim() === '' || !Number.isFinite(number))
    throw new RowError(`${where} is "${text.slice(0, 20)}", which is not a number.`)
  return number
}

export class RowError extends Error {}
