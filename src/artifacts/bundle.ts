/** What a bundle holds, and under which names; nothing else is let in. */
import { BaseError } from '../base/errors.js'
import { FILES } from './paths.js'
import { PROOF_FILES } from './proof-folder.js'
import { decodeStored, encodeStored, type Files } from './stored-zip.js'

/** For people, and not checked. */
export const README = 'README.txt'
export const FIDELITY = 'fidelity.json'

/** Of every bundle; what stands beside them only some have. */
const REQUIRED = [README, FILES.manifest, FILES.verificationKey, FIDELITY] as const
const OPTIONAL = [FILES.transcript] as const

const OF_A_PROOF = [PROOF_FILES.proof, PROOF_FILES.signals, PROOF_FILES.prediction] as const
const PROOF_NAME = /^proofs\/(\d{6})\/([a-z]+\.json)$/

export type Bundle = {
  /** By name. */
  readonly files: Files
  /** `proofs/000000`, ... */
  readonly proofs: readonly string[]
}

/** `proofs/000012` for the twelfth proof, counted from 0. */
export function proofFolder(place: number): string {
  return `proofs/${String(place).padStart(6, '0')}`
}

/** The bytes of a bundle: the same for the same files. Throws `ContentError` where some are missing or foreign. */
export function encodeBundle(files: Files): Uint8Array {
  const names = [...files.keys()].sort((a, b) => (a < b ? -1 : 1))
  const ordered = new Map(names.map((name) => [name, files.get(name)!]))
  proofsOf(ordered, 'the bundle')
  return encodeStored(ordered)
}

/** Throws `ArchiveError`, `ContentError`. */
export function decodeBundle(bytes: Uint8Array, file: string): Bundle {
  const files = decodeStored(bytes, file)
  const names = [...files.keys()]
  const misplaced = names.find((name, i) => i > 0 && name <= names[i - 1]!)
  if (misplaced !== undefined) throw new ContentError(file, misplaced, 'is not in its place')
  return { files, proofs: proofsOf(files, file) }
}

function proofsOf(files: Files, file: string): string[] {
  const others = [...files.keys()].filter((name) => ![...REQUIRED, ...OPTIONAL].some((one) => one === name))
  const folders = new Map<string, number>()
  for (const name of others) {
    const [, place, part] = PROOF_NAME.exec(name) ?? []
    if (part === undefined || !OF_A_PROOF.some((one) => one === part))
      throw new ContentError(file, name, 'does not belong in a bundle')
    folders.set(`proofs/${place}`, (folders.get(`proofs/${place}`) ?? 0) + 1)
  }
  const proofs = Array.from({ length: folders.size }, (_, place) => proofFolder(place))
  const expected = [...REQUIRED, ...proofs.flatMap((folder) => OF_A_PROOF.map((part) => `${folder}/${part}`))]
  const missing = expected.find((name) => !files.has(name))
  if (missing !== undefined) throw new ContentError(file, missing, 'is missing')
  return proofs
}

export class ContentError extends BaseError {
  override name = 'Bundle.ContentError'
  constructor(
    readonly file: string,
    readonly entry: string,
    problem: string,
  ) {
    super(`${file} is not a bundle: ${JSON.stringify(entry)} ${problem}.`, {
      hint: 'take the bundle as `zkonnx bundle` wrote it, and compare its digest',
    })
  }
}
