/** A build that strangers repeat: every link is equal, and of whatever was changed the link that holds it is named. */
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeNpz } from '../../src/artifacts/samples/npz.js'
import { readZip, writeZip } from '../../src/artifacts/samples/zip.js'
import { canonicalJson, sha256 } from '../../src/base/digest.js'
import { type Anvil, startAnvil } from '../../src/chain/anvil.js'
import { connect } from '../../src/chain/provider.js'
import { decodeModel, encodeModel } from '../../src/onnx/decode.js'
import { contribute } from '../../src/stages/ceremony.js'
import { type DeploymentFile, deployModel } from '../../src/stages/chain.js'
import { compile } from '../../src/stages/compile.js'
import { withChain } from '../../src/stages/open-chain.js'
import { newPowers } from '../../src/stages/powers.js'
import { registerModel } from '../../src/stages/register.js'
import { beginCeremony, setup } from '../../src/stages/setup.js'
import {
  type BuildOptions,
  type BuildVerdict,
  type Link,
  verifyBuild,
} from '../../src/stages/verify-build.js'
import { casePath, hasCases } from '../helpers/cases.js'
import { answer, tempDir, zkonnx } from '../helpers/cli.js'
import { prebuildCommons } from '../helpers/prebuilt.js'
import { INPUTS, writeSmallNet } from '../helpers/small-net.js'

const DEEP = process.env.ZKONNX_DEEP !== undefined
const dir = tempDir()
const at = (...parts: string[]) => join(dir, ...parts)
const json = (path: string) => JSON.parse(readFileSync(at(path), 'utf8'))
const SOURCES = { model: at('model.onnx'), data: at('samples.npz') }

let anvil: Anvil
let deployment: DeploymentFile

beforeAll(async () => {
  await writeSmallNet(dir)
  const domains = { x: { lo: 0, hi: 1 } }
  await compile({ ...SOURCES, out: at('built'), bits: { activation: 6, weight: 6 }, domains })
  await setup({ dir: at('built'), kind: 'dev' })
  anvil = await startAnvil()
  await withChain(at('built'), anvil.url, (chain) => deployModel(at('built'), chain))
  deployment = json('built/deployment.json')
})
afterAll(async () => {
  await anvil?.stop()
  rmSync(dir, { recursive: true, force: true })
})

let copies = 0

/** A copy of the folder in which something was changed, and what is then said of it. */
async function changed(change: (copy: string) => void, options: Partial<BuildOptions> = {}) {
  const copy = at(`copy${copies++}`)
  cpSync(at('built'), copy, { recursive: true })
  change(copy)
  return verifyBuild({ dir: copy, ...options })
}

function brokenLink({ links, equal }: BuildVerdict): Link | undefined {
  const place = links.findIndex(({ state }) => state === 'differs')
  expect(equal).toBe(place < 0)
  for (const { state } of links.slice(place + 1)) if (place >= 0) expect(state).toBe('unreached')
  return links[place]
}

function edit(copy: string, file: string, change: (bytes: Buffer) => Uint8Array | undefined): void {
  const path = join(copy, file)
  const bytes = readFileSync(path)
  writeFileSync(path, change(bytes) ?? bytes)
}

// biome-ignore lint/suspicious/noExplicitAny: what is changed is no type of ours any more
type Loose = Record<string, any>

function editJson(copy: string, file: string, change: (value: Loose) => void): void {
  const value = JSON.parse(readFileSync(join(copy, file), 'utf8'))
  change(value)
  writeFileSync(join(copy, file), JSON.stringify(value))
}

/** The manifest as somebody would write it who hides a change. */
function rename(copy: string, ...files: string[]): void {
  editJson(copy, 'manifest.json', ({ derivation, circuit }) => {
    for (const file of files) {
      const digest = sha256(readFileSync(join(copy, file)))
      if (file === 'circuit.r1cs') circuit.sha256 = digest
      else derivation.files[file] = digest
    }
  })
}

