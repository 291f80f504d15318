/** DynamicQuantizeLinear: refused, with a reason. */
import { UnsupportedNodeError } from '../unsupported.js'

export function lower(): never {
  throw new UnsupportedNodeError(
    'it computes its scale from the values of each input',
    'quantize statically: scales are then constants (onnxruntime.quantization.quantize_static)',
  )
}
