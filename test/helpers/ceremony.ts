/** Ceremonies of a small circuit, and powers of tau for them that nothing tells from those of honest people. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as Binfile from '../../src/artifacts/iden3/binfile.js'
import { type Parameters, writeParameters } from '../../src/prover/contribution-parameters.js'
import { makeDevPtau } from '../../src/prover/dev-ptau.js'
import { DEV_SECTION, PTAU } from '../../src/prover/ptau.js'
import { compile } from '../../src/stages/compile.js'
import { writeSmallNet } from './small-net.js'

/** Of the small net with 4 bits. */
export const POWER = 7

export async function devPtau(power: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  await makeDevPtau(power, async (bytes) => void parts.push(Uint8Array.from(bytes)))
  return Buffer.concat(parts)
}

/** The same secrets, said to be somebody's contribution. */
export async function honestPtau(power: number): Promise<Uint8Array> {
  return editPtau(await devPtau(power), (sections) => {
    sections.delete(DEV_SECTION)
    sections.set(7, contributedBy(sections.get(7)!, 'Somebody'))
  })
}

/** With sections changed, added or left out. */
export function editPtau(bytes: Uint8Array, edit: (sections: Map<number, Uint8Array>) => void): Uint8Array {
  const sections = Binfile.readSections(Binfile.fromBytes(bytes, 'ptau'), PTAU)
  edit(sections)
  const made = Binfile.allocate(
    PTAU,
    [...sections].map(([id, content]) => [id, content.length] as const),
  )
  ;[...sections.values()].forEach((content, index) => {
    made.sections[index]!.set(content)
  })
  return made.bytes
}

/** The first contribution as another's. Type and parameters are the last of a contribution; before them stand its points, proofs and hashes. */
export function contributedBy(section: Uint8Array, name: string, beacon?: Parameters['beacon']): Uint8Array {
  const parameters = writeParameters({ name, beacon })
  const made = new Uint8Array(4 + CONTRIBUTION + parameters.length)
  made.set(section.subarray(0, 4 + CONTRIBUTION))
  const words = new DataView(made.buffer)
  words.setUint32(4 + CONTRIBUTION - 8, beacon === undefined ? 0 : 1, true)
  words.setUint32(4 + CONTRIBUTION - 4, parameters.length, true)
  made.set(parameters, 4 + CONTRIBUTION)
  return made
}
const CONTRIBUTION = 1504

/** The key with other contributions, each the bytes of one. */
export function editContributions(key: Uint8Array, edit: (parts: Uint8Array[]) => Uint8Array[]): Uint8Array {
  const format = { magic: 'zkey', version: 1, sections: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }
  const sections = Binfile.readSections(Binfile.fromBytes(key, 'key'), format)
  const content = sections.get(10)!
  const parts: Uint8Array[] = []
  for (let offset = 68; offset < content.length; ) {
    const length = FIXED + Binfile.view(content).getUint32(offset + FIXED - 4, true)
    parts.push(content.slice(offset, offset + length))
    offset += length
  }
  const edited = edit(parts)
  const head = content.slice(0, 68)
  Binfile.view(head).setUint32(64, edited.length, true)
  sections.set(10, Buffer.concat([head, ...edited]))
  const made = Binfile.allocate(
    format,
    [...sections].map(([id, bytes]) => [id, bytes.length] as const),
  )
  ;[...sections.values()].forEach((bytes, index) => {
    made.sections[index]!.set(bytes)
  })
  return made.bytes
}
/** Of a contribution, before its parameters: delta, s, sx, spx, challenge, type, length. */
const FIXED = 3 * 64 + 128 + 64 + 8

/** A compiled net in `dir/model`, and `dir/honest.ptau` that fits it. */
export async function writeModelAndPtau(dir: string): Promise<{ model: string; ptau: string }> {
  await writeSmallNet(dir)
  const [model, ptau] = [join(dir, 'model'), join(dir, 'honest.ptau')]
  await compile({
    model: join(dir, 'model.onnx'),
    data: join(dir, 'samples.npz'),
    out: model,
    bits: { activation: 4, weight: 4, input: 4 },
  })
  writeFileSync(ptau, await honestPtau(POWER))
  return { model, ptau }
}
