/** The vectors of the context in the circuit's witness, in what is written about it, and at the command line. */
import { createHash } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as Wtns from '../../src/artifacts/iden3/wtns.js'
import { readManifest } from '../../src/artifacts/manifest.js'
import { type ContextRecord, folderOf } from '../../src/artifacts/proof-folder.js'
import { fromBytesLE } from '../../src/base/field.js'
import type { Hex } from '../../src/chain/types.js'
import { compile } from '../../src/stages/compile.js'
import { signalOf, witness } from '../../src/stages/prove.js'
import { setup } from '../../src/stages/setup.js'
import { verify } from '../../src/stages/verify.js'
import { answer, tempDir, zkonnx } from '../helpers/cli.js'
import { INPUTS, writeSmallNet } from '../helpers/small-net.js'
import vectors from '../vectors/context.json' with { type: 'json' }

type Vector = { readonly record: ContextRecord; readonly context: string }

const LABELS: readonly Vector[] = (vectors.labels as { label?: string; context: string }[]).map(
  ({ label, context }) => ({
    record: label === undefined ? { kind: 'none' } : { kind: 'label', label },
    context,
  }),
)
const CONTEXTS: readonly Vector[] = [...vectors.contexts, ...vectors.elsewhere].map(
  ({ context, modelId, ...rest }) => ({
    record: { kind: 'chain', modelId: modelId as Hex, ...rest },
    context,
  }),
)
const ALL = [...LABELS, ...CONTEXTS]

const dir = tempDir()
const at = (...parts: string[]) => join(dir, ...parts)
const json = (path: string) => JSON.parse(readFileSync(at(path), 'utf8'))

beforeAll(async () => {
  await writeSmallNet(dir)
  await compile({ model: at('model.onnx'), data: at('samples.npz'), out: at('model') })
  await setup({ dir: at('model'), kind: 'dev' })
  const row = new Array(INPUTS).fill(0.5)
  writeFileSync(at('many.json'), JSON.stringify(ALL.map(() => row)))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

test('every vector is the context wire of its witness, and the last public signal', async () => {
  const context = (sample: number) => ALL[sample]!.record
  await witness({ dir: at('model'), input: at('many.json'), out: at('witnesses'), context })
  const { statement } = await readManifest(at('model'))
  ALL.forEach(({ record, context }, sample) => {
    const folder = folderOf(at('witnesses'), sample)
    const { values } = Wtns.decode(readFileSync(join(folder, 'witness.wtns')))
    const wire = fromBytesLE(values, 32 * (1 + statement.context))
    expect(String(wire), JSON.stringify(record)).toBe(context)
    const signals = JSON.parse(readFileSync(join(folder, 'public.json'), 'utf8'))
    expect(signals[statement.context]).toBe(context)
    const prediction = JSON.parse(readFileSync(join(folder, 'prediction.json'), 'utf8'))
    expect(prediction.context).toEqual(record)
  })
})

/** The manifest's digest, as anyone computes it: keys sorted, no white space. */
function ownId(): Hex {
  const sorted = (value: unknown): string => {
    if (Array.isArray(value)) return `[${value.map(sorted).join(',')}]`
    if (value === null || typeof value !== 'object') return JSON.stringify(value)
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${sorted(inner)}`).join(',')}}`
  }
  return `0x${createHash('sha256')
    .update(sorted(json('model/manifest.json')))
    .digest('hex')}`
}

const optionsOf = (record: ContextRecord): string[] => {
  if (record.kind === 'none') return ['--unbound']
  if (record.kind === 'label') return ['--label', record.label]
  const { chainId, consumer, beneficiary, nonce, deadline } = record
  return [
    ...['--chain-id', chainId, '--consumer', consumer, '--beneficiary', beneficiary],
    ...['--nonce', nonce, '--deadline', deadline],
  ]
}

describe('at the command line', () => {
  const chosen = [
    ...CONTEXTS.filter((_, i) => (process.env.ZKONNX_DEEP ? [1, 3, 6, 7] : [1, 6]).includes(i)),
    CONTEXTS.at(-2)!,
    ...LABELS.filter(({ record }) => record.kind !== 'label' || /^$|🧮|quoted/u.test(record.label)),
  ]

  test.each(chosen)('witness gives %j', async (vector) => {
    // the model's id is the digest of its manifest, which no option can choose
    const own = vector.record.kind === 'chain' ? { ...vector.record, modelId: ownId() } : undefined
    const { record, context } = own ? { record: own, context: String(signalOf(own)) } : vector
    const ran = await zkonnx(
      dir,
      ...['witness', 'model', '--input', 'many.json', '--limit', '1', '-o', 'one', '--json'],
      ...optionsOf(record),
    )
    expect(ran).toMatchObject({ code: 0 })
    const [result] = answer<{ signals: string[]; context: ContextRecord }[]>(ran)
    expect(result!.context).toEqual(record)
    expect(result!.signals.at(-1)).toBe(context)
    expect(json('one/000000/public.json').at(-1)).toBe(context)
    expect(json('one/000000/prediction.json').context).toEqual(record)
  })

  test('prove binds to it, and verify refuses a prediction that names another', async () => {
    const { record, context } = LABELS.find(
      ({ record }) => record.kind === 'label' && record.label === '預測',
    )!
    const ran = await zkonnx(
      dir,
      ...['prove', 'model', '--input', 'many.json', '--limit', '1', '-o', 'proofs', ...optionsOf(record)],
    )
    expect(ran).toMatchObject({ code: 0 })
    expect(json('proofs/000000/public.json').at(-1)).toBe(context)
    expect((await verify(at('model'), at('proofs/000000'))).valid).toBe(true)
    const told = { ...json('proofs/000000/prediction.json'), context: { kind: 'label', label: '预测' } }
    writeFileSync(at('proofs/000000/prediction.json'), JSON.stringify(told))
    expect(await verify(at('model'), at('proofs/000000'))).toMatchObject({ valid: false, reason: /context/ })
  })

  test.each([
    [['--consumer', '0x12', '--chain-id', '1'], 'consumer'],
    [['--consumer', `0x${'0'.repeat(40)}`], '--chain-id'],
    [['--consumer', `0x${'0'.repeat(40)}`, '--chain-id', '1', '--nonce', String(1n << 256n)], 'nonce'],
    [['--consumer', `0x${'0'.repeat(40)}`, '--chain-id', '-1'], 'whole number'],
    [['--consumer', `0x${'0'.repeat(40)}`, '--chain-id', '0x1'], 'whole number'],
  ])('%j is refused', async (options, says) => {
    const ran = await zkonnx(dir, 'witness', 'model', '--input', 'many.json', '--limit', '1', ...options)
    expect(ran.code).toBe(2)
    expect(ran.stderr).toContain(says)
  })
})
