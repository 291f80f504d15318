/** From strokes of a pen to the pixels of a small picture. Strokes are in parts of the frame, pixels from 0 to 1. */
export type Point = readonly [x: number, y: number]
export type Stroke = readonly Point[]

/**
 * The pen's radius in pixels; ink fades over one more. As thick as digits of the usual data sets are drawn: 28 pixels a
 * side, and 8.
 */
function radiusFor(side: number): number {
  return side <= 12 ? 0.35 : side / 28
}

/** `side * side` pixels, row-major. */
export function rasterize(strokes: readonly Stroke[], side: number): Float64Array {
  const pixels = new Float64Array(side * side)
  const radius = radiusFor(side)
  for (const stroke of strokes) {
    const points = stroke.map(([x, y]): Point => [x * side, y * side])
    for (let at = 0; at < pixels.length; at++) {
      const centre: Point = [(at % side) + 0.5, Math.floor(at / side) + 0.5]
      const ink = Math.min(1, Math.max(0, radius + 1 - distance(centre, points)))
      pixels[at] = Math.max(pixels[at]!, ink)
    }
  }
  return pixels
}

/** The strokes moved to the middle and scaled to fill the frame, as digits of the usual data sets are. */
export function fitted(strokes: readonly Stroke[], side: number): readonly Stroke[] {
  const points = strokes.flat()
  if (points.length < 2) return strokes
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)]
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  const extent = Math.max(right - left, bottom - top)
  if (extent === 0) return strokes
  // what is drawn is wider than the pen's way by its thickness
  const room = (side <= 12 ? side - 1.2 : (side * 20) / 28 - 2 * radiusFor(side)) / side
  const scale = room / extent
  return strokes.map((stroke) =>
    stroke.map(
      ([x, y]): Point => [0.5 + (x - (left + right) / 2) * scale, 0.5 + (y - (top + bottom) / 2) * scale],
    ),
  )
}

function distance(from: Point, stroke: readonly Point[]): number {
  let least = Infinity
  stroke.forEach((point, at) => {
    least = Math.min(least, toSegment(from, stroke[Math.max(0, at - 1)]!, point))
  })
  return least
}

function toSegment([x, y]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay]
  const length = dx * dx + dy * dy
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length))
  const [offX, offY] = [x - ax - along * dx, y - ay - along * dy]
  return Math.sqrt(offX * offX + offY * offY)
}

/** The side of a small square picture of one channel that an input can be drawn as, if it can. */
export function sideOf(
  shape: readonly number[],
  lo: readonly number[],
  hi: readonly number[],
): number | undefined {
  const extents = shape.filter((extent) => extent !== 1)
  const isEven = [lo, hi].every((ends) => ends.every((end) => end === ends[0]))
  const [first, second] = extents
  if (!isEven || first === undefined || extents.length > 2) return undefined
  const side = second ?? Math.sqrt(first)
  if (second !== undefined && second !== first) return undefined
  return Number.isInteger(side) && side >= (second === undefined ? 8 : 5) && side <= 64 ? side : undefined
}
