/** The models that a service answers for, each by a name that fits into an address. */
import { basename, resolve } from 'node:path'
import { type Manifest, readManifest } from '../../artifacts/manifest.js'
import { canonicalJson, type Sha256, sha256 } from '../../base/digest.js'
import { BaseError } from '../../base/errors.js'
import { assertKeysBelong, openVerificationKey } from '../../prover/open.js'
import type { AnyVerificationKey } from '../../prover/schemes.js'

export type Served = {
  readonly id: string
  readonly dir: string
  readonly manifest: Manifest
  readonly verificationKey: AnyVerificationKey
  /** Of the verifying key. */
  readonly key: Sha256
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** Opens `DIR` or `NAME=DIR`; without a name it is that of the folder. Throws `NameError` and what reading folders throws. */
export async function openServed(folders: readonly string[]): Promise<ReadonlyMap<string, Served>> {
  const served = new Map<string, Served>()
  for (const folder of folders) {
    const { id, dir } = nameOf(folder)
    const other = served.get(id)
    if (other !== undefined) throw new NameError(`${other.dir} and ${dir} are both named "${id}"`, dir)
    const manifest = await readManifest(dir)
    await assertKeysBelong(dir, manifest)
    const verificationKey = await openVerificationKey(dir, manifest.circuit.sha256, manifest.scheme)
    const key = sha256(canonicalJson(verificationKey))
    served.set(id, { id, dir, manifest, verificationKey, key })
  }
  return served
}

function nameOf(folder: string): { id: string; dir: string } {
  const at = folder.indexOf('=')
  const given = folder.slice(0, Math.max(0, at))
  if (NAME.test(given)) return { id: given, dir: folder.slice(at + 1) }
  const id = basename(resolve(folder)).replace(/[^A-Za-z0-9._-]/g, '-')
  if (!NAME.test(id)) throw new NameError(`"${id}" cannot be part of an address`, folder)
  return { id, dir: folder }
}

export class NameError extends BaseError {
  override name = 'Serve.NameError'
  constructor(problem: string, dir: string) {
    super(`The models have no names to be served under: ${problem}.`, {
      hint: `give one of letters, digits, dots, dashes and underscores: NAME=${dir}`,
    })
  }
}
