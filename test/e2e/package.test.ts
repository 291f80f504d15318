/**
 * The package as its users get it: packed, unpacked into a project of theirs, imported by its name from TypeScript and
 * from Solidity. Packing builds everything anew, contracts included: only with ZKONNX_DEEP.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { compileSolidity } from '../../src/chain/solc.js'
import { tempDir } from '../helpers/cli.js'
import { lint, type Packed, packed, wrongTypes } from '../helpers/package.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PACKED = [
  'src',
  'contracts',
  'circuits',
  'examples',
  'scripts',
  'package.json',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'SECURITY.md',
]
const CONFIGS = ['tsconfig.json', 'tsconfig.build.json', '.npmrc']
const dir = tempDir()
const consumer = join(dir, 'consumer')
const installed = join(consumer, 'node_modules', 'zkonnx')
let tarball: Packed
const deep = describe.skipIf(process.env.ZKONNX_DEEP === undefined)

/** A copy of the project, so that nothing of ours is overwritten while other tests run it. */
function pack(): string {
  const project = join(dir, 'project')
  for (const path of [...PACKED, ...CONFIGS])
    cpSync(join(ROOT, path), join(project, path), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'))
  tarball = packed(project, true)
  writeFileSync(join(dir, 'zkonnx.tgz'), tarball.data)
  return join(dir, 'zkonnx.tgz')
}

/** What npm would do, but that the dependencies are ours. */
function install(archive: string): void {
  mkdirSync(installed, { recursive: true })
  execFileSync('tar', ['-xzf', archive, '-C', installed, '--strip-components=1'])
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
  const needed = { ...manifest.dependencies, ...manifest.optionalDependencies }
  for (const name of [...Object.keys(needed), '@types/node']) {
    const link = join(consumer, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', name), link)
  }
  writeFileSync(join(consumer, 'package.json'), '{ "type": "module", "private": true }')
}

const USE = `
import { abi, bytecode } from 'zkonnx/abi/PredictionBoard'
import { abi as registry } from 'zkonnx/abi/ModelRegistry'
import { abi as ledger } from 'zkonnx/abi/PredictionLedger'
import { compile, prove, register, submit, submitBatch, verify, VERSION, type Manifest } from 'zkonnx'

type Names<T extends readonly { readonly type: string }[]> = Extract<T[number], { type: 'function'; name: string }>['name']
const name: Names<typeof abi> = 'fulfil'
const batch: Names<typeof ledger> = 'recordBatch'
const code: \`0x\${string}\` = bytecode
// @ts-expect-error the registry has no such function
const wrong: Names<typeof registry> = 'registerEverything'
export type Layers = Manifest['layers']
const functions = [compile, prove, register, submit, submitBatch, verify].map((one) => typeof one)
console.log(JSON.stringify({ name, batch, wrong, code: code.length, items: abi.length, version: VERSION, functions }))
`

const SOLIDITY = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;
import {PredictionAsker} from "zkonnx/contracts/PredictionAsker.sol";
import {PredictionConsumer} from "zkonnx/contracts/PredictionConsumer.sol";
import {IPredictionBoard} from "zkonnx/contracts/interfaces/IPredictionBoard.sol";
import {IPredictionLedger} from "zkonnx/contracts/interfaces/IPredictionLedger.sol";
import {Groth16Verifier} from "zkonnx/contracts/Groth16Verifier.sol";

contract Asker is PredictionAsker {
    int256 public last;
    constructor(IPredictionBoard board) PredictionAsker(board) {}
    function _onPrediction(bytes32, int256[] memory output) internal override { last = output[0]; }
}
`

deep('the packed package', () => {
  beforeAll(() => install(pack()), 400_000)
  afterAll(() => rmSync(join(dir, 'project'), { recursive: true, force: true }))

  test('is typed for a strict compiler that looks at declarations too, and runs', () => {
    writeFileSync(join(consumer, 'use.ts'), USE)
    const options = {
      strict: true,
      module: 'nodenext',
      target: 'es2022',
      skipLibCheck: false,
      types: ['node'],
    }
    writeFileSync(
      join(consumer, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, files: ['use.ts'] }),
    )
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
    execFileSync(process.execPath, [tsc, '-p', consumer], { encoding: 'utf8' })
    const said = JSON.parse(execFileSync(process.execPath, [join(consumer, 'use.js')], { encoding: 'utf8' }))
    expect(said).toMatchObject({ name: 'fulfil', batch: 'recordBatch', functions: Array(6).fill('function') })
    expect([said.items > 20, said.code > 5000]).toEqual([true, true])
  })

  test('has exports, types and files that tools for packages find no fault with', async () => {
    expect(await lint(tarball)).toEqual([])
    expect(await wrongTypes(tarball, ['./abi/Groth16Verifier', './abi/PredictionBoard'])).toEqual([])
  })

  test('has the command line', () => {
    const bin = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')).bin.zkonnx
    const said = execFileSync(process.execPath, [join(installed, bin), '--help'], { encoding: 'utf8' })
    expect(said).toContain('register')
  })

  test('has the contracts that all models share compiled, as the command line would', async () => {
    const { commonContract, COMMON_NAMES } = await import(join(installed, 'dist/chain/solidity/prebuilt.js'))
    for (const name of COMMON_NAMES) {
      const { digest, bytecode } = await commonContract(name)
      const file = join(installed, 'dist/contracts', `${name}.json`)
      expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ digest, bytecode })
      expect((await import(join(installed, 'dist/contracts', `${name}.js`))).bytecode).toBe(bytecode)
    }
  })

  test('is imported by its name in Solidity, as Hardhat resolves it', () => {
    const found = compileSolidity(
      closure({ 'contracts/Asker.sol': SOLIDITY }, (path) => join(consumer, 'node_modules', path)),
    )
    expect([found.has('Asker'), found.has('Groth16Verifier')]).toEqual([true, true])
  })

  test('is imported by its name in Solidity, as Foundry remaps it', () => {
    // zkonnx/=node_modules/zkonnx/: sources are known by where they lie, and imports are rewritten to that
    const at = (path: string) => join(consumer, path)
    const remapped = SOLIDITY.replaceAll('"zkonnx/', '"node_modules/zkonnx/')
    expect(compileSolidity(closure({ 'src/Asker.sol': remapped }, at)).has('Asker')).toBe(true)
  })

  test('names no file that it does not have, and has no tests', () => {
    const { exports: entries } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
    for (const path of Object.values<string>(entries['.']))
      expect(existsSync(join(installed, path))).toBe(true)
    expect(readdirSync(installed).sort()).toEqual([
      ...['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'circuits', 'contracts', 'dist', 'examples'],
      'package.json',
    ])
    expect(createRequire(join(consumer, 'x.js')).resolve('zkonnx/contracts/PredictionBoard.sol')).toContain(
      '.sol',
    )
  })
})

deep('an empty project', () => {
  const empty = join(dir, 'empty')
  // whatever an install script wants of another host fails at once, as behind a firewall
  const closed = {
    GLOBAL_AGENT_HTTPS_PROXY: 'http://127.0.0.1:9',
    GLOBAL_AGENT_HTTP_PROXY: 'http://127.0.0.1:9',
  }
  const npm = (...args: string[]) => {
    const env = { ...process.env, ...closed, npm_config_ignore_scripts: 'false' }
    return execFileSync('npm', args, { cwd: empty, env, stdio: ['ignore', 'pipe', 'pipe'] }).toString()
  }
  const zkonnx = (...args: string[]) => {
    const bin = join(empty, 'node_modules/.bin/zkonnx')
    const { status, stdout, stderr } = spawnSync(bin, args, { cwd: empty, encoding: 'utf8' })
    return { status, stdout, stderr }
  }
  const from = ['--prefer-offline', '--no-audit', '--no-fund']
  const fresh = () => {
    rmSync(empty, { recursive: true, force: true })
    mkdirSync(empty)
    writeFileSync(join(empty, 'package.json'), '{ "private": true }')
  }

  beforeAll(() => void pack(), 400_000)
  beforeEach(fresh)
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  test('gets everything from the registry, without a script', () => {
    npm('install', '--ignore-scripts', ...from, join(dir, 'zkonnx.tgz'))
    const lock = JSON.parse(readFileSync(join(empty, 'package-lock.json'), 'utf8'))
    const hosts = Object.values<{ resolved?: string }>(lock.packages).flatMap(
      ({ resolved }) => resolved ?? [],
    )
    expect(hosts.filter((url) => !/^(https:\/\/registry\.npmjs\.org\/|file:)/.test(url))).toEqual([])
    const demo = zkonnx('demo', '--count', '1', '--json')
    expect([demo.status, JSON.parse(demo.stdout).predictions[0].equal]).toEqual([0, true])
  })

  test('is served where scripts run and reach no other host, and is told what is missing then', () => {
    npm('install', ...from, join(dir, 'zkonnx.tgz'))
    expect(zkonnx('verify', '--help').status).toBe(0)
    if (existsSync(join(empty, 'node_modules/onnxruntime-node'))) return
    const model = 'node_modules/zkonnx/examples/digits/digits.onnx'
    const compile = () => zkonnx('compile', model, '--domain', 'image=0,1', '--bits', '6', '-o', 'build')
    const { status, stderr } = compile()
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining('npm install --ignore-scripts onnxruntime-node'),
    ])
    npm('install', '--ignore-scripts', ...from, 'onnxruntime-node')
    expect(compile().status).toBe(0)
  })
})

/** The sources and all that they import, each by the path that it is imported as. */
function closure(sources: Record<string, string>, locate: (path: string) => string): Record<string, string> {
  const all = { ...sources }
  const queue = Object.entries(sources)
  for (const [from, text] of queue) {
    for (const [, path] of text.matchAll(/^import .* from "([^"]+)";/gm)) {
      const name = path!.startsWith('.') ? join(dirname(from), path!) : path!
      if (Object.hasOwn(all, name)) continue
      all[name] = readFileSync(locate(name), 'utf8')
      queue.push([name, all[name]!])
    }
  }
  return all
}
