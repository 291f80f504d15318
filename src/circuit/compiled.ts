/** The circuit of a model that is compiled: what was chosen then is read, not chosen anew. */
import { choiceOf } from '../artifacts/lookup-choice.js'
import { disclosureOf, type Manifest } from '../artifacts/manifest.js'
import type { QuantizedModel } from '../model/quantized.js'
import { type Blueprint, draft } from './synthesize.js'

export function blueprintOf(manifest: Manifest, model: QuantizedModel): Blueprint {
  const { lookups } = manifest.circuit
  return draft(model, disclosureOf(manifest), lookups === undefined ? 'groth16' : choiceOf(lookups.choice))
}
