/** The service's description, in OpenAPI 3.1: made of its routes and of the schemas of what it answers. */
import { z } from 'zod'
import { VERSION } from '../../../version.js'
import { PROBLEM_TYPE, Problem } from './problems.js'
import { type Answer, ROUTES, type Route } from './routes.js'

type Json = Record<string, unknown>

const COMPONENTS = '#/components/schemas/'

const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'the request cannot be read',
  401: 'a token is asked for',
  403: 'pages of that origin may not',
  404: 'there is no such thing',
  409: 'not as things stand',
  413: 'too large',
  415: 'a kind of body that is not taken',
  421: 'not under that name',
  422: 'does not fit the model',
  429: 'too many wait: try again later',
  503: 'not now: try again later',
}

/** Other statuses than these are never answered by any route. */
const EVERYWHERE = [403, 421]

export function describeService(secured: boolean): Json {
  const schemas: Json = {}
  const paths: Record<string, Json> = {}
  for (const route of ROUTES) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route, schemas) }
  }
  schemaOf(Problem, schemas)
  return {
    openapi: '3.1.0',
    info: {
      title: 'zkonnx',
      version: VERSION,
      summary: 'Predictions at once, and their proofs when they are ready',
      license: { name: 'GPL-3.0-or-later', identifier: 'GPL-3.0-or-later' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas,
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
    security: secured ? [{ token: [] }] : [],
  }
}

function operation(route: Route, schemas: Json): Json {
  const { id, summary, query, headers = {}, body, answers, problems = [], open = false } = route
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true, schema: { type: 'string' } },
  }))
  const inHeader = Object.entries(headers).map(([name, description]) => ({
    ...{ name, in: 'header', description, schema: { type: 'string' } },
  }))
  const inQuery = Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
    ...{ name, in: 'query', description: (schema as z.ZodType).description },
    schema: schemaOf(schema as z.ZodType, schemas),
  }))
  const refused = [...problems, ...EVERYWHERE, ...(open ? [] : [401])]
  return {
    ...{ operationId: id, summary },
    ...(open ? { security: [] } : {}),
    parameters: [...inPath, ...inHeader, ...inQuery],
    ...(body === undefined ? {} : { requestBody: bodyOf(body) }),
    responses: {
      ...Object.fromEntries(refused.map((status) => [status, problem(status)])),
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [status, response(answer, schemas)]),
      ),
    },
  }
}

function bodyOf(description: string): Json {
  const schema = { description, type: ['object', 'array'] }
  const examples = { 'one sample': { value: { input_data: [[0.1, 0.2, 0.3, 0.4]] } } }
  return { required: true, description, content: { 'application/json': { schema, examples } } }
}

function response(
  { description, schema, type = 'application/json', headers = {} }: Answer,
  schemas: Json,
): Json {
  const told = Object.entries(headers).map(([name, text]) => [
    name,
    { description: text, schema: { type: 'string' } },
  ])
  return {
    description,
    ...(told.length > 0 ? { headers: Object.fromEntries(told) } : {}),
    ...(schema === undefined ? {} : { content: { [type]: { schema: schemaOf(schema, schemas) } } }),
  }
}

function problem(status: number): Json {
  const content = { [PROBLEM_TYPE]: { schema: { $ref: `${COMPONENTS}Problem` } } }
  return { description: PROBLEMS[status]!, content }
}

/** Schemas with an id become components, also within others. */
function schemaOf(schema: z.ZodType, schemas: Json): Json {
  const { $schema: _, $defs = {}, ...made } = z.toJSONSchema(schema, { io: 'output' }) as Json
  for (const [name, inner] of Object.entries($defs as Json)) schemas[name] = relinked(inner)
  const id = made.id
  if (typeof id !== 'string') return relinked(made)
  schemas[id] = relinked(made)
  return { $ref: COMPONENTS + id }
}

function relinked(value: unknown): Json {
  return JSON.parse(JSON.stringify(value), (key, inner) => {
    if (key === 'id' && typeof inner === 'string') return undefined
    return key === '$ref' ? String(inner).replace('#/$defs/', COMPONENTS) : inner
  })
}
