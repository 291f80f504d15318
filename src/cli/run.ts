/** Runs one command: errors to stderr, exit codes, interruption. */
import { BaseError, type Fault, messageOf } from '../base/errors.js'
import { errorColour, type Output, openOutput } from './output.js'

/** 0 done, 1 the answer is no, 2 the input or the usage is at fault, 3 a fault of ours. */
export const EXIT: Readonly<Record<Fault, number>> = { answer: 1, input: 2, internal: 3 }

/** The conventional code of a process ended by Ctrl-C. */
const INTERRUPTED = 130

/**
 * Runs a command's body and sets the exit code; nothing here ends the process, it ends by itself once all is closed.
 * Ctrl-C ends it at once, as it ends any process: for commands that have nothing to stop.
 */
export async function runCommand(
  options: { json?: boolean },
  body: (output: Output) => Promise<void>,
): Promise<void> {
  const output = openOutput(options.json === true)
  try {
    await body(output)
  } catch (error) {
    report(error, output)
    process.exitCode = EXIT[faultOf(error)]
  }
}

/** The same for commands that start things: on Ctrl-C or SIGTERM the signal is aborted, and the body stops them. */
export async function runInterruptible(
  options: { json?: boolean },
  body: (output: Output, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const controller = new AbortController()
  const { signal } = controller
  const interrupt = () => controller.abort()
  // `on`, not `once`: who writes a file ends the process by a signal that nobody else listens to any more
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  try {
    await runCommand(options, (output) => stoppable(output, signal, body))
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
  if (signal.aborted) process.exitCode = INTERRUPTED
}

/** The same for commands that run until they are stopped: to be stopped is how they end, and no failure. */
export async function runUntilStopped(
  options: { json?: boolean },
  body: (output: Output, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const controller = new AbortController()
  const stop = () => controller.abort()
  process.on('SIGINT', stop).on('SIGTERM', stop)
  try {
    await runCommand(options, (output) => body(output, controller.signal))
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}

/** What a body throws because it was stopped is not worth telling. */
async function stoppable(
  output: Output,
  signal: AbortSignal,
  body: (output: Output, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  try {
    await body(output, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
  if (signal.aborted) throw new InterruptedError()
}

function faultOf(error: unknown): Fault {
  return error instanceof BaseError ? error.fault : 'internal'
}

function report(error: unknown, output: Output): void {
  const name = error instanceof Error ? error.name : 'Error'
  output.result({ error: { name, message: messageOf(error) } })
  const text =
    error instanceof BaseError ? error.message : error instanceof Error ? error.stack : String(error)
  process.stderr.write(`${errorColour.red('error')} ${errorColour.dim(name)}\n${text}\n`)
}

export class InterruptedError extends BaseError {
  override name = 'Cli.InterruptedError'
  constructor() {
    super('Interrupted; everything that was started has been stopped.')
  }
}
