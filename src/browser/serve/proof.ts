/** A proof on its way, and its verification here: with the model's key, in this browser, off the network. */
import { type DecodedStatement, type Verdict, verifyPrediction } from '../../verify.js'
import { headline } from './answer.js'
import {
  evidenceOf,
  follow,
  type Model,
  type ModelView,
  type PredictionView,
  type ProofView,
  readProof,
} from './api.js'
import { paintPixels } from './canvas.js'
import { figure, make, milliseconds } from './dom.js'
import { sideOf } from './raster.js'

const STEPS = ['accepted', 'proving', 'proven', 'verified'] as const
type Step = (typeof STEPS)[number]

const TITLES: Readonly<Record<Step, string>> = {
  accepted: 'Accepted',
  proving: 'Proving',
  proven: 'Proven',
  verified: 'Verified in this browser',
}

/** Shows the steps in the element as they are reached. Throws what the service's refusals throw. */
export async function showProof(
  element: HTMLElement,
  model: ModelView,
  prediction: PredictionView,
  signal: AbortSignal,
): Promise<void> {
  const list = make('ol', { class: 'steps' })
  const details = make('div', {})
  element.replaceChildren(list, details)
  const began = performance.now()
  const at = (step: Step | 'failed', text: string) => paintSteps(list, step, text)
  at('accepted', 'waits for its turn')
  let last = prediction
  for await (const view of follow(prediction, signal)) {
    last = view
    if (view.status === 'queued') at('accepted', waitingText(view.before ?? 0))
    if (view.status === 'proving') at('proving', 'under way')
  }
  if (signal.aborted) return
  if (last.status !== 'proven') {
    at('failed', last.failure?.message ?? `the prediction is ${last.status}`)
    return
  }
  at(
    'proven',
    `in ${milliseconds(last.times.prove ?? 0)}, ${milliseconds(performance.now() - began)} after it was asked for`,
  )
  const [proof, evidence] = await Promise.all([readProof(last), evidenceOf(model)])
  if (signal.aborted) return
  await painted()
  const clock = performance.now()
  const verdict = await verdictOf(proof, evidence)
  const took = milliseconds(performance.now() - clock)
  if (!verdict.valid) {
    at('failed', verdict.reason ?? 'the proof does not hold')
    return
  }
  const differs = difference(last, verdict.says!)
  if (differs !== undefined) {
    at('failed', differs)
    return
  }
  at('verified', `in ${took}: it says what was answered`)
  details.append(whatItSays(model, last, verdict), files(last, proof, evidence), tamper(proof, evidence))
}

function waitingText(before: number): string {
  if (before === 0) return 'waits for its turn'
  return before === 1 ? 'one other proof is made first' : `${before} other proofs are made first`
}

/** With the step that was reached, those before it, and those to come. */
function paintSteps(list: HTMLElement, reached: Step | 'failed', text: string): void {
  const shown = reached === 'failed' ? Number(list.dataset.reached ?? 0) + 1 : STEPS.indexOf(reached)
  list.dataset.reached = String(shown)
  STEPS.forEach((step, at) => {
    const state =
      at > shown
        ? 'ahead'
        : at < shown
          ? 'done'
          : reached === 'failed'
            ? 'failed'
            : step === 'verified'
              ? 'done'
              : 'now'
    const row = list.children[at] ?? list.appendChild(make('li', {}))
    row.className = state
    // what was under way no longer is
    const told = at === shown ? text : step === 'proven' ? ((row as HTMLElement).dataset.text ?? '') : ''
    ;(row as HTMLElement).dataset.text = told
    row.replaceChildren(make('strong', {}, TITLES[step]), ...(told === '' ? [] : [make('span', {}, told)]))
  })
}

type Evidence = { readonly manifest: Model; readonly verificationKey: unknown }

async function verdictOf(proof: Pick<ProofView, 'proof' | 'public'>, evidence: Evidence): Promise<Verdict> {
  try {
    return await verifyPrediction({ ...evidence, publicSignals: proof.public, proof: proof.proof })
  } catch (error) {
    return { valid: false, reason: error instanceof Error ? error.message : String(error), devKeys: false }
  }
}

