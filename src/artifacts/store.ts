/**
 * Files, read with typed errors and written whole or not at all.
 *
 * A write goes to a temporary neighbour which is flushed and then renamed over the target: a reader sees the old file
 * or the new one, never a part. The temporary is removed when the write fails or the process is told to stop.
 *
 * Trap: write-file-atomic issues one write call and does not look at how much of it arrived (a disk that fills up, a
 * file over 2 GiB); so the length is compared afterwards.
 */
import { type FileHandle, mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import type { z } from 'zod'
import { BaseError, messageOf } from '../base/errors.js'

/** Writes the file and the folders above it. Throws `WriteError`. */
export async function writeAtomic(path: string, content: Uint8Array | string): Promise<void> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : asBuffer(content)
  await ensureDir(dirname(path))
  try {
    await writeFileAtomic(path, bytes)
    await refuseShortWrite(path, bytes.length)
  } catch (cause) {
    throw cause instanceof WriteError ? cause : new WriteError(path, messageOf(cause), cause)
  }
}

/** Writes `value` as indented JSON with a last line feed; the order of keys is the value's own. Throws `WriteError`. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeAtomic(path, `${JSON.stringify(value, null, 2)}\n`)
}

/** The whole file. Throws `MissingFileError` or `UnreadableFileError`. */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw missingOrUnreadable(path, cause)
  }
}

/** What is read, or undefined where there is no such file. */
export async function optional<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof MissingFileError) return undefined
    throw error
  }
}

/** The typed error for what a read of the file threw. */
export function missingOrUnreadable(path: string, cause: unknown): BaseError {
  if (cause instanceof BaseError) return cause
  return codeOf(cause) === 'ENOENT' ? new MissingFileError(path) : new UnreadableFileError(path, cause)
}

/** The whole file in memory that threads can share, read piece by piece. Throws as `readBytes` does. */
export async function readShared(path: string): Promise<SharedArrayBuffer> {
  try {
    const file = await open(path)
    try {
      return await fill(file, (await file.stat()).size)
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw missingOrUnreadable(path, cause)
  }
}

async function fill(file: FileHandle, size: number): Promise<SharedArrayBuffer> {
  const shared = new SharedArrayBuffer(size)
  const bytes = new Uint8Array(shared)
  const piece = new Uint8Array(Math.min(size, PIECE))
  for (let at = 0; at < size; ) {
    const { bytesRead } = await file.read(piece, 0, Math.min(piece.length, size - at), at)
    if (bytesRead === 0) throw new Error(`it ended after ${at} of ${size} bytes`)
    bytes.set(piece.subarray(0, bytesRead), at)
    at += bytesRead
  }
  return shared
}

const PIECE = 2 ** 22

/** The whole file as UTF-8 without its byte order mark. Throws as `readBytes` does. */
export async function readText(path: string): Promise<string> {
  return decodeText(await readBytes(path))
}

/** UTF-8 without its byte order mark. */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

/** The JSON value of the file, checked against `schema`. Throws as `readBytes` does, `NotJsonError`, `SchemaError`. */
export async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const result = schema.safeParse(parseJson(await readText(path), path))
  if (!result.success) throw new SchemaError(path, result.error.issues)
  return result.data
}

/** The value of JSON text that came from the file (and line, if it holds many). Throws `NotJsonError`. */
export function parseJson(text: string, path: string, line?: number): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new NotJsonError(path, line, cause)
  }
}

/**
 * Makes the folder and those above it. Throws `WriteError`.
 * Trap: Node's own recursive `mkdir` never returns where a folder is there and refuses children as absent (`/proc`).
 */
export async function ensureDir(path: string): Promise<void> {
  try {
    if (await isDirectory(path)) return
    const above = dirname(path)
    if (above !== path) await ensureDir(above)
    await mkdir(path)
  } catch (cause) {
    if (cause instanceof WriteError) throw cause
    // another writer may have been quicker
    if (codeOf(cause) !== 'EEXIST' || !(await isDirectory(path)))
      throw new WriteError(path, messageOf(cause), cause)
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  )
}

/** Removes what arrived of a file that is shorter than it should be. */
async function refuseShortWrite(path: string, length: number): Promise<void> {
  const written = (await stat(path)).size
  if (written === length) return
  await rm(path, { force: true })
  throw new WriteError(path, `only ${written} of ${length} bytes arrived`)
}

/** The same bytes under the type that write-file-atomic declares. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error ? (thrown as NodeJS.ErrnoException).code : undefined
}

export class MissingFileError extends BaseError {
  override name = 'Store.MissingFileError'
  constructor(readonly path: string) {
    super(`There is no file ${path}.`, { hint: 'check the path; it is taken from the current folder' })
  }
}

export class UnreadableFileError extends BaseError {
  override name = 'Store.UnreadableFileError'
  constructor(
    readonly path: string,
    cause: unknown,
  ) {
    super(`The file ${path} cannot be read.`, {
      details: [messageOf(cause)],
      hint: 'give a regular file that you may read',
      cause,
    })
  }
}

export class WriteError extends BaseError {
  override name = 'Store.WriteError'
  constructor(
    readonly path: string,
    reason: string,
    cause?: unknown,
  ) {
    super(`${path} cannot be written.`, {
      details: [reason],
      hint: 'check that the folder may be written and that the disk has room',
      cause,
    })
  }
}

export class NotJsonError extends BaseError {
  override name = 'Store.NotJsonError'
  constructor(
    readonly path: string,
    readonly line: number | undefined,
    cause: unknown,
  ) {
    super(`${path}${line === undefined ? '' : `, line ${line},`} is not JSON.`, {
      details: [messageOf(cause)],
      hint: 'check that the file is whole; NaN and Infinity, which Python writes, are not JSON',
      cause,
    })
  }
}

export class SchemaError extends BaseError {
  override name = 'Store.SchemaError'
  constructor(
    readonly path: string,
    readonly issues: readonly { path: readonly PropertyKey[]; message: string }[],
  ) {
    super(`${path} is JSON, but not what was expected there.`, {
      details: issues.map((issue) => `at ${issue.path.map(String).join('.') || 'the top'}: ${issue.message}`),
      hint: 'make the file again with the command that wrote it',
    })
  }
}
