/**
 * Keystore files (Web3 Secret Storage, version 3), as geth, cast and most wallets write them: a private key under a
 * password. What is read here is still encrypted.
 *
 * Trap: the file says how much work and memory its password takes, and a hostile one says too much.
 */
import { z } from 'zod'
import { BaseError } from '../base/errors.js'
import { readJson } from './store.js'

/** geth's own files take 2^18 with r = 8: 256 MiB. */
const MOST_SCRYPT = 2 ** 23
const MOST_PBKDF2 = 10_000_000

const Scrypt = z.looseObject({ n: z.number(), r: z.number(), p: z.number() })
const Pbkdf2 = z.looseObject({ c: z.number() })
const KeystoreFile = z.looseObject({
  address: z.string().optional(),
  version: z.literal(3),
  crypto: z.looseObject({ kdf: z.string(), kdfparams: z.union([Scrypt, Pbkdf2]) }),
})

/** The file's JSON text. Throws the store's errors and `KeystoreCostError`. */
export async function readKeystore(path: string): Promise<string> {
  // members are spelled in either case
  const lowered = z.preprocess((value) => lowerKeys(value), KeystoreFile)
  const file = await readJson(path, lowered)
  if (isTooMuch(file.crypto.kdfparams)) throw new KeystoreCostError(path)
  return JSON.stringify(file)
}

function isTooMuch(params: z.infer<typeof Scrypt> | z.infer<typeof Pbkdf2>): boolean {
  const scrypt = Scrypt.safeParse(params)
  if (scrypt.success) return scrypt.data.n * scrypt.data.r * scrypt.data.p > MOST_SCRYPT
  return Pbkdf2.parse(params).c > MOST_PBKDF2
}

function lowerKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key.toLowerCase(), lowerKeys(one)]))
}

export class KeystoreCostError extends BaseError {
  override name = 'Keystore.CostError'
  constructor(readonly path: string) {
    super(`The keystore ${path} asks for more work than any wallet's does.`, {
      hint: 'check where the file comes from, and make it again with a wallet of yours',
    })
  }
}
