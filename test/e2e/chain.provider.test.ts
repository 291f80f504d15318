/** Chains that do not answer, are another, or will not be paid; keys that are none; dev keys away from home. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { VERIFIER } from '../../src/chain/abi.js'
import { type Anvil, startAnvil } from '../../src/chain/anvil.js'
import { deploy, deployContract } from '../../src/chain/deploy.js'
import { type Chain, Contract, connect, PRIVATE_KEY, signerFor } from '../../src/chain/provider.js'
import { minedReceipt, NotMinedError } from '../../src/chain/receipt.js'
import { compileSolidity } from '../../src/chain/solc.js'
import { handWritten, type ModelContracts } from '../../src/chain/solidity/model-contracts.js'
import { compileTiny, SMALL } from '../helpers/chain.js'
import { terminateCurve, tinyProver } from '../helpers/tiny-groth16.js'
import vectors from '../vectors/context.json' with { type: 'json' }

const POOR_KEY = `0x${'c0ffee'.repeat(10)}dead`

let local: { anvil: Anvil; chain: Chain }
let mainnet: { anvil: Anvil; chain: Chain }
let contracts: ModelContracts

beforeAll(async () => {
  const open = async (chainId: number) => {
    const anvil = await startAnvil({ chainId })
    return { anvil, chain: await connect(anvil.url) }
  }
  ;[local, mainnet] = await Promise.all([open(31337), open(1)])
  contracts = await compileTiny((await tinyProver(2)).key, SMALL)
})

afterAll(async () => {
  for (const side of [local, mainnet]) {
    side?.chain.close()
    await side?.anvil.stop()
  }
  await terminateCurve()
})

describe('connecting', () => {
  test.each(['http://127.0.0.1:9', 'http://no-such-host.invalid/v3/secret', 'nonsense'])(
    'to %s',
    async (url) => {
      const error = await connect(url, { timeoutMs: 5000 }).catch((thrown: Error) => thrown)
      expect(error).toMatchObject({ name: 'Chain.NoAnswerError', fault: 'input' })
      expect((error as Error).message).not.toContain('secret')
    },
  )

  test('to a server that never answers', async () => {
    const { url, close } = await serve(() => {})
    await expect(connect(url, { timeoutMs: 200 })).rejects.toMatchObject({ name: 'Chain.NoAnswerError' })
    close()
  })

  test.each(['', '[]', '{"result":7}', 'null', '<html>'])('to a server that answers "%s"', async (body) => {
    const { url, close } = await serve((reply) => reply(body))
    await expect(connect(url)).rejects.toMatchObject({ name: 'Chain.NoAnswerError' })
    close()
  })

  test('to another chain than expected', async () => {
    const wrong = connect(local.anvil.url, { chainId: 10n })
    await expect(wrong).rejects.toMatchObject({ name: 'Chain.WrongChainError', expected: 10n, given: 31337n })
  })

  test('to a chain that dies later', async () => {
    const anvil = await startAnvil()
    const chain = await connect(anvil.url, { timeoutMs: 2000 })
    const signer = await signerFor(chain, { source: 'node' })
    await anvil.stop()
    await expect(deploy(chain, signer, contracts)).rejects.toMatchObject({ name: 'Chain.NoAnswerError' })
    chain.close()
  })
})

async function serve(answer: (reply: (body: string) => void) => void) {
  const server: Server = createServer((_request, response) => answer((body) => response.end(body)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${port}`, close }
}

describe('signing', () => {
  afterEach(() => {
    delete process.env[PRIVATE_KEY]
  })

  test('takes the key of the environment, and never shows it', async () => {
    process.env[PRIVATE_KEY] = POOR_KEY
    const signer = await signerFor(local.chain)
    const error = await deploy(local.chain, signer, contracts).catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ name: 'Chain.OutOfFundsError' })
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('c0ffee')
  })

  test.each(['secret words', '0x1234', `0x${'00'.repeat(32)}`, 'f'.repeat(64)])(
    'refuses the key %s',
    async (key) => {
      process.env[PRIVATE_KEY] = key
      const error = await signerFor(local.chain).catch((thrown: Error) => thrown)
      expect(error).toMatchObject({ name: 'Chain.PrivateKeyError' })
      expect((error as Error).message).not.toContain(key)
    },
  )

  test('takes an unlocked account of a local chain, and of no other', async () => {
    const [first] = (await local.chain.provider.send('eth_accounts', [])) as string[]
    expect((await (await signerFor(local.chain)).getAddress()).toLowerCase()).toBe(first!.toLowerCase())
    await expect(signerFor(mainnet.chain)).rejects.toMatchObject({ name: 'Chain.NoSignerError' })
  })
})

describe('dev keys outside a local chain', () => {
  test('are refused before anything is sent', async () => {
    const signer = await mainnet.chain.provider.getSigner(0)
    const before = await signer.getNonce()
    await expect(deploy(mainnet.chain, signer, contracts)).rejects.toMatchObject({
      name: 'Chain.DevKeysError',
      chainId: 1n,
    })
    expect(await signer.getNonce()).toBe(before)
  })

  test('are refused by the contract itself', async () => {
    const signer = await mainnet.chain.provider.getSigner(0)
    const sent = deployContract(mainnet.chain, signer, contracts.verifier, [])
    await expect(sent).rejects.toMatchObject({
      contractError: 'DevKeyOutsideLocalChain',
      args: { chainId: '1' },
    })
  })

  test('unless it is said that they are forgeable, which the contract goes on saying', async () => {
    const { key } = await tinyProver(2)
    const forgeable = await compileTiny(key, SMALL, 'dev', { forgeable: true })
    expect(Object.values(forgeable.generated).join()).toContain('FORGEABLE')
    const signer = await mainnet.chain.provider.getSigner(0)
    const { verifier } = await deploy(mainnet.chain, signer, forgeable)
    const contract = new Contract(verifier.address, VERIFIER, mainnet.chain.provider)
    expect(await contract.getFunction('DEV_KEYS').staticCall()).toBe(true)
  })

  test('while keys of a ceremony pass', async () => {
    const { key } = await tinyProver(2)
    const ceremony = await compileTiny(key, SMALL, 'ceremony')
    const deployment = await deploy(mainnet.chain, await mainnet.chain.provider.getSigner(0), ceremony)
    expect(deployment.chainId).toBe(1n)
  })
})

const HARNESS = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;
import {Context} from "zkonnx/contracts/lib/Context.sol";
contract Harness {
    function compute(address consumer, bytes32 modelId, address beneficiary, uint256 nonce, uint256 deadline)
        external view returns (uint256)
    {
        return Context.compute(consumer, modelId, beneficiary, nonce, deadline);
    }
}`

test('the contract computes the contexts of the vectors', async () => {
  const harness = compileSolidity({ ...(await handWritten()), 'Harness.sol': HARNESS }).get('Harness')!
  let checked = 0
  for (const { chain } of [local, mainnet]) {
    const { address } = await deployContract(chain, await chain.provider.getSigner(0), harness, [])
    const compute = new Contract(address, [...harness.abi], chain.provider).getFunction('compute')
    for (const vector of vectors.contexts.filter(({ chainId }) => chainId === String(chain.id))) {
      const { consumer, modelId, beneficiary, nonce, deadline, context } = vector
      expect(String(await compute(consumer, modelId, beneficiary, nonce, deadline))).toBe(context)
      checked++
    }
  }
  expect(checked).toBe(vectors.contexts.length)
})

test('waiting for a transaction ends when it is mined, and without it at its time limit', async () => {
  const { chain } = local
  await chain.provider.send('evm_setAutomine', [false])
  const signer = await chain.provider.getSigner(0)
  const { hash } = await signer.sendTransaction({ to: signer.address, gasLimit: 21_000n })
  await expect(minedReceipt(chain.provider, hash, { timeoutMs: 60 })).rejects.toThrow(NotMinedError)
  const waiting = minedReceipt(chain.provider, hash)
  await chain.provider.send('evm_mine', [])
  expect((await waiting).status).toBe(1)
  await chain.provider.send('evm_setAutomine', [true])
})
