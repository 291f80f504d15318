/** What clients see: plain values, described by the schemas that the service's description is made of. */
import { join } from 'node:path'
import { z } from 'zod'
import { failuresIn } from '../../artifacts/journal.js'
import type { Manifest } from '../../artifacts/manifest.js'
import { folderOf, PROOF_FILES, PredictionRecord, readPrediction } from '../../artifacts/proof-folder.js'
import type { Said } from '../../artifacts/statement.js'
import { parseJson, readText } from '../../artifacts/store.js'
import type { Served } from './models.js'
import type { Found } from './state.js'
import { hasResult } from './turn.js'

const Numbers = z.array(z.number())

/** What the statement says of an output, and what the model means by it. */
const Output = z
  .object({
    name: z.string(),
    shows: z.enum(['values', 'commitment', 'class', 'threshold', 'margin']),
    integers: Numbers.optional().describe('what is proven'),
    values: Numbers.optional().describe('what the integers stand for'),
    commitment: z.string().optional(),
    float: Numbers.optional().describe("the float model's answer, which is not proven"),
    class: z.number().int().optional().describe('of scores the place of the largest, or the label'),
    className: z.string().optional(),
  })
  .meta({ id: 'Output' })

export const STATUSES = ['queued', 'proving', 'proven', 'failed', 'held'] as const

export const PredictionView = z
  .object({
    id: z.string(),
    model: z.string(),
    status: z
      .enum(STATUSES)
      .describe(
        'held: its model is not served as it was when this was accepted; failed: tried again when the service starts',
      ),
    acceptedAt: z.string(),
    before: z.number().int().optional().describe('how many proofs are made first'),
    context: PredictionRecord.shape.context,
    outputs: z.array(Output),
    times: z
      .object({ predict: z.number(), prove: z.number().optional(), verify: z.number().optional() })
      .describe('milliseconds'),
    failure: z.object({ name: z.string(), message: z.string() }).optional(),
    links: z.record(z.string(), z.string()),
  })
  .meta({ id: 'Prediction' })
export type PredictionView = z.infer<typeof PredictionView>

export const AcceptedView = z.object({ predictions: z.array(PredictionView) }).meta({ id: 'Accepted' })

export const ProofView = z
  .object({
    id: z.string(),
    model: z.string(),
    proof: z.unknown().describe('proof.json, as snarkjs has it'),
    public: z.array(z.string()).describe('public.json: outputs, inputs, model commitment, context'),
    prediction: PredictionRecord.describe('prediction.json: what the signals say'),
    links: z.record(z.string(), z.string()),
  })
  .meta({ id: 'Proof' })
export type ProofView = z.infer<typeof ProofView>

const Port = z
  .object({
    name: z.string(),
    shape: z.array(z.number().int()),
    visibility: z.string(),
    scale: Numbers.describe('real = integer * scale; one for all elements or one each'),
    lo: Numbers.describe('the least real value, one for all elements or one each'),
    hi: Numbers,
    meaning: z.enum(['scores', 'label', 'values']).optional(),
  })
  .meta({ id: 'Port' })

export const ModelView = z
  .object({
    id: z.string(),
    name: z.string(),
    circuit: z.string(),
    constraints: z.number().int(),
    keys: z.enum(['dev', 'ceremony']).optional(),
    warning: z.string().optional(),
    inputs: z.array(Port),
    outputs: z.array(Port),
    classes: z.array(z.string()).optional(),
    links: z.record(z.string(), z.string()),
  })
  .meta({ id: 'Model' })
export type ModelView = z.infer<typeof ModelView>

export const ModelsView = z.object({ models: z.array(ModelView) }).meta({ id: 'Models' })

export const ModelDetails = ModelView.extend({
  statement: z.unknown().describe('the public signals, part by part, as in the manifest'),
  verificationKey: z.unknown().describe('verification_key.json, as snarkjs has it'),
  samples: z.number().int().describe('how many a request may hold'),
}).meta({ id: 'ModelDetails' })

export function modelView({ id, manifest, verificationKey }: Served): ModelView {
  const { model, circuit, inputs, outputs, classes, setup } = manifest
  const reals = (integers: readonly number[], scale: readonly number[]) =>
    integers.length >= scale.length
      ? integers.map((value, i) => value * (scale[i] ?? scale[0]!))
      : scale.map((one) => integers[0]! * one)
  const warning = verificationKey.zkonnx?.warning
  return {
    id,
    name: model.name,
    circuit: circuit.sha256,
    constraints: circuit.constraints,
    ...(setup === undefined ? {} : { keys: setup.kind }),
    ...(warning === undefined ? {} : { warning }),
    inputs: inputs.map(({ name, shape, visibility, scale, lo, hi }) => ({
      ...{ name, shape, visibility, scale },
      ...{ lo: reals(lo, scale), hi: reals(hi, scale) },
    })),
    outputs: outputs.map(({ name, shape, visibility, scale, lo, hi, meaning }) => ({
      ...{ name, shape, visibility, scale, meaning },
      ...{ lo: reals([lo], scale), hi: reals([hi], scale) },
    })),
    ...(classes === undefined ? {} : { classes }),
    links: {
      self: `/models/${id}`,
      predictions: `/models/${id}/predictions`,
      verificationKey: `/models/${id}/verification_key.json`,
      manifest: `/models/${id}/manifest.json`,
    },
  }
}

