/**
 * The only door to ethers: a connection to one chain, with time limits and typed errors.
 *
 * Traps: an ethers provider that is left to find the network by itself retries for ever and logs to the console, so the
 * chain is asked for its id first and the network is then fixed. An RPC URL may hold a secret in its path: messages show
 * its origin only. A private key comes from the environment or a keystore file, and appears in no message.
 */
import http from 'node:http'
import https from 'node:https'
import {
  FetchRequest,
  type HDNodeWallet,
  isError,
  JsonRpcProvider,
  type JsonRpcSigner,
  Network,
  type Provider,
  type Signer,
  Wallet,
} from 'ethers'
import { readKeystore } from '../artifacts/keystore-file.js'
import { BaseError, messageOf } from '../base/errors.js'
import { type Keystore, KeystoreError, WrongPasswordError } from './keystore.js'
import { LOCAL_CHAIN_IDS } from './types.js'

export {
  AbiCoder,
  Contract,
  ContractFactory,
  formatEther,
  getCreate2Address,
  getCreateAddress,
  Interface,
  isAddress,
  isError,
  keccak256,
  type Log,
  type Provider,
  parseEther,
  type TransactionReceipt,
  toUtf8Bytes,
} from 'ethers'

export type Chain = {
  readonly url: string
  readonly id: bigint
  readonly provider: Provider & Pick<JsonRpcProvider, 'send' | 'getSigner'>
  close(): void
}

export type { Signer }

/** The environment variable that holds the key which signs and pays. */
export const PRIVATE_KEY = 'ZKONNX_PRIVATE_KEY'

/** Throws `NoAnswerError`, or `WrongChainError` if `chainId` is given and the chain has another. */
export async function connect(url: string, options: connect.Options = {}): Promise<Chain> {
  const { timeoutMs = 30_000 } = options
  const id = await askChainId(url, timeoutMs, options.signal)
  if (options.chainId !== undefined && options.chainId !== id)
    throw new WrongChainError(url, options.chainId, id)
  const request = new FetchRequest(url)
  request.timeout = timeoutMs
  // ethers cannot stop a request that is under way, and one that is never answered would keep the process alive
  const agent = new (url.startsWith('https:') ? https : http).Agent({ keepAlive: true })
  request.getUrlFunc = FetchRequest.createGetUrlFunc({ agent })
  const network = Network.from(id)
  const provider = new JsonRpcProvider(request, network, {
    staticNetwork: network,
    batchMaxCount: 1,
    // ethers would answer a repeated question from memory for a quarter of a second: too long for a local chain
    cacheTimeout: -1,
    pollingInterval: pollingInterval(id),
  })
  const close = () => {
    provider.destroy()
    agent.destroy()
  }
  return { url, id, provider, close }
}

export declare namespace connect {
  type Options = { chainId?: bigint; timeoutMs?: number; signal?: AbortSignal }
}

/** Throws `NoAnswerError` unless a chain answers at the URL with its id. */
export async function askChainId(url: string, timeoutMs: number, signal?: AbortSignal): Promise<bigint> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] }),
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]),
    })
    const { result } = (await response.json()) as { result?: unknown }
    if (typeof result === 'string' && /^0x[0-9a-fA-F]{1,64}$/.test(result)) return BigInt(result)
  } catch (cause) {
    throw new NoAnswerError(url, cause)
  }
  throw new NoAnswerError(url, new Error('the answer is not a chain id'))
}

/**
 * Who signs: the key of the keystore that is named, else the key in ZKONNX_PRIVATE_KEY; without one, and on a local
 * chain only, the node's first unlocked account. `source: 'node'` passes over the environment, for a chain of our own.
 * Throws `NoSignerError`, `PrivateKeyError`, `WrongPasswordError`, `KeystoreError`, and what reading the file throws.
 */
export async function signerFor(chain: Chain, options: signerFor.Options = {}): Promise<Signer> {
  if (options.keystore !== undefined) return (await decrypt(options.keystore)).connect(chain.provider)
  const key = options.source === 'node' ? undefined : process.env[PRIVATE_KEY]
  if (key !== undefined && key !== '') return wallet(key, chain)
  if (!isLocal(chain.id)) throw new NoSignerError(chain)
  const accounts = await reach(chain, () => chain.provider.send('eth_accounts', []) as Promise<string[]>)
  if (accounts.length === 0) throw new NoSignerError(chain)
  return reach(chain, (): Promise<JsonRpcSigner> => chain.provider.getSigner(accounts[0]))
}

export declare namespace signerFor {
  type Options = { readonly source?: 'environment' | 'node'; readonly keystore?: Keystore | undefined }
}

