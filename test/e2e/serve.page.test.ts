/** The page that tries a model, in Chromium: drawn or typed, predicted, proven, and verified where it is looked at. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { saveNpz } from '../../src/artifacts/samples/npz.js'
import { fitted, rasterize, sideOf } from '../../src/browser/serve/raster.js'
import { compile } from '../../src/stages/compile.js'
import { type ServeEvent, serve } from '../../src/stages/serve/serve.js'
import { setup } from '../../src/stages/setup.js'
import {
  axeFaults,
  NO_BROWSER,
  type Opened,
  openBrowser,
  openPage,
  overflowOf,
  VIEWS,
} from '../helpers/browser.js'
import { until } from '../helpers/chain.js'
import { tempDir } from '../helpers/cli.js'
import { smallModel } from '../helpers/market.js'
import { buildBytes, floats, randomValues, seeded, Type } from '../helpers/onnx-model.js'

describe('pixels of a drawing', () => {
  const ink = (pixels: Float64Array) => pixels.reduce((sum, pixel) => sum + pixel, 0)

  test('lie where the pen was, between 0 and 1', () => {
    const pixels = rasterize(
      [
        [
          [0.5, 0.1],
          [0.5, 0.9],
        ],
      ],
      8,
    )
    expect(Math.max(...pixels)).toBeLessThanOrEqual(1)
    expect(pixels[3 * 8 + 3]).toBeGreaterThan(0.5)
    expect(pixels[3 * 8 + 4]).toBe(pixels[3 * 8 + 3])
    expect(pixels[3 * 8]).toBe(0)
    expect(ink(rasterize([], 8))).toBe(0)
  })

  test('fill the frame wherever it was drawn', () => {
    const small = [
      [
        [0.1, 0.1],
        [0.2, 0.2],
      ],
    ] as const
    const large = [
      [
        [0.2, 0.2],
        [0.8, 0.8],
      ],
    ] as const
    const [one, other] = [small, large].map((strokes) => rasterize(fitted(strokes, 28), 28))
    const differences = one!.map((pixel, at) => Math.abs(pixel - other![at]!))
    expect(Math.max(...differences)).toBeLessThan(1e-9)
    expect(ink(one!)).toBeGreaterThan(10)
    expect(fitted([[[0.3, 0.3]]], 28)).toEqual([[[0.3, 0.3]]])
  })

  test.each([
    [[1, 1, 8, 8], 8],
    [[1, 784], 28],
    [[28, 28], 28],
    [[1, 4], undefined],
    [[1, 3, 8, 8], undefined],
    [[1, 8, 9], undefined],
    [[1, 30], undefined],
  ])('an input of shape %j is drawn with a side of %s', (shape, side) => {
    expect(sideOf(shape, [0], [1])).toBe(side)
    expect(sideOf(shape, [0, 1], [1, 1])).toBe(undefined)
  })
})

const dir = tempDir()
const DEEP = Boolean(process.env.ZKONNX_DEEP)
/** Screenshots, for people. */
const LOOK = process.env.ZKONNX_SCREENSHOTS
let [browser, url] = [undefined as Browser | undefined, '']
const controller = new AbortController()
let done: Promise<void> | undefined

/** A net of one layer that reads 8x8 pixels. */
async function pictureModel(): Promise<string> {
  const random = seeded(5)
  const initializers = [
    floats('w', [64, 3], randomValues(random, [64, 3])),
    floats('b', [3], randomValues(random, [3])),
  ]
  const nodes = [
    { op: 'Flatten', in: ['image'], out: ['flat'], name: 'flat' },
    { op: 'Gemm', in: ['flat', 'w', 'b'], out: ['scores'], name: 'last' },
  ]
  const inputs = { image: { shape: [1, 1, 8, 8] } }
  const outputs = { scores: Type.FLOAT }
  writeFileSync(join(dir, 'p.onnx'), buildBytes({ opset: 13, inputs, outputs, initializers, nodes }))
  const data = Float64Array.from({ length: 30 * 64 }, random)
  const y = Float64Array.from({ length: 30 }, (_, i) => i % 3)
  await saveNpz(join(dir, 'p.npz'), { x: { shape: [30, 1, 8, 8], data }, y: { shape: [30], data: y } })
  const out = join(dir, 'picture')
  const bits = { activation: 8, weight: 8, input: 8 }
  const options = { domains: { image: { lo: 0, hi: 1 } }, classes: ['<b>one</b>', 'two', 'three'] }
  await compile({ model: join(dir, 'p.onnx'), data: join(dir, 'p.npz'), out, bits, ...options })
  await setup({ dir: out, kind: 'dev' })
  return out
}

beforeAll(async () => {
  if (NO_BROWSER || !DEEP) return
  const models = [await pictureModel(), await smallModel(dir, 'row')]
  const events: ServeEvent[] = []
  const options = { models, state: join(dir, 'state'), threads: 1, signal: controller.signal }
  done = serve({ ...options, on: (event) => events.push(event) })
  const listening = () => events.find((event) => event.kind === 'listening')
  await Promise.race([done, until(() => listening() !== undefined)])
  url = `${listening()!.url}/`
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  controller.abort()
  await done
  rmSync(dir, { recursive: true, force: true })
})

