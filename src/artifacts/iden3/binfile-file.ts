/** Files of iden3's formats, opened to read no more of them than is asked for. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { MissingFileError, UnreadableFileError } from '../store.js'
import { malformed, type Source } from './binfile.js'

/**
 * Opens the file at `path` for as long as `use` runs, without reading more of it than is asked for.
 * Throws `MissingFileError`, `UnreadableFileError`.
 */
export function withFile<T>(path: string, use: (source: Source) => T): T {
  const fd = open(path)
  try {
    return use({
      name: path,
      size: fstatSync(fd).size,
      read: (at, length) => readFully(fd, path, at, length),
    })
  } finally {
    closeSync(fd)
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    throw missing ? new MissingFileError(path) : new UnreadableFileError(path, cause)
  }
}

function readFully(fd: number, path: string, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let done = 0
  while (done < length) {
    const read = readSync(fd, bytes, done, length - done, offset + done)
    if (read === 0) throw malformed({ name: path }, `it ends at byte ${offset + done}`)
    done += read
  }
  return bytes
}
