/**
 * From an integer program to constraints: the one walk that builder, evaluator and counter share.
 *
 * Proves: for inputs in their declared domain, the packed outputs are what `execute` gives; public inputs are the ones
 * packed in the signals; the context is bound. Where weights are secret, they are those of the commitment.
 */
import { chooseDisclosure, type Disclosure, type DisclosureOptions } from '../artifacts/disclosure.js'
import { modelShape } from '../artifacts/model-commitment.js'
import type { Scheme } from '../artifacts/scheme.js'
import { plan, type Statement } from '../artifacts/statement.js'
import { InternalError } from '../base/errors.js'
import { widthOf } from '../base/integers.js'
import { sizeOf } from '../base/tensor.js'
import { type Bounds, boundsOf } from '../model/bounds.js'
import type { Values } from '../model/execute.js'
import type { Node, TensorId } from '../model/graph.js'
import { hull, joinIntervals } from '../model/interval.js'
import { at, type QuantizedModel } from '../model/quantized.js'
import { chooseLookups } from './choose-lookups.js'
import type { ConstraintSystem, Layout } from './cs/api.js'
import type { LookupChoice } from './cs/chunks.js'
import type { Felt } from './cs/felt.js'
import { tensorsToWire } from './density.js'
import { disclose, type Extra, extrasOf } from './disclose.js'
import { assertInterval } from './gadgets/range.js'
import * as ArgMax from './ops/argmax.js'
import * as Clamp from './ops/clamp.js'
import * as Compare from './ops/compare.js'
import * as Constant from './ops/constant.js'
import * as Linear from './ops/linear.js'
import * as Max from './ops/max.js'
import * as Piecewise from './ops/piecewise.js'
import * as Pool from './ops/pool.js'
import * as Product from './ops/product.js'
import * as Quotient from './ops/quotient.js'
import * as Rearrange from './ops/rearrange.js'
import * as Rescale from './ops/rescale.js'
import * as Root from './ops/root.js'
import * as Round from './ops/round.js'
import type { Wired } from './ops/wired.js'
import { assertCommitted, openWeights, weightElements, weightInputs } from './weights.js'

/** Everything about a circuit that is known before it is written. */
export type Blueprint = {
  readonly model: QuantizedModel
  readonly bounds: Bounds
  readonly disclosure: Disclosure
  readonly statement: Statement
  /** What a prover gives beside the model's inputs, in the order of its private inputs. */
  readonly extras: readonly Extra[]
  readonly layout: Layout
  /** By tensor id: whether its elements become wires (see density.ts). */
  readonly wired: readonly boolean[]
  /** By tensor id, of inputs: which elements are ranked, which proves that they are in their domain. */
  readonly ranked: ReadonlyMap<TensorId, readonly boolean[]>
  /** What could be one gadget with the rescale after it, where ranges are met by tables. */
  readonly pools: Pool.Candidates
  /** Which tables ranges are met by; undefined in the scheme that meets them by bits. */
  readonly lookups?: LookupChoice | undefined
}

/** The ports of a model with the integers that they can be. */
export function extentsOf({ model, bounds }: Pick<Blueprint, 'model' | 'bounds'>) {
  const extent = ({ name, tensor }: { name: string; tensor: number }) => ({
    name,
    shape: model.tensors[tensor]!.shape,
    count: sizeOf(model.tensors[tensor]!.shape),
    ...hull(bounds[tensor]!),
  })
  return { inputs: model.inputs.map(extent), outputs: model.outputs.map(extent) }
}

/**
 * Throws `Bounds.OverflowError` where a value could leave the exact integers, and `Disclosure.ChoiceError` for a choice
 * that the model cannot follow. A visibility alone is that of all inputs; tables in place of a scheme are those that were
 * chosen before.
 */