// ethers' own errors are dropped, and not kept as the cause: they must not carry the key anywhere
async function decrypt({ path, password }: Keystore): Promise<Wallet | HDNodeWallet> {
  const json = await readKeystore(path)
  const word = await password()
  try {
    return await Wallet.fromEncryptedJson(json, word)
  } catch (error) {
    const wrong = isError(error, 'INVALID_ARGUMENT') && error.argument === 'password'
    throw wrong ? new WrongPasswordError(path) : new KeystoreError(path)
  }
}

export function isLocal(chainId: bigint): boolean {
  return LOCAL_CHAIN_IDS.includes(chainId)
}

/** How often to ask a chain whether something happened, in milliseconds. */
export function pollingInterval(chainId: bigint): number {
  return isLocal(chainId) ? 25 : 1000
}

/** Does something on a chain, and turns what ethers throws into errors of ours. A revert passes as it came. */
export async function reach<T>(chain: Chain, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    if (error instanceof BaseError || isError(error, 'CALL_EXCEPTION') || isError(error, 'BAD_DATA'))
      throw error
    if (isError(error, 'INSUFFICIENT_FUNDS') || /insufficient funds/i.test(messageOf(error))) {
      throw new OutOfFundsError(chain.id, error)
    }
    if (isSilence(error)) throw new NoAnswerError(chain.url, error)
    throw new RpcError(chain.url, error)
  }
}

/** An RPC URL without what may be secret in it. */
function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'a text that is not a URL'
}

function wallet(key: string, chain: Chain): Wallet {
  // ethers' own error is dropped, and not kept as the cause: it must not carry the key anywhere
  if (!/^(0x)?[0-9a-fA-F]{64}$/.test(key)) throw new PrivateKeyError()
  try {
    return new Wallet(key, chain.provider)
  } catch {
    throw new PrivateKeyError()
  }
}

function isSilence(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  if (typeof code !== 'string') return false
  // the system's own codes, such as ECONNRESET, are those of connections
  return ['TIMEOUT', 'NETWORK_ERROR', 'SERVER_ERROR'].includes(code) || /^E[A-Z_]+$/.test(code)
}

// a library's message may quote the whole request, URL included
function shortly(cause: unknown): string {
  const inner = (cause as { shortMessage?: string; cause?: unknown }) ?? {}
  const text = inner.shortMessage ?? (inner.cause === undefined ? messageOf(cause) : messageOf(inner.cause))
  return text.split('\n')[0]!.replaceAll(/https?:\/\/\S+/g, (url) => originOf(url))
}

export class NoAnswerError extends BaseError {
  override name = 'Chain.NoAnswerError'
  constructor(url: string, cause: unknown) {
    super(`No chain answers at ${originOf(url)}.`, {
      details: [`reason: ${shortly(cause)}`],
      hint: 'check the URL and that the node runs, or leave --rpc out to use a local chain',
    })
  }
}

export class WrongChainError extends BaseError {
  override name = 'Chain.WrongChainError'
  constructor(
    url: string,
    readonly expected: bigint,
    readonly given: bigint,
  ) {
    super(`The chain at ${originOf(url)} has the id ${given}, not ${expected}.`, {
      hint: 'connect to the chain that the contracts are on and the proof is bound to',
    })
  }
}

export class OutOfFundsError extends BaseError {
  override name = 'Chain.OutOfFundsError'
  constructor(
    readonly chainId: bigint,
    cause: unknown,
  ) {
    super(`The signing account cannot pay for the transaction on chain ${chainId}.`, {
      hint: 'send funds to it, or sign with another account',
      cause,
    })
  }
}

export class NoSignerError extends BaseError {
  override name = 'Chain.NoSignerError'
  constructor(chain: Chain) {
    super(`There is no account to sign with on chain ${chain.id} at ${originOf(chain.url)}.`, {
      hint: `put a private key into the environment variable ${PRIVATE_KEY}, or name a keystore with --keystore FILE`,
    })
  }
}

export class PrivateKeyError extends BaseError {
  override name = 'Chain.PrivateKeyError'
  constructor() {
    super(`The environment variable ${PRIVATE_KEY} does not hold a private key.`, {
      hint: 'give 32 bytes in hexadecimal, between 1 and the order of secp256k1',
    })
  }
}

export class RpcError extends BaseError {
  override name = 'Chain.RpcError'
  constructor(url: string, cause: unknown) {
    super(`The chain at ${originOf(url)} refused a request.`, { details: [`reason: ${shortly(cause)}`] })
  }
}
