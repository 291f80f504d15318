/** Canonical JSON (RFC 8785 subset), that digests are taken over; apart from them, since browsers read it too. */

/** JSON with sorted keys and no white space: equal values give equal bytes. Numbers print as ECMAScript prints them. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  )
}
