/**
 * Proves with one key: the two rounds in their order, whoever does the work.
 *
 * What depends on what: D on round 1; the challenge on D and the public signals; round 2 and the slopes on the challenge;
 * H's sum on the slopes. What A and B have of round 1 waits for none of these, and fills the gaps.
 */
import { BYTES, fromBytesLE } from '../../base/field.js'
import { concat, pack } from '../elements.js'
import { inG1 } from '../groth16/decimals.js'
import { G1, type G1Affine } from '../groth16/group.js'
import type { Affine, Machine, Points } from '../groth16/machine.js'
import { pick } from '../groth16/split.js'
import type { G1Point, PublicSignals } from '../proof.js'
import { type Blinding, beforeH, proofOf } from './assemble.js'
import { challengeOf } from './challenge.js'
import type { LookupKey } from './key.js'
import type { LoadedLookup } from './loaded.js'
import { gadgetRows, polynomials } from './polynomials.js'
import type { LookupProof } from './proof.js'
import { checkMultiplicities, entriesIndex, findHits, type SecondRound, secondRound } from './rounds.js'
import { beginSums } from './sums.js'
import { readValues } from './values.js'

export type Engine = {
  /**
   * Of a witness of round 1: plain values, as many as there are wires up to round 2. Nothing where the challenge is an
   * entry of a table: that of another kappa is not. `early` hears of the proof as it is before C is known.
   * Throws `LookupError` and `MultiplicityError`.
   */
  prove(witness: Uint8Array, blinding: Blinding, early?: (known: Known) => void): Promise<Made | undefined>
  close(): Promise<void>
}

export type Made = { readonly proof: LookupProof; readonly publicSignals: PublicSignals }

/** For who verifies it; the statement is IC's sum at the signals and the challenge. */
export type Known = Omit<LookupProof, 'pi_c'> & { readonly statement: G1Point }

/** Who does the work; chunks by their place. */
export type Crew = {
  multiply(chunk: number, scalars: Uint8Array): Promise<Affine>
  classes(chunk: number, classes: Uint32Array, scalars: Uint8Array): Promise<G1Affine>
  /** Before all that waits. */
  slopes(a: Uint8Array, b: Uint8Array): Promise<Uint8Array>
  /** Bytes as workers take them. */
  share(bytes: Uint8Array): Uint8Array
  close(): Promise<void>
}

/** An engine in the calling thread. */
export function openSingle(
  machine: Machine,
  { chunks, domain }: LoadedLookup,
  key: LookupKey,
  challenge?: typeof challengeOf,
): Engine {
  const pointsOf = (chunk: number) => chunks[chunk]!.points
  const crew: Crew = {
    multiply: async (chunk, scalars) => machine.multiply(pointsOf(chunk), scalars, chunks[chunk]!.share),
    classes: async (chunk, classes, scalars) =>
      machine.multiplyClasses(pointsOf(chunk) as Points<'g1'>, classes, scalars),
    slopes: async (a, b) => machine.slopesOf(domain, a, b),
    share: (bytes) => bytes,
    close: async () => {},
  }
  return openEngine(key, chunks, crew, challenge)
}

/** `challenge` is another only in tests. */
export function openEngine(
  key: LookupKey,
  chunks: LoadedLookup['chunks'],
  crew: Crew,
  challenge: typeof challengeOf = challengeOf,
): Engine {
  const entries = entriesIndex(key.layout)
  return {
    async prove(witness, blinding, early = () => {}) {
      const sums = beginSums(crew, chunks)
      try {
        return await run({ key, entries, crew, challenge, sums, early }, witness, blinding)
      } finally {
        // nothing goes on, and fails, that nobody waits for
        await sums.over()
      }
    },
    close: () => crew.close(),
  }
}

type Run = {
  readonly key: LookupKey
  readonly entries: ReturnType<typeof entriesIndex>
  readonly crew: Crew
  readonly challenge: typeof challengeOf
  readonly sums: ReturnType<typeof beginSums>
  readonly early: (known: Known) => void
}

async function run(own: Run, witness: Uint8Array, blinding: Blinding): Promise<Made | undefined> {
  const { key, entries, crew, challenge, sums, early } = own
  const { header, layout, rows } = key
  sums.begin(firstScalars(key, crew, witness, blinding))
  const values = readValues(witness)
  const hits = findHits(rows, layout, entries, values)
  checkMultiplicities(layout, hits, values)
  const gadgets = gadgetRows(key, values)
  const commitment = inG1(await sums.inG1('d'))
  const publicSignals = Array.from({ length: header.publicSignals }, (_, i) =>
    fromBytesLE(witness, BYTES * (1 + i)).toString(),
  )
  const beta = challenge(commitment, publicSignals)
  const second = secondRound(layout, entries, values, beta)
  if (second === undefined) return undefined
  const slopes = crew.slopes(...polynomials(key, gadgets, second, hits, witness))
  const classes = classesOf(hits, entries.values.length)
  sums.begin({ slopes, ...secondScalars(key, crew, witness, second, blinding) }, classes)
  const [a, b1, c, ic] = await Promise.all((['a', 'b1', 'c', 'ic'] as const).map((name) => sums.inG1(name)))
  const b2 = await sums.inG2('b2')
  const { pi_c: _, ...known } = proofOf(commitment, { a, b2 }, undefined)
  early({ ...known, statement: inG1(ic) })
  const rest = beforeH(header, { a, b1, c }, blinding)
  return { proof: { ...known, pi_c: inG1(G1.add(rest, await sums.inG1('h'))) }, publicSignals }
}

function firstScalars({ shape }: LookupKey, crew: Crew, witness: Uint8Array, { kappa, r }: Blinding) {
  const { publicSignals, secondRound, inA, firstInA } = shape
  const committed = witness.subarray(BYTES * (publicSignals + 2), BYTES * secondRound)
  const known = pick(witness, inA.subarray(0, firstInA), BYTES)
  return {
    committed: crew.share(concat([committed, pack([kappa], 'plain')])),
    // the challenge's place is zero
    inA: crew.share(concat([known, pack([1n, r], 'plain')])),
  }
}

function secondScalars(
  { shape, layout }: LookupKey,
  crew: Crew,
  witness: Uint8Array,
  { beta, inverses, quotients }: SecondRound,
  { s }: Blinding,
) {
  const challenge = pack([beta], 'plain')
  const inB = concat([pick(witness, shape.inB, BYTES), pack([1n, s], 'plain')])
  const place = shape.inB.indexOf(layout.beta)
  if (place >= 0) inB.set(challenge, BYTES * place)
  return {
    inB: crew.share(inB),
    round2: crew.share(concat([inverses, quotients, challenge])),
    statement: crew.share(concat([witness.subarray(0, BYTES * layout.beta), challenge])),
  }
}

/** Which of an entry's inverse, its quotient, and the challenge a wire has: the lookups', the entries', the challenge. */
function classesOf(hits: Uint32Array, entries: number): Uint32Array {
  const classes = new Uint32Array(hits.length + entries + 1)
  classes.set(hits)
  for (let i = 0; i <= entries; i++) classes[hits.length + i] = entries + i
  return classes
}
