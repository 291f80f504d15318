/** What runs in a report: verification of its proofs, and buttons that copy. Bundled into the page, which loads nothing. */
import { saysText } from '../report/words.js'
import { type Model, type Prediction, type Verdict, verifyPrediction } from '../verify.js'

type Evidence = {
  readonly manifest: Model
  readonly verificationKey: unknown
  readonly proofs: readonly { readonly signals: unknown; readonly proof: unknown }[]
}

const byId = (id: string) => document.getElementById(id)
const evidence: Evidence = JSON.parse(byId('evidence')!.textContent!)

/** Verifies every proof, says so beside each as it goes, and sums up. */
async function verifyAll(): Promise<void> {
  const began = performance.now()
  let holding = 0
  for (const [place, { signals, proof }] of evidence.proofs.entries()) {
    say(`verifying ${place + 1} of ${evidence.proofs.length}`)
    await painted()
    const clock = performance.now()
    const { valid, reason, says } = await check({ signals, proof })
    const took = `${(performance.now() - clock).toFixed(0)} ms`
    if (valid) holding++
    mark(
      place,
      valid,
      valid ? `verified here, in ${took}` : `does not hold: ${reason}`,
      says && saysText(says),
    )
  }
  const all = evidence.proofs.length
  const time = `${((performance.now() - began) / 1000).toFixed(1)} s, off the network`
  if (holding === all)
    say(all === 1 ? `The proof verifies. (${time})` : `All ${all} proofs verify. (${time})`, 'good')
  else
    say(
      `${all - holding} of ${all} proofs ${all - holding === 1 ? 'does' : 'do'} not verify. (${time})`,
      'bad',
    )
}

/** The first proof, said to be of another statement: one bit of one signal is another. */
async function forge(): Promise<void> {
  say('verifying a forgery')
  await painted()
  const { signals, proof } = evidence.proofs[0]!
  const [first, ...rest] = signals as string[]
  const other = (BigInt(first!) ^ 1n).toString()
  const { valid, reason } = await check({ signals: [other, ...rest], proof })
  if (valid) say('The forgery was accepted, which must not happen.', 'bad')
  else say(`Refused, as it should be: with one bit of its first public signal changed, ${reason}.`, 'good')
}

type Answer = Pick<Verdict, 'valid' | 'reason' | 'says'>

/** What cannot even be read does not hold either. */
async function check({ signals, proof }: Evidence['proofs'][number]): Promise<Answer> {
  const { manifest, verificationKey } = evidence
  const prediction: Prediction = { manifest, verificationKey, publicSignals: signals, proof }
  try {
    return await verifyPrediction(prediction)
  } catch (error) {
    return { valid: false, reason: error instanceof Error ? error.message : String(error) }
  }
}

function say(text: string, how = ''): void {
  const verdict = byId('verdict')!
  verdict.textContent = text
  verdict.className = how
}

function mark(place: number, valid: boolean, state: string, said: string | undefined): void {
  const card = document.querySelector(`[data-proof="${place}"]`)!
  card.classList.toggle('holds', valid)
  card.classList.toggle('fails', !valid)
  card.querySelector('.state')!.textContent = state
  // what is shown is what was just read from the signals, not what the page was written with
  if (said !== undefined) card.querySelector('.says')!.textContent = said
}

/** After the browser has shown what was said. */
function painted(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 20)
  })
}

function offer(button: HTMLElement | null, run: () => Promise<void>): void {
  button?.addEventListener('click', async () => {
    const buttons = [...document.querySelectorAll<HTMLButtonElement>('.buttons button')]
    for (const one of buttons) one.disabled = true
    await run()
    for (const one of buttons) one.disabled = false
    button.focus()
  })
}

offer(byId('verify'), verifyAll)
offer(byId('forge'), forge)
for (const buttons of document.querySelectorAll<HTMLElement>('.buttons')) buttons.hidden = false

// a graph that is wider than the page is seen from its middle, where its inputs are
for (const drawing of document.querySelectorAll('.drawing'))
  drawing.scrollLeft = (drawing.scrollWidth - drawing.clientWidth) / 2

for (const button of document.querySelectorAll<HTMLButtonElement>('.copy')) {
  const code = button.parentElement!.querySelector('code')!
  button.hidden = false
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(code.textContent!)
      button.textContent = 'Copied'
    } catch {
      // no permission: what is selected can be copied by hand
      getSelection()!.selectAllChildren(code)
      button.textContent = 'Selected'
    }
    setTimeout(() => {
      button.textContent = 'Copy'
    }, 2000)
  })
}
