/**
 * What registry and board should be, in plain TypeScript: maps and bigints, no chain. A call either changes the state or
 * names the error that refuses it, in the order in which the contracts check.
 */
import { AbiCoder, keccak256, toUtf8Bytes } from '../../src/chain/provider.js'

export const ETHER = '0x0000000000000000000000000000000000000000'

export type Model = { publisher: string; deprecated: boolean; predecessor: bigint }

export type Asked = {
  state: 'open' | 'fulfilled' | 'reclaimed'
  asker: string
  modelId: bigint
  input: readonly bigint[]
  token: string
  bounty: bigint
  deadline: bigint
  callback: string
  beneficiary: string
}

/** A request's parameters, and the ether that comes with them. */
export type RequestCall = Pick<
  Asked,
  'asker' | 'modelId' | 'input' | 'token' | 'bounty' | 'deadline' | 'callback'
> & {
  callbackGas: bigint
  value: bigint
}

export type FulfilCall = {
  id: string
  beneficiary: string
  /** What is wrong with it, if anything. */
  flaw: 'none' | 'count' | 'context' | 'input' | 'proof'
}

export type BoardModel = {
  readonly chainId: bigint
  readonly registry: string
  readonly board: string
  readonly models: Map<bigint, Model>
  readonly requests: Map<string, Asked>
  readonly nonces: Map<string, bigint>
  /** By token, then account. */
  readonly credits: Map<string, bigint>
  readonly balances: Map<string, bigint>
}

/** The name of the error, or undefined where the call passes. */
export type Refusal = string | undefined

export const key = (token: string, account: string) => `${token}/${account}`

export function add(map: Map<string, bigint>, at: string, amount: bigint): void {
  map.set(at, (map.get(at) ?? 0n) + amount)
}

export function register(model: BoardModel, id: bigint, publisher: string, predecessor: bigint): Refusal {
  if (predecessor !== 0n) {
    const before = model.models.get(predecessor)
    if (before === undefined) return 'ModelNotFound'
    if (before.publisher !== publisher) return 'OtherPublisher'
  }
  if (model.models.has(id)) return 'AlreadyRegistered'
  model.models.set(id, { publisher, deprecated: false, predecessor })
  return undefined
}

export function deprecate(model: BoardModel, id: bigint, caller: string): Refusal {
  const entry = model.models.get(id)
  if (entry === undefined) return 'ModelNotFound'
  if (entry.publisher !== caller) return 'NotModelOwner'
  if (entry.deprecated) return 'AlreadyDeprecated'
  entry.deprecated = true
  return undefined
}

export function request(model: BoardModel, call: RequestCall, now: bigint): Refusal {
  const entry = model.models.get(call.modelId)
  if (call.bounty === 0n) return 'BountyZero'
  if (call.deadline < now) return 'DeadlinePassed'
  if (entry === undefined) return 'ModelNotFound'
  if (entry.deprecated) return 'ModelIsDeprecated'
  if (call.input.length !== 1) return 'InputCount'
  if (call.value !== (call.token === ETHER ? call.bounty : 0n)) return 'WrongValue'
  const held = model.balances.get(key(call.token, call.asker)) ?? 0n
  if (call.token !== ETHER && held < call.bounty) return 'TransferFailed'
  const { callbackGas: _gas, value: _value, ...asked } = call
  model.requests.set(requestId(model, call), { ...asked, state: 'open', beneficiary: ETHER })
  add(model.nonces, call.asker, 1n)
  add(model.balances, key(call.token, call.asker), -call.bounty)
  add(model.balances, key(call.token, model.board), call.bounty)
  return undefined
}

export function fulfil(model: BoardModel, call: FulfilCall, now: bigint): Refusal {
  const asked = model.requests.get(call.id)
  if (asked?.state !== 'open') return 'NotOpen'
  if (now > asked.deadline) return 'DeadlinePassed'
  if (call.beneficiary === ETHER) return 'NoBeneficiary'
  if (call.flaw === 'count') return 'SignalCount'
  if (call.flaw === 'context') return 'ContextMismatch'
  if (call.flaw === 'input') return 'InputMismatch'
  if (call.flaw === 'proof') return 'ProofInvalid'
  asked.state = 'fulfilled'
  asked.beneficiary = call.beneficiary
  add(model.credits, key(asked.token, call.beneficiary), asked.bounty)
  return undefined
}

export function reclaim(model: BoardModel, id: string, now: bigint): Refusal {
  const asked = model.requests.get(id)
  if (asked?.state !== 'open') return 'NotOpen'
  if (now <= asked.deadline) return 'TooEarly'
  asked.state = 'reclaimed'
  add(model.credits, key(asked.token, asked.asker), asked.bounty)
  return undefined
}

export function withdraw(model: BoardModel, token: string, account: string, to: string): Refusal {
  const amount = model.credits.get(key(token, account)) ?? 0n
  if (amount === 0n) return 'NothingToWithdraw'
  if (to === ETHER) return 'NoBeneficiary'
  model.credits.set(key(token, account), 0n)
  add(model.balances, key(token, model.board), -amount)
  add(model.balances, key(token, to), amount)
  return undefined
}

const ASK = 'tuple(uint256, uint256[], bytes, address, uint256, uint64, address, uint32)'

export function askWords(call: RequestCall): unknown[] {
  const { modelId, input, token, bounty, deadline, callback, callbackGas } = call
  return [modelId, input, '0x', token, bounty, deadline, callback, callbackGas]
}

/** The id that a request gets if it is the asker's next. */
export function requestId(model: BoardModel, call: RequestCall): string {
  const nonce = model.nonces.get(call.asker) ?? 0n
  const domain = keccak256(toUtf8Bytes('zkonnx.request.v1'))
  const types = ['bytes32', 'uint256', 'address', 'address', 'uint256', ASK]
  const words = [domain, model.chainId, model.board, call.asker, nonce, askWords(call)]
  return keccak256(AbiCoder.defaultAbiCoder().encode(types, words))
}

/** Bounties of open requests and credits, in one token: what the board owes, and must hold. */
export function owed(model: BoardModel, token: string): bigint {
  const open = [...model.requests.values()].filter((one) => one.state === 'open' && one.token === token)
  const credits = [...model.credits].filter(([at]) => at.startsWith(`${token}/`))
  return [...open.map(({ bounty }) => bounty), ...credits.map(([, amount]) => amount)].reduce(
    (sum, amount) => sum + amount,
    0n,
  )
}
