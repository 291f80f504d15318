/**
 * Folds models that nobody has vouched for. ONNX Runtime computes whatever depends on no input, and a file may ask for
 * terabytes or for a loop without end; its native code may even crash. So it happens in a process of its own, which has a
 * limit of memory (where the system knows one) and of time, and which alone ends when either is passed.
 *
 * The process is kept for the next model; it keeps nothing alive, and ends with its parent.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { BaseError } from '../base/errors.js'
import type { FoldReply } from './fold-entry.js'
import { RuntimeLoadError } from './ort.js'
import { NO_TELEMETRY } from './telemetry.js'

/** A whole second is rare, even for the largest models that can be proven. */
const MOST_MS = 8_000
/** Of heap, beside the libraries: 2 GB. */
const MOST_KILOBYTES = 2 ** 21
/** Of processor time in all: the end of one whose parent was killed in the middle. */
const MOST_SECONDS = 600

let child: ChildProcess | undefined
let last: Promise<unknown> = Promise.resolve()

/**
 * As `fold` does, one model after the other. Throws `RuntimeLoadError` for a model that ONNX Runtime refuses, and
 * `FoldLimitError` for one that takes too much time or memory.
 */
export async function foldApart(
  model: Uint8Array,
  { milliseconds = MOST_MS }: { readonly milliseconds?: number } = {},
): Promise<Uint8Array> {
  const turn = last.then(() => ask(model, milliseconds))
  last = turn.catch(() => {})
  const reply = await turn
  if ('folded' in reply) return reply.folded
  throw new RuntimeLoadError(reply.refused)
}

function ask(model: Uint8Array, milliseconds: number): Promise<FoldReply> {
  const worker = child?.connected ? child : start()
  child = worker
  hold(worker, true)
  return new Promise<FoldReply>((resolve, reject) => {
    const fail = (reason: string) => {
      drop(worker)
      settle(() => reject(new FoldLimitError(reason)))
    }
    const onMessage = (reply: FoldReply) => settle(() => resolve(reply))
    const onExit = (code: number | null, signal: string | null) =>
      fail(`ONNX Runtime came to an end (${signal ?? `code ${code}`})`)
    const onError = ({ message }: Error) => fail(message)
    const timer = setTimeout(() => fail(`it takes more than ${milliseconds / 1000} seconds`), milliseconds)
    const settle = (act: () => void) => {
      clearTimeout(timer)
      worker.off('message', onMessage).off('exit', onExit).off('error', onError)
      hold(worker, false)
      act()
    }
    worker.on('message', onMessage).on('exit', onExit).on('error', onError)
    worker.send(model, (error) => error !== null && onError(error))
  })
}

function start(): ChildProcess {
  const options: SpawnOptions = {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
    env: { ...process.env, ...NO_TELEMETRY },
  }
  const entry = entryFile()
  if (process.platform === 'win32') return spawn(process.execPath, [entry], options)
  const limits = `ulimit -d ${MOST_KILOBYTES}; ulimit -t ${MOST_SECONDS}; exec "$0" "$@"`
  return spawn('sh', ['-c', limits, process.execPath, entry], options)
}

/** While it is at work it keeps this process alive, and otherwise not. */
function hold(worker: ChildProcess, working: boolean): void {
  for (const one of [worker, worker.channel]) working ? one?.ref() : one?.unref()
}

function drop(worker: ChildProcess): void {
  if (child === worker) child = undefined
  // whatever it still says, nobody listens any more
  worker.on('error', () => {})
  worker.kill('SIGKILL')
}

/** Processes run plain JavaScript: from a source tree (tests), the built file is taken. */
function entryFile(): string {
  const here = import.meta.url
  return fileURLToPath(
    new URL(here.endsWith('.ts') ? '../../dist/onnx/fold-entry.js' : './fold-entry.js', here),
  )
}

export class FoldLimitError extends BaseError {
  override name = 'Onnx.FoldLimitError'
  constructor(readonly reason: string) {
    super(`The model's constants cannot be computed: ${reason}.`, {
      hint: 'look for Loop, Expand, Tile, Range or ConstantOfShape nodes with huge extents, or export the model again',
    })
  }
}
