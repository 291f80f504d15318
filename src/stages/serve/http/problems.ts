/** Errors as clients get them: RFC 9457, with our names and hints beside what it asks for. */
import type { Context } from 'hono'
import { z } from 'zod'
import { Refusal } from '../refusals.js'

export const Problem = z
  .object({
    type: z.string().describe('an URN of the name'),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().optional(),
    name: z.string().describe('of the error, as everywhere in zkonnx'),
    hint: z.string().optional().describe('what to do'),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof Problem>

export const PROBLEM_TYPE = 'application/problem+json'

/** What is not the client's fault says nothing of what went on inside. */
export function problemOf(error: unknown): Problem {
  const told = error instanceof Refusal ? error : new InsideError()
  const { name, status, details, hint } = told
  return {
    type: `urn:zkonnx:${name}`,
    title: told.message.split('\n')[0]!,
    status,
    ...(details.length > 0 ? { detail: details.join('\n') } : {}),
    name,
    ...(hint === undefined ? {} : { hint }),
  }
}

export function answerProblem(c: Context, error: unknown): Response {
  const problem = problemOf(error)
  const retryAfter = error instanceof Refusal ? error.retryAfter : undefined
  return c.body(JSON.stringify(problem), problem.status as 400, {
    'content-type': PROBLEM_TYPE,
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    ...(problem.status === 401 ? { 'www-authenticate': 'Bearer realm="zkonnx"' } : {}),
  })
}

class InsideError extends Refusal {
  override name = 'Serve.InsideError'
  constructor() {
    super(500, 'Something failed inside the service.', {
      hint: 'the operator finds the reason in what the service prints',
      fault: 'internal',
    })
  }
}
