/** The service as the page uses it. The token, where one is asked for, is held for as long as the page is open. */

import type { ModelView, PredictionView, ProofView } from '../../stages/serve/views.js'
import type { Model } from '../../verify.js'

export type { Model, ModelView, PredictionView, ProofView }

let token = ''

export function useToken(given: string): void {
  token = given.trim()
}

async function call(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { ...init.headers, ...(token === '' ? {} : { authorization: `Bearer ${token}` }) }
  const response = await fetch(path, { ...init, headers }).catch(() => undefined)
  if (response === undefined)
    throw new Failure('The service does not answer.', 'See whether it still runs.', 0)
  if (response.ok) return response
  const { title, detail, hint } = await response.json().catch(() => ({}))
  throw new Failure(
    [title ?? `Status ${response.status}`, detail].filter(Boolean).join('\n'),
    hint,
    response.status,
  )
}

async function json<T>(path: string, init?: RequestInit): Promise<T> {
  return (await call(path, init)).json()
}

export async function listModels(): Promise<readonly ModelView[]> {
  return (await json<{ models: ModelView[] }>('/models')).models
}

/** What proofs of the model are verified with. */
export async function evidenceOf({
  links,
}: ModelView): Promise<{ manifest: Model; verificationKey: unknown }> {
  const [manifest, verificationKey] = await Promise.all([
    json<Model>(links.manifest!),
    json<unknown>(links.verificationKey!),
  ])
  return { manifest, verificationKey }
}

export async function predict(
  { links }: ModelView,
  inputs: Readonly<Record<string, readonly number[]>>,
  terms: Readonly<Record<string, string>>,
): Promise<PredictionView> {
  const body = JSON.stringify(Object.fromEntries(Object.entries(inputs).map(([name, row]) => [name, [row]])))
  const query = new URLSearchParams(terms).toString()
  const headers = {
    'content-type': 'application/json',
    'idempotency-key': crypto.randomUUID?.() ?? String(Math.random()),
  }
  const path = `${links.predictions}${query === '' ? '' : `?${query}`}`
  return (await json<{ predictions: PredictionView[] }>(path, { method: 'POST', headers, body }))
    .predictions[0]!
}

export function readProof({ links }: PredictionView): Promise<ProofView> {
  return json(links.proof!)
}

/** The prediction as it changes, to its last status. Not an EventSource, which sends no token. */
export async function* follow(
  { links }: PredictionView,
  signal: AbortSignal,
): AsyncGenerator<PredictionView> {
  const response = await call(links.events!, { signal })
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    text += value
    const events = text.split('\n\n')
    text = events.pop()!
    for (const event of events) {
      const data = event.split('\n').find((line) => line.startsWith('data: '))
      if (data !== undefined) yield JSON.parse(data.slice(6))
    }
  }
}

export class Failure extends Error {
  constructor(
    message: string,
    readonly hint: string | undefined,
    readonly status: number,
  ) {
    super(message)
  }
}
