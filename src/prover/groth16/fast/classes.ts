/**
 * Multiplication of many points with few different scalars: those of a class are added up, one addition a point, and the
 * sums multiplied, as many as there are classes.
 */
import { BYTES } from '../../../base/field.js'
import { G1, type G1Affine } from '../group.js'
import { pick } from '../split.js'
import { addLists, type Bench, begin, bytesOfPoint, layOut, multiplyTable, type Table } from './multiply.js'

type TableOfG1 = Table & { readonly group: 'g1' }

/** The sum of scalars[classes[indices[i]]] * points[i]. */
export function multiplyClasses(
  bench: Bench,
  table: TableOfG1,
  classes: Uint32Array,
  scalars: Uint8Array,
): G1Affine {
  if (table.count === 0) return undefined
  const sums = addClasses(bench, table, classes, scalars.length / BYTES)
  const present = Uint32Array.from(sums.keys()).filter((of) => sums[of] !== 0)
  const own = tableOf(
    bench,
    present.map((of) => sums[of]!),
  )
  return multiplyTable(bench, own, pick(scalars, present, BYTES))
}

/** The entry of each class's sum; 0 where it is nothing. */
function addClasses(bench: Bench, table: TableOfG1, classes: Uint32Array, count: number): Uint32Array {
  const { memory, layout } = bench
  const width = Math.max(1, Math.ceil(Math.log2(count)))
  const plan = layOut(bench, 'g1', table.count, 0, width, 1)
  const { starts, ends, sorted } = plan.places
  begin(memory, plan)
  const { words } = memory.views()
  const [first, next] = [starts / 4, ends / 4]
  const [indices, stride] = [table.indices / 4, bytesOfPoint('g1', layout).table]
  words.fill(0, next, next + count)
  for (let i = 0; i < table.count; i++) words[next + classes[words[indices + i]!]!]!++
  let place = sorted
  for (let of = 0; of < count; of++) {
    const size = words[next + of]!
    words[first + of] = place
    words[next + of] = place
    place += 4 * size
  }
  for (let i = 0; i < table.count; i++) {
    const list = next + classes[words[indices + i]!]!
    words[words[list]! / 4] = table.points + stride * i
    words[list]! += 4
  }
  return addLists(bench, plan, count)
}

/** Of sums in memory, which have no image yet: out as keys have points, and in again, over what was there before. */
function tableOf({ kernels, memory, layout, spare }: Bench, sums: Uint32Array): TableOfG1 {
  const count = sums.length
  const stride = bytesOfPoint('g1', layout).table
  const indices = spare((4 + stride + G1.bytes) * count + 48)
  const points = align(indices + 4 * count)
  const source = align(points + stride * count)
  const { words } = memory.views()
  // where indices will be
  words.set(sums, indices / 4)
  kernels.exportPoints(indices, count, 1, source)
  kernels.importG1(source, count, points)
  for (let i = 0; i < count; i++) words[indices / 4 + i] = i
  return { group: 'g1', indices, points, count }
}

const align = (address: number): number => 16 * Math.ceil(address / 16)
