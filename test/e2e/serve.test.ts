/** The service as its clients see it: predictions at once, proofs that hold, refusals that explain, and limits. */
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { readManifest } from '../../src/artifacts/manifest.js'
import { read } from '../../src/artifacts/statement.js'
import { parseProof, parsePublicSignals, type VerificationKey } from '../../src/prover/proof.js'
import * as Snarkjs from '../../src/prover/snarkjs.js'
import { PROBLEM_TYPE, Problem } from '../../src/stages/serve/http/problems.js'
import { ROUTES } from '../../src/stages/serve/http/routes.js'
import { type ServeEvent, type ServeOptions, serve } from '../../src/stages/serve/serve.js'
import {
  AcceptedView,
  ModelDetails,
  ModelsView,
  PredictionView,
  ProofView,
} from '../../src/stages/serve/views.js'
import { setup } from '../../src/stages/setup.js'
import { until } from '../helpers/chain.js'
import { tempDir } from '../helpers/cli.js'
import { smallModel } from '../helpers/market.js'
import { seeded } from '../helpers/onnx-model.js'

const dir = tempDir()
const TOKEN = 'a-token-of-the-tests-0123456789'
let url: string
let stop: () => Promise<void>
let events: ServeEvent[]
let [open, hidden] = ['', '']

beforeAll(async () => {
  open = await smallModel(dir, 'open')
  hidden = await smallModel(dir, 'hidden', { disclose: { inputs: 'hashed', outputs: 'margin' } })
  const options = { models: [open, `secret=${hidden}`], state: join(dir, 'state'), queue: 12, body: 4_096 }
  ;({ url, stop, events } = await start({
    ...options,
    threads: 1,
    openings: true,
    origins: ['https://friend.test'],
  }))
})
afterAll(async () => {
  await stop?.()
  rmSync(dir, { recursive: true, force: true })
})

/** Runs a service in this process. */
async function start(options: Omit<ServeOptions, 'signal' | 'on'>) {
  const controller = new AbortController()
  const events: ServeEvent[] = []
  const done = serve({ ...options, signal: controller.signal, on: (event) => events.push(event) })
  const listening = () => events.find((event) => event.kind === 'listening')
  await Promise.race([done, until(() => listening() !== undefined)])
  const stop = async () => {
    controller.abort()
    await done
  }
  return { url: listening()!.url, events, stop }
}

const SAMPLE = [0.1, 0.9, 0.4, 0.6]

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

async function json<T>(address: string): Promise<T> {
  return (await fetch(address)).json() as Promise<T>
}

type Description = { openapi: string; paths: Record<string, object>; security: unknown[] }

async function predictions(response: Response): Promise<PredictionView[]> {
  expect(response.status).toBe(202)
  return AcceptedView.strict().parse(await response.json()).predictions
}

async function parsed<T>(schema: z.ZodType<T>, path: string): Promise<T> {
  const response = await fetch(url + path)
  expect(response.status, path).toBe(200)
  return schema.parse(await response.json())
}

/** Follows the events to the last one; what they were, and what came with it. */
async function follow(id: string): Promise<{ kinds: string[]; last: PredictionView }> {
  const response = await fetch(`${url}/predictions/${id}/events`)
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const text = await response.text()
  const kinds = [...text.matchAll(/^event: (.+)$/gm)].map(([, kind]) => kind!)
  const data = [...text.matchAll(/^data: (.+)$/gm)].map(([, json]) => JSON.parse(json!))
  return { kinds, last: PredictionView.parse(data.at(-1)) }
}

/** The proof, after it was verified as anybody would. */
async function verified(id: string): Promise<ProofView> {
  const answer = await parsed(ProofView.strict(), `/predictions/${id}/proof`)
  const key = (await parsed(ModelDetails, `/models/${answer.model}`)).verificationKey as VerificationKey
  expect(await Snarkjs.verify(key, parsePublicSignals(answer.public), parseProof(answer.proof))).toBe(true)
  return answer
}

async function problem(response: Response): Promise<Problem> {
  expect(response.headers.get('content-type')).toBe(PROBLEM_TYPE)
  const told = Problem.strict().parse(await response.json())
  expect(told.status).toBe(response.status)
  return told
}

