/**
 * Chromium for tests of pages, driven by playwright-core, which brings no browser of its own. Where there is none, tests
 * skip, and say so.
 */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** `ZKONNX_CHROMIUM`, or what is found in the usual places. */
export const CHROMIUM = process.env.ZKONNX_CHROMIUM ?? PLACES.find((path) => existsSync(path))

if (CHROMIUM === undefined)
  console.warn(
    'SKIPPED: tests of pages in a browser. No Chromium was found; install one, or name it in ZKONNX_CHROMIUM.',
  )

/** For `describe.skipIf` and `test.skipIf`. */
export const NO_BROWSER = CHROMIUM === undefined

export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM!,
    headless: true,
    // containers: no user namespaces for root, little shared memory, no graphics
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  })
}

/** Desktop and phone, light and dark. */
export const VIEWS = [1280, 390].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
)
export type View = (typeof VIEWS)[number]

export type Opened = {
  readonly page: Page
  readonly context: BrowserContext
  /** What the console and the page's scripts complained of, and every request that failed. */
  readonly complaints: string[]
  /** Every address that was asked for but the page itself. */
  readonly requests: string[]
}

/** A page in a context of its own, which is to be closed. */
export async function openPage(browser: Browser, url: string, { width, colorScheme }: View): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme })
  const page = await context.newPage()
  const complaints: string[] = []
  const requests: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('requestfailed', (request) => complaints.push(`${request.url()} failed`))
  page.on('request', (request) => {
    if (request.url() !== url && !request.url().startsWith('data:')) requests.push(request.url())
  })
  await page.goto(url)
  return { page, context, complaints, requests }
}

/** Pixels by which the page is wider than the window; and what sticks out, unless something around it scrolls. */
export async function overflowOf(page: Page): Promise<{ by: number; elements: string[] }> {
  return page.evaluate(`(() => {
    const root = document.documentElement
    const scrolls = (element) => {
      for (let at = element; at !== null && at !== document.body; at = at.parentElement)
        if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(at).overflowX)) return true
      return false
    }
    const out = [...document.body.querySelectorAll('*')].filter((element) => {
      const { left, right, width } = element.getBoundingClientRect()
      return width > 0 && (right > root.clientWidth + 1 || left < -1) && !scrolls(element)
    })
    const named = (element) => element.tagName.toLowerCase() + '.' + [...element.classList].join('.')
    return { by: root.scrollWidth - root.clientWidth, elements: out.map(named) }
  })()`)
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** The serious and critical faults that axe finds, in words. */
export async function axeFaults(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  return page.evaluate(`axe.run(document).then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) =>
      [id, help, target.join(' '), failureSummary].join(' | '))))`)
}
