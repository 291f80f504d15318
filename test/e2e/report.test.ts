/**
 * `zkonnx report` over a real folder: the page as a browser shows it, wide and narrow, light and dark; its button, which
 * says yes to honest proofs and no to a tampered one; and what the command does where things are missing or wrong.
 */
import { cpSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { renderPage } from '../../src/report/page.js'
import { compile } from '../../src/stages/compile.js'
import { prove } from '../../src/stages/prove.js'
import { OtherSamplesError } from '../../src/stages/report/compare.js'
import { report } from '../../src/stages/report.js'
import { setup } from '../../src/stages/setup.js'
import { verify } from '../../src/stages/verify.js'
import { FieldError, OtherKeyError, verifyPrediction } from '../../src/verify.js'
import {
  axeFaults,
  NO_BROWSER,
  openBrowser,
  openPage,
  overflowOf,
  VIEWS,
  type View,
} from '../helpers/browser.js'
import { casePath, hasCases } from '../helpers/cases.js'
import { tempDir, zkonnx } from '../helpers/cli.js'
import { HOSTILE, reportFacts } from '../helpers/report-facts.js'
import { writeSmallNet } from '../helpers/small-net.js'

const dir = tempDir()
const at = (...parts: string[]) => join(dir, ...parts)
const json = (...parts: string[]) => JSON.parse(readFileSync(at(...parts), 'utf8'))
const urlOf = (path: string) => pathToFileURL(path).href
const PHONE: View = { width: 390, colorScheme: 'dark' }
const DEEP = process.env.ZKONNX_DEEP !== undefined
/** Each width and each scheme once, but with ZKONNX_DEEP all pairs. */
const LOOKED_AT = DEEP ? VIEWS : [VIEWS[0]!, PHONE]
let browser: Browser

beforeAll(async () => {
  await writeSmallNet(dir)
  await compile({ model: at('model.onnx'), data: at('samples.npz'), out: at('model'), bits: {} })
  await setup({ dir: at('model'), kind: 'dev' })
  await prove({ dir: at('model'), input: at('samples.npz'), limit: 2, out: at('model/proofs'), threads: 1 })
  await report({ dir: at('model'), out: at('page.html') })
  if (!NO_BROWSER) browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  rmSync(dir, { recursive: true, force: true })
})

/** What the page says after its button was pressed. */
async function press(page: Page, button: string): Promise<string> {
  await page.click(button)
  await page.waitForSelector('#verdict.good, #verdict.bad')
  return (await page.textContent('#verdict'))!
}

/** The same by the keyboard alone, and what has the focus then. */
async function pressByKeyboard(page: Page, id: string): Promise<unknown> {
  for (let i = 0; i < 30; i++) {
    await page.keyboard.press('Tab')
    if (await page.evaluate(`document.activeElement.id === '${id}'`)) break
  }
  await page.keyboard.press('Enter')
  await page.waitForSelector('#verdict.good')
  return page.evaluate('document.activeElement.id')
}

/** What is wrong with a page, at a width and in a scheme. */
async function faultsOf(url: string, view: View, use: (page: Page) => Promise<unknown> = async () => {}) {
  const { page, context, complaints, requests } = await openPage(browser, url, view)
  try {
    const said = await use(page)
    await page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true`)
    return {
      said,
      faults: { complaints, requests, overflow: await overflowOf(page), axe: await axeFaults(page) },
    }
  } finally {
    await context.close()
  }
}

const NONE = { complaints: [], requests: [], overflow: { by: 0, elements: [] }, axe: [] }

describe('the command', () => {
  test('finds proofs and samples by itself, and the same folder gives the same page', async () => {
    const made = await report({ dir: at('model') })
    expect(made).toMatchObject({ path: at('model/report.html'), proofs: 2, failing: 0, compared: 4 })
    expect([made.samples, made.bytes]).toEqual(['samples.npz', statSync(made.path).size])
    expect(readFileSync(at('page.html')).equals(readFileSync(made.path))).toBe(true)
  })

  test('samples that are not those that were measured on are refused', async () => {
    writeFileSync(at('other.npz'), Buffer.concat([readFileSync(at('samples.npz')), Buffer.from([0])]))
    await expect(report({ dir: at('model'), data: at('other.npz') })).rejects.toThrow(OtherSamplesError)
  })

  test('a proof that does not hold is named, in the page and by the exit code', async () => {
    cpSync(at('model'), at('away/tampered'), { recursive: true })
    const signals = JSON.parse(readFileSync(at('away/tampered/proofs/000001/public.json'), 'utf8'))
    writeFileSync(at('away/tampered/proofs/000001/public.json'), JSON.stringify(signals.with(0, '1')))
    const { code, stdout } = await zkonnx(at('away'), 'report', 'tampered', '-o', 'out.html')
    expect([code, existsSync(at('away/out.html'))]).toEqual([1, true])
    expect(stdout).toContain('1 of 2 proofs does not hold')
    expect(stdout).toContain('samples.npz was not at hand')
    const page = readFileSync(at('away/out.html'), 'utf8')
    expect(page).toContain('1 of the 2 proofs here did not verify')
  })

  test('a folder without keys has a page too, and no proofs', async () => {
    await compile({ model: at('model.onnx'), data: at('samples.npz'), out: at('bare'), bits: {} })
    const made = await report({ dir: at('bare') })
    expect(made).toMatchObject({ proofs: 0, failing: 0 })
    expect(readFileSync(made.path, 'utf8')).toContain('There are no keys yet')
  })
})

describe('zkonnx/verify', () => {
  const filesOf = (model: string, proof: string) => ({
    manifest: json(model, 'manifest.json'),
    verificationKey: json(model, 'verification_key.json'),
    publicSignals: json(proof, 'public.json'),
    proof: json(proof, 'proof.json'),
  })

  test('says of a proof what the command line says', async () => {
    const { valid, says } = await verifyPrediction(filesOf('model', 'model/proofs/000000'))
    const verdict = await verify(at('model'), at('model/proofs/000000'))
    expect([valid, verdict.valid]).toEqual([true, true])
    const [expected] = verdict.prediction.integer
    expect(says!.outputs).toMatchObject([{ ...expected, shows: 'values', shape: [1, 3] }])
    expect(says!.inputs).toMatchObject(verdict.says.inputs)
    expect(says!.context).toBe('0')
  })

  test.skipIf(!DEEP)(
    'says the same of proofs with lookups, and does not take them for plain ones',
    async () => {
      const options = {
        data: at('samples.npz'),
        out: at('lookup'),
        bits: {},
        scheme: 'groth16-lookup' as const,
      }
      await compile({ model: at('model.onnx'), ...options })
      await setup({ dir: at('lookup'), kind: 'dev' })
      await prove({
        dir: at('lookup'),
        input: at('samples.npz'),
        limit: 1,
        out: at('lookup/proofs'),
        threads: 1,
      })
      const [own, plain] = ['lookup', 'model'].map((dir) => filesOf(dir, `${dir}/proofs/000000`)) as [
        Files,
        Files,
      ]
      const verdicts = [await verifyPrediction(own), await verifyPrediction(plain)]
      expect(verdicts.map(({ valid }) => valid)).toEqual([true, true])
      expect(verdicts[0]!.says).toEqual(verdicts[1]!.says)
      const other = own.publicSignals.with(-1, '1')
      expect(await verifyPrediction({ ...own, publicSignals: other })).toMatchObject({ valid: false })
      const swapped = { ...own.proof, commitment: own.proof.pi_a }
      expect(await verifyPrediction({ ...own, proof: swapped })).toMatchObject({ valid: false })
      const { proof, verificationKey } = plain
      await expect(verifyPrediction({ ...own, proof })).rejects.toThrow(FieldError)
      await expect(verifyPrediction({ ...own, verificationKey })).rejects.toThrow(OtherKeyError)
      const disguised = { ...own.proof, protocol: 'groth16' }
      await expect(verifyPrediction({ ...own, proof: disguised })).rejects.toThrow(FieldError)
    },
  )
  type Files = ReturnType<typeof filesOf>
})

describe.skipIf(NO_BROWSER)('in a browser', () => {
  test.each(LOOKED_AT)(
    'at $width pixels, $colorScheme: nothing complains, overflows or loads, and the proofs verify',
    async (view) => {
      const { said, faults } = await faultsOf(urlOf(at('page.html')), view, async (page) => [
        await pressByKeyboard(page, 'verify'),
        await page.textContent('#verdict'),
        await page.locator('.holds').count(),
        await press(page, '#forge'),
        await page.getAttribute('#verdict', 'role'),
      ])
      expect(said).toEqual([
        'verify',
        expect.stringMatching(/^All 2 proofs verify\./),
        2,
        expect.stringMatching(/^Refused, as it should be: .* the proof does not hold\.$/),
        'status',
      ])
      expect(faults).toEqual(NONE)
    },
  )

  test('a proof that was tampered with in the page does not verify, and the other still does', async () => {
    const text = readFileSync(at('page.html'), 'utf8')
    const other = (digit: string) => String((Number(digit) + 1) % 10)
    const tampered = text.replace(/("signals":\["\d*)(\d)"/, (_, head, digit) => `${head}${other(digit)}"`)
    expect(tampered).not.toBe(text)
    writeFileSync(at('tampered.html'), tampered)
    const { page, context } = await openPage(browser, urlOf(at('tampered.html')), PHONE)
    expect(await press(page, '#verify')).toMatch(/^1 of 2 proofs does not verify\./)
    expect([await page.locator('.fails').count(), await page.locator('.holds').count()]).toEqual([1, 1])
    await context.close()
  })

  test('hostile names do nothing, and are not wider than a phone', async () => {
    writeFileSync(at('hostile.html'), renderPage(reportFacts(HOSTILE), 'document.body.dataset.ran = "yes"'))
    const { said, faults } = await faultsOf(urlOf(at('hostile.html')), PHONE, (page) =>
      page.evaluate('[document.body.dataset.ran, typeof window.pwned]'),
    )
    expect(said).toEqual(['yes', 'undefined'])
    expect(faults).toEqual(NONE)
  })
})

const LENET = 'torch/mnist_lenet'
const deep = DEEP && !NO_BROWSER && hasCases(LENET)

describe.skipIf(!deep)('LeNet-5', () => {
  test('has a page of under 2 MB, whose proofs verify, and at which nobody complains', async () => {
    const data = casePath(`${LENET}/test.npz`)
    await compile({ model: casePath(`${LENET}/legacy.onnx`), data, out: at('lenet') })
    await setup({ dir: at('lenet'), kind: 'dev' })
    await prove({ dir: at('lenet'), input: data, limit: 8, out: at('lenet/proofs') })
    const { path, bytes, proofs, compared } = await report({ dir: at('lenet'), data })
    expect([bytes < 2_000_000, proofs, compared]).toEqual([true, 8, 66])
    for (const view of VIEWS) {
      const { said, faults } = await faultsOf(urlOf(path), view, (page) => press(page, '#verify'))
      expect(said).toMatch(/^All 8 proofs verify\./)
      expect(faults).toEqual(NONE)
    }
  }, 900_000)
})
