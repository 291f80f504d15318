/**
 * A compiled model as one HTML page for a person. It asks for nothing from anywhere: style, script, pictures and the
 * evidence are inside, and its content security policy lets it load nothing and run no script but its own.
 */
import { createHash } from 'node:crypto'
import type { ReportFacts } from './facts.js'
import { type Html, html, jsonFor, trusted } from './html.js'
import { bitsSection } from './sections/bits.js'
import { chainSection } from './sections/chain.js'
import { checkSection } from './sections/check.js'
import { fidelitySection } from './sections/fidelity.js'
import { keysSection } from './sections/keys.js'
import { layersSection } from './sections/layers.js'
import type { Section } from './sections/parts.js'
import { proofsSection } from './sections/proofs.js'
import { statementSection } from './sections/statement.js'
import { STYLE } from './style.js'
import { count, counted, percent } from './words.js'

/** What the page's script verifies: `manifest.json`, `verification_key.json`, and a list of `public.json` and `proof.json`. */
export type Evidence = {
  readonly manifest: unknown
  readonly verificationKey: unknown
  readonly proofs: readonly { readonly signals: unknown; readonly proof: unknown }[]
}

/** `script` is the page's own, in one piece. */
export function renderPage(facts: ReportFacts, script: string): string {
  const sections = [
    proofsSection,
    statementSection,
    fidelitySection,
    layersSection,
    bitsSection,
    keysSection,
    chainSection,
    checkSection,
  ].map((section) => section(facts))
  const { manifest, verificationKey, proofs } = facts
  const evidence: Evidence = {
    manifest,
    verificationKey: verificationKey ?? null,
    proofs: proofs.shown.map(({ signals, proof }) => ({ signals, proof })),
  }
  const hash = createHash('sha256').update(script).digest('base64')
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${manifest.model.name}: a proven model</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
${head(facts, sections)}
<main id="content">
${sections.map(({ id, title, body }) => html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>\n${body}</section>\n`)}
${notes(manifest.notes)}
</main>
<footer><p>Written by zkonnx ${manifest.zkonnx} from the folder <code>${facts.dir}</code>. One file: it loads nothing, and can be kept, sent and printed.</p></footer>
<script type="application/json" id="evidence">${jsonFor(evidence)}</script>
<script>${trusted(script)}</script>
</body>
</html>
`.html
}

function head(facts: ReportFacts, sections: readonly Section[]): Html {
  const { manifest } = facts
  return html`<header><h1>${manifest.model.name}</h1>
<p>A small model as an integer program and a circuit, so that anybody can verify what it answers. This page says what it proves, how far it is from the model that was trained, what it costs, and how to check each of these.</p>
<ul class="tiles">${tiles(facts).map(([figure, what]) => html`<li><strong>${figure}</strong>${what}</li>`)}</ul>${warnings(manifest.notes)}
<nav aria-label="Sections"><ul>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav></header>`
}

/** The figures that one looks for first. */
function tiles({ manifest, fidelity, proofs }: ReportFacts): (readonly [string, string])[] {
  const { circuit, setup } = manifest
  const labels = fidelity?.labels
  const worst = (fidelity?.outputs ?? []).reduce<number | undefined>(
    (most, { relative }) => Math.max(most ?? 0, relative),
    undefined,
  )
  const holding = proofs.shown.filter(({ valid }) => valid).length
  return [
    proofs.shown.length === 0
      ? ['no proofs', 'in this page']
      : [`${count(holding)} of ${count(proofs.shown.length)}`, 'proofs verified when this was written'],
    labels === undefined
      ? worst === undefined
        ? ['not measured', 'how far integers are from floats']
        : [percent(worst), 'worst error, of the range of the output']
      : [
          `${count(labels.flips)} of ${count(fidelity!.samples)}`,
          `labels flip; with 95\u00a0% confidence at most ${percent(labels.interval[1])}`,
        ],
    [count(circuit.constraints), `constraints in ${counted(manifest.layers.length, 'layer')}`],
    setup === undefined
      ? ['no keys', 'yet: nothing can be proven']
      : setup.kind === 'dev'
        ? ['dev keys', 'for tests: their maker can forge proofs']
        : ['ceremony', `keys, after ${counted(setup.contributions?.length ?? 0, 'contribution')}`],
  ]
}

/** What a note begins with that must not be overlooked. */
const WARNING = /^WARNING: /

function warnings(texts: readonly string[]): Html[] {
  return texts
    .filter((text) => WARNING.test(text))
    .map((text) => html`<p class="warning"><strong>Warning:</strong> ${text.replace(WARNING, '')}</p>`)
}

function notes(all: readonly string[]): Html {
  const texts = all.filter((text) => !WARNING.test(text))
  if (texts.length === 0) return html``
  return html`<section aria-labelledby="notes"><h2 id="notes">Notes</h2><p>What compiling had to say:</p><ul>${texts.map((text) => html`<li>${text}</li>`)}</ul></section>`
}
