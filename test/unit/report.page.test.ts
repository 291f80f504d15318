/** The page of a report: what it is made of, and that nothing that a file says becomes markup. */
import { createHash } from 'node:crypto'
import { inflateSync } from 'node:zlib'
import domino from '@mixmark-io/domino'
import { describe, expect, test } from 'vitest'
import { groupLayers } from '../../src/report/groups.js'
import { html, jsonFor } from '../../src/report/html.js'
import { renderPage } from '../../src/report/page.js'
import { imageLayout, pictureOf } from '../../src/report/picture.js'
import { shellWord } from '../../src/report/sections/parts.js'
import { percent } from '../../src/report/words.js'
import { HOSTILE, reportFacts } from '../helpers/report-facts.js'

type Found = {
  readonly textContent: string
  getAttribute(name: string): string | null
  readonly attributes: { length: number; item(i: number): { name: string } }
}
/** What the page has of a selector. */
type Find = (selector: string) => Found[]
function parse(page: string): Find {
  const document = domino.createDocument(page) as { querySelectorAll(selector: string): ArrayLike<Found> }
  return (selector) => Array.from(document.querySelectorAll(selector))
}
const SCRIPT = 'document.title+=""'

describe('the page', () => {
  test('has a section for everything, each with its own id, and says what it was told', () => {
    const page = parse(renderPage(reportFacts(), SCRIPT))
    const ids = page('h2').map((one) => one.getAttribute('id'))
    expect(ids).toEqual([
      'proofs',
      'statement',
      'fidelity',
      'layers',
      'bits',
      'keys',
      'chain',
      'check',
      'notes',
    ])
    const text = page('main')
      .map(({ textContent }) => textContent)
      .join()
    const expected = [
      'dog (class 1)',
      '1 of the 2 proofs here did not verify',
      '1 more proof of the folder',
      '1×1×7×7; signal 1; real = integer × 1',
      'cat (class 0) becomes bird (class 2); margin 0.01',
      '3 choices of bits were tried on 60 samples',
      'a ceremony of 1 contribution',
      '633,600',
      'zkonnx verify-build dir --model m.onnx --data d.npz',
      'A note.',
    ]
    expect(expected.filter((said) => !text.includes(said))).toEqual([])
  })

  test('shows every plot at both widths, one figure each, named for those who do not see it', () => {
    const page = parse(renderPage(reportFacts(), SCRIPT))
    const plots = page('figure svg').map((svg) => [svg.getAttribute('role'), svg.getAttribute('aria-label')])
    expect(plots).toHaveLength(2 * 5)
    for (const [role, label] of plots) expect([role, label!.length > 20]).toEqual(['img', true])
    expect(page('svg.graph text.name').map(({ textContent }) => textContent)).toEqual([
      ...['x', 'hidden', 'last', 'scores'],
    ])
  })

  test('what is missing is named, with the command that gives it', () => {
    const { manifest, proofs, chain, ...facts } = reportFacts()
    const { setup: _, quantization: __, ...bare } = manifest
    const page = renderPage(
      {
        ...{ ...facts, manifest: bare, verificationKey: undefined },
        ...{ fidelity: undefined, comparison: undefined, wiring: undefined },
        proofs: { ...proofs, shown: [], found: 0 },
        chain: { ...chain, deployment: undefined, registration: undefined },
      },
      SCRIPT,
    )
    const missing = parse(page)('.missing').map(({ textContent }) => textContent)
    expect(missing.map((text) => /zkonnx (\w+)/.exec(text)?.[1])).toEqual([
      'setup',
      'compile',
      'report',
      'setup',
      'deploy',
    ])
    expect(parse(page)('#verify, img')).toHaveLength(0)
  })

  test('of secret weights nothing is asked that only their owner could do', () => {
    const { manifest, ...facts } = reportFacts()
    const { frontier: _, ...quantization } = manifest.quantization!
    const model = { ...manifest.model, files: [], weights: 'committed' as const, commitment: '7' }
    const statement = { ...manifest.statement, model: { ...manifest.statement.outputs[0]!, first: 2 } }
    const page = parse(
      renderPage({ ...facts, manifest: { ...manifest, model, quantization, statement } }, SCRIPT),
    )
    const commands = page('.command code').map(({ textContent }) => textContent)
    expect(commands.filter((command) => /compile|--model|--data/.test(command))).toEqual([])
    expect(commands).toContain('zkonnx verify-build dir')
    expect(page('#statement ~ dl')[0]!.textContent).toContain(
      'Shows a Poseidon commitment, the same for every proof',
    )
  })

  test('warnings stand at the top, other notes at the end', () => {
    const { manifest, ...facts } = reportFacts()
    const notes = ['WARNING: no data was given.', 'A note.']
    const page = parse(renderPage({ ...facts, manifest: { ...manifest, notes } }, SCRIPT))
    expect(page('header .warning').map(({ textContent }) => textContent)).toEqual([
      'Warning: no data was given.',
    ])
    expect(page('main li').map(({ textContent }) => textContent)).toContain('A note.')
  })

  test('runs its own script and no other, and may load nothing', () => {
    const page = renderPage(reportFacts(), SCRIPT)
    const policy = parse(page)('meta[http-equiv]')[0]!.getAttribute('content')!
    const hash = createHash('sha256').update(SCRIPT).digest('base64')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain(`script-src 'sha256-${hash}';`)
    const addresses = parse(page)('[src], [href]').map(
      (one) => one.getAttribute('src') ?? one.getAttribute('href')!,
    )
    expect(addresses.filter((address) => !/^(#|data:)/.test(address))).toEqual([])
  })

  test('hostile names stay text, in the page, in plots and in the evidence', () => {
    const facts = reportFacts(HOSTILE)
    const [page, tame] = [renderPage(facts, SCRIPT), renderPage(reportFacts(), SCRIPT)].map(parse) as [
      Find,
      Find,
    ]
    for (const selector of ['script', 'img', 'iframe, object, embed, link', '*'])
      expect(page(selector)).toHaveLength(tame(selector).length)
    const handlers = page('*').flatMap(({ attributes }) =>
      Array.from({ length: attributes.length }, (_, i) => attributes.item(i).name).filter((name) =>
        /^on/i.test(name),
      ),
    )
    expect(handlers).toEqual([])
    // all of it is there to be read, but for the mark that would turn the text around
    const shown = `model${HOSTILE}`.replace('\u202e', '\ufffd')
    expect(page('h1')[0]!.textContent).toBe(shown)
    const evidence = JSON.parse(page('#evidence')[0]!.textContent)
    expect(evidence.manifest).toEqual(facts.manifest)
    expect(evidence.proofs[0]).toEqual({ signals: ['1', '2', `3${HOSTILE}`], proof: { pi_a: HOSTILE } })
  })

  test('the built script cannot end its own element', async () => {
    const { readFile } = await import('node:fs/promises')
    const script = await readFile(new URL('../../dist/browser/report.js', import.meta.url), 'utf8')
    expect(script).not.toMatch(/<\/script|<!--/i)
  })
})

test('templates escape what is put in, and only that', () => {
  const evil = `<b a="1" b='2'>&\u0000\ud800`
  expect(html`<i title="${evil}">${[evil, html`<u>${1}</u>`, undefined, false]}</i>`.html).toBe(
    [
      '<i title="&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;\ufffd\ufffd">',
      '&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;\ufffd\ufffd<u>1</u></i>',
    ].join(''),
  )
  expect(jsonFor({ a: '</script><!--\u2028' }).html).toBe('{"a":"\\u003c/script\\u003e\\u003c!--\\u2028"}')
})

test('words of a shell are quoted where it would read more into them', () => {
  const words = ['a/b-c.npz', 'a b', "it's", '$(rm -rf ~)', '-o', '*', '']
  expect(words.map(shellWord)).toEqual([
    'a/b-c.npz',
    "'a b'",
    "'it'\\''s'",
    "'$(rm -rf ~)'",
    "'-o'",
    "'*'",
    "''",
  ])
})

test('shares have digits that say something', () => {
  expect(
    [0, 1.7e-18, 1e-6, 0.0012, 0.5, 0.996, 1].map((share) => percent(share).replace('\u00a0', ' ')),
  ).toEqual([...['0 %', '0 %', 'under 0.01 %', '0.12 %', '50.0 %', '99.6 %', '100 %']])
})

test('inputs are images by their shape', () => {
  const sizes = (shape: number[]) => {
    const layout = imageLayout(shape)
    return layout && [layout.width, layout.height, layout.channels, layout.last]
  }
  expect(sizes([1, 1, 28, 30])).toEqual([30, 28, 1, false])
  expect(sizes([1, 3, 8, 8])).toEqual([8, 8, 3, false])
  expect(sizes([1, 8, 9, 3])).toEqual([9, 8, 3, true])
  expect(sizes([1, 784])).toEqual([28, 28, 1, false])
  for (const shape of [[], [1, 64], [1, 30], [1, 12, 16], [2, 3, 8, 8], [1, 3, 2, 2]])
    expect(sizes(shape)).toBeUndefined()
})

test('a picture has its pixels where the layout says', () => {
  const values = [0, 128, 255, 255, 0, 0]
  const decode = (address: string) => {
    const bytes = Buffer.from(address.replace('data:image/png;base64,', ''), 'base64')
    const length = bytes.readUInt32BE(33)
    expect(bytes.subarray(37, 41).toString()).toBe('IDAT')
    return [...inflateSync(bytes.subarray(41, 41 + length))]
  }
  const grey = { width: 3, height: 2, channels: 1, last: false } as const
  expect(decode(pictureOf(values, grey))).toEqual([0, 0, 128, 255, 0, 255, 0, 0])
  // two pixels, red planes before green before blue; then pixel by pixel
  expect(decode(pictureOf(values, { width: 2, height: 1, channels: 3, last: false }))).toEqual([
    0, 0, 255, 0, 128, 255, 0,
  ])
  expect(decode(pictureOf(values, { width: 2, height: 1, channels: 3, last: true }))).toEqual([0, ...values])
})

test('steps of a node are put together where there are too many, and nothing is lost', () => {
  const layer = (name: string, constraints: number) => ({
    ...{ name, source: 'LSTM', kind: 'product', shape: [1, 2], lo: 0, hi: 1, bits: 1, constraints },
  })
  const layers = [
    layer('/r/LSTM.3', 1),
    layer('/r/LSTM.3/rescale', 2),
    layer('/r/LSTM.12', 4),
    layer('/f/Gemm', 8),
  ]
  const wiring = {
    layers: [[{ input: 'x' }], [{ layer: 0 }], [{ layer: 1 }, { input: 'x' }], [{ layer: 2 }]],
    outputs: [{ name: 'y', from: { layer: 3 } }],
  }
  const whole = groupLayers(layers, wiring, 4)
  expect(whole.groups.map(({ name, from }) => [name, from])).toEqual(
    layers.map(({ name }, i) => [name, wiring.layers[i]]),
  )
  const { groups, outputs } = groupLayers(layers, wiring, 3)
  expect(groups.map(({ name, constraints, size, from }) => [name, constraints, size, from])).toEqual([
    ['/r/LSTM', 7, 3, [{ input: 'x' }]],
    ['/f/Gemm', 8, 1, [{ layer: 0 }]],
  ])
  expect(outputs).toEqual([{ name: 'y', from: { layer: 1 } }])
  // parts of a layer always are; alike names of layers that are none stay apart
  const trees = ['trees', 'trees.2', 'trees.3', 'conv.1', 'conv.2'].map((name) => layer(name, 1))
  expect(groupLayers(trees, undefined, 9).groups.map(({ name, size }) => [name, size])).toEqual([
    ['trees', 3],
    ['conv.1', 1],
    ['conv.2', 1],
  ])
})
