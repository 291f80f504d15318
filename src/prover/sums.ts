/**
 * Sums of multiples of points, for snarkjs, and multiples of generators, for setups, on the kernels of our own prover: what ffjavascript's own walks bit by bit over
 * the whole scalar, though most scalars of a witness are 0 or 1, and adds in Jacobian coordinates.
 *
 * Where none of the fast kernels passes its test, there is no tier, and ffjavascript's own are taken.
 */

import type { Command } from 'ffjavascript'
import { chooseMachine } from './groth16/choose.js'
import { fma } from './groth16/fast/fma.js'
import { integer } from './groth16/fast/integer.js'
import { G1, G2 } from './groth16/group.js'
import type { GroupName, Machine, TierName } from './groth16/machine.js'
import { plain } from './groth16/plain.js'
import { selfTestButterflies, selfTestMultiples } from './groth16/self-test.js'
import { openMachine } from './groth16/tiers.js'
import type { Runner } from './runner.js'

/** ffjavascript's commands, a sum of multiples of points, multiples of a generator, or a stage of a transform. */
export type Task = readonly Command[] | SumTask | MultiplesTask | ButterfliesTask

export async function runTask(run: Runner, task: Task): Promise<Uint8Array<ArrayBuffer>[]> {
  if ('group' in task) return [await sum(task)]
  if ('multiplesIn' in task) return [await multiples(task)]
  if ('left' in task) {
    const { left, right, scalars, tier } = task
    return [Uint8Array.from((await machineOf(tier)).butterflies(left, right, scalars))]
  }
  return run(task)
}

/** Points as keys have them, and as many plain scalars. */
export type SumTask = {
  readonly group: GroupName
  readonly bases: Uint8Array
  readonly scalars: Uint8Array
  readonly tier: TierName
}

/** Of a group's generator, by plain scalars. */
export type MultiplesTask = {
  readonly multiplesIn: GroupName
  readonly scalars: Uint8Array
  readonly tier: TierName
}

/** left[i] + scalars[i] * right[i], and behind these the differences: points of G1 as keys have them, plain scalars. */
export type ButterfliesTask = {
  readonly left: Uint8Array
  readonly right: Uint8Array
  readonly scalars: Uint8Array
  readonly tier: TierName
}

/** The tier that those are made on, tested once a process. Throws `NoTierError`. */
export async function tierOfButterflies(): Promise<TierName> {
  forButterflies ??= chooseMachine([fma, integer, plain], selfTestButterflies).then(keep)
  return forButterflies
}

/** The tier that multiples of generators are made on, tested once a process. Throws `NoTierError`. */
export async function tierOfMultiples(): Promise<TierName> {
  forMultiples ??= chooseMachine([fma, integer, plain], selfTestMultiples).then(keep)
  return forMultiples
}

/** scalars[i] times the group's generator, as keys have points. */
export async function multiples({
  multiplesIn,
  scalars,
  tier,
}: MultiplesTask): Promise<Uint8Array<ArrayBuffer>> {
  return (await machineOf(tier)).multiplesOf(multiplesIn, scalars)
}

/** The tier that sums are made on in this process, tested once. */
export function tierOfSums(): Promise<TierName | undefined> {
  chosen ??= chooseMachine([fma, integer]).then(keep, () => undefined)
  return chosen
}

/** The sum of scalars[i] * bases[i] as a key's point, which at infinity is all zero. */
export async function sum({ group, bases, scalars, tier }: SumTask): Promise<Uint8Array<ArrayBuffer>> {
  const machine = await machineOf(tier)
  return group === 'g1'
    ? bytesOf(G1, machine.multiplyOnce('g1', bases, scalars))
    : bytesOf(G2, machine.multiplyOnce('g2', bases, scalars))
}

let chosen: Promise<TierName | undefined> | undefined
let forMultiples: Promise<TierName> | undefined
let forButterflies: Promise<TierName> | undefined
const machines = new Map<TierName, Promise<Machine>>()

function keep(machine: Machine): TierName {
  machines.set(machine.tier, machines.get(machine.tier) ?? Promise.resolve(machine))
  return machine.tier
}

function machineOf(tier: TierName): Promise<Machine> {
  const machine = machines.get(tier) ?? openMachine(tier)
  machines.set(tier, machine)
  return machine
}

function bytesOf<T>(
  group: { readonly bytes: number; write(point: T, bytes: Uint8Array, index: number): void },
  point: T,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(group.bytes)
  group.write(point, bytes, 0)
  return bytes
}
