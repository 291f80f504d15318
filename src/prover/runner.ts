/**
 * Runs ffjavascript's tasks over one instance of its WebAssembly module, in the thread that calls.
 *
 * Memory is a stack that each task leaves as it found it. The first word of the module's memory is the stack's top.
 */
import type { Command } from 'ffjavascript'
import { InternalError } from '../base/errors.js'

export type Runner = (task: readonly Command[]) => Uint8Array<ArrayBuffer>[]

/** Throws `TaskError` for tasks that need more memory than a module may have, or a function that it does not have. */
export function openRunner(module: WebAssembly.Module): Runner {
  const memory = new WebAssembly.Memory({ initial: FIRST_PAGES, maximum: MOST_PAGES })
  const { exports } = new WebAssembly.Instance(module, { env: { memory } })
  return (task) => {
    const top = topOf(memory)
    try {
      return runTask(memory, exports, task)
    } finally {
      setTop(memory, top)
    }
  }
}

/** What ffjavascript's modules are built for. */
const FIRST_PAGES = 25
const MOST_PAGES = 32_767
const PAGE = 65_536

function runTask(memory: WebAssembly.Memory, exports: WebAssembly.Exports, task: readonly Command[]) {
  const vars: number[] = []
  const out: Uint8Array<ArrayBuffer>[] = []
  for (const command of task) {
    switch (command.cmd) {
      case 'ALLOC':
        vars[command.var] = allocate(memory, command.len)
        break
      case 'ALLOCSET':
        vars[command.var] = allocate(memory, command.buff.byteLength)
        bytesOf(memory).set(command.buff, vars[command.var])
        break
      case 'SET':
        bytesOf(memory).set(command.buff, vars[command.var])
        break
      case 'CALL':
        call(exports, command, vars)
        break
      case 'GET':
        out[command.out] = bytesOf(memory).slice(vars[command.var], vars[command.var]! + command.len)
        break
      default:
        throw new TaskError(`the command ${JSON.stringify((command as { cmd: unknown }).cmd)} is not known`)
    }
  }
  return out
}

function call(
  exports: WebAssembly.Exports,
  { fnName, params }: Extract<Command, { cmd: 'CALL' }>,
  vars: readonly number[],
): void {
  functionOf(
    exports,
    fnName,
  )(...params.map((param) => ('val' in param ? param.val : vars[param.var]! + (param.offset ?? 0))))
}

function functionOf(exports: WebAssembly.Exports, name: string): (...args: readonly number[]) => void {
  const found = exports[name]
  if (typeof found !== 'function') throw new TaskError(`the module has no function ${name}`)
  return found as () => void
}

/**
 * The address of so many bytes, at a multiple of 4.
 * Trap: the module's functions take their own scratch from above the stack and never grow the memory; like
 * ffjavascript, this keeps as much again free for them.
 */
function allocate(memory: WebAssembly.Memory, length: number): number {
  const start = (topOf(memory) + 3) & ~3
  const missing = start + 2 * length - memory.buffer.byteLength
  if (missing > 0) grow(memory, Math.ceil(missing / PAGE))
  setTop(memory, start + length)
  return start
}

function grow(memory: WebAssembly.Memory, pages: number): void {
  try {
    memory.grow(pages)
  } catch (cause) {
    const has = memory.buffer.byteLength / PAGE
    throw new TaskError(`${has} pages of memory cannot be grown by ${pages}`, cause)
  }
}

function bytesOf(memory: WebAssembly.Memory): Uint8Array<ArrayBuffer> {
  return new Uint8Array(memory.buffer)
}

function topOf(memory: WebAssembly.Memory): number {
  return new Uint32Array(memory.buffer, 0, 1)[0]!
}

function setTop(memory: WebAssembly.Memory, top: number): void {
  new Uint32Array(memory.buffer, 0, 1)[0] = top
}

export class TaskError extends InternalError {
  override name = 'Runner.TaskError'
  constructor(problem: string, cause?: unknown) {
    super(`A task of the curve could not be run: ${problem}.`, { cause })
  }
}
