/** A frame to draw in: with a pen, or pixel by pixel from the keyboard. */
import { make } from './dom.js'
import { fitted, type Point, rasterize, type Stroke } from './raster.js'

export type Drawing = {
  readonly element: HTMLElement
  /** From 0 to 1, row-major. */
  pixels(): Float64Array
  isEmpty(): boolean
}

const SIZE = 320

export function openDrawing(side: number, changed: () => void): Drawing {
  const canvas = make('canvas', {
    ...{ width: SIZE, height: SIZE, tabindex: 0, role: 'application', class: 'pad' },
    'aria-label': `Drawing of ${side} by ${side} pixels`,
    'aria-describedby': 'pad-help',
  })
  const preview = make('canvas', {
    width: side,
    height: side,
    class: 'seen',
    role: 'img',
    'aria-label': 'What the model sees',
  })
  const fit = make('input', { type: 'checkbox', checked: true })
  const clear = make('button', { type: 'button' }, 'Clear')
  const place = make('span', { class: 'unseen', role: 'status' })
  let strokes: Stroke[] = []
  let dots = new Float64Array(side * side)
  let [column, row] = [Math.floor(side / 2), Math.floor(side / 2)]
  let hasKeys = false

  const pixels = () => {
    const inked = rasterize(fit.checked ? fitted(strokes, side) : strokes, side)
    return inked.map((ink, at) => Math.max(ink, dots[at]!))
  }
  const paint = () => {
    paintPad(canvas, strokes, dots, side, hasKeys ? [column, row] : undefined)
    paintPixels(preview, pixels(), side)
    changed()
  }
  const toggle = () => {
    const at = row * side + column
    dots[at] = dots[at]! > 0 ? 0 : 1
  }
  listenToPen(canvas, (stroke, isNew) => {
    hasKeys = false
    strokes = isNew ? [...strokes, stroke] : [...strokes.slice(0, -1), stroke]
    paint()
  })
  canvas.addEventListener('keydown', (event) => {
    const [x, y] = STEPS[event.key] ?? [0, 0]
    if (event.key === ' ' || event.key === 'Enter') toggle()
    else if (event.key === 'Delete' || event.key === 'Backspace') clear.click()
    else if (x === 0 && y === 0) return
    event.preventDefault()
    hasKeys = true
    column = Math.min(side - 1, Math.max(0, column + x))
    row = Math.min(side - 1, Math.max(0, row + y))
    if (event.shiftKey && (x !== 0 || y !== 0)) dots[row * side + column] = 1
    const ink = dots[row * side + column]! > 0 ? 'inked' : 'empty'
    place.textContent = `row ${row + 1}, column ${column + 1}, ${ink}`
    paint()
  })
  canvas.addEventListener('blur', () => {
    hasKeys = false
    paint()
  })
  clear.addEventListener('click', () => {
    strokes = []
    dots = new Float64Array(side * side)
    paint()
  })
  fit.addEventListener('change', paint)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paint)
  const element = make(
    'div',
    { class: 'drawing' },
    canvas,
    make(
      'div',
      { class: 'beside' },
      make('figure', {}, preview, make('figcaption', {}, `What the model sees: ${side} by ${side}`)),
      make('label', { class: 'check' }, fit, ' Fill the frame'),
      clear,
    ),
    make(
      'p',
      { id: 'pad-help', class: 'note' },
      'Draw with a pen, finger or mouse. From the keyboard: arrows move, space sets or clears a pixel, Shift with arrows draws, Delete clears all.',
    ),
    place,
  )
  paint()
  return { element, pixels, isEmpty: () => strokes.length === 0 && dots.every((dot) => dot === 0) }
}

const STEPS: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

function listenToPen(canvas: HTMLCanvasElement, draw: (stroke: Stroke, isNew: boolean) => void): void {
  let stroke: Point[] | undefined
  const at = ({ clientX, clientY }: PointerEvent): Point => {
    const { left, top, width, height } = canvas.getBoundingClientRect()
    return [(clientX - left) / width, (clientY - top) / height]
  }
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return
    canvas.setPointerCapture(event.pointerId)
    stroke = [at(event)]
    draw(stroke, true)
  })
  canvas.addEventListener('pointermove', (event) => {
    if (stroke === undefined) return
    for (const one of event.getCoalescedEvents?.() ?? [event]) stroke.push(at(one))
    draw(stroke, false)
  })
  for (const end of ['pointerup', 'pointercancel'] as const)
    canvas.addEventListener(end, () => {
      stroke = undefined
    })
}

/** The theme's colours, as the style sheet has them. */
function colours(of: Element): { ink: string; paper: string; mark: string } {
  const style = getComputedStyle(of)
  const read = (name: string) => style.getPropertyValue(name)
  return { ink: read('--ink'), paper: read('--paper'), mark: read('--mark') }
}

function paintPad(
  canvas: HTMLCanvasElement,
  strokes: readonly Stroke[],
  dots: Float64Array,
  side: number,
  cursor: Point | undefined,
): void {
  const pen = canvas.getContext('2d')!
  const { ink, paper, mark } = colours(canvas)
  const pixel = SIZE / side
  pen.fillStyle = paper
  pen.fillRect(0, 0, SIZE, SIZE)
  pen.fillStyle = ink
  dots.forEach((dot, at) => {
    if (dot > 0) pen.fillRect((at % side) * pixel, Math.floor(at / side) * pixel, pixel, pixel)
  })
  pen.strokeStyle = ink
  pen.lineWidth = SIZE * 0.07
  pen.lineCap = pen.lineJoin = 'round'
  for (const stroke of strokes) {
    pen.beginPath()
    for (const [x, y] of [stroke[0]!, ...stroke]) pen.lineTo(x * SIZE, y * SIZE)
    pen.stroke()
  }
  if (cursor === undefined) return
  pen.strokeStyle = mark
  pen.lineWidth = 3
  pen.strokeRect(cursor[0] * pixel + 1.5, cursor[1] * pixel + 1.5, pixel - 3, pixel - 3)
}

/** Pixels from 0 to 1, one each, in the theme's ink. */
export function paintPixels(canvas: HTMLCanvasElement, pixels: ArrayLike<number>, side: number): void {
  const pen = canvas.getContext('2d')!
  const { ink, paper } = colours(document.documentElement)
  pen.fillStyle = paper
  pen.fillRect(0, 0, side, side)
  pen.fillStyle = ink
  for (let at = 0; at < side * side; at++) {
    pen.globalAlpha = Math.min(1, Math.max(0, pixels[at]!))
    pen.fillRect(at % side, Math.floor(at / side), 1, 1)
  }
  pen.globalAlpha = 1
}
