/**
 * One error for everything zkonnx says on purpose.
 *
 * A message has three parts: what happened and where (`message`), the facts (`details`, one a line: the offending
 * value, the file, the node), and what to do (`hint`). Subclasses stand at the bottom of the file that throws them and
 * carry their facts as data.
 */
export class BaseError extends Error {
  override name = 'BaseError'
  readonly details: readonly string[]
  readonly hint: string | undefined
  /** Who is at fault: the input or the usage (exit code 2), the answer is no (1), or zkonnx itself (3). */
  readonly fault: Fault

  constructor(summary: string, options: BaseError.Options = {}) {
    const details = options.details ?? []
    const lines = [summary, ...details.map((line) => `  ${line}`)]
    if (options.hint !== undefined) lines.push(`  What to do: ${options.hint}`)
    super(lines.join('\n'), options.cause === undefined ? undefined : { cause: options.cause })
    this.details = details
    this.hint = options.hint
    this.fault = options.fault ?? 'input'
  }
}

export type Fault = 'input' | 'answer' | 'internal'

export declare namespace BaseError {
  type Options = {
    details?: readonly string[]
    hint?: string
    cause?: unknown
    fault?: Fault
  }
}

/** The text of anything that was thrown, without its stack. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** A broken promise inside zkonnx: never the user's fault. */
export class InternalError extends BaseError {
  override name = 'InternalError'
  constructor(summary: string, options: BaseError.Options = {}) {
    super(summary, {
      hint: 'this is a fault of zkonnx: please report it with the command and the model',
      ...options,
      fault: 'internal',
    })
  }
}
