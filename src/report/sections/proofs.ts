/** The proofs: what each says, how long it took, and a button that verifies them where the page is read. */
import type { ContextRecord } from '../../artifacts/proof-folder.js'
import { timesChart } from '../charts.js'
import type { ReportFacts, ShownProof } from '../facts.js'
import { type Html, html } from '../html.js'
import { imageLayout, pictureOf } from '../picture.js'
import { count, counted, milliseconds, saysText } from '../words.js'
import { image } from './fidelity.js'
import { missing, type Section, shellWord } from './parts.js'

/** Proofs that are seen at once. */
const SHOWN = 12

export function proofsSection({ manifest, proofs, dir, verificationKey }: ReportFacts): Section {
  const { shown, found, place } = proofs
  const folder = shellWord(dir)
  if (shown.length === 0)
    return {
      id: 'proofs',
      title: 'Proofs',
      body: missing(
        `There are no proofs in ${place}. To make some, and this page again:`,
        ...[
          ...(manifest.setup === undefined ? [`zkonnx setup ${folder} --dev`] : []),
          `zkonnx prove ${folder} --input SAMPLES.npz --limit 10 -o ${shellWord(place)}`,
          `zkonnx report ${folder}`,
        ],
      ),
    }
  const holding = shown.filter(({ valid }) => valid).length
  const layout = imageLayout(manifest.inputs[0]?.shape ?? [])
  const cards = shown.map((proof, i) => card(proof, i, layout))
  return {
    id: 'proofs',
    title: 'Proofs',
    body: html`<p>${
      holding === shown.length
        ? html`${shown.length === 1 ? 'The one proof here' : html`All ${count(shown.length)} proofs here`} verified when this page was written.`
        : html`<strong>${count(shown.length - holding)} of the ${counted(shown.length, 'proof')} here did not verify when this page was written.</strong>`
    }${found > shown.length ? ` ${counted(found - shown.length, 'more proof')} of the folder ${found - shown.length === 1 ? 'is' : 'are'} not in the page.` : ''} You need not believe that: the page holds proofs, verifying key and the program that checks them, and asks no server.</p>
${verificationKey === undefined ? '' : button()}
<ul class="cards proofs">${cards.slice(0, SHOWN)}</ul>${
      cards.length > SHOWN
        ? html`<details><summary>${counted(cards.length - SHOWN, 'more proof')}</summary><ul class="cards proofs">${cards.slice(SHOWN)}</ul></details>`
        : ''
    }${timesChart(shown)}`,
  }
}

/** Shown where scripts run. */
function button(): Html {
  return html`<div class="verify"><noscript><p>To verify them here, the page needs scripts. Without: <a href="#check">on the command line</a>.</p></noscript><p class="buttons" hidden><button type="button" id="verify">Verify the proofs here</button> <button type="button" id="forge" class="quiet">See a forgery refused</button></p><p id="verdict" role="status"></p></div>`
}

function card(proof: ShownProof, place: number, layout: ReturnType<typeof imageLayout>): Html {
  const input = proof.says?.inputs[0]
  const picture = layout && input?.shows === 'values' ? pictureOf(input.integers, layout) : undefined
  const { prove } = proof.times
  const said = proof.says === undefined ? 'says nothing that holds' : saysText(proof.says)
  return html`<li data-proof="${place}" class="${proof.valid ? '' : 'fails'}">${picture && image(picture, `the input of sample ${proof.sample}, read from its public signals`)}<div><strong class="says">${said}</strong><br>sample ${proof.sample}${
    proof.label === undefined ? '' : `, labelled ${proof.label}`
  }<br><span class="faint">${contextText(proof.context)}${prove === undefined ? '' : html`<br>proven in ${milliseconds(prove)}`}</span><br><span class="state">${
    proof.valid ? 'verified when written' : `did not verify: ${proof.reason ?? ''}`
  }</span></div></li>`
}

function contextText(context: ContextRecord): string {
  switch (context.kind) {
    case 'none':
      return 'bound to nothing'
    case 'label':
      return `bound to the label “${context.label}”`
    case 'chain':
      return `bound to contract ${context.consumer.slice(0, 10)}… on chain ${context.chainId}`
  }
}
