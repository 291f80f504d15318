/**
 * Plots as SVG texts: the one door to Observable Plot, and to the document that it draws into.
 *
 * Colours are the page's (CSS variables and `currentColor`), so that a plot follows light and dark. Each is drawn for a
 * wide page and for a phone, and the page shows one of the two: a picture that shrinks has text that nobody can read.
 */
import domino from '@mixmark-io/domino'
import * as Plot from '@observablehq/plot'
import { type Html, html, trusted } from './html.js'

export type Drawing = Omit<Plot.PlotOptions, 'document' | 'width'>

const WIDE = 660
const NARROW = 330

export type Chart = {
  /** For those who do not see it. */
  readonly title: string
  /** What it shows and how to read it. */
  readonly caption: Html | string
  /** Told for which width. */
  readonly draw: (size: { readonly width: number; readonly narrow: boolean }) => Drawing
}

/** A figure with the plot at both widths. */
export function chart({ title, caption, draw }: Chart): Html {
  const [wide, narrow] = [WIDE, NARROW].map((width) =>
    svg(title, width, draw({ width, narrow: width === NARROW })),
  )
  return html`<figure><div class="wide">${wide}</div><div class="narrow">${narrow}</div><figcaption>${caption}</figcaption></figure>`
}

function svg(title: string, width: number, drawing: Drawing): Html {
  const document = domino.createDocument() as Plot.PlotOptions['document'] & object
  const drawn = Plot.plot({ style: { fontSize: '12px', background: 'none' }, ...drawing, document, width })
  // an image to those who do not see it, named as a whole
  for (const part of all(drawn, '[aria-label]')) part.removeAttribute('aria-label')
  // the page's own style has what it needs of that
  for (const style of all(drawn, 'style')) style.remove()
  drawn.setAttribute('role', 'img')
  drawn.setAttribute('aria-label', title)
  return trusted(drawn.outerHTML.replace(/ (cx|cy)="(-?\d+\.\d)\d*"/g, ' $1="$2"'))
}

/** As far as it is looked at here. */
type Element = { removeAttribute(name: string): void; remove(): void }

function all(
  within: { querySelectorAll(selector: string): ArrayLike<unknown> },
  selector: string,
): Element[] {
  return Array.from(within.querySelectorAll(selector)) as Element[]
}

export { Plot }
