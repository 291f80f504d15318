/** Names that enter generated Solidity. Nothing else of a model's text does, so that no text of a model can be code. */

import type { Sha256 } from '../../base/digest.js'
import { BaseError } from '../../base/errors.js'
import type { Hex } from '../types.js'

/** `digits-cnn` as `DigitsCnn`: the letters and digits of any text as a contract's name. */
export function solidityName(text: string): string {
  const words = text.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  const name = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')
  return /^[A-Z]/.test(name) ? name : `Model${name}`
}

/** Names of classes as those of an enumeration's members: different ones stay different, and each is an identifier. */
export function enumerators(classes: readonly string[]): string[] {
  const taken = new Set<string>()
  return classes.map((text, place) => {
    const words = text.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
    const joined = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')
    const name = (/^[A-Z]/.test(joined) ? joined : `Class${joined === '' ? place : joined}`).slice(0, LONGEST)
    let own = name
    for (let n = place; taken.has(own); n += classes.length) own = `${name}Class${n}`
    taken.add(own)
    return own
  })
}

// leaves room for what tells two of the same beginning apart
const LONGEST = 48

/** A digest as the chain's `bytes32`. Throws `NameError`. */
export function modelIdOf(digest: Sha256): Hex {
  const id = `0x${digest.replace(/^sha256:/, '')}` as const
  assertModelId(id)
  return id
}

export function assertSolidityName(name: string): void {
  if (!/^[A-Z][A-Za-z0-9]{0,63}$/.test(name)) {
    throw new NameError(
      `\`${name}\` does not do as the name of a contract.`,
      'use letters and digits, a capital first',
    )
  }
}

export function assertModelId(id: string): void {
  if (!/^0x[0-9a-f]{64}$/.test(id)) {
    throw new NameError(
      `\`${id}\` is not a model id.`,
      'give 32 bytes as 0x and 64 lower-case hexadecimal digits',
    )
  }
}

export class NameError extends BaseError {
  override name = 'Chain.NameError'
  constructor(summary: string, hint: string) {
    super(summary, { hint })
  }
}
