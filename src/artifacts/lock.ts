/** Files that name the process which uses something alone. They outlive a kill, and count while that process runs. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { messageOf } from '../base/errors.js'
import { WriteError } from './store.js'

/** Others may take over at the same moment what a dead process left. */
const ATTEMPTS = 5

/** Of this process. */
const held = new Set<string>()

/**
 * Takes the lock for this process, and returns what gives it back; one whose process is gone is taken over. Throws what
 * `busy` makes of the holder's id, and `WriteError`.
 */
export async function takeLock(path: string, busy: (holder: number) => Error): Promise<() => Promise<void>> {
  for (let attempt = 1; !(await create(path)); attempt++) {
    const holder = Number((await readFile(path, 'utf8').catch(() => '')).trim())
    // a process that starts again in a container often has the id that the last one had
    const isTaken = holder === process.pid ? held.has(path) : isRunning(holder)
    if (isTaken || attempt === ATTEMPTS) throw busy(holder)
    await rm(path, { force: true })
  }
  held.add(path)
  return async () => {
    held.delete(path)
    await rm(path, { force: true })
  }
}

/** Whether it was not there. */
async function create(path: string): Promise<boolean> {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx' })
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw new WriteError(path, messageOf(cause), cause)
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid < 1) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
