/** The kernels of a tier, compiled and tied to a memory. */
import type { Memory } from './memory.js'
import type { KernelName } from './offsets.js'

type Run = (...args: number[]) => void

/** What they take is in scripts/kernels. */
export type Kernels = Readonly<Record<KernelName, Run>>

export function compileKernels(base64: string): Promise<WebAssembly.Module> {
  return WebAssembly.compile(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)))
}

export function tie(module: WebAssembly.Module, { block }: Memory): Kernels {
  const [wanted] = WebAssembly.Module.imports(module)
  const { exports } = new WebAssembly.Instance(module, { [wanted!.module]: { [wanted!.name]: block } })
  return exports as Kernels
}

/** How the elements of a tier lie in memory. */
export type Layout = {
  readonly limbs: number
  /** Bytes from one limb to the next, of an element alone. */
  readonly limbBytes: 4 | 8
  /** Bits of a limb. */
  readonly width: number
  /** The inverse, in the base field, of what elements are stored times. */
  readonly perRadix: bigint
}

/** Bytes of a coordinate of the base field. */
export const elementBytes = ({ limbs, limbBytes }: Layout): number => limbs * limbBytes

/** Bytes of two elements side by side, as transforms have them. */
export const pairBytes = ({ limbs }: Layout): number => 16 * limbs
