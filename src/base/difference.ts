/** Where two JSON values first differ. */

export type Difference = {
  /** As one would write it in JavaScript: `layers[3].bits`. */
  readonly path: string
  /** As JSON, cut short; `nothing` where one value has no such part. */
  readonly found: string
  readonly expected: string
}

/** Undefined where the values are equal as JSON: what is undefined is as good as absent, and order of keys says nothing. */
export function firstDifference(
  found: unknown,
  expected: unknown,
  path = '',
  options: firstDifference.Options = {},
): Difference | undefined {
  if (isObject(found) && isObject(expected) && Array.isArray(found) === Array.isArray(expected)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(found)])
    for (const key of keys) {
      const step = Array.isArray(expected) ? `[${key}]` : path === '' ? key : `.${key}`
      const inner = firstDifference(found[key], expected[key], `${path}${step}`, options)
      if (inner !== undefined) return inner
    }
    return undefined
  }
  if (JSON.stringify(found) === JSON.stringify(expected)) return undefined
  if (isNear(found, expected, options.near ?? 0)) return undefined
  return { path, found: shown(found), expected: shown(expected) }
}

export declare namespace firstDifference {
  type Options = {
    /** Numbers may differ by this part of the larger one. */
    readonly near?: number
  }
}

function isNear(found: unknown, expected: unknown, near: number): boolean {
  if (typeof found !== 'number' || typeof expected !== 'number') return false
  return Math.abs(found - expected) <= near * Math.max(Math.abs(found), Math.abs(expected))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object'
}

const MOST_SHOWN = 80

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}...` : text
}
