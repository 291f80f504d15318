/** The sums of a proof: chunks are begun as soon as what they are multiplied with is known, and added up in the end. */
import { BYTES } from '../../base/field.js'
import { G1, type G1Affine, G2, type G2Affine } from '../groth16/group.js'
import type { Affine } from '../groth16/machine.js'
import type { Crew } from './engine.js'
import type { Chunk, ScalarsName, SumName } from './loaded.js'

export type Scalars = Partial<Readonly<Record<ScalarsName, Uint8Array | Promise<Uint8Array>>>>

/** Of one proof. */
export function beginSums(crew: Crew, chunks: readonly Chunk[]) {
  const parts: { readonly sum: SumName; readonly point: Promise<Affine> }[] = []
  const of = (name: SumName) => Promise.all(parts.flatMap(({ sum, point }) => (sum === name ? [point] : [])))
  return {
    /** Begins what is multiplied with these; `classes` say which of round 2's a wire has. */
    begin(scalars: Scalars, classes?: Uint32Array): void {
      for (const [place, chunk] of chunks.entries()) {
        const all = scalars[chunk.scalars]
        if (all !== undefined)
          parts.push({ sum: chunk.sum, point: multiply(crew, place, chunk, all, classes) })
      }
    },
    async inG1(name: Exclude<SumName, 'b2'>): Promise<G1Affine> {
      return ((await of(name)) as G1Affine[]).reduce((sum, point) => G1.add(sum, point), undefined)
    },
    async inG2(name: 'b2'): Promise<G2Affine> {
      return ((await of(name)) as G2Affine[]).reduce((sum, point) => G2.add(sum, point), undefined)
    },
    /** When nothing is under way any more, however it went. */
    over: () => Promise.allSettled(parts.map(({ point }) => point)),
  }
}

async function multiply(
  crew: Crew,
  place: number,
  { scalars, start, points }: Chunk,
  given: Uint8Array | Promise<Uint8Array>,
  classes: Uint32Array | undefined,
): Promise<Affine> {
  const all = await given
  // C has no point for the challenge, which is the last of those classes
  if (scalars === 'round2') return crew.classes(place, classes!.subarray(0, points.count), all)
  return crew.multiply(place, all.subarray(BYTES * start, BYTES * (start + points.count)))
}