/** An ONNX model with another last bit in one weight. */
function withOtherWeight(bytes: Uint8Array): Uint8Array {
  const model = decodeModel(bytes)
  const tensor = model.graph.initializer.find(({ name }) => name === 'w2')!
  tensor.floatData[7] = Math.fround(tensor.floatData[7]! * (1 + 2 ** -22))
  return encodeModel(model)
}

test('every link is equal, from the ONNX file and its samples to the code on chain', async () => {
  const verdict = await verifyBuild({ dir: at('built'), ...SOURCES, rpc: anvil.url })
  expect(brokenLink(verdict)).toBeUndefined()
  expect(verdict.links.map(({ name, state }) => `${name}: ${state}`)).toEqual(
    // dev keys come from nothing that could be shown, and the model is not registered
    verdict.links.map(
      ({ name }) => `${name}: ${/^(transcript|first key|registry entry)$/.test(name) ? 'skipped' : 'equal'}`,
    ),
  )
  expect(verdict).toMatchObject({
    devKeys: true,
    manifest: sha256(canonicalJson(json('built/manifest.json'))),
  })
  expect(deployment.modelId).toBe(verdict.manifest.replace('sha256:', '0x'))
})

test('without file and samples the chain begins with what was kept of them, and says so', async () => {
  // the contracts, which take seconds to compile, follow from keys and manifest as above
  const verdict = await changed((copy) => {
    if (!DEEP)
      for (const name of ['contracts', 'deployment.json']) rmSync(join(copy, name), { recursive: true })
  })
  expect(brokenLink(verdict)).toBeUndefined()
  const skipped = verdict.links.filter(({ state }) => state === 'skipped')
  expect(skipped.map(({ name }) => name)).toEqual(expect.arrayContaining(['ONNX file', 'samples']))
  for (const { says } of skipped) expect(says).not.toBe('')
})

