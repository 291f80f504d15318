/** From the integer program to the constraint system. */
import type { DisclosureOptions } from '../../artifacts/disclosure.js'
import * as R1csFile from '../../artifacts/iden3/r1cs.js'
import { r1csDifference } from '../../artifacts/iden3/r1cs-difference.js'
import { disclosureOf, schemeOf } from '../../artifacts/manifest.js'
import { opens } from '../../artifacts/model-opening.js'
import { FILES, pathOf } from '../../artifacts/paths.js'
import { readBytes } from '../../artifacts/store.js'
import { firstDifference } from '../../base/difference.js'
import { sha256 } from '../../base/digest.js'
import { build as buildCircuit } from '../../circuit/circuit.js'
import { draft } from '../../circuit/synthesize.js'
import { VERSION } from '../../version.js'
import { describeModel } from '../describe.js'
import { digestOutcome } from './integer-links.js'
import { type Build, differs, equal, type Outcome, skipped, toolsHint } from './link.js'
import { SECRET } from './source-links.js'

/** What the manifest says of inputs, outputs, signals, layers and costs. */
export async function statement(build: Build): Promise<Outcome> {
  const { manifest, quantized, opening } = build
  if (quantized === undefined) return skipped(SECRET)
  // a model that was compiled like another has its choice of what to show
  const asked = manifest.options.disclose as DisclosureOptions | undefined
  const disclose = asked ?? (manifest.quantization === undefined ? disclosureOf(manifest) : undefined)
  const blueprint = draft(quantized.model, disclose, schemeOf(manifest))
  const circuit = buildCircuit(blueprint)
  const r1cs = R1csFile.encode(circuit.r1cs)
  Object.assign(build, { blueprint, circuit, r1cs })
  const described = describeModel({
    ...{ name: manifest.model.name, files: manifest.model.files, data: manifest.data },
    ...{ options: manifest.options, fixed: manifest.fixed, blueprint, circuit },
    classes: classesFor(build),
    ...{ r1cs: sha256(r1cs), quantization: manifest.quantization, fidelity: undefined, remarks: [] },
    derivation: build.derivation ?? { graph: { sha256: sha256(''), layers: [] }, files: {} },
    commitment: opening?.commitment ?? manifest.model.commitment,
  })
  if (opening !== undefined && !opens(opening, quantized.model))
    return differs(
      'the commitment does not open to these weights',
      [`expected ${manifest.model.commitment}`],
      'the weights or the salt in model-opening.json were changed',
    )
  for (const part of ['inputs', 'outputs', 'classes', 'statement', 'layers', 'model'] as const) {
    const difference = firstDifference(manifest[part], described[part], part)
    if (difference !== undefined) return statementDiffers(build, difference)
  }
  const { sha256: _, ...sizes } = described.circuit
  const { sha256: __, ...claimed } = manifest.circuit
  const difference = firstDifference(claimed, sizes, 'circuit')
  if (difference !== undefined) return statementDiffers(build, difference)
  return equal(`${manifest.circuit.publicSignals} public signals, ${manifest.layers.length} layers bounded`)
}

/** The file tells the names of classes; the folder's copy of the model does not have them any more. */
function classesFor({ manifest, options, source }: Build) {
  const given = manifest.options.classes as readonly string[] | undefined
  return { given, told: options.model === undefined ? manifest.classes : source?.classNames }
}

function statementDiffers(
  build: Build,
  { path, found, expected }: { path: string; found: string; expected: string },
): Outcome {
  const option = /visibility|salted|shows/.test(path) ? ['option "disclose" asks for what was not built'] : []
  return differs(
    'the manifest does not say what the model and its options give',
    [...option, path, `found    ${found}`, `expected ${expected}`],
    toolsHint(build, { ...build.manifest.tools, zkonnx: VERSION }),
  )
}

/** The constraint system, byte for byte. */
export async function constraints(build: Build): Promise<Outcome> {
  const { manifest, options, circuit, r1cs } = build
  const bytes = await readBytes(pathOf(options.dir, 'r1cs'))
  const found = sha256(bytes)
  const { sha256: expected, constraints: count } = manifest.circuit
  if (circuit === undefined || r1cs === undefined) {
    if (found === expected) return skipped(`as the manifest names it; ${SECRET}`)
    return differs(
      `${FILES.r1cs} is not the one that the manifest names`,
      [`found    ${found}`, `expected ${expected}`],
      'take the folder from who compiled it',
    )
  }
  const derived = sha256(r1cs)
  if (found === derived && expected === derived)
    return (
      (await digestOutcome(build, manifest.circuit.lookups === undefined ? ['sym'] : ['sym', 'lookups'])) ??
      equal(`${count.toLocaleString('en-US')} constraints, byte for byte`)
    )
  const digests = [`found    ${found}`, `expected ${derived}`]
  if (found === derived)
    return differs(
      'the manifest names another circuit',
      [`found    ${expected}`, `expected ${derived}`],
      'the manifest was changed after it was written: do not trust it',
    )
  return differs(
    `${FILES.r1cs} does not follow from the integer program`,
    [...whichRow(bytes, build), ...digests],
    toolsHint(build, { ...manifest.tools, zkonnx: VERSION }),
  )
}

function whichRow(bytes: Uint8Array, { circuit }: Build): string[] {
  const found = R1csFile.decode(bytes, FILES.r1cs)
  const { r1cs, wireName, constraintName } = circuit!
  const difference = r1csDifference(found, r1cs, wireName)
  if (difference === undefined) return ['every constraint is the same: it is written in another way']
  const { row, what, found: own, expected } = difference
  const where = row === undefined ? what : `constraint ${row} (${constraintName(row)}), ${what}`
  return [where, `  found    ${own}`, `  expected ${expected}`]
}
