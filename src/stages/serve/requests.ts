/** From what a client sent to what workers take: samples as the command line's files have them, and terms beside them. */
import type { ContextRecord } from '../../artifacts/proof-folder.js'
import { bind } from '../../artifacts/samples/bind.js'
import { samplesFromJson } from '../../artifacts/samples/json.js'
import { BaseError } from '../../base/errors.js'
import { isAddress } from '../../chain/provider.js'
import { factsOf } from '../../chain/solidity/model-facts.js'
import { contextFor } from '../chain.js'
import { integerClaims } from '../prove.js'
import type { Served } from './models.js'
import { Refusal, refusalOf, TooManySamplesError } from './refusals.js'

/** What a client may ask of a proof besides the samples. */
export type Terms = {
  /** Bind to this text. */
  readonly label?: string | undefined
  /** Bind to this contract's use; sample i has the nonce plus i. */
  readonly consumer?: string | undefined
  readonly chainId?: string | undefined
  readonly beneficiary?: string | undefined
  readonly nonce?: string | undefined
  readonly deadline?: string | undefined
  /** `OUTPUT=NUMBER` in real numbers. */
  readonly claim?: readonly string[] | undefined
}

export type Asked = {
  readonly rows: readonly (readonly Float64Array[])[]
  readonly contexts: readonly ContextRecord[]
  /** In integers. */
  readonly claims: Readonly<Record<string, number>>
}

/** Samples of one request: each is predicted before it is answered. */
export const MOST_SAMPLES = 256

/** Throws `Refusal`: 400 for what is no JSON, 413 for too many samples, 422 for what does not fit the model. */
export function readAsked({ manifest }: Served, body: Uint8Array, terms: Terms): Asked {
  const rows = refusing(
    () => bind(samplesFromJson(body, 'The request'), manifest.inputs, manifest.fixed).rows,
  )
  if (rows.length > MOST_SAMPLES) throw new TooManySamplesError(rows.length, MOST_SAMPLES)
  const claims = refusing(() => integerClaims(manifest, realClaims(terms.claim ?? [])))
  return { rows, contexts: rows.map((_, sample) => contextOf(manifest, terms, sample)), claims }
}

function refusing<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof BaseError) || error instanceof Refusal) throw error
    throw refusalOf(error.name === 'Store.NotJsonError' ? 400 : 422, error)
  }
}

function realClaims(texts: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    texts.map((text): [string, number] => {
      const at = text.lastIndexOf('=')
      const number = Number(text.slice(at + 1))
      if (at < 1 || text.slice(at + 1).trim() === '' || !Number.isFinite(number)) {
        throw new TermError('claim', text, 'give OUTPUT=NUMBER, e.g. claim=score=0.5')
      }
      return [text.slice(0, at), number]
    }),
  )
}

/** No deadline: the last second that 64 bits can name. */
const NEVER = 2n ** 64n - 1n
const NOBODY = `0x${'0'.repeat(40)}`

function contextOf(manifest: Served['manifest'], terms: Terms, sample: number): ContextRecord {
  const { label, consumer } = terms
  if (consumer === undefined) {
    const alone = CHAIN_TERMS.find((name) => terms[name] !== undefined)
    if (alone !== undefined)
      throw new TermError(alone, terms[alone]!, 'give the contract too: consumer=0x...')
    return label === undefined ? { kind: 'none' } : { kind: 'label', label }
  }
  if (label !== undefined) throw new TermError('label', label, 'a proof is bound to a label or to a contract')
  const [chainId, nonce] = [whole(terms, 'chainId', undefined), whole(terms, 'nonce', 0n)]
  return contextFor(
    {
      chainId: String(chainId),
      modelId: factsOf(manifest).modelId,
      record: { address: address(terms, 'consumer'), transaction: '', gas: '' },
    },
    {
      beneficiary: terms.beneficiary === undefined ? NOBODY : address(terms, 'beneficiary'),
      nonce: nonce + BigInt(sample),
      deadline: whole(terms, 'deadline', NEVER, 64),
    },
  )
}

const CHAIN_TERMS = ['chainId', 'beneficiary', 'nonce', 'deadline'] as const

function address(terms: Terms, name: 'consumer' | 'beneficiary'): string {
  const text = terms[name]!
  if (!isAddress(text) || !text.startsWith('0x'))
    throw new TermError(name, text, 'give an address: 0x and 40 hexadecimal digits')
  return text
}

/** 255 bits leave room for the samples' numbers. */
function whole(
  terms: Terms,
  name: 'chainId' | 'nonce' | 'deadline',
  unless: bigint | undefined,
  bits = 255,
): bigint {
  const text = terms[name] ?? unless?.toString()
  if (text === undefined || !/^\d{1,78}$/.test(text) || BigInt(text) >> BigInt(bits) !== 0n)
    throw new TermError(name, text ?? 'missing', `give a whole number of at most ${bits} bits, in decimal`)
  return BigInt(text)
}

export class TermError extends Refusal {
  override name = 'Serve.TermError'
  constructor(term: string, value: string, hint: string) {
    super(422, `The parameter "${term}" is not as it should be.`, {
      details: [`it is: ${value.slice(0, 80)}`],
      hint,
    })
  }
}
