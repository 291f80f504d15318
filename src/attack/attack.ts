/**
 * Everything that a dishonest prover can try on a circuit, in one report.
 *
 * On a compiled model: lies in place of every kind of hint, and inputs outside the domain. On any circuit with honest
 * witnesses: edits, the rank test, and the search for isolated answers.
 */
import { describe } from '../artifacts/iden3/check.js'
import { BaseError } from '../base/errors.js'
import { Random } from '../base/random.js'
import type { HintName } from '../circuit/cs/api.js'
import type { Assignment } from '../circuit/cs/evaluator.js'
import type { Felt } from '../circuit/cs/felt.js'
import { equal } from '../circuit/cs/felt.js'
import type { WireValues } from '../circuit/cs/wires.js'
import type { Blueprint } from '../circuit/synthesize.js'
import { determine } from './determine.js'
import { leaveDomain } from './domain.js'
import { acceptedAlone, acceptedTogether } from './edits.js'
import { type LieCount, lieTo } from './liars.js'
import { rankAt } from './rank.js'
import { forgeSums } from './sums.js'
import { firstBroken, type System, sumsOf, wiresOf } from './system.js'
import { openTarget, requestsOf } from './target.js'

/** Something that the constraints accept and should not. */
export type Finding = {
  readonly by: 'lie' | 'domain' | 'edit' | 'rank' | 'isolated' | 'sum'
  /** The number of the honest witness that it starts from. */
  readonly sample: number
  readonly what: string
  /** The paths of the wires that differ from the honest witness, or that can move; the first of them. */
  readonly wires: readonly string[]
  /** How many these are in all. */
  readonly count: number
  /** Whether a public output is among them: the proof would say something else. */
  readonly changesStatement: boolean
}

export type Report = {
  readonly constraints: number
  readonly wires: number
  /** Honest witnesses that everything was tried on. */
  readonly samples: number
  readonly accepted: readonly Finding[]
  /** By kind of hint; empty for circuits that are not ours. */
  readonly hints: Readonly<Partial<Record<HintName, LieCount>>>
  readonly domain: { readonly tries: number; readonly accepted: number }
  /** Of circuits with lookups: forged counts and values against the sums of round 2, each at a challenge drawn after it. */
  readonly sums?: { readonly tries: number; readonly accepted: number }
  readonly edits: {
    /** Wires edited one by one, to every value of the field. */
    readonly wires: number
    readonly groups: number
    readonly accepted: number
  }
  readonly rank: {
    readonly unknowns: number
    /** The least rank found. */
    readonly rank: number
    /** Paths of the wires that can move. */
    readonly free: readonly string[]
  }
  readonly isolated: {
    /** Samples whose witness was shown to be the only one. */
    readonly unique: number
    readonly choices: number
    readonly alternatives: number
    readonly assumed: number
    readonly unresolved: number
    /** Decompositions that reach the field's size, by their first bit: for some values they have two answers. */
    readonly wide: readonly string[]
    readonly accepted: number
  }
}

export type AttackOptions = {
  readonly seed: number
  /** Lies told to each kind of hint, on each sample. */
  readonly lies: number
  /** Groups of wires edited on each sample. */
  readonly groups: number
  /** Told what begins. */
  readonly onStep?: (step: string) => void
}

export const DEFAULTS: AttackOptions = { seed: 1, lies: 250, groups: 1000 }

