/** NonZero: refused, with a reason. */
import { UnsupportedNodeError } from '../unsupported.js'

export function lower(): never {
  throw new UnsupportedNodeError(
    'how many elements it returns depends on the input, and circuits have one size',
    'multiply by a mask, or choose with Where',
  )
}