test('a prediction is answered at once, and its proof says the same', async () => {
  const response = await post('/models/open/predictions', { input_data: [SAMPLE] })
  const [prediction] = await predictions(response)
  expect(response.headers.get('location')).toBe(prediction!.links.self)
  expect(prediction!.status).toBe('queued')
  const [output] = prediction!.outputs
  expect(output!.integers).toHaveLength(3)
  expect(output!.values![0]).toBeCloseTo(output!.float![0]!, 1)

  const waiting = await fetch(url + prediction!.links.proof!)
  if (waiting.status === 202) expect(Number(waiting.headers.get('retry-after'))).toBeGreaterThan(0)
  const { kinds, last } = await follow(prediction!.id)
  expect(kinds.at(-1)).toBe('proven')
  expect(last.outputs).toEqual(prediction!.outputs)

  const proof = await verified(prediction!.id)
  const { statement } = await readManifest(open)
  const [said] = statement.outputs.map((part) => read(part, proof.public.map(BigInt)))
  expect(said).toMatchObject({ name: output!.name, integers: output!.integers })
  const file = await (await fetch(url + last.links.proofJson!)).json()
  expect(file).toEqual(proof.proof)
})

test('many samples each have a prediction, a context and a proof of their own', async () => {
  const consumer = `0x${'12'.repeat(20)}`
  const path = `/models/open/predictions?consumer=${consumer}&chainId=31337&nonce=5`
  const all = await predictions(await post(path, [SAMPLE, [0, 0, 1, 1], [1, 0, 0, 0]]))
  const contexts = all.map(({ context }) => (context.kind === 'chain' ? context.nonce : undefined))
  expect(contexts).toEqual(['5', '6', '7'])
  for (const { id } of all) await follow(id)
  const signals = []
  for (const { id } of all) signals.push((await verified(id)).public.at(-1))
  expect(new Set(signals).size).toBe(3)
})

test('what a statement hides stays hidden, and the commitment that was answered is the one that is proven', async () => {
  const [told] = await predictions(await post('/models/secret/predictions?claim=scores=0.001', { x: SAMPLE }))
  expect(told!.outputs.map(({ shows }) => shows)).toEqual(['class', 'margin'])
  expect(told!.outputs.every(({ values, float }) => values === undefined && float === undefined)).toBe(true)
  await follow(told!.id)
  const proof = await verified(told!.id)
  expect(proof.prediction.says.outputs.map((said) => 'integers' in said && said.integers)).toEqual(
    told!.outputs.map(({ integers }) => integers),
  )
  const opening = await json<{ extras: { kind: string }[] }>(url + proof.links.openingJson!)
  expect(opening.extras.map(({ kind }) => kind)).toContain('salt')
  const refused = await post('/models/secret/predictions?claim=scores=1000000', { x: SAMPLE })
  expect(await problem(refused)).toMatchObject({ status: 422, name: 'Prove.ClaimError' })
})

test('a request that is sent again under its key is accepted once', async () => {
  const send = (body: unknown) => post('/models/open/predictions', body, { 'idempotency-key': 'again' })
  const first = await send([[0.2, 0.2, 0.2, 0.2]])
  const [one] = await predictions(first)
  const second = await send([[0.2, 0.2, 0.2, 0.2]])
  expect(second.headers.get('idempotency-replayed')).toBe('true')
  expect((await predictions(second))[0]!.id).toBe(one!.id)
  expect(await problem(await send([SAMPLE]))).toMatchObject({ status: 422, name: 'Serve.RepeatedKeyError' })
  await follow(one!.id)
  expect((await predictions(await send([[0.2, 0.2, 0.2, 0.2]])))[0]!.status).toBe('proven')
})

const deep = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

test.each<[string, string, number, string]>([
  ['nothing', '', 400, 'Store.NotJsonError'],
  ['no JSON', '{"input_data": [[1, NaN]]}', 400, 'Store.NotJsonError'],
  ['half of it', '{"input_data": [[0.1, 0.2', 400, 'Store.NotJsonError'],
  ['bytes', '\u0000\ud800\uffff', 400, 'Store.NotJsonError'],
  ['a text', '"input_data"', 422, 'Json.ShapeError'],
  ['null', 'null', 422, 'Json.ShapeError'],
  ['an empty list', '[]', 422, 'Samples.EmptyError'],
  ['an empty object', '{}', 422, 'Samples.InputsError'],
  ['other names', '{"a": [1], "b": [2]}', 422, 'Samples.InputsError'],
  ['too few numbers', '[[0.1, 0.2, 0.3]]', 422, 'Samples.SizeError'],
  ['texts', '[["a", "b", "c", "d"]]', 422, 'Json.ShapeError'],
  ['infinities', '[[1e999, 0, 0, 0]]', 422, 'Samples.NotFiniteError'],
  ['ragged lists', '[[0.1, 0.2], [0.3]]', 422, 'Json.ShapeError'],
  ['nested lists', deep(1_000), 422, 'Json.ShapeError'],
  ['a prototype', '{"__proto__": [0, 0, 0, 0], "constructor": 1}', 422, 'Samples.InputsError'],
  ['the wrong domain', '[[0.1, 0.2, 7, 0.4]]', 422, 'Quantize.OutsideDomainError'],
  ['a larger body than the limit', `[[${'0.1,'.repeat(2_000)}0]]`, 413, 'Serve.TooLargeError'],
  ['more samples than may wait', JSON.stringify(Array(13).fill(SAMPLE)), 429, 'Serve.QueueFullError'],
])('%s is refused, and said why', async (_, body, status, name) => {
  const response = await post('/models/open/predictions', body)
  expect(await problem(response)).toMatchObject({ status, name, hint: expect.any(String) })
  if (status === 429) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
})