/** Attacks a compiled model. Throws `UnsatisfiedError` where an honest witness does not satisfy `system`. */
export function attackModel(
  blueprint: Blueprint,
  system: System,
  samples: readonly Assignment[],
  options: AttackOptions = DEFAULTS,
): Report {
  const target = openTarget(blueprint, system)
  const random = new Random(options.seed)
  const honest = samples.map((sample) => requestsOf(target, sample).evaluator.wires)
  const report = attackSystem(system, honest, options)
  const hints: Partial<Record<HintName, LieCount>> = {}
  const found: Finding[] = []
  let tries = 0
  samples.forEach((assignment, sample) => {
    options.onStep?.(`sample ${sample}: lies`)
    const { counts, accepted } = lieTo(target, assignment, random, options.lies)
    for (const [hint, count] of Object.entries(counts)) addTo(hints, hint as HintName, count)
    for (const { request, lie, evaluator } of accepted) {
      const what = `${request.hint} of ${brief(request.value)}: ${lie}`
      const lied = wiresOf(system, evaluator.wires)
      found.push({ by: 'lie', sample, what, ...difference(system, wiresOf(system, honest[sample]!), lied) })
    }
    options.onStep?.(`sample ${sample}: inputs outside the domain`)
    const outside = leaveDomain(target, assignment)
    tries += outside.tries
    const first = 1 + system.r1cs.publicOutputs + system.r1cs.publicInputs
    for (const { element, value } of outside.accepted) {
      const what = `input ${brief(value)} is outside the declared domain`
      const wires = [system.nameOf(first + element)]
      found.push({ by: 'domain', sample, what, wires, count: 1, changesStatement: true })
    }
  })
  const refused = found.filter(({ by }) => by === 'domain').length
  return { ...report, accepted: [...report.accepted, ...found], hints, domain: { tries, accepted: refused } }
}

/** Attacks any circuit from honest witnesses. Throws `UnsatisfiedError` where one does not satisfy it. */
export function attackSystem(
  system: System,
  honest: readonly WireValues[],
  options: AttackOptions = DEFAULTS,
): Report {
  const random = new Random(options.seed)
  const results = honest.map((given, sample) => {
    const values = wiresOf(system, given)
    assertSatisfied(system, values, sample)
    return attackWitness(system, values, sample, random, options)
  })
  const sums = system.whole && forgeAll(system, honest, options)
  const accepted = [...results.flatMap(({ findings }) => findings), ...(sums?.findings ?? [])]
  const by = (test: Finding['by']) => accepted.filter((finding) => finding.by === test)
  const total = (count: (result: WitnessResult) => number) =>
    results.reduce((sum, result) => sum + count(result), 0)
  const unknowns = results[0]?.rank.unknowns ?? 0
  return {
    constraints: system.r1cs.constraints,
    wires: system.r1cs.wires,
    samples: honest.length,
    accepted,
    hints: {},
    domain: { tries: 0, accepted: 0 },
    ...(sums && { sums: { tries: sums.tries, accepted: sums.findings.length } }),
    edits: {
      wires: total(({ rank }) => rank.unknowns),
      groups: options.groups * honest.length,
      accepted: by('edit').length,
    },
    rank: {
      unknowns,
      rank: Math.min(...results.map(({ rank }) => rank.rank)),
      free: [...new Set(results.flatMap(({ rank }) => rank.free))].map(system.nameOf),
    },
    isolated: {
      unique: results.filter(({ determined }) => determined.unique).length,
      choices: total(({ determined }) => determined.choices),
      alternatives: total(({ determined }) => determined.alternatives),
      assumed: total(({ determined }) => determined.assumed),
      unresolved: total(({ determined }) => determined.unresolved),
      wide: [...new Set(results.flatMap(({ determined }) => determined.wide))].map(system.nameOf),
      accepted: by('isolated').length,
    },
  }
}

/** Round 2 of each honest witness, and forgeries of it. */
function forgeAll(system: System, honest: readonly WireValues[], { seed, onStep }: AttackOptions) {
  // its own sequence: what else is tried is the same as without
  const random = new Random(seed)
  const findings: Finding[] = []
  let tries = 0
  honest.forEach((first, sample) => {
    onStep?.(`sample ${sample}: sums`)
    const report = forgeSums(system, first, random)
    if (report === undefined) throw new UnbalancedError(sample)
    tries += report.tries
    for (const what of report.accepted)
      findings.push({ by: 'sum', sample, what, wires: [], count: 0, changesStatement: true })
  })
  return { tries, findings }
}

type WitnessResult = ReturnType<typeof attackWitness>

