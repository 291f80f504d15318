/**
 * The journal of a batch, in the folder of its results: what was finished and what failed, one JSON line a sample, so
 * that a batch that was cut off at any moment continues where it stopped.
 *
 * A result is made in a folder beside its place, then noted, then renamed: so it is there whole or not at all, and what
 * was noted but not yet renamed is put in place when the journal is opened again. A line that was cut off is dropped.
 *
 * Traps: the digests of tasks cover private inputs, so they are keyed; who has the journal can test guesses, as with
 * `opening.json`. Whoever holds the folder is named in a lock, which outlives a kill: it counts while that process runs.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { type FileHandle, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { sha256 } from '../base/digest.js'
import { BaseError, messageOf } from '../base/errors.js'
import { takeLock } from './lock.js'
import { folderOf, PROOF_FILES, type PredictionFiles, writePrediction } from './proof-folder.js'
import { ensureDir, WriteError } from './store.js'

export const JOURNAL = '.journal.jsonl'
const LOCK = '.journal.lock'

const Failed = z.object({
  name: z.string(),
  message: z.string(),
  fault: z.enum(['input', 'answer', 'internal']),
})
const Entry = z.object({
  sample: z.number().int().min(0),
  /** What was to be done, see `taskDigest`. */
  task: z.string(),
  /** The digest of the result's files, or why there is none. */
  done: z.string().optional(),
  failed: Failed.optional(),
})
const Head = z.object({ format: z.literal('zkonnx-journal/1'), key: z.string().regex(/^[0-9a-f]{64}$/) })

export type Entry = z.infer<typeof Entry>
export type RecordedFailure = z.infer<typeof Failed>

export type Journal = {
  /** Samples with a result. */
  readonly finished: number
  /** A keyed digest of all that a result depends on. */
  taskDigest(facts: string, inputs: readonly Float64Array[]): string
  /** The folder of the sample's result, if there is one, of this task, and its files are those that were noted. */
  resultOf(sample: number, task: string): Promise<string | undefined>
  /** Keeps the files as the sample's result, in place of an older one, and returns their folder. Throws `WriteError`. */
  keep(sample: number, task: string, files: PredictionFiles): Promise<string>
  /** Notes why there is no result; it is tried again the next time. Throws `WriteError`. */
  fail(sample: number, task: string, failed: RecordedFailure): Promise<void>
  close(): Promise<void>
}

/** Opens the folder's journal, or begins one. Throws `BusyError` while another batch writes there, and `WriteError`. */
export async function openJournal(out: string): Promise<Journal> {
  await ensureDir(out)
  const lock = join(out, LOCK)
  const release = await takeLock(lock, (holder) => new BusyError(out, holder, lock))
  try {
    return await openLocked(out, release)
  } catch (cause) {
    await release()
    throw cause instanceof BaseError ? cause : new WriteError(join(out, JOURNAL), messageOf(cause), cause)
  }
}

/** Why samples have no result, as a journal notes it that nobody need have open. Throws what reading the file throws. */
export async function failuresIn(out: string): Promise<ReadonlyMap<number, RecordedFailure>> {
  const failures = new Map<number, RecordedFailure>()
  const { entries } = readEntries(await readJournal(join(out, JOURNAL)))
  for (const { entry } of entries) {
    if (entry.failed === undefined) failures.delete(entry.sample)
    else failures.set(entry.sample, entry.failed)
  }
  return failures
}

async function openLocked(out: string, release: () => Promise<void>): Promise<Journal> {
  const path = join(out, JOURNAL)
  const { head, lines, finished, length } = await readLines(path)
  const key = head?.key ?? randomBytes(32).toString('hex')
  const file = await open(path, 'a+')
  const append = appender(path, file, length)
  if (head === undefined) await append({ format: 'zkonnx-journal/1', key })
  const entryOf = entryReader(file, lines)
  await tidy(out, entryOf)
  const note = async (entry: Entry) => {
    lines.set(entry.sample, await append(entry))
  }
  return {
    finished,
    taskDigest: (facts, inputs) => digestOf(key, facts, inputs),
    async resultOf(sample, task) {
      const entry = await entryOf(sample)
      const done = entry?.task === task ? entry.done : undefined
      const folder = folderOf(out, sample)
      return done !== undefined && (await filesDigest(folder)) === done ? folder : undefined
    },
    async keep(sample, task, files) {
      const fresh = besides(out, sample, 'new')
      try {
        await rm(fresh, { recursive: true, force: true })
        await writePrediction(fresh, files)
        await note({ sample, task, done: (await filesDigest(fresh))! })
      } catch (cause) {
        await rm(fresh, { recursive: true, force: true })
        throw cause
      }
      return replace(out, sample)
    },
    fail: (sample, task, failed) => note({ sample, task, failed }),
    async close() {
      await file.close()
      await release()
    },
  }
}

function digestOf(key: string, facts: string, inputs: readonly Float64Array[]): string {
  const mac = createHmac('sha256', Buffer.from(key, 'hex')).update(facts)
  for (const { buffer, byteOffset, byteLength } of inputs)
    mac.update(`|${byteLength}|`).update(new Uint8Array(buffer, byteOffset, byteLength))
  return mac.digest('hex')
}

