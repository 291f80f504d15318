/** Keys in encrypted files: opened with their password alone, and shown nowhere. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { encryptKeystoreJson, Wallet } from 'ethers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Anvil, startAnvil } from '../../src/chain/anvil.js'
import { type Chain, connect, PRIVATE_KEY, signerFor } from '../../src/chain/provider.js'
import { onUrl, withChain } from '../../src/stages/open-chain.js'
import { mined } from '../helpers/chain-calls.js'
import { tempDir, zkonnx } from '../helpers/cli.js'

const KEY = `0x${'c0ffee'.repeat(10)}dead`
const WORD = 'correct horse'
const dir = tempDir()
const file = join(dir, 'key.json')
let anvil: Anvil
let chain: Chain

beforeAll(async () => {
  anvil = await startAnvil()
  chain = await connect(anvil.url)
  const wallet = new Wallet(KEY)
  // few rounds: what a password costs is not what is tested
  writeFileSync(file, await encryptKeystoreJson(wallet, WORD, { scrypt: { N: 1024 } }))
})
afterAll(async () => {
  chain?.close()
  await anvil?.stop()
  rmSync(dir, { recursive: true, force: true })
})

const keystore = (path: string, word = WORD) => ({ path, password: async () => word })
const failure = (path: string, word?: string) =>
  signerFor(chain, { keystore: keystore(path, word) }).then(
    () => undefined,
    (error: Error) => error,
  )

describe('a keystore', () => {
  test('signs with its key, before that of the environment', async () => {
    process.env[PRIVATE_KEY] = `0x${'11'.repeat(32)}`
    try {
      const signer = await signerFor(chain, { keystore: keystore(file) })
      expect(await signer.getAddress()).toBe(new Wallet(KEY).address)
      await chain.provider.send('anvil_setBalance', [await signer.getAddress(), '0xde0b6b3a7640000'])
      const paid = await mined(signer.sendTransaction({ to: `0x${'ab'.repeat(20)}`, value: 1n }))
      expect(paid.from).toBe(new Wallet(KEY).address)
    } finally {
      delete process.env[PRIVATE_KEY]
    }
  })

  test('asks for its password once a connection', async () => {
    let asked = 0
    const counted = {
      path: file,
      password: async () => {
        asked++
        return WORD
      },
    }
    const addresses = await onUrl(
      anvil.url,
      async ({ signer }) => [await (await signer()).getAddress(), await (await signer()).getAddress()],
      counted,
    )
    expect(new Set(addresses).size).toBe(1)
    expect(asked).toBe(1)
  })

  test.each(['', 'correct horse ', 'Correct horse'])('does not open with "%s"', async (word) => {
    const error = await failure(file, word)
    expect(error).toMatchObject({ name: 'Chain.WrongPasswordError', fault: 'input', path: file })
    const shown = inspect(error, { depth: 10, showHidden: true })
    expect(shown).not.toContain('c0ffee')
    expect(shown).not.toContain('orrect horse')
  })

  const text = () => readFileSync(file, 'utf8')
  const edited = (
    change: (json: { crypto: Record<string, object>; Crypto: Record<string, object> }) => void,
  ) => {
    const json = JSON.parse(text())
    change(json)
    return JSON.stringify(json)
  }
  test.each<[string, () => string, string]>([
    ['that is cut', () => text().slice(0, 200), 'Store.NotJsonError'],
    ['of another kind', () => '{"version":1}', 'Store.SchemaError'],
    ['that is a list', () => '[]', 'Store.SchemaError'],
    [
      'that wants all memory',
      () => edited(({ Crypto }) => Object.assign(Crypto.kdfparams!, { n: 2 ** 30 })),
      'Keystore.CostError',
    ],
    [
      'with a cipher that nobody knows',
      () => edited(({ Crypto }) => Object.assign(Crypto, { cipher: 'rot13' })),
      'Chain.KeystoreError',
    ],
    [
      'of an unknown way from the password',
      () => edited(({ Crypto }) => Object.assign(Crypto, { kdf: 'md5' })),
      'Chain.KeystoreError',
    ],
  ])('%s is refused', async (_what, content, name) => {
    const path = join(dir, 'bad.json')
    writeFileSync(path, content())
    expect(await failure(path)).toMatchObject({ name })
  })

  test('that is not there is refused', async () => {
    expect(await failure(join(dir, 'none.json'))).toMatchObject({ name: 'Store.MissingFileError' })
  })

  test('is not for the embedded chain', async () => {
    const opened = withChain(dir, undefined, async () => {}, keystore(file))
    await expect(opened).rejects.toMatchObject({ name: 'Chain.NoKeystoreChainError' })
  })
})

describe('at the command line', () => {
  const NOBODY = `0x${'99'.repeat(20)}`
  const withdraw = (...args: string[]) =>
    zkonnx(dir, 'withdraw', '--rpc', anvil.url, '--board', NOBODY, '--json', ...args)

  beforeAll(() => {
    writeFileSync(join(dir, 'word.txt'), `${WORD}\n`)
    writeFileSync(join(dir, 'wrong.txt'), 'wrong\n')
  })

  test.each([
    // the key is open, and there is no board
    [['--keystore', 'key.json', '--password-file', 'word.txt'], 'Chain.NoContractError'],
    [['--keystore', 'key.json', '--password-file', 'wrong.txt'], 'Chain.WrongPasswordError'],
    [['--keystore', 'key.json'], 'Cli.NoPasswordError'],
    [['--password-file', 'word.txt'], 'Cli.NoKeystoreError'],
  ])('%s ends with %s', async (args, name) => {
    const { code, stdout, stderr } = await withdraw(...args)
    expect({ code, name: JSON.parse(stdout).error.name }).toEqual({ code: 2, name })
    expect(stderr + stdout).not.toMatch(/c0ffee|correct horse/i)
  })
})