function attackWitness(
  system: System,
  values: WireValues,
  sample: number,
  random: Random,
  { groups, onStep }: AttackOptions,
) {
  const findings: Finding[] = []
  const sums = sumsOf(system.r1cs, values)
  onStep?.(`sample ${sample}: edits`)
  const edits = [
    ...acceptedAlone(system, sums, values),
    ...acceptedTogether(system, sums, values, random, groups),
  ]
  for (const { wires, changes } of edits) {
    const what = changes.map((change) => (change === 'any' ? 'any value' : `changed by ${brief(change)}`))
    findings.push({ by: 'edit', sample, what: what.join(', '), ...named(system, wires) })
  }
  onStep?.(`sample ${sample}: rank`)
  const rank = rankAt(system, sums, random)
  if (rank.free.length > 0) {
    const what = `rank ${rank.rank} of ${rank.unknowns}: these wires can move together`
    findings.push({ by: 'rank', sample, what, ...named(system, rank.free) })
  }
  onStep?.(`sample ${sample}: isolated answers`)
  const determined = determine(system, values)
  for (const other of determined.accepted) {
    findings.push({ by: 'isolated', sample, what: 'another witness', ...difference(system, values, other) })
  }
  return { findings, rank, determined }
}

/** Paths shown in a finding. */
const MOST_NAMES = 20

function named(
  system: System,
  wires: readonly number[],
): Pick<Finding, 'wires' | 'count' | 'changesStatement'> {
  return {
    wires: wires.slice(0, MOST_NAMES).map(system.nameOf),
    count: wires.length,
    changesStatement: wires.some((wire) => wire <= system.r1cs.publicOutputs),
  }
}

function difference(system: System, honest: WireValues, other: WireValues) {
  const wires: number[] = []
  for (let wire = 0; wire < honest.length; wire++) {
    if (!equal(honest.get(wire), other.get(wire))) wires.push(wire)
  }
  return named(system, wires)
}

function addTo(
  hints: Partial<Record<HintName, LieCount>>,
  hint: HintName,
  { lies, accepted }: LieCount,
): void {
  const before = hints[hint] ?? { lies: 0, accepted: 0 }
  hints[hint] = { lies: before.lies + lies, accepted: before.accepted + accepted }
}

function brief(value: Felt): string {
  const text = value.toString()
  return text.length > 24 ? `${text.slice(0, 10)}...${text.slice(-10)}` : text
}

function assertSatisfied(system: System, values: WireValues, sample: number): void {
  if (values.length !== system.r1cs.wires) throw new OtherCircuitError(values.length, system.r1cs.wires)
  const row = firstBroken(system, values)
  if (row !== undefined) throw new UnsatisfiedError(system, row, values, sample)
}

export class OtherCircuitError extends BaseError {
  override name = 'Attack.OtherCircuitError'
  constructor(
    readonly values: number,
    readonly wires: number,
  ) {
    super(`A witness of ${values} values does not belong to a circuit of ${wires} wires.`, {
      hint: 'give the witness and the circuit of one build',
    })
  }
}

export class UnsatisfiedError extends BaseError {
  override name = 'Attack.UnsatisfiedError'
  constructor(
    system: System,
    readonly constraint: number,
    values: WireValues,
    readonly sample: number,
  ) {
    const witness = { wires: values.length, values: values.toBytes() }
    super(`Sample ${sample} has no honest witness to attack from: constraint ${constraint} does not hold.`, {
      details: describe(system.r1cs, constraint, witness, system.nameOf).split('\n'),
      hint: 'give a witness that satisfies the circuit, and the circuit that it was made for',
    })
  }
}

export class UnbalancedError extends BaseError {
  override name = 'Attack.UnbalancedError'
  constructor(readonly sample: number) {
    super(`Sample ${sample} has no honest second round to attack from: a sum of its lookups does not hold.`, {
      hint: 'circuit.r1cs, circuit.lookups and the integer program belong to different builds: compile the model again',
    })
  }
}
