/** What a compiled model is, for people, for later stages, and for whoever wants to check them. */
import { z } from 'zod'
import { canonicalJson, type Sha256 as Sha256Text, sha256 } from '../base/digest.js'
import { BaseError } from '../base/errors.js'
import { type DisclosureOptions, INPUT_VISIBILITIES, OUTPUT_VISIBILITIES } from './disclosure.js'
import { ChoiceRecord } from './lookup-choice.js'
import { pathOf } from './paths.js'
import { SCHEMES, type Scheme } from './scheme.js'
import { SetupRecord, Sha256 } from './setup-record.js'
import { MissingFileError, readJson, writeJson } from './store.js'

export const WEIGHTS = ['fixed', 'committed'] as const
/** Whether a model's weights are constants of its circuit, or secret and bound by a commitment in the statement. */
export type Weights = (typeof WEIGHTS)[number]

const Count = z.number().int().min(0)

const Section = z.strictObject({ width: Count, count: Count, lo: z.number() })

const Part = z.strictObject({
  name: z.string(),
  first: Count,
  signals: Count,
  width: Count,
  perSignal: Count,
  count: Count,
  lo: z.number(),
  shows: z.enum(['values', 'commitment', 'class', 'threshold', 'margin']),
  port: Count,
  commitment: z
    .strictObject({
      kind: z.enum(['input', 'output', 'model']),
      width: Count,
      count: Count,
      lo: z.number(),
      salted: z.boolean(),
      sections: z.array(Section).optional(),
    })
    .optional(),
})

const Bits = z.strictObject({
  activation: Count,
  weight: Count,
  input: Count,
  /** Whether channels of a layer have scales of their own where they can. */
  channels: z.boolean().optional(),
  /** Bits that single layers have beyond those, or short of them. */
  layers: z
    .record(
      z.string(),
      z.strictObject({ activation: z.number().int().optional(), weight: z.number().int().optional() }),
    )
    .optional(),
})

/** Shares of labels that flip, on held-out samples and expected from margins and errors; the worst error in parts of the range. */
const Point = z.strictObject({
  bits: Bits,
  constraints: Count,
  within: z.boolean(),
  flips: z.number().optional(),
  expected: z.number().optional(),
  error: z.number().optional(),
})

const Quantization = z.strictObject({
  /** Whether the bits were asked for, or searched for. */
  choice: z.enum(['fixed', 'auto']),
  bits: Bits,
  /** Of a search: what it was to meet, and whether the held-out samples do. */
  target: z.strictObject({ maxFlip: z.number().optional(), maxError: z.number().optional() }).optional(),
  met: z.boolean().optional(),
  trials: Count.optional(),
  /** Samples that each trial was judged by. */
  samples: Count.optional(),
  /** Trials that none beats in both cost and faithfulness, cheapest first. */
  frontier: z.array(Point).optional(),
})

/** The imported float program: of each of its layers, so that the first that differs has a name. */
const GraphRecord = z.strictObject({
  sha256: Sha256,
  layers: z.array(z.strictObject({ name: z.string(), sha256: Sha256 })),
})

/** What lies between the ONNX file and the circuit. */
export const Derivation = z.strictObject({
  graph: GraphRecord,
  /** Of the files beside the manifest, by name. */
  files: z.record(z.string(), Sha256),
})
export type Derivation = z.infer<typeof Derivation>

