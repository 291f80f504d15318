/** What sections are made of. */
import { type Html, html } from '../html.js'

export type Section = { readonly id: string; readonly title: string; readonly body: Html }

/** A table that scrolls by itself where the page is narrow. */
export function table(
  label: string,
  heads: readonly { readonly title: string; readonly numbers?: boolean }[],
  rows: readonly (readonly (Html | string | number)[])[],
): Html {
  const kind = (i: number) => (heads[i]?.numbers ? 'number' : '')
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${label}"><table><thead><tr>${heads.map(
    ({ title }, i) => html`<th scope="col" class="${kind(i)}">${title}</th>`,
  )}</tr></thead><tbody>${rows.map(
    (row) => html`<tr>${row.map((cell, i) => html`<td class="${kind(i)}">${cell}</td>`)}</tr>`,
  )}</tbody></table></div>`
}

/** Facts by name. */
export function facts(pairs: readonly (readonly [string, Html | string] | undefined)[]): Html {
  return html`<dl>${pairs.map(
    (pair) => pair && html`<div><dt>${pair[0]}</dt><dd>${pair[1]}</dd></div>`,
  )}</dl>`
}

/** A command, to be copied. The button is shown where scripts run. */
export function command(text: string): Html {
  return html`<div class="command"><pre tabindex="0"><code>${text}</code></pre><button type="button" class="copy" hidden>Copy</button></div>`
}

/** What a section says that has no data: which command gives it. */
export function missing(why: string, ...commands: readonly string[]): Html {
  return html`<div class="missing"><p>${why}</p>${commands.map(command)}</div>`
}

export function digest(text: string): Html {
  return html`<code class="digest">${text}</code>`
}

/** A word of a shell: quoted where the shell would read more into it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) && !text.startsWith('-') ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
