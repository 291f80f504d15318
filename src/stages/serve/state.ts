/**
 * What a service remembers, in a folder of its own.
 *
 * Everything that was asked for in one request is a folder, which moves from `pending/` to `done/` when all of it is
 * proven, or to `failed/` when a part could not be, which the next start tries again. In each there is what was accepted
 * (`accepted.json`), what is needed to prove it (`inputs.json`, gone when it is done), and results as `prove -o` writes
 * them, with the batch's journal.
 *
 * A request is made beside its place, flushed, and then renamed: it is accepted whole or not at all. Nothing that is done
 * is held in memory: a folder's name follows from the id.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { open, opendir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { takeLock } from '../../artifacts/lock.js'
import { PredictionRecord } from '../../artifacts/proof-folder.js'
import { Sha256 } from '../../artifacts/setup-record.js'
import {
  ensureDir,
  MissingFileError,
  optional,
  readJson,
  WriteError,
  writeJson,
} from '../../artifacts/store.js'
import { BaseError, messageOf } from '../../base/errors.js'

export const ACCEPTED = 'accepted.json'
const INPUTS = 'inputs.json'

const Head = z.object({ format: z.literal('zkonnx-serve/1'), key: z.string().regex(/^[0-9a-f]{64}$/) })

/** What was accepted, without what only proving needs. */
const Accepted = z.object({
  format: z.literal('zkonnx-accepted/1'),
  id: z.string(),
  /** The name that the model was served under, and what it was. */
  model: z.string(),
  circuit: Sha256,
  key: Sha256,
  /** When, and the place in the queue. */
  at: z.string(),
  order: z.number(),
  /** A keyed digest of the request. */
  request: z.string(),
  claims: z.record(z.string(), z.number()),
  /** By sample: the digest of the public signals to be proven, and what they say. */
  samples: z.array(z.object({ signals: Sha256, prediction: PredictionRecord })),
})
export type Accepted = z.infer<typeof Accepted>

const Inputs = z.object({
  /** By sample and input, row-major. */
  rows: z.array(z.array(z.array(z.number()))),
  /** By sample: of its commitments. */
  salts: z.array(z.string().regex(/^\d+$/)),
})
export type Inputs = z.infer<typeof Inputs>

export const PLACES = ['pending', 'done', 'failed'] as const
export type Place = (typeof PLACES)[number]

export type Found = { readonly place: Place; readonly folder: string; readonly accepted: Accepted }

export type State = {
  /** The folder of what is not done. */
  readonly pending: string
  /** An id for a request: of its idempotency key, where it has one, always the same. */
  idFor(model: string, key?: string): string
  digestOf(request: unknown): string
  /** Returns when it is on the disk. Throws `WriteError`. */
  accept(accepted: Accepted, inputs: Inputs): Promise<void>
  find(id: string): Promise<Found | undefined>
  /** Undefined where all is proven. */
  inputsOf(id: string): Promise<Inputs | undefined>
  /** Everything of it has ended. Throws `WriteError`. */
  settle(id: string, place: 'done' | 'failed'): Promise<void>
  /** What is not done, in the order in which it was accepted, what had failed included. */
  recover(): Promise<Accepted[]>
  /** Removes what has been done for longer, and returns how many requests that were. */
  sweep(milliseconds: number): Promise<number>
  close(): Promise<void>
}

/** Throws `BusyError`, `DamagedStateError`, and the store's errors. */
export async function openState(dir: string): Promise<State> {
  for (const place of PLACES) await ensureDir(join(dir, place))
  const lock = join(dir, '.lock')
  const release = await takeLock(lock, (holder) => new BusyError(dir, holder, lock))
  try {
    return opened(dir, await keyOf(join(dir, 'service.json')), release)
  } catch (error) {
    await release()
    throw error
  }
}