test.each<[string, string, RequestInit, number, string]>([
  ['an unknown model', '/models/none/predictions', {}, 404, 'Serve.UnknownModelError'],
  ['an unknown term', '/models/open/predictions?lable=a', {}, 400, 'Serve.QueryError'],
  ['a chain without a consumer', '/models/open/predictions?nonce=1', {}, 422, 'Serve.TermError'],
  ['a wrong consumer', '/models/open/predictions?consumer=0x12&chainId=1', {}, 422, 'Serve.TermError'],
  ['a claim of no number', '/models/open/predictions?claim=scores', {}, 422, 'Serve.TermError'],
  ['a claim of another output', '/models/open/predictions?claim=a=1', {}, 422, 'Prove.UnknownClaimError'],
  [
    'another kind of body',
    '/models/open/predictions',
    { headers: { 'content-type': 'text/plain' } },
    415,
    'Serve.ContentError',
  ],
  [
    'a compressed body',
    '/models/open/predictions',
    { headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } },
    415,
    'Serve.ContentError',
  ],
  [
    'an odd key',
    '/models/open/predictions',
    { headers: { 'content-type': 'application/json', 'idempotency-key': 'ä' } },
    400,
    'Serve.KeyError',
  ],
  ['another method', '/models/open/predictions', { method: 'DELETE' }, 405, 'Serve.MethodError'],
  ['another place', '/admin', {}, 404, 'Serve.NoRouteError'],
  [
    'a page elsewhere',
    '/models',
    { method: 'GET', headers: { origin: 'http://evil.test' } },
    403,
    'Serve.OriginError',
  ],
])('%s is refused, and said why', async (_, path, init, status, name) => {
  const body = init.method === 'GET' ? null : JSON.stringify([SAMPLE])
  const headers = { 'content-type': 'application/json', ...init.headers }
  const response = await fetch(url + path, { method: 'POST', ...init, headers, body })
  expect(await problem(response)).toMatchObject({ status, name, hint: expect.any(String) })
})

test.each([
  'none',
  '0'.repeat(32),
  `${'0'.repeat(32)}-0`,
  `${'0'.repeat(32)}-99999`,
  '..%2f..%2fservice.json-0',
])('there is no prediction %s', async (id) => {
  for (const path of ['', '/proof', '/proof.json', '/events'])
    expect(await problem(await fetch(`${url}/predictions/${id}${path}`))).toMatchObject({ status: 404 })
})