describe('a change is named', () => {
  test('a weight of the ONNX file', async () => {
    writeFileSync(at('other.onnx'), withOtherWeight(readFileSync(at('model.onnx'))))
    const link = brokenLink(await changed(() => {}, { model: at('other.onnx') }))
    expect(link).toMatchObject({ name: 'ONNX file' })
    expect(link!.details!.join()).toMatch(/weight "w2": element 7 is/)
  })

  test('a weight of the model that is run, hidden in the manifest or not', async () => {
    const change = (copy: string) => edit(copy, 'model.onnx', withOtherWeight)
    expect(brokenLink(await changed(change))).toMatchObject({ name: 'model as it is run' })
    const hidden = (copy: string) => {
      change(copy)
      rename(copy, 'model.onnx')
    }
    const link = brokenLink(await changed(hidden))
    expect(link).toMatchObject({ name: 'imported graph' })
    expect(link!.details!.join()).toContain('layer "last"')
    const known = brokenLink(await changed(hidden, SOURCES))
    expect(known).toMatchObject({ name: 'model as it is run' })
    expect(known!.details!.join()).toMatch(/weight "w2": element 7 is/)
  })

  test('what was kept of the samples', async () => {
    const change = (copy: string) =>
      editJson(copy, 'calibration.json', ({ ranges }) => {
        ranges[2].hi *= 2
      })
    expect(brokenLink(await changed(change))).toMatchObject({ name: 'calibration' })
    const hidden = brokenLink(
      await changed((copy) => {
        change(copy)
        rename(copy, 'calibration.json')
      }),
    )
    expect(hidden).toMatchObject({ name: 'integer program' })
  })

  test('an integer weight, hidden in the manifest', async () => {
    const link = brokenLink(
      await changed((copy) => {
        edit(copy, 'quantized.npz', (bytes) => {
          const files = readZip(bytes, 'quantized.npz').map(
            (entry) => [entry.name, entry.read().slice()] as const,
          )
          // the first weight of the first layer: the last byte of a float64 holds its sign
          const [, array] = files.find(([name]) => name === 'node0.weights.npy')!
          array[array.indexOf(10) + 8] = array[array.indexOf(10) + 8]! ^ 0x80
          return writeZip(Object.fromEntries(files))
        })
        rename(copy, 'quantized.npz')
      }),
    )
    expect(link).toMatchObject({ name: 'integer program' })
    expect(link!.details!.join()).toMatch(/layer "hidden": weights\[0\]/)
  })

  test.each([
    ['bits', { activation: 7, weight: 6 }, 'integer program'],
    ['domains', { x: { lo: 0, hi: 2 } }, 'integer program'],
    ['disclose', { inputs: 'hashed' }, 'statement'],
  ])('the option "%s"', async (option, value, name) => {
    const link = brokenLink(
      await changed((copy) =>
        editJson(copy, 'manifest.json', ({ options }) => {
          options[option] = value
        }),
      ),
    )
    expect(link).toMatchObject({ name })
    expect(link!.details!.join()).toContain(`option "${option}"`)
  })

  test('samples other than those that were named', async () => {
    const x = Float64Array.from({ length: 12 * INPUTS }, (_, i) => (i % 10) / 9)
    writeFileSync(at('others.npz'), encodeNpz({ x: { shape: [12, INPUTS], data: x } }))
    const others = { ...SOURCES, data: at('others.npz') }
    expect(brokenLink(await changed(() => {}, others))).toMatchObject({ name: 'samples' })
    const link = brokenLink(
      await changed(
        (copy) =>
          editJson(copy, 'manifest.json', ({ data }) => {
            Object.assign(data[0], { name: 'others.npz', sha256: sha256(readFileSync(at('others.npz'))) })
          }),
        others,
      ),
    )
    expect(link).toMatchObject({ name: 'samples', says: expect.stringContaining('other ranges or bits') })
  })

  test('a fidelity that is better than what the samples show', async () => {
    const link = brokenLink(
      await changed(
        (copy) =>
          editJson(copy, 'manifest.json', ({ fidelity }) => {
            fidelity.outputs[0].worst /= 2
          }),
        SOURCES,
      ),
    )
    expect(link).toMatchObject({
      name: 'samples',
      details: expect.arrayContaining(['fidelity.outputs[0].worst']),
    })
  })

  test('a figure of the manifest', async () => {
    const link = brokenLink(
      await changed((copy) =>
        editJson(copy, 'manifest.json', ({ layers }) => {
          layers[0].hi += 1
        }),
      ),
    )
    expect(link).toMatchObject({ name: 'statement', details: expect.arrayContaining(['layers[0].hi']) })
  })

  test('a coefficient of the circuit, hidden in the manifest or not', async () => {
    const change = (copy: string) =>
      edit(copy, 'circuit.r1cs', (bytes) => {
        // of the first constraint, behind its number of terms and its first wire
        const coefficient = sectionOf(bytes, 2) + 4 + 4
        bytes[coefficient] = bytes[coefficient]! ^ 2
        return bytes
      })
    const link = brokenLink(await changed(change))
    expect(link).toMatchObject({ name: 'circuit' })
    expect(link!.details!.join()).toMatch(/constraint 0 \(.+\), term 1 of side A/)
    const hidden = (copy: string) => {
      change(copy)
      rename(copy, 'circuit.r1cs')
    }
    expect(brokenLink(await changed(hidden))).toMatchObject({ name: 'circuit' })
  })

  test('a byte of the proving key: the point, or the coefficient', async () => {
    const flip = (offset: (bytes: Buffer) => number) => (copy: string) =>
      edit(copy, 'circuit.zkey', (bytes) => {
        const place = offset(bytes)
        bytes[place] = bytes[place]! ^ 1
        return bytes
      })
    const inH = brokenLink(await changed(flip((bytes) => sectionOf(bytes, 9) + 64 * 5)))
    expect(inH).toMatchObject({ name: 'proving key' })
    expect(inH!.details!.join()).toContain('point 5 of section H')
    const inB = brokenLink(await changed(flip((bytes) => sectionOf(bytes, 7) + 128 * 3)))
    expect(inB!.details!.join()).toContain('point 3 of section B in G2 (main.')
    const coefficient = brokenLink(await changed(flip((bytes) => sectionOf(bytes, 4) + 4 + 12)))
    expect(coefficient!.details!.join()).toMatch(/coefficient differs in matrix A, constraint 0/)
  })

  test('the verifying key of another setup', async () => {
    cpSync(at('built'), at('twice'), { recursive: true })
    await setup({ dir: at('twice'), kind: 'dev' })
    const other = (copy: string) =>
      cpSync(at('twice', 'verification_key.json'), join(copy, 'verification_key.json'))
    const link = brokenLink(await changed(other))
    expect(link).toMatchObject({ name: 'verifying key' })
    expect(link!.details![0]).toBe('vk_alpha_1[0]')
    const keys = (copy: string) => cpSync(at('twice', 'circuit.zkey'), join(copy, 'circuit.zkey'))
    const proving = brokenLink(await changed(keys))
    expect(proving).toMatchObject({ name: 'proving key' })
    expect(proving!.details!.join()).toContain('its vk_alpha_1[0] is not the one of verification_key.json')
  })

  test('a line of the contract', async () => {
    const link = brokenLink(
      await changed((copy) =>
        edit(copy, 'contracts/ModelVerifier.sol', (bytes) =>
          Buffer.from(bytes.toString().replace('if (product != 1) revert ProofInvalid();', '')),
        ),
      ),
    )
    expect(link).toMatchObject({ name: 'Solidity source' })
    expect(link!.details!.join()).toContain('if (product != 1) revert ProofInvalid();')
  })

  test.runIf(DEEP)('the creation code that is said to have been deployed', async () => {
    const link = brokenLink(
      await changed((copy) =>
        editJson(copy, 'deployment.json', ({ code }) => {
          code.verifier = `sha256:${'0'.repeat(64)}`
        }),
      ),
    )
    expect(link).toMatchObject({ name: 'creation bytecode', says: expect.stringContaining('verifier') })
  })

  // each compiles the contracts again; the verifier is the one that the record trusts
  test.each(['record', 'verifier'] as const)('a byte of the code on chain: %s', async (contract) => {
    const chain = await connect(anvil.url)
    try {
      const { address } = deployment[contract]
      const code = await chain.provider.getCode(address)
      const changed = `${code.slice(0, 202)}${code.slice(202, 204) === '00' ? '01' : '00'}${code.slice(204)}`
      await chain.provider.send('anvil_setCode', [address, changed])
      const link = brokenLink(await verifyBuild({ dir: at('built'), rpc: anvil.url }))
      await chain.provider.send('anvil_setCode', [address, code])
      expect(link).toMatchObject({ name: 'code on chain', says: expect.stringContaining(contract) })
      expect(link!.details![0]).toMatch(/differs is byte 100$/)
    } finally {
      chain.close()
    }
  })
})