const Entries = z.strictObject({
  format: z.literal('zkonnx-manifest/1'),
  /** The version of zkonnx that compiled it. */
  zkonnx: z.string(),
  /** The versions of what else a build depends on. */
  tools: z.strictObject({ onnxruntime: z.string(), solc: z.string() }),
  model: z.strictObject({
    name: z.string(),
    /** Of the ONNX file and of each file of external data; none of a committed model, whose digest would tell it. */
    files: z.array(z.strictObject({ name: z.string(), sha256: Sha256 })),
    /** Constants of the circuit, or secret and bound by a commitment. */
    weights: z.enum(WEIGHTS),
    /** The commitment to the weights, a field element in decimal. */
    commitment: z.string().regex(/^\d+$/).optional(),
  }),
  /** Of the sample files that calibration and fidelity read. */
  data: z.array(z.strictObject({ name: z.string(), sha256: Sha256, role: z.enum(['data', 'holdout']) })),
  options: z.record(z.string(), z.unknown()),
  /** How it is proven; groth16 where it is left out. */
  scheme: z.enum(SCHEMES).optional(),
  inputs: z.array(
    z.strictObject({
      name: z.string(),
      shape: z.array(Count),
      visibility: z.enum(INPUT_VISIBILITIES),
      salted: z.boolean(),
      /** real = integer * scale; one for all elements or one each, as are lo and hi (integers, inclusive). */
      scale: z.array(z.number()),
      lo: z.array(z.number()),
      hi: z.array(z.number()),
    }),
  ),
  /** Inputs of the ONNX file that are constants of the circuit; `position` is the place among all its inputs. */
  fixed: z.array(
    z.strictObject({ name: z.string(), position: Count, shape: z.array(Count), values: z.array(z.number()) }),
  ),
  outputs: z.array(
    z.strictObject({
      name: z.string(),
      shape: z.array(Count),
      meaning: z.enum(['scores', 'label', 'values']),
      visibility: z.enum(OUTPUT_VISIBILITIES),
      salted: z.boolean(),
      scale: z.array(z.number()),
      lo: z.number(),
      hi: z.number(),
    }),
  ),
  /** The names of its classes, in the order of its scores, where they are known. */
  classes: z.array(z.string()).optional(),
  statement: z.strictObject({
    outputs: z.array(Part),
    inputs: z.array(Part),
    model: Part.optional(),
    context: Count,
  }),
  /** The overflow certificate: every layer with the integers that it can reach, none above 2^52, and what it costs. */
  layers: z.array(
    z.strictObject({
      name: z.string(),
      source: z.string(),
      kind: z.string(),
      shape: z.array(Count),
      lo: z.number(),
      hi: z.number(),
      bits: Count,
      constraints: Count,
    }),
  ),
  /** None of a committed model, whose digests would tell its weights: they stand with its salt. */
  derivation: Derivation.optional(),
  circuit: z.strictObject({
    sha256: Sha256,
    constraints: Count,
    wires: Count,
    publicSignals: Count,
    /** The domain of the proving system has 2^power points. */
    power: Count,
    /** Of the scheme with lookups: of circuit.lookups, and what is in it. Tables count with no layer. */
    lookups: z
      .strictObject({
        sha256: Sha256,
        lookups: Count,
        tables: Count,
        entries: Count,
        tableConstraints: Count,
        choice: ChoiceRecord,
      })
      .optional(),
    inputConstraints: Count,
    /** Of a committed model: to take the weights apart. Their commitment counts with the statement. */
    weightConstraints: Count.optional(),
    statementConstraints: Count,
  }),
  /** None of a model that was compiled like another: its bits are the other's. */
  quantization: Quantization.optional(),
  fidelity: z.unknown().optional(),
  notes: z.array(z.string()),
  /** None before setup. What is above never changes with it. */
  setup: SetupRecord.optional(),
})

/**
 * The manifest is a chain of digests: each thing that a build makes, from the ONNX file to the verifying key. What it does
 * not know it refuses, so that its own digest is of all that it says.
 */
export const Manifest = Entries.refine(
  ({ scheme, circuit }) => (scheme === 'groth16-lookup') === (circuit.lookups !== undefined),
  {
    path: ['circuit', 'lookups'],
    message: 'what is looked up belongs to the scheme groth16-lookup, and to no other',
  },
)

export type Manifest = z.infer<typeof Manifest>

/** Throws `NotCompiledError` where the folder has no manifest, and the store's errors where it cannot be read. */
export async function readManifest(dir: string): Promise<Manifest> {
  try {
    return await readJson(pathOf(dir, 'manifest'), Manifest)
  } catch (error) {
    if (error instanceof MissingFileError) throw new NotCompiledError(dir)
    throw error
  }
}

/** The manifest's own digest, over its canonical JSON: the model's id on a chain. */
export function digestOf(manifest: Manifest): Sha256Text {
  return sha256(canonicalJson(manifest))
}

/**
 * Writes where the keys come from into the manifest, whose other entries keep their bytes.
 * Throws as `readManifest` does, and `WriteError`.
 */
export async function recordSetup(dir: string, setup: SetupRecord | undefined): Promise<void> {
  await readManifest(dir)
  const { setup: _, ...compiled } = await readJson(pathOf(dir, 'manifest'), z.looseObject({}))
  await writeJson(pathOf(dir, 'manifest'), setup === undefined ? compiled : { ...compiled, setup })
}

/** How a compiled model is proven. */
export function schemeOf({ scheme = 'groth16' }: Pick<Manifest, 'scheme'>): Scheme {
  return scheme
}

/** What a compiled model's statement shows, as `draft` takes it. */
export function disclosureOf(
  manifest: Pick<Manifest, 'inputs' | 'outputs' | 'statement'>,
): DisclosureOptions {
  const { inputs, outputs, statement } = manifest
  const hashed = [...inputs, ...outputs].filter(({ visibility }) => visibility === 'hashed')
  const salted = [
    ...hashed,
    ...(statement.model?.commitment === undefined ? [] : [statement.model.commitment]),
  ].map((one) => one.salted)
  return {
    inputs: Object.fromEntries(inputs.map(({ name, visibility }) => [name, visibility])),
    outputs: Object.fromEntries(outputs.map(({ name, visibility }) => [name, visibility])),
    ...(salted.length > 0 && salted.every((one) => one === salted[0]) ? { salt: salted[0]! } : {}),
  }
}

export class NotCompiledError extends BaseError {
  override name = 'Manifest.NotCompiledError'
  constructor(readonly dir: string) {
    super(`${dir} holds no compiled model: it has no manifest.json.`, {
      hint: `compile one there first: zkonnx compile MODEL.onnx --data FILE -o ${dir}`,
    })
  }
}
