/**
 * What the service answers to, as data: the router and the description that it serves are both made of this, so that
 * neither can say what the other does not.
 */
import type { Context } from 'hono'
import { z } from 'zod'
import { PROOF_FILES } from '../../../artifacts/proof-folder.js'
import type { Metrics } from '../metrics.js'
import { predict } from '../predict.js'
import { waiting } from '../queue.js'
import * as Read from '../read.js'
import { Refusal } from '../refusals.js'
import { MOST_SAMPLES, type Terms } from '../requests.js'
import * as Service from '../service.js'
import { AcceptedView, ModelDetails, ModelsView, modelView, PredictionView, ProofView } from '../views.js'
import { readBody } from './body.js'
import { answerEvents, type Streams } from './events.js'

export type Served = {
  readonly service: Service.Service
  readonly metrics: Metrics
  readonly streams: Streams
  /** Bytes of a body. */
  readonly mostBytes: number
}

export type Answer = {
  readonly description: string
  readonly schema?: z.ZodType
  /** By default JSON. */
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

export type Route = {
  readonly method: 'get' | 'post'
  /** As OpenAPI writes it. */
  readonly path: string
  readonly id: string
  readonly summary: string
  /** Whether it is answered without the token. */
  readonly open?: boolean
  readonly query?: z.ZodObject
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly answers: Readonly<Record<number, Answer>>
  /** Statuses of problems that are its own. */
  readonly problems?: readonly number[]
  readonly handle: (c: Context, served: Served) => Promise<Response> | Response
}

const Text = z.string().max(1_000).optional()

const PredictionTerms = z.strictObject({
  label: Text.describe('bind the proofs to this text'),
  consumer: Text.describe("bind them to this contract's use: its address"),
  chainId: Text.describe('the chain of the consumer'),
  beneficiary: Text.describe('for whom, with a consumer (default: nobody)'),
  nonce: Text.describe('of sample 0, with a consumer; sample i has i more (default: 0)'),
  deadline: Text.describe('the last Unix time at which the consumer accepts it (default: none)'),
  claim: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .describe('OUTPUT=NUMBER: the T of a threshold claim, or the m of a margin claim, in real numbers'),
})

const Health = z
  .object({
    live: z.literal(true),
    ready: z.boolean(),
    reason: z.string().optional(),
    waiting: z.number().int(),
  })
  .meta({ id: 'Health' })

export const ROUTES: readonly Route[] = [
  {
    ...{ method: 'get', path: '/models', id: 'listModels', summary: 'The models that are served' },
    answers: { 200: { description: 'all of them', schema: ModelsView } },
    handle: (c, { service }) =>
      c.json({ models: [...service.options.models.values()].map(modelView) } satisfies z.infer<
        typeof ModelsView
      >),
  },
  {
    ...{ method: 'get', path: '/models/{id}', id: 'readModel' },
    summary: 'A model: its ports, its statement, and the key that verifies its proofs',
    answers: { 200: { description: 'the model', schema: ModelDetails } },
    problems: [404],
    handle(c, { service }) {
      const model = Service.modelOf(service, param(c, 'id'))
      const { manifest, verificationKey } = model
      return c.json({
        ...modelView(model),
        ...{ statement: manifest.statement, verificationKey, samples: MOST_SAMPLES },
      } satisfies z.infer<typeof ModelDetails>)
    },
  },
  {
    ...{ method: 'get', path: '/models/{id}/verification_key.json', id: 'readVerificationKey' },
    summary: 'The verifying key, as snarkjs has it',
    answers: { 200: { description: 'verification_key.json', schema: z.unknown() } },
    problems: [404],
    handle: (c, { service }) => c.json(Service.modelOf(service, param(c, 'id')).verificationKey),
  },
  {
    ...{ method: 'get', path: '/models/{id}/manifest.json', id: 'readManifest' },
    summary: 'The manifest: everything that the build of the model says of itself',
    answers: { 200: { description: 'manifest.json', schema: z.unknown() } },
    problems: [404],
    handle: (c, { service }) => c.json(Service.modelOf(service, param(c, 'id')).manifest),
  },
  {
    ...{ method: 'post', path: '/models/{id}/predictions', id: 'predict' },
    summary: 'Predict samples: the answer is there at once, its proof follows',
    query: PredictionTerms,
    headers: {
      'idempotency-key':
        'a text of yours: sent again with the same request, this returns the same predictions and accepts nothing anew',
    },
    body: 'samples as the command line takes them in JSON: {"input_data": [[...]]}, {"NAME OF THE INPUT": [...]}, a list of samples, or one',
    answers: {
      202: {
        description: 'accepted: written down, and proven in its turn',
        schema: AcceptedView,
        headers: {
          location: 'of the prediction, where it is one',
          'idempotency-replayed': 'true where this was accepted before',
        },
      },
    },
    problems: [400, 404, 409, 413, 415, 422, 429, 503],
    handle: answerPredict,
  },
  {
    ...{ method: 'get', path: '/predictions/{id}', id: 'readPrediction' },
    summary: 'A prediction as it stands',
    answers: { 200: { description: 'the prediction', schema: PredictionView } },
    problems: [404],
    handle: async (c, { service }) => c.json(await Read.read(service, param(c, 'id'))),
  },
  {
    ...{ method: 'get', path: '/predictions/{id}/proof', id: 'readProof' },
    summary: 'The proof, its public signals, and what they say',
    answers: {
      200: { description: 'the proof', schema: ProofView },
      202: {
        description: 'not proven yet',
        schema: PredictionView,
        headers: { 'retry-after': 'seconds until it may be proven' },
      },
    },
    problems: [404, 409],
    handle: answerProof,
  },
  ...proofFileRoutes(),
  {
    ...{ method: 'get', path: '/predictions/{id}/events', id: 'followPrediction' },
    summary:
      'Server-sent events: the status is the event, the prediction its data; the last one ends the stream',
    answers: { 200: { description: 'the events', type: 'text/event-stream', schema: z.string() } },
    problems: [404, 503],
    handle: (c, { service, streams }) => answerEvents(c, service, streams, param(c, 'id')),
  },
  ...['/healthz', '/healthz/ready'].map(
    (path): Route => ({
      ...{ method: 'get', path, id: path === '/healthz' ? 'health' : 'ready', open: true },
      summary: 'Whether predictions are accepted',
      answers: {
        200: { description: 'they are', schema: Health },
        503: { description: 'not now', schema: Health },
      },
      handle: answerHealth,
    }),
  ),
  {
    ...{ method: 'get', path: '/healthz/live', id: 'live', open: true },
    summary: 'Whether the process answers',
    answers: { 200: { description: 'it does', schema: Health } },
    handle: async (c, served) => c.json({ ...healthOf(served) }),
  },
  {
    ...{ method: 'get', path: '/metrics', id: 'metrics', summary: 'Figures for Prometheus' },
    answers: { 200: { description: "in Prometheus' text format", type: 'text/plain', schema: z.string() } },
    handle: async (c, { metrics }) => c.body(await metrics.text(), 200, { 'content-type': metrics.type }),
  },
]

function param(c: Context, name: string): string {
  return c.req.param(name)!
}

async function answerPredict(c: Context, { service, mostBytes }: Served): Promise<Response> {
  // before its body is read
  Service.assertOpen(service, param(c, 'id'))
  const terms = termsOf(c)
  const key = keyOf(c)
  const body = await readBody(c.req.raw, mostBytes)
  const { predictions, replayed } = await predict(service, param(c, 'id'), body, terms, key)
  if (predictions.length === 1) c.header('location', predictions[0]!.links.self)
  if (replayed) c.header('idempotency-replayed', 'true')
  return c.json({ predictions } satisfies { predictions: readonly PredictionView[] }, 202)
}

function termsOf(c: Context): Terms {
  const all = Object.entries(c.req.queries()).map(([name, values]) => [
    name,
    name !== 'claim' && values.length === 1 ? values[0] : values,
  ])
  const { data, error } = PredictionTerms.safeParse(Object.fromEntries(all))
  if (error !== undefined) throw new QueryError(error.issues[0]!)
  const { claim, ...rest } = data
  return { ...rest, ...(claim === undefined ? {} : { claim: [claim].flat() }) }
}

function keyOf(c: Context): string | undefined {
  const key = c.req.header('idempotency-key')
  if (key !== undefined && !/^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(key)) throw new KeyError()
  return key
}

async function answerProof(c: Context, { service }: Served): Promise<Response> {
  const answer = await Read.readProof(service, param(c, 'id'))
  if ('proof' in answer) return c.json(answer.proof satisfies ProofView)
  c.header('retry-after', String(answer.seconds))
  return c.json(answer.waiting satisfies PredictionView, 202)
}

function proofFileRoutes(): Route[] {
  const told = {
    proof: 'The proof, as snarkjs verifies it',
    signals: 'Its public signals',
    prediction: 'What it is about',
    opening: 'What the statement hides: where the operator gives it away (--openings)',
  }
  return (['proof', 'signals', 'prediction', 'opening'] as const).map((file) => ({
    ...{ method: 'get', path: `/predictions/{id}/${PROOF_FILES[file]}`, id: `read_${file}` },
    summary: told[file],
    answers: { 200: { description: PROOF_FILES[file], schema: z.unknown() } },
    problems: [404, 409],
    async handle(c, { service }) {
      const given = file !== 'opening' || service.options.openings
      const bytes = given ? await Read.readProofFile(service, param(c, 'id'), file) : undefined
      if (bytes === undefined) throw new NoFileError(PROOF_FILES[file])
      return c.body(Uint8Array.from(bytes), 200, { 'content-type': 'application/json' })
    },
  }))
}

function healthOf({ service }: Served): z.infer<typeof Health> {
  const reason = service.stopping ? 'it is stopping' : service.queue.trouble
  return {
    live: true,
    ready: reason === undefined,
    ...(reason === undefined ? {} : { reason: reason.split('\n')[0]! }),
    waiting: waiting(service.queue),
  }
}

function answerHealth(c: Context, served: Served): Response {
  const health = healthOf(served)
  return c.json(health, health.ready ? 200 : 503)
}

class QueryError extends Refusal {
  override name = 'Serve.QueryError'
  constructor({ path, message }: z.core.$ZodIssue) {
    super(400, 'The parameters after the question mark are not as they should be.', {
      details: [`${path.join('.') || 'there'}: ${message}`],
      hint: `known are: ${Object.keys(PredictionTerms.shape).join(', ')}`,
    })
  }
}

class KeyError extends Refusal {
  override name = 'Serve.KeyError'
  constructor() {
    super(400, 'The Idempotency-Key is not as it should be.', {
      hint: 'give 1 to 255 printable characters of ASCII, e.g. a UUID',
    })
  }
}

class NoFileError extends Refusal {
  override name = 'Serve.NoFileError'
  constructor(file: string) {
    super(404, `There is no ${file} of this prediction here.`, {
      hint: 'what statements hide is given away only where the operator says so (--openings) and where they hide something',
    })
  }
}
