/** The file of a proving key of a circuit with lookups, seen as a step of a ceremony. */
import * as Binfile from '../../artifacts/iden3/binfile.js'
import { withFile } from '../../artifacts/iden3/binfile-file.js'
import { TranscriptEndError } from '../contributions.js'
import { inG1, inG2 } from '../groth16/decimals.js'
import { G1, G2 } from '../groth16/group.js'
import { DevKeyError } from '../key-file.js'
import { parseG2 } from '../proof.js'
import { assertLinks, type LookupContributions, readContributions } from './contributions.js'
import { assertDeltas } from './key.js'
import { DEV_MARK, type Header, LKEY, readHeader, SECTION } from './key-format.js'

export type LookupKeyFile = LookupContributions & { readonly path: string; readonly header: Header }

/** Throws `DevKeyError` for a key without a ceremony, `MalformedFileError`, `FieldError`. */
export function readKeyFile(path: string): LookupKeyFile {
  return withFile(path, (source) => {
    const header = readHeader(source)
    const { offset, size } = Binfile.directory(source, LKEY).get(SECTION.contributions)!
    const section = source.read(offset, size)
    if (Buffer.compare(section.subarray(0, DEV_MARK.length), DEV_MARK) === 0) throw new DevKeyError(path)
    return { path, header, ...readContributions(source, section) }
  })
}

/**
 * That the key's contributions hold, one after another, and lead to its deltas, in both groups; and that those differ, as
 * soon as anybody has contributed. Throws `ContributionError`, `TranscriptEndError`, `BeaconPlaceError`, `SameDeltaError`.
 */
export async function assertKeyFile(key: LookupKeyFile, signal?: AbortSignal): Promise<void> {
  const { path, header, contributions } = key
  await assertLinks(key, deltasOf(header), path, signal)
  const last = contributions.at(-1)
  if (last === undefined) return
  const inHeader = [header.deltaD1, header.deltaC1].map((bytes) => inG1(G1.read(bytes, 0)))
  last.secrets.forEach(({ deltaAfter }, i) => {
    if (String(deltaAfter) !== String(inHeader[i])) throw new TranscriptEndError(path)
  })
  assertDeltas(header)
}

/** What contributions lead to, of a key that may have none yet. Throws `FieldError`. */
function deltasOf({ deltaD2, deltaC2 }: Header) {
  const read = (bytes: Uint8Array, field: string) =>
    parseG2(inG2(G2.read(bytes, 0)), 'the proving key', field)
  return { vk_commitment_2: read(deltaD2, 'deltaD2'), vk_delta_2: read(deltaC2, 'deltaC2') }
}