export function idOf(batch: string, sample: number): string {
  return `${batch}-${sample}`
}

export function partsOf(id: string): { batch: string; sample: number } | undefined {
  const [, batch, sample] = /^([0-9a-f]{32})-(0|[1-9]\d{0,3})$/.exec(id) ?? []
  return batch === undefined ? undefined : { batch, sample: Number(sample) }
}

export type Standing = { readonly status: PredictionView['status']; readonly before?: number | undefined }

/** One prediction as it stands. Without `manifest`, its model is not served any more. */
export async function predictionView(
  { folder, accepted }: Found,
  sample: number,
  { status, before }: Standing,
  manifest: Manifest | undefined,
  openings: boolean,
): Promise<PredictionView> {
  const told = accepted.samples[sample]!.prediction
  const proven = status === 'proven' ? await readPrediction(folderOf(folder, sample)) : undefined
  const failed = status === 'failed' ? (await failuresIn(folder)).get(sample) : undefined
  const { infer, execute, witness } = told.times
  const { prove, verify } = proven?.times ?? {}
  const id = idOf(accepted.id, sample)
  return {
    id,
    model: accepted.model,
    status,
    acceptedAt: accepted.at,
    ...(before === undefined ? {} : { before }),
    context: told.context,
    outputs: told.says.outputs.map((said) => outputView(said, told, manifest)),
    times: {
      predict: infer + execute + witness,
      ...(prove === undefined ? {} : { prove }),
      ...(verify === undefined ? {} : { verify }),
    },
    ...(failed === undefined ? {} : { failure: { name: failed.name, message: failed.message } }),
    links: linksOf(id, accepted.model, proven !== undefined, openings),
  }
}

function linksOf(id: string, model: string, proven: boolean, openings: boolean): Record<string, string> {
  const at = (what: string) => `/predictions/${id}${what}`
  const files = {
    proofJson: at('/proof.json'),
    publicJson: at('/public.json'),
    predictionJson: at('/prediction.json'),
    ...(openings ? { openingJson: at('/opening.json') } : {}),
  }
  return {
    self: at(''),
    proof: at('/proof'),
    events: at('/events'),
    model: `/models/${model}`,
    verificationKey: `/models/${model}/verification_key.json`,
    ...(proven ? files : {}),
  }
}

function outputView(
  said: Said,
  { float, integer }: PredictionRecord,
  manifest: Manifest | undefined,
): PredictionView['outputs'][number] {
  const { name, shows } = said
  const port = manifest?.outputs.find((output) => output.name === name)
  const values = shows === 'values' ? integer.find((output) => output.name === name)?.values : undefined
  const compared = shows === 'values' ? float.find((output) => output.name === name)?.values : undefined
  const place = 'integers' in said ? classOf(shows, said.integers, port?.meaning) : undefined
  const className = place === undefined ? undefined : manifest?.classes?.[place]
  return {
    name,
    shows,
    ...('integers' in said ? { integers: [...said.integers] } : { commitment: said.commitment }),
    ...(values === undefined ? {} : { values: [...values] }),
    ...(compared === undefined ? {} : { float: [...compared] }),
    ...(place === undefined ? {} : { class: place }),
    ...(className === undefined ? {} : { className }),
  }
}

function classOf(
  shows: Said['shows'],
  integers: readonly number[],
  meaning: Manifest['outputs'][number]['meaning'] | undefined,
): number | undefined {
  if (shows === 'class') return integers[0]
  if (shows !== 'values') return undefined
  if (meaning === 'label' && integers.length === 1) return integers[0]
  return meaning === 'scores' && integers.length > 1 ? integers.indexOf(Math.max(...integers)) : undefined
}

/** Undefined where there is no proof. */
export async function proofView(
  { folder, accepted }: Found,
  sample: number,
  openings: boolean,
): Promise<ProofView | undefined> {
  if (!hasResult(folder, sample)) return undefined
  const at = (file: keyof typeof PROOF_FILES) => join(folderOf(folder, sample), PROOF_FILES[file])
  const json = async (file: keyof typeof PROOF_FILES) => parseJson(await readText(at(file)), at(file))
  const id = idOf(accepted.id, sample)
  return {
    id,
    model: accepted.model,
    proof: await json('proof'),
    public: (await json('signals')) as string[],
    prediction: await readPrediction(folderOf(folder, sample)),
    links: linksOf(id, accepted.model, true, openings),
  }
}