// the contracts that models share take half a minute to compile
test.runIf(process.env.ZKONNX_DEEP)('an entry of the registry that is of another model is told', async () => {
  await prebuildCommons()
  const other = at('registered')
  await compile({ ...SOURCES, out: other, bits: { activation: 5, weight: 5 } })
  await setup({ dir: other, kind: 'dev' })
  cpSync(at('built'), at('own'), { recursive: true })
  for (const folder of [other, at('own')])
    await withChain(folder, anvil.url, (chain) => registerModel(folder, chain))
  const verdict = await verifyBuild({ dir: at('own'), rpc: anvil.url })
  expect(verdict.links.at(-1)).toMatchObject({ name: 'registry entry', state: 'equal' })
  const { id } = json('registered/registration.json')
  editJson(at('own'), 'registration.json', (file) => {
    file.id = id
  })
  const link = brokenLink(await verifyBuild({ dir: at('own'), rpc: anvil.url }))
  expect(link).toMatchObject({
    name: 'registry entry',
    details: [expect.stringContaining('model id'), expect.anything(), expect.anything()],
  })
})

test.runIf(process.env.ZKONNX_DEEP)(
  'of a ceremony the contributions are checked, and with powers of tau the first key',
  async () => {
    const dir = at('rehearsed')
    cpSync(at('built'), dir, { recursive: true })
    const { power } = json('built/manifest.json').circuit
    const [ptau, larger] = [at('small.ptau'), at('larger.ptau')]
    await newPowers({ power, dev: true, out: ptau })
    await beginCeremony({ dir, ptau, dev: true })
    await contribute({ at: dir, name: 'somebody', entropy: 'as a test has it' })
    const verdict = await verifyBuild({ dir, ptau })
    const states = ({ links }: BuildVerdict) =>
      links.filter(({ name }) => /key|transcript/.test(name)).map(({ name, state }) => `${name}: ${state}`)
    const all = ['proving key', 'transcript', 'first key', 'verifying key']
    // the contracts in the folder are those of the keys before
    expect(brokenLink(verdict)).toMatchObject({ name: 'Solidity source' })
    expect(states(verdict)).toEqual(all.map((name) => `${name}: equal`))
    if (DEEP) {
      await newPowers({ power: power + 1, dev: true, out: larger })
      expect(brokenLink(await verifyBuild({ dir, ptau: larger }))).toMatchObject({ name: 'first key' })
    }
    editJson(dir, 'ceremony.json', ({ contributions }) => {
      contributions[0].name = 'somebody else'
    })
    expect(brokenLink(await verifyBuild({ dir, ptau }))).toMatchObject({ name: 'transcript' })
  },
)

