/**
 * Number-theoretic transforms in the calling thread, with a table of roots that is made once a size: ffjavascript's own
 * compute each root anew in every butterfly.
 */
import type { Command, Curve, Elements } from 'ffjavascript'
import { ELEMENT } from './kernels.js'

/** Puts them in place of the curve's own. Results are the same bytes. */
export function addTransforms(curve: Curve): void {
  const tables = new Map<number, Uint8Array>()
  const { Fr } = curve
  const [fft, ifft] = [Fr.fft.bind(Fr), Fr.ifft.bind(Fr)]
  const transform = async (elements: Elements, scale: Uint8Array | undefined): Promise<Uint8Array> => {
    const power = Math.log2(elements.byteLength / ELEMENT)
    const roots = tables.get(power) ?? rootsOf(curve, power)
    tables.set(power, roots)
    return (await curve.tm.queueAction(taskOf(elements, power, roots, scale)))[0]!
  }
  Fr.fft = (elements, ...rest) =>
    isOurs(curve, elements) ? transform(elements, undefined) : fft(elements, ...rest)
  Fr.ifft = async (elements, ...rest) => {
    if (!isOurs(curve, elements)) return ifft(elements, ...rest)
    const size = elements.byteLength / ELEMENT
    return backwards(await transform(elements, Fr.inv(Fr.e(size))))
  }
}

/** From two elements to as many as the field has roots for, in one piece of memory. */
function isOurs({ Fr }: Curve, elements: Elements): boolean {
  const power = Math.log2(elements.byteLength / ELEMENT)
  return Number.isInteger(power) && power >= 1 && power <= Fr.s && elements.byteLength < MOST_BYTES
}

/** Above it ffjavascript's own buffers, which snarkjs always takes here, are in several pieces. */
const MOST_BYTES = 2 ** 30

function taskOf(
  elements: Elements,
  power: number,
  roots: Uint8Array,
  scale: Uint8Array | undefined,
): readonly Command[] {
  const size = 2 ** power
  const scaling: readonly Command[] =
    scale === undefined
      ? []
      : [
          { cmd: 'ALLOCSET', var: 2, buff: scale },
          { cmd: 'CALL', fnName: 'frm_fftFinal', params: [{ var: 0 }, { val: size }, { var: 2 }] },
        ]
  return [
    { cmd: 'ALLOCSET', var: 0, buff: reversed(elements, power) },
    { cmd: 'ALLOCSET', var: 1, buff: roots },
    { cmd: 'CALL', fnName: 'frm_transform', params: [{ var: 0 }, { val: size }, { var: 1 }] },
    ...scaling,
    { cmd: 'GET', out: 0, var: 0, len: ELEMENT * size },
  ]
}

/** `fftFinal` scales and reverses everything; in an inverse transform the first element stays where it is. */
function backwards(elements: Uint8Array): Uint8Array {
  const first = elements.slice(elements.length - ELEMENT)
  elements.copyWithin(ELEMENT, 0, elements.length - ELEMENT)
  elements.set(first)
  return elements
}

/** The elements in the order of their indices' reversed bits. */
function reversed(elements: Elements, power: number): Uint8Array {
  const from = new Uint32Array(elements.slice(0, elements.byteLength).buffer)
  const to = new Uint32Array(from.length)
  const words = ELEMENT / 4
  for (let i = 0, mirror = 0; i < 2 ** power; i++) {
    for (let word = 0; word < words; word++) to[words * mirror + word] = from[words * i + word]!
    // counts up in reversed bits
    let bit = 2 ** (power - 1)
    while (mirror & bit) {
      mirror ^= bit
      bit >>>= 1
    }
    mirror |= bit
  }
  return new Uint8Array(to.buffer)
}

/** w^0 to w^(n/2 - 1) for the root w of order n that ffjavascript takes. */
function rootsOf({ Fr }: Curve, power: number): Uint8Array {
  const count = 2 ** (power - 1)
  const roots = new Uint8Array(ELEMENT * count)
  let root = Fr.one
  for (let i = 0; i < count; i++) {
    roots.set(root, ELEMENT * i)
    root = Fr.mul(root, Fr.w[power]!)
  }
  return roots
}
