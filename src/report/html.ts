/**
 * HTML from templates that escape: what a file says becomes text, never markup. The only way from a string to `Html` that
 * does not escape is `trusted`, for what a library has serialized and for the page's own scripts and styles.
 */

export type Html = { readonly html: string }

type Content = Html | string | number | undefined | false | readonly Content[]

/** A template literal; what is put in is escaped, in text as in quoted attributes. */
export function html(texts: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return { html: texts.reduce((all, text, i) => `${all}${render(contents[i - 1])}${text}`) }
}

/** As it is. */
export function trusted(text: string): Html {
  return { html: text }
}

function render(content: Content): string {
  if (content === undefined || content === false) return ''
  if (typeof content === 'string' || typeof content === 'number') return escapeText(String(content))
  return 'html' in content ? content.html : content.map(render).join('')
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Also takes out what HTML cannot hold, and marks that turn the direction of the text around them. */
function escapeText(text: string): string {
  return text.replace(UNSHOWN, '\ufffd').replace(/[&<>"']/g, (sign) => ESCAPES[sign]!)
}

const UNSHOWN = /(?![\t\n\r])\p{Cc}|\p{Surrogate}|[\u202a-\u202e\u2066-\u2069]/gu

/** JSON that may stand in a script element: nothing in it can end the element or begin a comment. */
export function jsonFor(value: unknown): Html {
  return trusted(
    JSON.stringify(value)
      .replaceAll('<', '\\u003c')
      .replaceAll('>', '\\u003e')
      .replaceAll('\u2028', '\\u2028')
      .replaceAll('\u2029', '\\u2029'),
  )
}
