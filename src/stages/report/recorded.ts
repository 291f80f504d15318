/** What a manifest says of fidelity, read back: the manifest keeps it as it was measured, and does not look into it. */
import { z } from 'zod'
import type { FidelityFacts } from '../../report/facts.js'

const Index = z.number().int().min(0)
const Errors = z.object({ name: z.string(), worst: z.number(), mean: z.number(), relative: z.number() })

const Recorded = z.object({
  samples: Index,
  outside: z.array(Index),
  labels: z
    .object({
      flips: Index,
      rate: z.number(),
      interval: z.tuple([z.number(), z.number()]),
      accuracy: z.object({ float: z.number(), integer: z.number() }).optional(),
      flipped: z.array(
        z.object({
          sample: Index,
          float: z.array(z.number()),
          integer: z.array(z.number()),
          margin: z.number().nullish(),
        }),
      ),
    })
    .optional(),
  outputs: z.array(Errors),
  layers: z.array(Errors.extend({ source: z.string() })),
})

/** Undefined where nothing was measured, or where it is not what this version of zkonnx writes. */
export function recordedFidelity(fidelity: unknown): FidelityFacts | undefined {
  const { data } = Recorded.safeParse(fidelity)
  if (data === undefined) return undefined
  const { labels, outputs, outside } = data
  return {
    ...data,
    outside: outside.length,
    outputs: outputs.map((one) => ({ ...one, source: 'output' })),
    labels: labels && {
      ...labels,
      accuracy: labels.accuracy,
      flipped: labels.flipped.map((flip) => ({ ...flip, margin: flip.margin ?? undefined })),
    },
  }
}