async function draw(page: Page): Promise<void> {
  const { x, y, width, height } = (await page.locator('.pad').boundingBox())!
  await page.mouse.move(x + 0.3 * width, y + 0.2 * height)
  await page.mouse.down()
  for (const [right, down] of [
    [0.7, 0.2],
    [0.5, 0.8],
  ] as const)
    await page.mouse.move(x + right * width, y + down * height, { steps: 5 })
  await page.mouse.up()
}

async function expectSound({ page, complaints, requests }: Opened, name: string): Promise<void> {
  if (LOOK !== undefined) {
    mkdirSync(LOOK, { recursive: true })
    await page.screenshot({ path: join(LOOK, `${name}.png`), fullPage: true })
  }
  expect(complaints, name).toEqual([])
  expect(requests.filter((request) => !request.startsWith(url))).toEqual([])
  expect(await overflowOf(page), name).toEqual({ by: 0, elements: [] })
}

/** To the last step, and a lie that is noticed. */
async function seeVerified(page: Page): Promise<void> {
  await page.waitForSelector('.headline')
  const answer = await page.textContent('.headline')
  await page.waitForSelector('.says')
  expect(await page.textContent('.steps li:last-child')).toMatch(
    /^Verified in this browser.*says what was answered/,
  )
  expect(await page.textContent('.says')).toContain(`answers ${answer} for this picture`)
  await page.click('text=Alter the answer')
  await page.waitForSelector('.refused')
}

/** Sets pixels, moves on, and sends the form. */
async function useKeys(page: Page): Promise<void> {
  await page.focus('.pad')
  for (const key of ['Space', 'Shift+ArrowDown', 'Shift+ArrowDown', 'ArrowLeft'])
    await page.keyboard.press(key)
  expect(await page.textContent('.drawing [role=status]')).toBe('row 7, column 4, empty')
  await page.focus('#predict')
  await page.keyboard.press('Enter')
}

describe.skipIf(NO_BROWSER || !DEEP)(
  'the page, with ZKONNX_DEEP, which the continuous integration sets for this file',
  () => {
    test('proves and verifies what is drawn from the keyboard, and by a pen on a phone', async () => {
      const opened = await openPage(browser!, url, { width: 1280, colorScheme: 'light' })
      const { page, context } = opened
      try {
        await page.waitForSelector('.pad')
        await useKeys(page)
        await seeVerified(page)
        await expectSound(opened, 'wide')
        await page.setViewportSize({ width: 390, height: 800 })
        await page.emulateMedia({ colorScheme: 'dark' })
        await page.click('text=Clear')
        await draw(page)
        await page.click('#predict')
        await seeVerified(page)
        await expectSound(opened, 'narrow')
        expect(await axeFaults(page)).toEqual([])
      } finally {
        await context.close()
      }
    })

    test.each(VIEWS)('is sound $width pixels wide, $colorScheme', async (view) => {
      const opened = await openPage(browser!, url, view)
      const { page, context } = opened
      try {
        await page.waitForSelector('.pad')
        await draw(page)
        await page.click('#predict')
        await seeVerified(page)
        await expectSound(opened, `draw-${view.width}-${view.colorScheme}`)
        expect(await axeFaults(page)).toEqual([])
      } finally {
        await context.close()
      }
    })

    test('takes rows that are pasted, and says what is wrong', async () => {
      const opened = await openPage(browser!, url, VIEWS[0]!)
      const { page, context } = opened
      try {
        await page.waitForSelector('.pad')
        await page.focus('#predict')
        await page.keyboard.press('Enter')
        await page.waitForSelector('#problem:visible')
        expect(await page.textContent('#problem')).toContain('Nothing has been drawn')
        await useKeys(page)
        await page.waitForSelector('.says')
        expect(await page.isVisible('#problem')).toBe(false)

        await page.selectOption('#model', 'row')
        const fields = page.locator('.fields input')
        expect(await fields.count()).toBe(4)
        await fields.first().fill('9')
        await page.keyboard.press('Enter')
        await page.waitForSelector('#problem:visible')
        expect(await page.textContent('#problem')).toContain('outside the declared domain')
        expect(await axeFaults(page)).toEqual([])
        await fields.first().evaluate((field: { dispatchEvent(event: unknown): void }) => {
          const { DataTransfer, ClipboardEvent } = globalThis as unknown as Record<
            string,
            new (
              ...args: unknown[]
            ) => never
          >
          const clipboardData: { setData(type: string, text: string): void } = new DataTransfer!()
          clipboardData.setData('text', '[0.1, 0.2; 0.3\n0.4]')
          field.dispatchEvent(new ClipboardEvent!('paste', { clipboardData, cancelable: true }))
        })
        expect(
          await fields.evaluateAll((all) => all.map((field) => (field as { value?: string }).value)),
        ).toEqual(['0.1', '0.2', '0.3', '0.4'])
        await page.keyboard.press('Enter')
        await page.waitForSelector('.says .row')
        expect(opened.complaints.filter((complaint) => !complaint.includes('422'))).toEqual([])
      } finally {
        await context.close()
      }
    })
  },
)
