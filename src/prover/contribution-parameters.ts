/** What contributions to powers of tau and to keys say of themselves, in snarkjs's files: type, name, beacon. */
import * as Binfile from '../artifacts/iden3/binfile.js'

export type Parameters = {
  readonly name: string
  /** Of a beacon: its value in hexadecimal, hashed 2^iterations times. */
  readonly beacon: { readonly value: string; readonly iterations: number } | undefined
}

/** Type 0 is a contribution, 1 a beacon; parameters are numbered and stand in order. Throws `MalformedFileError`. */
export function readParameters(source: { name: string }, type: number, bytes: Uint8Array): Parameters {
  const found = new Map<number, Uint8Array>()
  let [offset, last] = [0, 0]
  while (offset < bytes.length) {
    const id = bytes[offset]!
    const [start, length] = id === ITERATIONS ? [offset + 1, 1] : [offset + 2, bytes[offset + 1] ?? 0]
    if (id <= last || id > VALUE || start + length > bytes.length)
      throw Binfile.malformed(source, `a contribution has unknown or repeated parameters (${id})`)
    found.set(id, bytes.slice(start, start + length))
    offset = start + length
    last = id
  }
  const name = new TextDecoder().decode(found.get(NAME) ?? new Uint8Array())
  const [iterations, value] = [found.get(ITERATIONS), found.get(VALUE)]
  if (type === 0 && iterations === undefined && value === undefined) return { name, beacon: undefined }
  if (type !== 1 || iterations === undefined || !value?.length)
    throw Binfile.malformed(source, `a contribution of type ${type} has the parameters of another`)
  return { name, beacon: { value: Buffer.from(value).toString('hex'), iterations: iterations[0]! } }
}

const [NAME, ITERATIONS, VALUE] = [1, 2, 3] as const

/** The bytes of the same. */
export function writeParameters({ name, beacon }: Parameters): Uint8Array {
  const text = new TextEncoder().encode(name)
  const parts = text.length === 0 ? [] : [NAME, text.length, ...text]
  if (beacon !== undefined) {
    const value = Buffer.from(beacon.value, 'hex')
    parts.push(ITERATIONS, beacon.iterations, VALUE, value.length, ...value)
  }
  return Uint8Array.from(parts)
}
