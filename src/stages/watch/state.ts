/**
 * What a prover's node remembers: how far it has read the chain, which requests it knows, and which transactions of its
 * own are under way. One file, written whole or not at all.
 */
import { dirname } from 'node:path'
import { z } from 'zod'
import { takeLock } from '../../artifacts/lock.js'
import { ensureDir, MissingFileError, readJson, writeAtomic } from '../../artifacts/store.js'
import { BaseError } from '../../base/errors.js'
import type { Asked } from '../../chain/board-events.js'
import type { Parcel } from '../../chain/outbox.js'
import type { Hex } from '../../chain/types.js'

/** A block that was read, to find out later whether the chain still has it. */
export type Mark = { readonly number: number; readonly hash: string; readonly timestamp: number }

/** A request, and the block that ended it if one did. */
export type Known = {
  readonly asked: Asked
  readonly block: number
  readonly closed?: {
    readonly block: number
    readonly how: 'fulfilled' | 'reclaimed'
    readonly transaction?: Hex
  }
}

export type Purpose =
  | { readonly kind: 'fulfil'; readonly request: Hex; readonly value: bigint }
  | { readonly kind: 'withdraw'; readonly board: string }

export type State = {
  readonly chainId: bigint
  readonly account: string
  /** What the requests were chosen by: with others, all is read again. */
  readonly boards: readonly string[]
  readonly models: readonly string[]
  marks: Mark[]
  readonly requests: Map<Hex, Known>
  outbox: Parcel<Purpose>[]
}

export type Subject = Pick<State, 'chainId' | 'account' | 'boards' | 'models'>

export function freshState(subject: Subject): State {
  return { ...subject, marks: [], requests: new Map(), outbox: [] }
}

const Hexes = z.templateLiteral(['0x', z.string()])
const Whole = z
  .string()
  .regex(/^\d{1,78}$/)
  .transform(BigInt)
const Count = z.number().int().min(0)
const Address = z.string().regex(/^0x[0-9a-fA-F]{40}$/)

const AskedFile = z.object({
  ...{ id: Hexes, board: Address, asker: Address, token: Address, callback: Address },
  ...{ modelId: Whole, bounty: Whole, deadline: Whole },
  ...{ input: z.array(Whole), data: Hexes, callbackGas: Count },
})

const StateFile = z.object({
  format: z.literal('zkonnx-watch/1'),
  chainId: Whole,
  account: Address,
  boards: z.array(Address),
  models: z.array(z.string()),
  marks: z.array(z.object({ number: Count, hash: Hexes, timestamp: Count })),
  requests: z.array(
    z.object({
      asked: AskedFile,
      block: Count,
      closed: z
        .object({ block: Count, how: z.enum(['fulfilled', 'reclaimed']), transaction: Hexes.optional() })
        .optional(),
    }),
  ),
  outbox: z.array(
    z.object({
      purpose: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('fulfil'), request: Hexes, value: Whole }),
        z.object({ kind: z.literal('withdraw'), board: Address }),
      ]),
      nonce: Count,
      call: z.object({ to: Address, data: Hexes, gas: Whole }),
      cap: Whole,
      forms: z
        .array(
          z.object({
            ...{ hash: Hexes, raw: Hexes, cancels: z.boolean(), block: Count },
            fees: z.object({ most: Whole, tip: Whole.optional() }),
          }),
        )
        .min(1),
      mined: z.object({ block: Count, hash: Hexes, passed: z.boolean() }).optional(),
      missing: Count.optional(),
    }),
  ),
})

/**
 * The state of the file, or a fresh one where there is no file. What was read of other boards or models is forgotten;
 * transactions under way are not. Throws `DamagedStateError`, `OtherStateError`, and the store's errors.
 */
export async function readState(path: string, subject: Subject): Promise<State> {
  const file = await readJson(path, StateFile).catch((error: unknown) => {
    if (error instanceof MissingFileError) return undefined
    throw error instanceof BaseError && /^Store\.(NotJson|Schema)Error$/.test(error.name)
      ? new DamagedStateError(path, error)
      : error
  })
  if (file === undefined) return freshState(subject)
  if (file.chainId !== subject.chainId || !same([file.account], [subject.account])) {
    throw new OtherStateError(path, file, subject)
  }
  const { marks, outbox } = file as unknown as Pick<State, 'marks' | 'outbox'>
  if (!same(file.boards, subject.boards) || !same(file.models, subject.models)) {
    return { ...freshState(subject), outbox }
  }
  const requests = file.requests as unknown as Known[]
  return { ...subject, marks, outbox, requests: new Map(requests.map((known) => [known.asked.id, known])) }
}

export function stateText({ requests, ...rest }: State): string {
  const file = { format: 'zkonnx-watch/1', ...rest, requests: [...requests.values()] }
  return `${JSON.stringify(file, (_, value) => (typeof value === 'bigint' ? String(value) : value))}\n`
}

/** Throws `WriteError`. */
export async function writeState(path: string, text: string): Promise<void> {
  await writeAtomic(path, text)
}

function same(some: readonly string[], others: readonly string[]): boolean {
  const key = (list: readonly string[]) => String(list.map((one) => one.toLowerCase()).toSorted())
  return key(some) === key(others)
}

/** Takes the file for this process alone, and returns what gives it back. Throws `LockedStateError` and the store's errors. */
export async function lockState(path: string): Promise<() => Promise<void>> {
  const lock = `${path}.lock`
  await ensureDir(dirname(lock))
  return takeLock(lock, (holder) => new LockedStateError(path, holder))
}

export class DamagedStateError extends BaseError {
  override name = 'Watch.DamagedStateError'
  constructor(
    readonly path: string,
    cause: BaseError,
  ) {
    super(`What the node remembered in ${path} cannot be read.`, {
      details: cause.message.split('\n').slice(0, 4),
      hint: 'move the file away: the node then reads the boards from the start again, and the contracts see to it that nothing is paid twice',
    })
  }
}

export class OtherStateError extends BaseError {
  override name = 'Watch.OtherStateError'
  constructor(
    readonly path: string,
    found: Pick<State, 'chainId' | 'account'>,
    wanted: Pick<State, 'chainId' | 'account'>,
  ) {
    super(`What the node remembered in ${path} is of another account or chain.`, {
      details: [
        `there: ${found.account} on chain ${found.chainId}`,
        `here:  ${wanted.account} on chain ${wanted.chainId}`,
      ],
      hint: 'name another file with --state FILE, or sign with the same account on the same chain',
    })
  }
}

export class LockedStateError extends BaseError {
  override name = 'Watch.LockedStateError'
  constructor(
    readonly path: string,
    readonly pid: number,
  ) {
    super(`Another node, process ${pid}, uses ${path}.`, {
      hint: `stop it, or give this one an account and a file of its own; if there is no such node, remove ${path}.lock`,
    })
  }
}
