/** The page that tries a model: a sample in, its prediction at once, and its proof as it arrives. */
import { answerOf } from './serve/answer.js'
import { Failure, listModels, type ModelView, predict, useToken } from './serve/api.js'
import { byId, make } from './serve/dom.js'
import { type Editor, openEditor, RowError } from './serve/inputs.js'
import { showProof } from './serve/proof.js'

let editors: ReadonlyMap<string, Editor> = new Map()
let claims: ReadonlyMap<string, HTMLInputElement> = new Map()
let model: ModelView | undefined
let current = new AbortController()

const form = byId<HTMLFormElement>('sample')
const choice = byId<HTMLSelectElement>('model')
const button = byId<HTMLButtonElement>('predict')

form.addEventListener('submit', (event) => {
  event.preventDefault()
  void guarded(answer)
})
byId<HTMLFormElement>('access').addEventListener('submit', (event) => {
  event.preventDefault()
  useToken(byId<HTMLInputElement>('token').value)
  void guarded(start)
})
void guarded(start)

/** What goes wrong is said, not thrown. */
async function guarded(act: () => Promise<void>): Promise<void> {
  const problem = byId('problem')
  problem.hidden = true
  button.disabled = true
  try {
    await act()
  } catch (error) {
    if (error instanceof Failure && error.status === 401 && askForToken()) return
    if (error instanceof Error && error.name === 'AbortError') return
    const told =
      error instanceof Failure || error instanceof RowError ? error.message : `This page failed: ${error}`
    const hint = error instanceof Failure ? error.hint : undefined
    problem.replaceChildren(
      ...[told, hint].filter((text) => text !== undefined).map((text) => make('p', {}, text)),
    )
    problem.hidden = false
    problem.scrollIntoView({ block: 'nearest' })
  } finally {
    button.disabled = model === undefined
  }
}

/** Whether it was not asked for yet: a token that is wrong is a problem to be told. */
function askForToken(): boolean {
  const access = byId('access')
  const isFirst = access.hidden !== false
  access.hidden = false
  byId('token').focus()
  return isFirst
}

async function start(): Promise<void> {
  const models = await listModels()
  byId('access').hidden = true
  choice.replaceChildren(...models.map(({ id }) => make('option', { value: id }, id)))
  byId('which').hidden = models.length < 2
  const open = () => openModel(models.find(({ id }) => id === choice.value) ?? models[0]!)
  choice.onchange = open
  open()
}

function openModel(opened: ModelView): void {
  model = opened
  current.abort()
  const ports = opened.inputs.map((port) => [port.name, openEditor(port)] as const)
  editors = new Map(ports)
  const claimed = opened.outputs.filter(
    ({ visibility }) => visibility === 'threshold' || visibility === 'margin',
  )
  claims = new Map(
    claimed.map(({ name }) => [name, make('input', { type: 'text', inputmode: 'decimal', value: '0' })]),
  )
  const asked = claimed.map(({ name, visibility }) => {
    const text = visibility === 'threshold' ? `${name} is at least` : `${name} leads by at least`
    return make('label', { class: 'field' }, make('span', {}, text), claims.get(name))
  })
  byId('inputs').replaceChildren(...ports.map(([, editor]) => editor.element), ...asked)
  byId('facts').textContent =
    `${opened.name}: ${opened.constraints.toLocaleString('en-US')} constraints, ${opened.keys === 'dev' ? 'dev keys' : 'keys of a ceremony'}`
  byId('answer').replaceChildren(make('p', { class: 'note' }, 'The prediction will stand here.'))
  byId('proof').replaceChildren(make('p', { class: 'note' }, 'Its proof will follow.'))
  byId('columns').hidden = false
}

async function answer(): Promise<void> {
  const chosen = model!
  const inputs = Object.fromEntries([...editors].map(([name, editor]) => [name, editor.values()]))
  const terms: Record<string, string> = {}
  for (const [name, field] of claims) terms.claim = `${name}=${field.value}`
  current.abort()
  current = new AbortController()
  const { signal } = current
  // what was answered before is not what is asked now
  byId('answer').replaceChildren(make('p', { class: 'note' }, 'Predicting ...'))
  byId('proof').replaceChildren()
  const prediction = await predict(chosen, inputs, terms).catch((error: unknown) => {
    byId('answer').replaceChildren()
    throw error
  })
  byId('answer').replaceChildren(answerOf(prediction, chosen.classes))
  byId('answer-title').scrollIntoView({ block: 'nearest', behavior: 'smooth' })
  void guarded(() => showProof(byId('proof'), chosen, prediction, signal))
}
