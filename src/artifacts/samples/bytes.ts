/** Files that are read piece by piece: ranges at a time, never as a whole. */
import { type FileHandle, open } from 'node:fs/promises'
import { missingOrUnreadable } from '../store.js'

/** A file by its path. It is opened for each run of reads and closed after it, so that nobody has to close it. */
export type ByteFile = {
  readonly path: string
  readonly size: number
  /** Throws `UnreadableFileError` where the file has become shorter. */
  read(offset: number, length: number): Promise<Uint8Array>
  /** The bytes from `start` to before `end` in pieces, each its own memory. */
  pieces(start: number, end: number): AsyncGenerator<Uint8Array>
}

/** Throws `MissingFileError`, `UnreadableFileError`. */
export async function openBytes(path: string): Promise<ByteFile> {
  const size = await withFile(path, async (file) => {
    const entry = await file.stat()
    if (!entry.isFile()) throw new Error('it is no regular file')
    return entry.size
  })
  return {
    path,
    size,
    read: (offset, length) => withFile(path, (file) => readRange(file, offset, length)),
    async *pieces(start, end) {
      const file = await opened(path)
      try {
        for (let at = start; at < end; at += PIECE) yield await readRange(file, at, Math.min(PIECE, end - at))
      } catch (cause) {
        throw missingOrUnreadable(path, cause)
      } finally {
        await file.close()
      }
    },
  }
}

const PIECE = 2 ** 18

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await opened(path)
  try {
    return await use(file)
  } catch (cause) {
    throw missingOrUnreadable(path, cause)
  } finally {
    await file.close()
  }
}

async function opened(path: string): Promise<FileHandle> {
  return open(path).catch((cause) => {
    throw missingOrUnreadable(path, cause)
  })
}

async function readRange(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  for (let got = 0; got < length; ) {
    const { bytesRead } = await file.read(bytes, got, length - got, offset + got)
    if (bytesRead === 0) throw new Error(`it ends at ${offset + got}, before ${offset + length}`)
    got += bytesRead
  }
  return bytes
}