/** What the proof says otherwise than the answer that came at once. */
function difference({ outputs }: PredictionView, { outputs: proven }: DecodedStatement): string | undefined {
  const other = outputs.find((output, at) => {
    const said = proven[at]
    if (said === undefined || said.name !== output.name || said.shows !== output.shows) return true
    if (said.shows === 'values') return String(said.integers) !== String(output.integers)
    if (said.shows === 'class') return said.class.index !== output.class
    if (said.shows === 'commitment') return said.commitment !== output.commitment
    return said.integer !== output.integers?.[0]
  })
  return other === undefined
    ? undefined
    : `the proof says something else of "${other.name}" than was answered`
}

function whatItSays(model: ModelView, prediction: PredictionView, { says, devKeys }: Verdict): HTMLElement {
  const pictures = says!.inputs.flatMap((said) => {
    const port = model.inputs.find(({ name }) => name === said.name)
    const side = port && sideOf(port.shape, port.lo, port.hi)
    if (said.shows !== 'values' || port === undefined || side === undefined) return []
    const picture = make('canvas', {
      width: side,
      height: side,
      class: 'seen',
      role: 'img',
      'aria-label': 'The input that was proven',
    })
    const [lo, hi] = [port.lo[0]!, port.hi[0]!]
    paintPixels(
      picture,
      said.values.map((value) => (value - lo) / (hi - lo)),
      side,
    )
    return [picture]
  })
  const answer = prediction.outputs.map(headline).join(', ')
  const inputs = says!.inputs.map(({ name, shows }) =>
    shows === 'commitment' ? `an ${name} behind a commitment` : `this ${name}`,
  )
  const about =
    inputs.length === 0
      ? 'an input that stays private'
      : pictures.length > 0
        ? 'this picture'
        : inputs.join(', ')
  return make(
    'div',
    { class: 'says' },
    ...pictures,
    make('p', {}, `The proof shows: the integer model ${model.name} answers ${answer} for ${about}.`),
    ...(pictures.length > 0 ? [] : says!.inputs.flatMap(rowOf)),
    ...(devKeys
      ? [
          make(
            'p',
            { class: 'warning' },
            model.warning ?? 'Dev keys: whoever made them can forge proofs of anything.',
          ),
        ]
      : []),
  )
}

/** Of an input that the statement shows. */
const SHOWN = 12

function rowOf(said: DecodedStatement['inputs'][number]): HTMLElement[] {
  if (said.shows !== 'values') return []
  const numbers = said.values.slice(0, SHOWN).map(figure).join('  ')
  const rest = said.values.length > SHOWN ? `  and ${said.values.length - SHOWN} more` : ''
  return [make('p', { class: 'row' }, `${said.name}: ${numbers}${rest}`)]
}

const SNARKJS = 'Or with snarkjs: snarkjs groth16 verify verification_key.json public.json proof.json'

/** As files that snarkjs verifies. Made here, since a link of its own would send no token. */
function files(prediction: PredictionView, proof: ProofView, { verificationKey }: Evidence): HTMLElement {
  // snarkjs knows the plain scheme alone
  const isPlain = (verificationKey as { protocol?: unknown }).protocol === 'groth16'
  const link = (name: string, value: unknown) => {
    const href = `data:application/json,${encodeURIComponent(JSON.stringify(value, null, 2))}`
    return make('li', {}, make('a', { href, download: name }, name))
  }
  return make(
    'div',
    {},
    make('h3', {}, 'Files'),
    make(
      'ul',
      { class: 'files' },
      link('proof.json', proof.proof),
      link('public.json', proof.public),
      link('prediction.json', proof.prediction),
      link('verification_key.json', verificationKey),
    ),
    ...(isPlain ? [make('p', { class: 'note' }, SNARKJS)] : []),
    make('p', { class: 'note long' }, `Prediction ${prediction.id}`),
  )
}

/** That a verifier says no is worth seeing. */
function tamper(proof: ProofView, evidence: Evidence): HTMLElement {
  const button = make('button', { type: 'button' }, 'Alter the answer, and verify again')
  const said = make('p', { role: 'status' })
  button.addEventListener('click', async () => {
    const [first, ...rest] = proof.public
    const altered = [(BigInt(first!) + 1n).toString(), ...rest]
    const clock = performance.now()
    const { valid, reason } = await verdictOf({ ...proof, public: altered }, evidence)
    const took = milliseconds(performance.now() - clock)
    said.textContent = valid ? `Verified, in ${took}.` : `Refused, in ${took}: ${reason}.`
    said.className = valid ? '' : 'refused'
  })
  return make('div', {}, make('h3', {}, 'Would a lie be noticed?'), button, said)
}

function painted(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
}