function opened(dir: string, key: string, release: () => Promise<void>): State {
  const mac = (value: unknown) => createHmac('sha256', Buffer.from(key, 'hex')).update(JSON.stringify(value))
  const at = (place: Place, id: string) => join(dir, place, id)
  return {
    pending: join(dir, 'pending'),
    idFor: (model, own) =>
      own === undefined
        ? randomBytes(16).toString('hex')
        : mac(['id', model, own]).digest('hex').slice(0, 32),
    digestOf: (request) => mac(['request', request]).digest('hex'),
    async accept(accepted, inputs) {
      const fresh = join(dir, 'pending', `.${accepted.id}.new`)
      try {
        await rm(fresh, { recursive: true, force: true })
        await writeJson(join(fresh, INPUTS), inputs)
        await writeJson(join(fresh, ACCEPTED), accepted)
        await move(fresh, at('pending', accepted.id))
      } catch (cause) {
        await rm(fresh, { recursive: true, force: true }).catch(() => {})
        throw cause instanceof BaseError ? cause : new WriteError(fresh, messageOf(cause), cause)
      }
    },
    find: (id) => find(dir, id),
    inputsOf: (id) => optional(() => readJson(join(at('pending', id), INPUTS), Inputs)),
    async settle(id, place) {
      if (place === 'done') await remove(join(at('pending', id), INPUTS))
      await move(at('pending', id), at(place, id))
    },
    recover: () => recover(dir),
    sweep: (milliseconds) => sweep(join(dir, 'done'), Date.now() - milliseconds),
    close: release,
  }
}

/** Wherever it is; a second look, since it may move meanwhile. */
async function find(dir: string, id: string): Promise<Found | undefined> {
  for (const place of [...PLACES, ...PLACES]) {
    const folder = join(dir, place, id)
    const accepted = await optional(() => readJson(join(folder, ACCEPTED), Accepted))
    if (accepted !== undefined) return { place, folder, accepted }
  }
  return undefined
}

async function recover(dir: string): Promise<Accepted[]> {
  for (const id of (await names(join(dir, 'failed'))).filter(isId))
    await move(join(dir, 'failed', id), join(dir, 'pending', id))
  const all: Accepted[] = []
  for (const id of await names(join(dir, 'pending'))) {
    const folder = join(dir, 'pending', id)
    // cut off before it was accepted, or nothing of ours
    if (id.startsWith('.')) await rm(folder, { recursive: true, force: true })
    else if (isId(id)) all.push(await undamaged(folder, () => readJson(join(folder, ACCEPTED), Accepted)))
  }
  return all.sort((a, b) => a.order - b.order)
}

function isId(name: string): boolean {
  return /^[0-9a-f]{32}$/.test(name)
}

async function sweep(done: string, before: number): Promise<number> {
  let swept = 0
  for await (const { name } of await opendir(done)) {
    if (!isId(name)) continue
    const folder = join(done, name)
    // moved there when it was done, which leaves the time of the last change in it: its inputs' end
    const { mtimeMs } = await stat(folder)
    if (mtimeMs >= before) continue
    await rm(folder, { recursive: true, force: true })
    swept++
  }
  return swept
}

async function names(folder: string): Promise<string[]> {
  const all: string[] = []
  for await (const { name } of await opendir(folder)) all.push(name)
  return all
}

async function remove(path: string): Promise<void> {
  await rm(path, { force: true }).catch((cause: unknown) => {
    throw new WriteError(path, messageOf(cause), cause)
  })
}

/** Renames, and returns when that is on the disk. */
async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
    const folder = await open(join(to, '..'))
    await folder.sync().finally(() => folder.close())
  } catch (cause) {
    throw new WriteError(to, messageOf(cause), cause)
  }
}

/** The key that ids and digests are made with: made once. */
async function keyOf(path: string): Promise<string> {
  const head = await optional(() => undamaged(path, () => readJson(path, Head)))
  if (head !== undefined) return head.key
  const key = randomBytes(32).toString('hex')
  await writeJson(path, { format: 'zkonnx-serve/1', key })
  return key
}

async function undamaged<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof BaseError) || error instanceof MissingFileError) throw error
    throw new DamagedStateError(path, error)
  }
}

export class DamagedStateError extends BaseError {
  override name = 'Serve.DamagedStateError'
  constructor(
    readonly path: string,
    cause: BaseError,
  ) {
    super(`What the service remembered in ${path} cannot be read.`, {
      details: [cause.message.split('\n')[0]!, ...cause.details.slice(0, 4)],
      hint: 'move it away: a request that was accepted is then not proven, and without service.json no Idempotency-Key is recognized',
      cause,
    })
  }
}

export class BusyError extends BaseError {
  override name = 'Serve.BusyError'
  constructor(dir: string, pid: number, lock: string) {
    super(`Another service keeps its state in ${dir}.`, {
      details: [`process ${pid} holds ${lock}`],
      hint: 'stop it, or give this one a folder of its own: --state DIR',
    })
  }
}
