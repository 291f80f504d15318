/** The router: headers, who is let in, routes, and errors as problems. One of the doors to hono. */
import { type Context, Hono } from 'hono'
import { BaseError, messageOf } from '../../../base/errors.js'
import { Refusal } from '../refusals.js'
import { assertToken, type Guard, headers, origin } from './guard.js'
import { describeService } from './openapi.js'
import { addPage } from './page.js'
import { answerProblem } from './problems.js'
import { ROUTES, type Served } from './routes.js'

export type AppOptions = Served & {
  readonly guard: Guard
  /** Told of what failed inside. */
  readonly onFault: (reason: string) => void
}

export type App = Hono<{ Variables: { route?: string } }>

export function openApp(options: AppOptions): App {
  const { guard, metrics, onFault } = options
  const app = new Hono<{ Variables: { route?: string } }>()
  app.use(async (c, next) => {
    const began = performance.now()
    await next()
    metrics.answered(c.req.method, routeOf(c), c.res.status, (performance.now() - began) / 1_000)
  })
  app.use(headers())
  app.use(origin(guard))
  for (const route of ROUTES) {
    app.on(route.method.toUpperCase(), pathOf(route.path), async (c) => {
      c.set('route', route.path)
      if (!route.open) assertToken(guard, c.req.header('authorization'))
      return route.handle(c, options)
    })
  }
  const description = describeService(guard.token !== undefined)
  app.get('/openapi.json', (c) => c.json(description))
  addPage(app)
  for (const path of new Set(ROUTES.map((route) => route.path))) {
    app.all(pathOf(path), (c) => {
      const methods = ROUTES.filter((route) => route.path === path).map(({ method }) => method.toUpperCase())
      c.header('allow', methods.join(', '))
      throw new MethodError(c.req.method, methods)
    })
  }
  app.notFound((c) => answerProblem(c, new NoRouteError(c.req.path)))
  app.onError((error, c) => {
    if (!(error instanceof Refusal)) onFault(faultOf(error))
    return answerProblem(c, error)
  })
  return app
}

/** Not the path: it has ids, and there is no end of them. */
function routeOf(c: Context): string {
  return c.get('route') ?? 'other'
}

function pathOf(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1')
}

function faultOf(error: Error): string {
  return error instanceof BaseError ? error.message : (error.stack ?? messageOf(error))
}

class MethodError extends Refusal {
  override name = 'Serve.MethodError'
  constructor(method: string, methods: readonly string[]) {
    super(405, `${method.slice(0, 20)} is not answered here.`, { hint: `use ${methods.join(' or ')}` })
  }
}

class NoRouteError extends Refusal {
  override name = 'Serve.NoRouteError'
  constructor(path: string) {
    super(404, `There is nothing at ${path.slice(0, 200)}.`, { hint: 'see /openapi.json' })
  }
}
