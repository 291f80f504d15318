/** A proving key's file, seen as a step of a ceremony: its header, its contributions, its digest. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { withFile } from '../artifacts/iden3/binfile-file.js'
import type { Sha256 } from '../base/digest.js'
import { BaseError } from '../base/errors.js'
import { assertLinks, type Contributions, readContributions, TranscriptEndError } from './contributions.js'
import { isDevKey, zkeyHeader } from './keys.js'
import { deltaOf, isDelta1 } from './verification-key.js'
import { contributionsSection, type ZkeyHeader } from './zkey.js'

export type KeyFile = Contributions & {
  readonly path: string
  readonly header: ZkeyHeader
}

/** Throws `DevKeyError` for a key without a ceremony, `MalformedFileError`, `FieldError`. */
export async function readKeyFile(path: string): Promise<KeyFile> {
  const header = zkeyHeader(path)
  if (isDevKey(header)) throw new DevKeyError(path)
  const section = withFile(path, contributionsSection)
  return { path, header, ...(await readContributions({ name: path }, section)) }
}

/**
 * That the key's contributions hold, one after another, and lead to its delta.
 * Throws `ContributionError`, `TranscriptEndError`, `BeaconPlaceError`.
 */
export async function assertKeyFile(key: KeyFile, signal?: AbortSignal): Promise<void> {
  const { path, header, contributions } = key
  await assertLinks(key, deltaOf(header), path, signal)
  const last = contributions.at(-1)
  if (last !== undefined && !isDelta1(header, last.deltaAfter)) throw new TranscriptEndError(path)
}

/** SHA-256 of a file of any size. */
export async function fileDigest(path: string): Promise<Sha256> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 22 })) hash.update(chunk)
  return `sha256:${hash.digest('hex')}`
}

export class DevKeyError extends BaseError {
  override name = 'Ceremony.DevKeyError'
  constructor(readonly path: string) {
    super(`${path} is a dev key: whoever made it can forge proofs, whoever contributes to it.`, {
      hint: 'begin a ceremony with zkonnx setup DIR --ptau FILE',
    })
  }
}