/** Sends the bytes as they are; the first line of what comes back. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', (data) => {
      answer += data
      socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(answer.split('\r\n')[0]!))
  })
}

test('what is no request, or under another name, is ended with a 4xx', async () => {
  expect(await raw('hello\r\n\r\n')).toBe('HTTP/1.1 400 Bad Request')
  expect(await raw('GET /models HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1.1 4\d\d /)
  expect(await raw('GET /models HTTP/1.1\r\nhost: evil.test\r\n\r\n')).toMatch(/^HTTP\/1.1 421 /)
  expect(await raw('GET /models HTTP/1.1\r\nhost: a b c\r\n\r\n')).toMatch(/^HTTP\/1.1 4\d\d /)
  expect(await raw(`GET /models HTTP/1.1\r\nhost: localhost\r\na: ${'a'.repeat(20_000)}\r\n\r\n`)).toMatch(
    /^HTTP\/1.1 4\d\d /,
  )
  const chunk = `1000\r\n${' '.repeat(4_096)}\r\n`
  const head = 'host: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n'
  expect(await raw(`POST /models/open/predictions HTTP/1.1\r\n${head}${chunk}${chunk}${chunk}`)).toMatch(
    /^HTTP\/1.1 413 /,
  )
  const cutOff = `POST /models/open/predictions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n[`
  await new Promise<void>((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () =>
      socket.end(cutOff, () => setTimeout(() => resolve(void socket.destroy()), 50)),
    )
  })
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  expect(events.filter(({ kind }) => kind === 'fault')).toEqual([])
})

test('pages of origins that were named may use it', async () => {
  const headers = { origin: 'https://friend.test' }
  const preflight = await fetch(`${url}/models/open/predictions`, { method: 'OPTIONS', headers })
  expect(preflight.status).toBe(204)
  const answer = await fetch(`${url}/models`, { headers })
  expect(answer.headers.get('access-control-allow-origin')).toBe('https://friend.test')
  expect((await fetch(`${url}/models`)).headers.get('access-control-allow-origin')).toBeNull()
})

test('the description is valid, and answers are as it says', async () => {
  const description = await json<Description>(`${url}/openapi.json`)
  expect(await new Validator().validate(structuredClone(description))).toMatchObject({ valid: true })
  expect(description.openapi).toBe('3.1.0')
  const described = Object.entries(description.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method} ${path}`),
  )
  expect(described.toSorted()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).toSorted())
  expect(JSON.stringify(description)).not.toContain('$defs')
  const { models } = await parsed(ModelsView.strict(), '/models')
  expect(models.map(({ id }) => id)).toEqual(['open', 'secret'])
  const details = await parsed(ModelDetails.strict(), '/models/open')
  expect(details.inputs[0]).toMatchObject({ name: 'x', shape: [1, 4] })
  expect(details.keys).toBe('dev')
})

test('Prometheus and health checks are answered, and nothing may be embedded or loaded from elsewhere', async () => {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  expect(metrics).toMatch(/^zkonnx_predictions_total\{model="open"\} [1-9]/m)
  expect(metrics).toMatch(/^zkonnx_proofs_total\{model="open",outcome="proven"\} [1-9]/m)
  expect(metrics).toMatch(/^zkonnx_queue_limit 12$/m)
  for (const path of ['', '/live', '/ready'])
    expect(await (await fetch(`${url}/healthz${path}`)).json()).toMatchObject({ live: true, ready: true })
  const { headers } = await fetch(`${url}/models`)
  expect(headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(headers.get('x-content-type-options')).toBe('nosniff')
})

test('a client that goes away is not followed any longer', async () => {
  const told = await predictions(await post('/models/open/predictions', Array(3).fill(SAMPLE)))
  const leaving = new AbortController()
  const { signal } = leaving
  const response = await fetch(`${url}/predictions/${told.at(-1)!.id}/events`, { signal })
  await response.body!.getReader().read()
  const figures = async () => (await fetch(`${url}/metrics`)).text()
  const streams = async () => /^zkonnx_event_streams (\d+)$/m.exec(await figures())![1]
  expect(await streams()).toBe('1')
  leaving.abort()
  await until(async () => (await streams()) === '0')
  for (const { id } of told) await follow(id)
})

test('nothing is accepted that cannot be written down', async () => {
  const pending = join(dir, 'state', 'pending')
  renameSync(pending, `${pending}.away`)
  writeFileSync(pending, 'in the way')
  try {
    const refused = await post('/models/open/predictions', [SAMPLE])
    expect(await problem(refused)).toMatchObject({ status: 503, name: 'Serve.NoDiskError' })
  } finally {
    rmSync(pending)
    renameSync(`${pending}.away`, pending)
  }
  expect((await fetch(`${url}/healthz/ready`)).status).toBe(200)
})

test.runIf(process.env.ZKONNX_DEEP)(
  'what cannot be proven has failed, is tried again by the next start, and held for other keys',
  async () => {
    const options = { models: [open], state: join(dir, 'failing'), threads: 1 }
    const zkey = join(open, 'circuit.zkey')
    const key = readFileSync(zkey)
    const ask = async (at: string): Promise<{ id: string }> => {
      const body = JSON.stringify([SAMPLE])
      const headers = { 'content-type': 'application/json' }
      const response = await fetch(`${at}/models/open/predictions`, { method: 'POST', headers, body })
      return (await predictions(response))[0]!
    }
    const first = await start(options)
    writeFileSync(
      zkey,
      key.map((byte, at) => (at > key.length / 2 ? 0 : byte)),
    )
    const { id } = await ask(first.url)
    const events = await (await fetch(`${first.url}/predictions/${id}/events`)).text()
    expect(events).toMatch(/event: failed\ndata: .*$/m)
    expect(await problem(await fetch(`${first.url}/predictions/${id}/proof`))).toMatchObject({
      status: 409,
      name: 'Serve.NotProvenError',
    })
    expect(first.events.filter(({ kind }) => kind === 'failed')).toHaveLength(1)
    await first.stop()

    writeFileSync(zkey, key)
    cpSync(open, `${open}.before`, { recursive: true })
    await setup({ dir: open, kind: 'dev' })
    const second = await start(options)
    expect(second.events.map(({ kind }) => kind)).toContain('held')
    expect(await problem(await fetch(`${second.url}/predictions/${id}/proof`))).toMatchObject({
      ...{ status: 409, detail: expect.stringContaining('other keys') },
    })
    await second.stop()

    cpSync(`${open}.before`, open, { recursive: true })
    const third = await start(options)
    expect(await (await fetch(`${third.url}/predictions/${id}/events`)).text()).toContain('event: proven')
    await third.stop()
  },
)

test('beyond loopback a token is asked for', async () => {
  const options = { models: [open], state: join(dir, 'other') }
  const signal = new AbortController().signal
  await expect(serve({ ...options, host: '0.0.0.0', signal })).rejects.toThrow(/there is no token/)
  await expect(serve({ ...options, host: '0.0.0.0', token: 'short', signal })).rejects.toThrow(/guessed/)
  const other = await start({ ...options, host: '0.0.0.0', token: TOKEN })
  try {
    const there = other.url.replace('0.0.0.0', '127.0.0.1')
    const get = (path: string, authorization?: string) =>
      fetch(there + path, authorization === undefined ? {} : { headers: { authorization } })
    for (const authorization of [undefined, 'Bearer', 'Bearer wrong', `Basic ${TOKEN}`, `Bearer ${TOKEN}x`]) {
      const refused = await get('/models', authorization)
      expect(refused.headers.get('www-authenticate')).toContain('Bearer')
      expect(await problem(refused)).toMatchObject({ status: 401, name: 'Serve.TokenError' })
    }
    expect((await get('/models', `Bearer ${TOKEN}`)).status).toBe(200)
    expect((await get('/metrics')).status).toBe(401)
    expect((await get('/healthz')).status).toBe(200)
    const description = (await (await get('/openapi.json')).json()) as Description
    expect(description.security).toEqual([{ token: [] }])
  } finally {
    await other.stop()
  }
})

test('a second service keeps off the folder of the first, and a port that is taken is told', async () => {
  const signal = new AbortController().signal
  await expect(serve({ models: [open], state: join(dir, 'state'), signal })).rejects.toThrow(
    /Another service/,
  )
  const port = Number(new URL(url).port)
  await expect(serve({ models: [open], state: join(dir, 'third'), port, signal })).rejects.toThrow(
    /cannot listen/,
  )
  await expect(serve({ models: [open, open], state: join(dir, 'third'), signal })).rejects.toThrow(
    /both named/,
  )
})

const ROUNDS = process.env.ZKONNX_DEEP ? 3_000 : 60
const PIECES = [
  '[',
  ']',
  '{',
  '}',
  '"x"',
  ':',
  ',',
  '-',
  '1e308',
  '0x1',
  'null',
  '\\u0000',
  '\ud800',
  '__proto__',
  '"input_data"',
  ' ',
]

/** A few pieces of the text are taken away, doubled, or put in. */
function mutated(random: () => number, text: string): string {
  let made = text
  for (let edits = 1 + Math.floor(3 * random()); edits > 0; edits--) {
    const at = Math.floor(random() * made.length)
    const end = at + Math.floor(6 * random())
    const piece = random() < 0.5 ? PIECES[Math.floor(random() * PIECES.length)]! : made.slice(at, end)
    made = made.slice(0, at) + piece + made.slice(random() < 0.5 ? at : end)
  }
  return made
}

test(`${ROUNDS} mutated bodies are accepted or refused, and never a fault of the service`, async () => {
  const seed = Number(process.env.ZKONNX_SEED ?? 11)
  const random = seeded(seed)
  const honest = [
    '{"input_data": [[0.5, 0.25, 1, 9]]}',
    '[{"x": [0.5, 0.25, 1, 9]}]',
    '{"x": [[0.5, 0.25, 1, 9]], "y": [1]}',
  ]
  for (let round = 0; round < ROUNDS; round++) {
    const body = mutated(random, honest[round % honest.length]!)
    const response = await post('/models/open/predictions', body)
    expect([202, 400, 413, 422, 429], `seed ${seed}: ${body}`).toContain(response.status)
    if (response.status !== 202) await problem(response)
    else await response.text()
  }
  expect(events.filter(({ kind }) => kind === 'fault')).toEqual([])
})
