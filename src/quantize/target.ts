/** How near to the float model an integer model must be, and how far one is from that. */
import type { Probe } from './probe.js'

export type Target = {
  /** The largest share of labels that may flip. */
  readonly maxFlip?: number | undefined
  /** The largest error of an output that is no score or label, in parts of its range. */
  readonly maxError?: number | undefined
}

export const DEFAULT_TARGET = { maxFlip: 0.005, maxError: 0.01 }

/** Which of the two applies: labels where the model gives some, else numbers; and each that was asked for. */
export function applicable(asked: Target, hasLabels: boolean): Target {
  if (isAsked(asked)) return asked
  return hasLabels ? { maxFlip: DEFAULT_TARGET.maxFlip } : { maxError: DEFAULT_TARGET.maxError }
}

export function isAsked({ maxFlip, maxError }: Target): boolean {
  return maxFlip !== undefined || maxError !== undefined
}

/** Whether the held-out samples themselves keep to the target. */
export function meets(
  { flips, error }: { readonly flips: number | undefined; readonly error: number | undefined },
  target: Target,
): boolean {
  return (flips ?? 0) <= (target.maxFlip ?? Infinity) && (error ?? 0) <= (target.maxError ?? Infinity)
}

/**
 * How many times the target is missed: up to 1 is within. The search asks for more than `meets`, lest it find the one
 * model that flips no label of these samples by luck: flips among all samples, and those expected, count as well.
 */
export function missOf(found: Probe, target: Target): number {
  const { maxFlip, maxError } = target
  // shares below half a sample are none that so few samples could show
  const [least, leastOfAll] = [0.5 / Math.max(1, found.heldOut), 0.5 / Math.max(1, found.samples)]
  const misses = [
    maxFlip === undefined ? 0 : (found.flips ?? 0) / Math.max(maxFlip, least),
    maxFlip === undefined ? 0 : (found.allFlips ?? 0) / Math.max(maxFlip, leastOfAll),
    maxFlip === undefined ? 0 : (found.expected ?? 0) / Math.max(maxFlip, leastOfAll),
    maxError === undefined ? 0 : (found.error ?? 0) / Math.max(maxError, 1e-12),
  ]
  return Math.max(...misses)
}

export function describeTarget({ maxFlip, maxError }: Target): string {
  const parts = [
    ...(maxFlip === undefined ? [] : [`at most ${percent(maxFlip)} of the labels may flip`]),
    ...(maxError === undefined ? [] : [`numbers may be off by ${percent(maxError)} of their range`]),
  ]
  return parts.join(', and ')
}

/** 0.0123 as 1.23 %. */
export function percent(part: number): string {
  return `${(100 * part).toFixed(2)} %`
}
