import { expect, test } from 'vitest'
import { P } from '../../src/base/field.js'
import { contextOf, labelContext } from '../../src/chain/context.js'
import type { Hex } from '../../src/chain/types.js'
import vectors from '../vectors/context.json' with { type: 'json' }

const parsed = vectors.contexts.map(({ chainId, modelId, nonce, deadline, ...rest }) => ({
  ...rest,
  chainId: BigInt(chainId),
  modelId: modelId as Hex,
  nonce: BigInt(nonce),
  deadline: BigInt(deadline),
}))

test('contexts agree with the vectors', () => {
  for (const { context, ...input } of parsed) expect(String(contextOf(input))).toBe(context)
})

test('labels agree with the vectors, and no label is zero', () => {
  for (const { label, context } of vectors.labels as { label?: string; context: string }[]) {
    expect(String(labelContext(label))).toBe(context)
  }
  expect(labelContext()).toBe(0n)
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