test('a folder without keys is derived as far as it goes; one that is cut, damaged or foreign is told', async () => {
  const keyless = await changed((copy) => {
    editJson(copy, 'manifest.json', (manifest) => {
      delete manifest.setup
    })
    for (const file of ['circuit.zkey', 'verification_key.json']) rmSync(join(copy, file))
  })
  expect(brokenLink(keyless)).toBeUndefined()
  expect(keyless.links.find(({ name }) => name === 'circuit')).toMatchObject({ state: 'equal' })
  for (const file of ['model.onnx', 'calibration.json', 'quantized.npz', 'circuit.r1cs', 'circuit.zkey']) {
    const cut = brokenLink(
      await changed((copy) => edit(copy, file, (bytes) => bytes.subarray(0, bytes.length / 2))),
    )
    expect(cut, file).toBeDefined()
  }
  mkdirSync(at('empty'))
  await expect(verifyBuild({ dir: at('empty') })).rejects.toMatchObject({ name: 'Manifest.NotCompiledError' })
  const more = changed((copy) =>
    editJson(copy, 'manifest.json', (manifest) => {
      manifest.model.more = 1
    }),
  )
  await expect(more).rejects.toMatchObject({ name: 'Store.SchemaError' })
})

describe('at the command line', () => {
  const example = fileURLToPath(new URL('../../examples/digits/', import.meta.url))
  const sources = (from: string) => [
    ...['--model', join(from, 'digits.onnx'), '--data', join(from, 'calibration.npz')],
    ...['--holdout', join(from, 'heldout.npz')],
  ]

  test('the digits net is built alike in another folder, by another user, with other cores and locale', async () => {
    const [one, elsewhere] = [at('one'), at('elsewhere')]
    for (const folder of [one, elsewhere]) mkdirSync(folder)
    cpSync(example, join(elsewhere, 'moved'), { recursive: true })
    const { model, ...rest } = { model: join(example, 'digits.onnx'), data: join(example, 'calibration.npz') }
    const holdout = join(example, 'heldout.npz')
    // a search for bits compiles a dozen times, there and here
    const bits = process.env.ZKONNX_DEEP ? {} : { bits: {} }
    await compile({ model, ...rest, ...bits, holdout, maxFlip: 0.01, out: join(one, 'm') })
    await setup({ dir: join(one, 'm'), kind: 'dev' })
    cpSync(join(one, 'm'), join(elsewhere, 'theirs'), { recursive: true })
    const stdout = asAnother(elsewhere, ['verify-build', 'theirs', ...sources('moved'), '--json'])
    const verdict = JSON.parse(stdout) as BuildVerdict
    expect(brokenLink(verdict)).toBeUndefined()
    expect(verdict.links.filter(({ state }) => state === 'equal').length).toBeGreaterThanOrEqual(10)
  })

  test('the exit code is 1 where anything differs, and 2 where there is nothing to verify', async () => {
    cpSync(at('built'), at('changed'), { recursive: true })
    edit(at('changed'), 'quantized.json', (bytes) => Buffer.from(`${bytes} `))
    const [ran, json] = await Promise.all([
      zkonnx(dir, 'verify-build', 'changed'),
      zkonnx(dir, 'verify-build', 'changed', '--json'),
    ])
    expect(ran).toMatchObject({ code: 1 })
    expect(ran.stdout).toMatch(/✗ integer program/)
    for (const line of ran.stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
    expect(json).toMatchObject({ code: 1 })
    expect(answer<BuildVerdict>(json)).toMatchObject({ equal: false, devKeys: true })
    expect(await zkonnx(dir, 'verify-build', 'nowhere')).toMatchObject({ code: 2 })
  })

  test.runIf(process.env.ZKONNX_DEEP && hasCases('torch'))('LeNet-5 is built alike', async () => {
    const files = {
      model: casePath('torch', 'mnist_lenet', 'legacy.onnx'),
      data: casePath('torch', 'mnist_lenet', 'test.npz'),
    }
    await compile({ ...files, out: at('lenet'), bits: { activation: 6, weight: 6 } })
    await setup({ dir: at('lenet'), kind: 'dev' })
    mkdirSync(at('far'))
    const args = ['verify-build', at('lenet'), '--model', files.model, '--data', files.data, '--json']
    const verdict = JSON.parse(asAnother(at('far'), args)) as BuildVerdict
    expect(brokenLink(verdict)).toBeUndefined()
  })
})

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** Runs zkonnx with one core and as nobody, where we may, and with another home, locale, time zone and mask. */
function asAnother(cwd: string, args: string[]): string {
  const home = join(cwd, 'home')
  mkdirSync(home)
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    LANG: 'tr_TR.UTF-8',
    LC_ALL: 'tr_TR.UTF-8',
    TZ: 'Pacific/Chatham',
  }
  const command = [
    'umask 077',
    `exec ${works('taskset', ['-c', '0', 'true']) ? 'taskset -c 0 ' : ''}"$@"`,
  ].join('\n')
  const nobody = { uid: 65_534, gid: 65_534 }
  const isOther = process.getuid?.() === 0 && works(process.execPath, ['--check', MAIN], nobody)
  if (isOther) {
    chmodSync(dir, 0o755)
    chownSync(home, nobody.uid, nobody.gid)
  }
  return execFileSync('sh', ['-c', command, 'sh', process.execPath, MAIN, ...args], {
    ...(isOther ? nobody : {}),
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

function works(command: string, args: string[], options: { uid?: number; gid?: number } = {}): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore', ...options })
    return true
  } catch {
    return false
  }
}

/** Where a section's content begins: behind the file's head, each section has a number and a size. */
function sectionOf(bytes: Buffer, wanted: number): number {
  for (let at = 12; at < bytes.length; ) {
    const size = Number(bytes.readBigUInt64LE(at + 4))
    if (bytes.readUInt32LE(at) === wanted) return at + 12
    at += 12 + size
  }
  throw new Error(`There is no section ${wanted}.`)
}
