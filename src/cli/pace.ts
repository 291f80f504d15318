/** How fast a batch goes, and when it will be done. */

export type Pace = {
  /** Samples a second, of those lately finished. */
  readonly rate: number | undefined
  readonly secondsLeft: number | undefined
}

/** Told of each sample: whether it took any work, and how many are left. The rate is that of the last minute. */
export function openPace(now: () => number = () => performance.now()) {
  const ends: number[] = [now()]
  return (isNew: boolean, left: number): Pace => {
    const time = now()
    if (isNew) ends.push(time)
    else if (ends.length === 1) ends[0] = time
    while (ends.length > 2 && (ends.length > MOST || time - ends[1]! > WINDOW_MS)) ends.shift()
    const elapsed = time - ends[0]!
    if (ends.length < 2 || elapsed <= 0) return { rate: undefined, secondsLeft: undefined }
    const rate = (1000 * (ends.length - 1)) / elapsed
    return { rate: Number(rate.toPrecision(3)), secondsLeft: Math.round(left / rate) }
  }
}

const WINDOW_MS = 60_000
const MOST = 1_000

export function progressLine(facts: {
  readonly sample: number
  readonly done: number
  readonly total: number
  readonly failed: number
  readonly rate: number | undefined
  readonly secondsLeft: number | undefined
}): string {
  const { sample, done, total, failed, rate, secondsLeft } = facts
  const parts = [`sample ${sample}: ${done} of ${total}`]
  if (failed > 0) parts.push(`${failed} failed`)
  if (rate !== undefined) parts.push(speed(rate))
  if (secondsLeft !== undefined && done < total) parts.push(`${duration(secondsLeft)} left`)
  return parts.join(', ')
}

function speed(rate: number): string {
  return rate >= 1 ? `${rate.toFixed(1)} a second` : `${(60 * rate).toFixed(1)} a minute`
}

/** 42 s, 3:07, 2:05:00. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  const two = (value: number) => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}
