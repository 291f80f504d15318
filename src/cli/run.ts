/** Runs one command: errors to stderr, exit codes, interruption. */
import { BaseError, type Fault, messageOf } from '../base/errors.js'
import { colour, type Output, openOutput } from './output.js'

/** 0 done, 1 the answer is no, 2 the input or the usage is at fault, 3 a fault of ours. */
export const EXIT: Readonly<Record<Fault, number>> = { answer: 1, input: 2, internal: 3 }

/** The conventional code of a process ended by Ctrl-C. */
const INTERRUPTED = 130

/**
 * Runs a command's body and sets the exit code; nothing here ends the process, it ends by itself once all is closed.
 * The signal is aborted on Ctrl-C or SIGTERM, and the body stops what it started.
 */
export async function runCommand(
  options: { json?: boolean },
  body: (output: Output, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const output = openOutput(options.json === true)
  const controller = new AbortController()
  const interrupt = () => controller.abort()
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    await body(output, controller.signal)
    if (controller.signal.aborted) process.exitCode = INTERRUPTED
  } catch (error) {
    report(error, output)
    process.exitCode = controller.signal.aborted ? INTERRUPTED : EXIT[faultOf(error)]
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

function faultOf(error: unknown): Fault {
  return error instanceof BaseError ? error.fault : 'internal'
}

function report(error: unknown, output: Output): void {
  const name = error instanceof Error ? error.name : 'Error'
  output.result({ error: { name, message: messageOf(error) } })
  const text =
    error instanceof BaseError ? error.message : error instanceof Error ? error.stack : String(error)
  process.stderr.write(`${colour.red('error')} ${colour.dim(name)}\n${text}\n`)
}