export function draft(
  model: QuantizedModel,
  options: DisclosureOptions | 'public' | 'private' = {},
  scheme: Scheme | LookupChoice = 'groth16',
): Blueprint {
  const bounds = boundsOf(model)
  const { inputs, outputs } = extentsOf({ model, bounds })
  const port = (one: (typeof inputs)[number]) => ({ ...one, bits: one.count * widthOf(one.lo, one.hi) })
  const chosen = typeof options === 'string' ? { inputs: options } : options
  const disclosure = chooseDisclosure(inputs.map(port), outputs.map(port), chosen)
  const statement = plan(outputs, inputs, disclosure, modelShape(model, chosen.salt ?? true))
  const extras = extrasOf(statement)
  const layout = {
    publicOutputs: Array.from({ length: statement.context }, (_, i) => `signal[${i}]`),
    publicInputs: ['context'],
    privateInputs: [
      ...inputs.map(({ name, count }) => ({ name, size: count })),
      ...weightInputs(model),
      ...extras.map(({ kind, side, name }) => ({ group: kind, name: `${side}.${name}`, size: 1 })),
    ],
  }
  const wired = tensorsToWire(model, bounds)
  const ranked = rankedInputs(model, bounds)
  const pools = Pool.findPools(model, bounds, wired)
  const blueprint = { model, bounds, disclosure, statement, extras, layout, wired, ranked, pools }
  if (typeof scheme === 'object') return { ...blueprint, lookups: scheme }
  return scheme === 'groth16' ? blueprint : withLookups(blueprint)
}

/** The same with ranges met by tables, those that cost its prover least. */
export function withLookups(blueprint: Blueprint): Blueprint {
  const lookups = chooseLookups(blueprint.layout, (counter) => synthesize(counter, blueprint))
  return { ...blueprint, lookups }
}

export function schemeOf({ lookups }: Pick<Blueprint, 'lookups'>): Scheme {
  return lookups === undefined ? 'groth16' : 'groth16-lookup'
}

/** The elements of inputs that some comparison ranks: no range check beside it is needed. */
function rankedInputs({ inputs, nodes }: QuantizedModel, bounds: Bounds): Blueprint['ranked'] {
  const ranked = new Map<TensorId, boolean[]>()
  for (const node of nodes) {
    if (node.op.kind !== 'compare') continue
    const joined = Compare.ranks(node.op, joinIntervals(node.inputs.map((id) => bounds[id]!)))
    let first = 0
    for (const id of node.inputs) {
      const own = joined.slice(first, first + bounds[id]!.lo.length)
      first += own.length
      const before = ranked.get(id)
      ranked.set(id, before === undefined ? own : own.map((is, i) => is || before[i]!))
    }
  }
  const ports = new Set(inputs.map(({ tensor }) => tensor))
  return new Map([...ranked].filter(([id]) => ports.has(id)))
}

/** What a prover knows, in the order of the layout: the model's inputs, its secret weights, the extras. */
export function privateInputsOf({ model }: Blueprint, inputs: Values, extras: readonly Felt[] = []): Felt[] {
  return [...inputs.flatMap((input): Felt[] => Array.from(input)), ...weightElements(model), ...extras]
}

export function synthesize<V>(cs: ConstraintSystem<V>, blueprint: Blueprint): void {
  const { model, bounds, statement } = blueprint
  const tensors = new Array<readonly V[]>(model.tensors.length)
  const given = takePrivateInputs(cs, blueprint)
  synthesizeInputs(cs, blueprint, tensors)
  const secrets =
    given.weights.length === 0
      ? undefined
      : cs.scope('weights', undefined, () => openWeights(cs, model, given.weights))
  const pools = Pool.choosePools(blueprint.pools, cs.lookups)
  for (const [index, node] of model.nodes.entries()) {
    const inputs = node.inputs.map((id) => {
      const unproven = blueprint.ranked.get(id)
      return { values: tensors[id]!, bounds: bounds[id]!, ...(unproven && { unproven }) }
    })
    tensors[node.output] = cs.scope(node.name, undefined, () => {
      const values = constrain(cs, node, inputs, secrets?.get(index), pools)
      if (!blueprint.wired[node.output]) return values
      return values.map((value, i) => cs.scope('element', i, () => cs.wire(value, 'value')))
    })
  }
  cs.scope('statement', undefined, () => {
    const bounded = (values: readonly V[], tensor: number) =>
      values.map((value, i) => ({ value, lo: bounds[tensor]!.lo[i]!, hi: bounds[tensor]!.hi[i]! }))
    const outputs = model.outputs.map(({ name, tensor }) =>
      bounded(
        tensors[tensor]!.map((value, i) => cs.output(name, i, value)),
        tensor,
      ),
    )
    const inputs = model.inputs.map(({ tensor }) => bounded(tensors[tensor]!, tensor))
    disclose(cs, statement, outputs, inputs, given.extras)
    if (statement.model !== undefined) {
      const { model: part } = statement
      const salt = part.commitment?.salted ? given.extras.at(-1) : undefined
      cs.scope('model', undefined, () => assertCommitted(cs, part, given.weights, salt))
    }
    const context = cs.publicInput(0)
    cs.product(context, context, 'contextSquared')
  })
}

