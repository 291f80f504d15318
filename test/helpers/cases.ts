/** The model collection beside the project; its tests say loudly when it is not there. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, '../../../shared/cases')

/** A path within the collection. */
export function casePath(...parts: string[]): string {
  return join(FOLDER, ...parts)
}

/** True where that part of the collection is there; prints what is skipped where it is not. */
export function hasCases(part: string): boolean {
  const there = existsSync(casePath(part))
  if (!there) console.warn(`SKIPPED: ${casePath(part)} is not there, so nothing of it is tested.`)
  return there
}

/** A JSON file of the collection; the caller knows its form. */
export function readCase<T>(...parts: string[]): T {
  return JSON.parse(readFileSync(casePath(...parts), 'utf8'))
}
