/**
 * Loaded with `node --import`: ends the process, and the group that it leads, when whoever started it is gone.
 * A launcher that was killed outright cannot pass anything on; its child notices that it has a new parent.
 */
import { isMainThread } from 'node:worker_threads'

const INTERVAL_MS = 500

if (isMainThread) {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    end()
  }, INTERVAL_MS)
  timer.unref()
}

/** Its whole group where it leads one, else itself alone. */
function end() {
  try {
    process.kill(-process.pid, 'SIGTERM')
  } catch {
    process.kill(process.pid, 'SIGTERM')
  }
}
