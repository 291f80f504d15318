/** docs/OPERATORS.md, written from the registry and from what came of the vectors. */
import type { SupportedOperator } from '../../src/onnx/registry.js'
import type { Verdict } from './vector.js'

export type Result = {
  readonly name: string
  readonly operators: readonly string[]
  readonly verdict: Verdict
}

export type NodeResult = Result & {
  /** With all float inputs computed; undefined where that is the same. */
  readonly all: Verdict | undefined
  readonly outOfScope: boolean
}

const HEAD = `# Operators

Written by \`npm run conformance\`: do not edit. Each vector is a model with inputs and the outputs that they must give. It
passes where the imported float program gives these outputs, the integer program (16 bits) gives what the float one does on
the same inputs, the circuit's public signals are the integers, and the witness satisfies the constraints.`

const INTRO = `## Supported

What integers add to an operator's error: nothing where it is *exact*; roundings where it *rounds*, at most 2^-10 of the
greatest output at 16 bits; an approximation has the bound that stands there. "Seen" is the worst error of the vectors, in
parts of the greatest output (or of 1, where that is greater).`

export function describeOperators(operators: readonly SupportedOperator[], own: readonly Result[]): string {
  const names = [...new Set(operators.map(nameOf))]
  const rows = names.map((name) => {
    const lines = operators.filter((one) => nameOf(one) === name)
    const results = own.filter((result) => result.operators.includes(name))
    const errors = results.flatMap(({ verdict }) => (verdict.kind === 'passed' ? [verdict.error] : []))
    const seen = errors.length === 0 ? '' : roundUp(Math.max(...errors))
    const opsets = lines.map(opsetsOf).join(', ')
    return [name, opsets, toleranceOf(lines[0]!), String(errors.length), seen, othersOf(results)]
  })
  const head = ['operator', 'opsets', 'integers', 'vectors passed', 'seen', 'refused or wrong']
  return [HEAD, INTRO, table(head, rows)].join('\n\n')
}

export function describeNodes(results: readonly NodeResult[]): string {
  const scope = results.filter(({ outOfScope }) => !outOfScope)
  const passed = scope.filter(({ verdict }) => verdict.kind === 'passed').length
  const both = scope.filter(({ all }) => all !== undefined)
  const bothPassed = both.filter(({ all }) => all!.kind === 'passed').length
  const intro = `The official backend tests of single nodes (github.com/onnx/onnx), their first input computed and the others constant:
${passed} of ${scope.length} pass. With every float input computed, where there are several: ${bothPassed} of ${both.length}. Out of scope
are ${results.length - scope.length}, whose inputs are strings, not finite, or without elements.`
  const names = [...new Set(results.flatMap(({ operators }) => operators))].sort()
  const rows = names.map((name) => {
    const own = scope.filter(({ operators }) => operators.includes(name))
    const all = own.filter((result) => result.all !== undefined)
    const verdicts = [...own.map(({ verdict }) => verdict), ...all.map((result) => result.all!)]
    const share = (part: readonly Verdict[]) =>
      `${part.filter(({ kind }) => kind === 'passed').length}/${part.length}`
    return [
      name,
      share(own.map(({ verdict }) => verdict)),
      all.length === 0 ? '' : share(all.map((result) => result.all!)),
      reasonsOf(verdicts),
    ]
  })
  const kept = rows.filter(([, share]) => share !== '0/0')
  return [
    '## ONNX node tests',
    intro,
    table(['operator', 'passed', 'all computed', 'refused or wrong'], kept),
  ].join('\n\n')
}

export function describeModels(results: readonly Result[]): string {
  const passed = results.filter(({ verdict }) => verdict.kind === 'passed')
  const rows = results
    .filter(({ verdict }) => verdict.kind !== 'passed')
    .map(({ name, verdict }) => [name, reasonsOf([verdict])])
  const intro = `${passed.length} of ${results.length} third-party models pass. The others:`
  return ['## Models', intro, table(['model', 'refused or wrong'], rows)].join('\n\n')
}

function nameOf({ domain, operator }: Pick<SupportedOperator, 'domain' | 'operator'>): string {
  return domain === '' ? operator : `${domain}.${operator}`
}

function opsetsOf({ since, until }: SupportedOperator): string {
  return until === Infinity ? `${since}+` : `${since} to ${until}`
}

function toleranceOf({ tolerance }: SupportedOperator): string {
  if (tolerance === 'exact') return 'exact'
  return tolerance === 'rounds' ? 'rounds' : `approximates, ${tolerance.approximates}`
}

/** One digit, so that the last bits of float64 on another machine do not change the table. */
function roundUp(error: number): string {
  return error === 0
    ? '0'
    : error < 1e-9
      ? '< 1e-9'
      : `< ${(10 ** Math.ceil(Math.log10(error))).toExponential(0)}`
}

function othersOf(results: readonly Result[]): string {
  return reasonsOf(results.map(({ verdict }) => verdict))
}

/** Each reason once, with how often it was given. */
function reasonsOf(verdicts: readonly Verdict[]): string {
  const counts = new Map<string, number>()
  for (const verdict of verdicts) {
    if (verdict.kind === 'passed') continue
    const reason = verdict.kind === 'failed' ? `WRONG: ${verdict.reason}` : verdict.reason
    counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }
  return [...counts].map(([reason, times]) => `${times}: ${reason}`).join('; ')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