/** The private wires after the inputs. */
function takePrivateInputs<V>(cs: ConstraintSystem<V>, { layout, extras }: Blueprint) {
  const sizes = (isWeight: boolean) =>
    layout.privateInputs
      .filter(({ group }) => (group === 'weights') === isWeight)
      .reduce((sum, { size }) => sum + size, 0)
  const [weights, first] = [sizes(true), sizes(false) - extras.length]
  return {
    weights: Array.from({ length: weights }, (_, i) => cs.privateInput(first + i)),
    extras: extras.map((_, i) => cs.privateInput(first + weights + i)),
  }
}

/** The declared domain of every input element, enforced: here, or where it is ranked. */
function synthesizeInputs<V>(
  cs: ConstraintSystem<V>,
  { model, ranked }: Blueprint,
  tensors: (readonly V[])[],
): void {
  let first = 0
  cs.scope('input', undefined, () => {
    for (const { name, tensor, lo, hi } of model.inputs) {
      const offset = first
      const values = Array.from({ length: sizeOf(model.tensors[tensor]!.shape) }, (_, i) =>
        cs.privateInput(offset + i),
      )
      values.forEach((value, i) => {
        if (ranked.get(tensor)?.[i]) return
        cs.scope(name, i, () => assertInterval(cs, value, at(lo, i), at(hi, i), 'input'))
      })
      tensors[tensor] = values
      first += values.length
    }
  })
}

function constrain<V>(
  cs: ConstraintSystem<V>,
  node: Node,
  inputs: readonly Wired<V>[],
  secret: Linear.Secrets<V> | undefined,
  pools: Pool.Pools,
): readonly V[] {
  const { op } = node
  switch (op.kind) {
    case 'argmax':
      return ArgMax.constrain(cs, op, inputs)
    case 'clamp':
      return Clamp.constrain(cs, op, inputs)
    case 'compare':
      return Compare.constrain(cs, op, inputs)
    case 'constant':
      return Constant.constrain(cs, op)
    case 'linear':
      return secret === undefined
        ? Linear.constrain(cs, op, inputs)
        : Linear.constrainSecret(cs, op, inputs, secret)
    case 'max': {
      const pool = pools.get(node.output)
      return pool ? Pool.constrain(cs, op, pool, inputs) : Max.constrain(cs, op, inputs)
    }
    case 'piecewise':
      return Piecewise.constrain(cs, op, inputs)
    case 'product':
      return Product.constrain(cs, op, inputs)
    case 'quotient':
      return Quotient.constrain(cs, op, inputs)
    case 'rearrange':
      return Rearrange.constrain(cs, op, inputs)
    case 'rescale':
      // a pool's are rescaled already
      return pools.has(node.inputs[0]!) ? inputs[0]!.values : Rescale.constrain(cs, op, inputs)
    case 'round':
      return Round.constrain(cs, op, inputs)
    case 'root':
      return Root.constrain(cs, op, inputs)
    case 'smooth':
      throw new InternalError('An integer program has a function of reals, which only floats have.')
  }
}