/** Of the files that say what a result is; undefined where they are not all there. */
async function filesDigest(folder: string): Promise<string | undefined> {
  const { prediction, signals, proof, wtns } = PROOF_FILES
  const read = (name: string) => readFile(join(folder, name)).catch(() => undefined)
  const [first, second, third] = [
    await read(prediction),
    await read(signals),
    (await read(proof)) ?? (await read(wtns)),
  ]
  if (first === undefined || second === undefined || third === undefined) return undefined
  return sha256([first, second, third].map((bytes) => sha256(bytes)).join())
}

/** Where a line lies in the file, in bytes: what is kept of it in memory, however many samples there are. */
type Line = { readonly start: number; readonly length: number }

/** Appends lines, each flushed; one that does not fit is taken back. */
function appender(path: string, file: FileHandle, length: number) {
  let end = length
  return async (value: unknown): Promise<Line> => {
    const line = Buffer.from(`${JSON.stringify(value)}\n`)
    try {
      await file.truncate(end)
      await file.appendFile(line)
      await file.datasync()
    } catch (cause) {
      await file.truncate(end).catch(() => {})
      throw new WriteError(path, messageOf(cause), cause)
    }
    end += line.length
    return { start: end - line.length, length: line.length }
  }
}

type EntryReader = (sample: number) => Promise<Entry | undefined>

function entryReader(file: FileHandle, lines: ReadonlyMap<number, Line>): EntryReader {
  return async (sample) => {
    const line = lines.get(sample)
    if (line === undefined) return undefined
    const { buffer, bytesRead } = await file.read(Buffer.alloc(line.length), 0, line.length, line.start)
    return Entry.safeParse(parse(buffer.subarray(0, bytesRead).toString())).data
  }
}

async function readJournal(path: string): Promise<Buffer> {
  return readFile(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return Buffer.alloc(0)
    throw cause
  })
}

/** Of several lines about one sample the last counts. `length` is where whole lines end. */
async function readLines(path: string) {
  const { head, entries, length } = readEntries(await readJournal(path))
  const lines = new Map<number, Line>()
  const done = new Set<number>()
  for (const { entry, line } of entries) {
    lines.set(entry.sample, line)
    if (entry.done === undefined) done.delete(entry.sample)
    else done.add(entry.sample)
  }
  return { head, lines, finished: done.size, length }
}

/** Without its head, which has the key, nothing can be recognized: the journal is then begun anew. */
function readEntries(bytes: Buffer) {
  const length = bytes.lastIndexOf('\n') + 1
  const first = bytes.subarray(0, bytes.indexOf('\n') + 1)
  const head = Head.safeParse(parse(first.toString())).data
  if (head === undefined) return { head, entries: [], length: 0 }
  return { head, entries: entriesIn(bytes.subarray(0, length), first.length), length }
}

function* entriesIn(bytes: Buffer, from: number) {
  for (let start = from, end = start; start < bytes.length; start = end) {
    end = bytes.indexOf('\n', start) + 1
    const entry = Entry.safeParse(parse(bytes.subarray(start, end).toString())).data
    if (entry !== undefined) yield { entry, line: { start, length: end - start } }
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function besides(out: string, sample: number, what: 'new' | 'old'): string {
  return join(out, `.${folderOf('', sample)}.${what}`)
}

/** Moves a sample's new folder to its place. */
async function replace(out: string, sample: number): Promise<string> {
  const [folder, fresh, old] = [
    folderOf(out, sample),
    besides(out, sample, 'new'),
    besides(out, sample, 'old'),
  ]
  try {
    if (await exists(folder)) {
      await rm(old, { recursive: true, force: true })
      await rename(folder, old)
    }
    await rename(fresh, folder)
    await rm(old, { recursive: true, force: true })
  } catch (cause) {
    throw new WriteError(folder, messageOf(cause), cause)
  }
  return folder
}

/** Finishes what was cut off: a folder that was noted goes to its place, any other goes away. */
async function tidy(out: string, entryOf: EntryReader): Promise<void> {
  for (const name of await readdir(out)) {
    const [, digits, what] = /^\.(\d{6,})\.(new|old)$/.exec(name) ?? []
    if (digits === undefined) continue
    const [sample, path] = [Number(digits), join(out, name)]
    const done = (await entryOf(sample))?.done
    if (what === 'new' && done !== undefined && (await filesDigest(path)) === done) await replace(out, sample)
    else if (what === 'old' && !(await exists(folderOf(out, sample))))
      await rename(path, folderOf(out, sample))
    else await rm(path, { recursive: true, force: true })
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

export class BusyError extends BaseError {
  override name = 'Journal.BusyError'
  constructor(
    readonly out: string,
    readonly pid: number,
    lockFile: string,
  ) {
    super(`Another batch writes to ${out}.`, {
      details: [`process ${pid} holds ${lockFile}`],
      hint: 'wait for it, or write to another folder; if that process is no batch of zkonnx, remove the file',
    })
  }
}
