import { expect, test } from 'vitest'
import { P } from '../../src/base/field.js'
import { contextOf, labelContext } from '../../src/chain/context.js'
import { keccak256 } from '../../src/chain/provider.js'
import type { Hex } from '../../src/chain/types.js'
import vectors from '../vectors/context.json' with { type: 'json' }

/** `elsewhere` are chain ids that no local chain is started with. */
const parsed = [...vectors.contexts, ...vectors.elsewhere].map(
  ({ chainId, modelId, nonce, deadline, ...rest }) => ({
    ...rest,
    chainId: BigInt(chainId),
    modelId: modelId as Hex,
    nonce: BigInt(nonce),
    deadline: BigInt(deadline),
  }),
)

test('contexts agree with the vectors', () => {
  for (const { context, ...input } of parsed) expect(String(contextOf(input))).toBe(context)
})

test('labels agree with the vectors, and no label is zero', () => {
  for (const { label, context } of vectors.labels as { label?: string; context: string }[]) {
    expect(String(labelContext(label))).toBe(context)
  }
  expect(labelContext()).toBe(0n)
})

/** By hand: words of 32 bytes, one after the other, as the specification of the ABI lays them out. */
const word = (value: bigint | string) => BigInt(value).toString(16).padStart(64, '0')
const upper248 = (hex: string) => BigInt(keccak256(`0x${hex}`)) >> 8n
const domain = (name: string) => keccak256(`0x${Buffer.from(name).toString('hex')}`).slice(2)

test('contexts are hashes of seven words', () => {
  for (const { context, chainId, consumer, modelId, beneficiary, nonce, deadline } of parsed) {
    const words = [chainId, consumer, modelId, beneficiary, nonce, deadline].map(word)
    expect(String(upper248(domain('zkonnx.context.v1') + words.join('')))).toBe(context)
  }
})

test('labels are hashes of their bytes in UTF-8, after offset and length', () => {
  for (const { label, context } of vectors.labels as { label?: string; context: string }[]) {
    if (label === undefined) continue
    const bytes = Buffer.from(label, 'utf8').toString('hex')
    const padded = bytes.padEnd(Math.ceil(bytes.length / 64) * 64, '0')
    const head = domain('zkonnx.label.v1') + word(64n) + word(BigInt(bytes.length / 2))
    expect(String(upper248(head + padded)), JSON.stringify(label)).toBe(context)
  }
})

test('no two vectors share a context', () => {
  const all = [...parsed.map(({ context }) => context), ...vectors.labels.map(({ context }) => context)]
  expect(new Set(all).size).toBe(all.length)
})

test('a label that has no UTF-8 raises a typed error', () => {
  expect(() => labelContext('\ud800')).toThrow("The context's label")
})

test('every part changes the context, which fits the field', () => {
  const base = parsed[1]!
  const variants = [
    base,
    { ...base, chainId: 1n },
    { ...base, consumer: base.beneficiary },
    { ...base, modelId: `0x${'11'.repeat(32)}` as const },
    { ...base, beneficiary: base.consumer },
    { ...base, nonce: base.nonce + 1n },
    { ...base, deadline: base.deadline + 1n },
  ]
  const contexts = variants.map(contextOf)
  expect(new Set(contexts).size).toBe(variants.length)
  for (const context of contexts) expect(context < P && context < 1n << 248n).toBe(true)
})

test('what is no address or no 256-bit number raises a typed error', () => {
  const base = parsed[1]!
  const bad = [{ consumer: 'me' }, { beneficiary: '0x12' }, { nonce: -1n }, { deadline: 1n << 256n }]
  for (const change of bad) {
    expect(() => contextOf({ ...base, ...change })).toThrow(`The context's ${Object.keys(change)[0]}`)
  }
})
