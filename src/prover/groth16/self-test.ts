/**
 * Whether kernels compute what the reference does, on few values that reach their corners: WebAssembly leaves a fused
 * multiply-add free to round twice, and a wrong product would only be seen when no proof verifies.
 */
import { BYTES, P } from '../../base/field.js'
import { Random } from '../../base/random.js'
import { pack } from '../elements.js'
import { COEFFICIENT_BYTES } from '../zkey.js'
import { type Affine, G1, G2, GENERATOR_1, GENERATOR_2, type Group } from './group.js'
import type { GroupName, Machine, Affine as Point } from './machine.js'
import { reference } from './reference.js'

/** What is wrong, or nothing. */
export function selfTest(machine: Machine): string | undefined {
  const random = new Random(1)
  if (!agree(machine, (one) => sum(one, 'g1', G1, GENERATOR_1, random.seed))) return 'sums in G1 are wrong'
  if (!agree(machine, (one) => sum(one, 'g2', G2, GENERATOR_2, random.seed))) return 'sums in G2 are wrong'
  if (!agree(machine, (one) => quotient(one, random.seed))) return 'rows or transforms are wrong'
  return undefined
}

/** The same of what setups need, and proofs do not: its tables take longer to make than a small proof. */
export function selfTestMultiples(machine: Machine): string | undefined {
  const few = pack([0n, 1n, P - 1n, new Random(1).element()], 'plain')
  const isWrong = GROUPS.some((group) => !agree(machine, (one) => one.multiplesOf(group, few)))
  return isWrong ? "multiples of a group's generator are wrong" : undefined
}

/** The same of what first keys need. */
export function selfTestButterflies(machine: Machine): string | undefined {
  const random = new Random(1)
  const pointsOf = (multiples: readonly bigint[]) => {
    const bytes = new Uint8Array(G1.bytes * multiples.length)
    for (const [i, multiple] of multiples.entries()) G1.write(G1.combine([GENERATOR_1], [multiple]), bytes, i)
    return bytes
  }
  // doubles, opposites and infinity among them
  const [a, b] = [
    [5n, 0n, 7n, 3n, 3n, 0n, 9n],
    [5n, 4n, 0n, P - 3n, 3n, 0n, 11n],
  ].map(pointsOf)
  const scalars = pack([1n, random.element(), random.element(), 1n, P - 1n, 2n, random.element()], 'plain')
  const isWrong = !agree(machine, (one) => one.butterflies(a!, b!, scalars))
  return isWrong ? 'sums and differences of points are wrong' : undefined
}

/** Multiples of the generators: few, since the reference is slow, and with an opposite pair, a double, and infinity. */
const MULTIPLES = [1n, 2n, P - 1n, 3n, 3n, 0n, 5n, 8n]
const POINTS = 24
/** Scalars of all bits: what the reference is slow at. */
const FULL = 3
const ROWS = 32
const GROUPS: readonly GroupName[] = ['g1', 'g2']

function agree(machine: Machine, work: (machine: Machine) => unknown): boolean {
  return text(work(machine)) === text(work(reference))
}

function text(value: unknown): string {
  return value instanceof Uint8Array
    ? value.join()
    : (JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? inner.toString() : inner)) ??
        'infinity')
}

function sum<T>(
  machine: Machine,
  name: GroupName,
  group: Group<T>,
  generator: Affine<T>,
  seed: number,
): Point {
  const random = new Random(seed)
  const bytes = new Uint8Array(group.bytes * POINTS)
  const points = MULTIPLES.map((multiple) => group.combine([generator], [multiple]))
  for (let i = 0; i < POINTS; i++) group.write(points[i % points.length], bytes, i)
  const corners = [0n, 1n, P - 1n, 2n ** 128n, 255n, ...Array.from({ length: FULL }, () => random.element())]
  const scalars = Array.from({ length: POINTS }, (_, i) => corners[i] ?? BigInt(random.int(0, 2 ** 16)))
  return machine.multiply(machine.loadPoints(name, bytes, POINTS), pack(scalars, 'plain'))
}

/** Rows of few entries each, and one that is empty. */
function quotient(machine: Machine, seed: number): Uint8Array {
  const random = new Random(seed)
  const witness = pack([1n, 0n, P - 1n, random.element()], 'plain')
  const coefficients = new Uint8Array(COEFFICIENT_BYTES * 3 * ROWS)
  const words = new DataView(coefficients.buffer)
  for (let i = 0; i < 3 * ROWS; i++) {
    const place = [random.int(0, 1), random.int(0, ROWS - 2), random.int(0, witness.length / BYTES - 1)]
    place.forEach((word, at) => {
      words.setUint32(COEFFICIENT_BYTES * i + 4 * at, word, true)
    })
    coefficients.set(pack([random.element()], 'plain'), COEFFICIENT_BYTES * i + 12)
  }
  return machine.quotientOf(machine.loadRows(coefficients, ROWS), witness)
}
