/**
 * Real inputs as the integers that a model computes with: round(value / scale), halves up, inside the declared domain.
 * The circuit checks the same domain, so that what passes here can be proven.
 */

import { BaseError } from '../base/errors.js'
import { sizeOf } from '../base/tensor.js'
import type { Values } from '../model/execute.js'
import { at, type QuantizedInput, type QuantizedModel } from '../model/quantized.js'

/** What of a model the conversion needs. */
export type InputModel = Pick<QuantizedModel, 'scales' | 'tensors'>

/** What float64 division may lose, in steps: a value on the very edge of the domain is inside. */
const EDGE = 1e-6

/**
 * One input's values, row-major; `sample` is their sample's number, for messages. Throws `InputSizeError`, and
 * `OutsideDomainError` for a value that is not finite or rounds to an integer outside the domain.
 */
export function quantizeInput(
  model: InputModel,
  input: QuantizedInput,
  values: ArrayLike<number>,
  sample?: number,
): Float64Array {
  const size = sizeOf(model.tensors[input.tensor]!.shape)
  if (values.length !== size) throw new InputSizeError(input.name, size, values.length, sample)
  const scales = model.scales[input.tensor]!
  const result = new Float64Array(size)
  for (let element = 0; element < size; element++) {
    const scale = at(scales, element)
    const steps = values[element]! / scale
    const [lo, hi] = [at(input.lo, element), at(input.hi, element)]
    if (!(steps >= lo - 0.5 - EDGE && steps < hi + 0.5 + EDGE)) {
      throw new OutsideDomainError(input.name, element, values[element]!, lo * scale, hi * scale, sample)
    }
    // adding zero turns -0, which is no integer of the field, into 0
    result[element] = Math.min(Math.max(Math.round(steps), lo), hi) + 0
  }
  return result
}

/** Every input, in the order of the model's inputs. Throws as `quantizeInput` does. */
export function quantizeInputs(
  model: InputModel & Pick<QuantizedModel, 'inputs'>,
  sample: Values,
  index?: number,
): Float64Array[] {
  return model.inputs.map((input, port) => quantizeInput(model, input, sample[port] ?? [], index))
}

function nameOf(sample: number | undefined): string {
  return sample === undefined ? 'the sample' : `sample ${sample}`
}

export class InputSizeError extends BaseError {
  override name = 'Quantize.InputSizeError'
  constructor(
    readonly input: string,
    readonly expected: number,
    readonly found: number,
    readonly sample?: number,
  ) {
    super(`Input "${input}" takes ${expected} values, but ${nameOf(sample)} has ${found}.`, {
      hint: 'give the values of one sample, in row-major order',
    })
  }
}

export class OutsideDomainError extends BaseError {
  override name = 'Quantize.OutsideDomainError'
  constructor(
    readonly input: string,
    readonly element: number,
    readonly value: number,
    readonly lo: number,
    readonly hi: number,
    readonly sample?: number,
  ) {
    super(
      `Element ${element} of input "${input}" is ${value} in ${nameOf(sample)}, outside the declared domain.`,
      {
        details: [`the domain there is ${lo} to ${hi}`],
        hint: 'correct the sample, or compile again with a wider domain or with calibration data that covers it',
      },
    )
  }
}
