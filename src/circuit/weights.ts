/**
 * Secret weights in constraints: private elements, several integers each, taken apart into ranges and bound by the
 * model's commitment.
 */
import type { CommitmentShape } from '../artifacts/commitment.js'
import { elementsOf, type ModelSection, perElementOf, sectionsOf } from '../artifacts/model-commitment.js'
import type { Linear } from '../model/ops/linear.js'
import type { QuantizedModel } from '../model/quantized.js'
import type { ConstraintSystem, PrivateInput } from './cs/api.js'
import { ENTRIES_PER_CONSTRAINT } from './density.js'
import { commitToElements } from './gadgets/commit.js'
import { decompose } from './gadgets/range.js'
import type { Secrets } from './ops/linear.js'

/** The private inputs that hold a model's weights, section by section. */
export function weightInputs(model: QuantizedModel): PrivateInput[] {
  return sectionsOf(model).map((section) => ({
    group: 'weights',
    name: section.name,
    size: Math.ceil(section.count / perElementOf(section)),
  }))
}

/** What a prover who knows the model puts there. Throws `CommitmentError` for a weight outside its range. */
export function weightElements(model: QuantizedModel): bigint[] {
  return sectionsOf(model).flatMap(elementsOf)
}

/**
 * Proves: each element is the packing of integers of its section's range, and of nothing else; so that a commitment to
 * the elements is one to the integers.
 * Cost: the bits of all integers, and 1 for each element; 1 for each weight that is used so often that a wire pays.
 *
 * By node. The last element of a section has the bits of the integers that are left, and no more. An element stays below 2^252.
 */
export function openWeights<V>(
  cs: ConstraintSystem<V>,
  model: QuantizedModel,
  elements: readonly V[],
): ReadonlyMap<number, Secrets<V>> {
  const opened = new Map<number, Secrets<V>>()
  let first = 0
  for (const section of sectionsOf(model)) {
    const op = model.nodes[section.node]!.op as Linear
    const count = Math.ceil(section.count / perElementOf(section))
    const values = openSection(cs, section, elements.slice(first, first + count), usesOf(op, section))
    const known = opened.get(section.node) ?? { weights: [], biases: [] }
    opened.set(
      section.node,
      section.what === 'weight' ? { ...known, weights: values } : { ...known, biases: values },
    )
    first += count
  }
  return opened
}

function openSection<V>(
  cs: ConstraintSystem<V>,
  section: ModelSection,
  elements: readonly V[],
  uses: Int32Array,
): V[] {
  const { name, width, count, lo } = section
  const each = perElementOf(section)
  return elements.flatMap((element, k) =>
    cs.scope(name, k, () => {
      const widths = new Array<number>(Math.min(each, count - k * each)).fill(width)
      return decompose(cs, element, widths, 'weights').map((limb, i) => {
        const value = cs.combine([limb], [1], lo)
        const pays = width * (uses[k * each + i]! - 1) > ENTRIES_PER_CONSTRAINT
        return pays ? cs.scope('integer', i, () => cs.wire(value, 'value')) : value
      })
    }),
  )
}

/** How often each integer of a section stands in a constraint. */
function usesOf(op: Linear, { what, count }: ModelSection): Int32Array {
  const uses = new Int32Array(count)
  for (const index of what === 'weight' ? op.weight : op.secret!.biasOf) uses[index]!++
  return uses
}

/** Proves: the signal is the commitment to the elements, with this salt. */
export function assertCommitted<V>(
  cs: ConstraintSystem<V>,
  part: { readonly first: number; readonly commitment?: CommitmentShape | undefined },
  elements: readonly V[],
  salt: V | undefined,
): void {
  cs.assertPublicOutput(part.first, commitToElements(cs, part.commitment!, elements, salt))
}
