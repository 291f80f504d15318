/**
 * Files from hostile hands: each is refused clearly by the library, by the command line and by the contract.
 *
 * The contract is given the words themselves, past every check of ours, wherever the lie fits into words at all: a
 * leading zero or a line too many does not. The command line starts a process for each: by default it is given one of
 * each kind, with ZKONNX_DEEP all.
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MalformedFileError } from '../../src/artifacts/iden3/binfile.js'
import * as Wtns from '../../src/artifacts/iden3/wtns.js'
import { BaseError } from '../../src/base/errors.js'
import { P } from '../../src/base/field.js'
import { RevertError, VERIFIER } from '../../src/chain/abi.js'
import { type Anvil, startAnvil } from '../../src/chain/anvil.js'
import { ask, contractAt } from '../../src/chain/contract.js'
import { type Chain, connect, signerFor } from '../../src/chain/provider.js'
import { verifyOnChain } from '../../src/chain/read.js'
import type { Proof } from '../../src/chain/types.js'
import { Q } from '../../src/prover/groth16/group.js'
import { deployModel } from '../../src/stages/chain.js'
import { compile } from '../../src/stages/compile.js'
import { prove, witness } from '../../src/stages/prove.js'
import { setup } from '../../src/stages/setup.js'
import { verify } from '../../src/stages/verify.js'
import { answer, tempDir, zkonnx } from '../helpers/cli.js'
import { Random } from '../helpers/random.js'
import { writeSmallNet } from '../helpers/small-net.js'
import { terminateCurve } from '../helpers/tiny-groth16.js'

type ProofJson = { pi_a: string[]; pi_b: string[][]; pi_c: string[]; protocol: string; curve: string }

/** What was done to one file, who refuses it how. */
type Hostile = {
  readonly what: string
  /** The error's name; 'no' where the files are well-formed and the answer is that the proof does not hold. */
  readonly refused: string
  /** The contract's error, for what fits into words. */
  readonly contract?: string
} & (
  | { readonly proof: (proof: ProofJson) => unknown }
  | { readonly signals: (signals: string[]) => unknown }
  | { readonly text: readonly ['proof.json' | 'public.json', (text: string) => string] }
)

const DEEP = process.env.ZKONNX_DEEP !== undefined
const SEED = 9
const FLIPS = DEEP ? 8 : 4
const FIELD = 'Proof.FieldError'
const NOT_JSON = 'Store.NotJsonError'

/** On the twist, but of another order than the group's. */
const OUT_OF_SUBGROUP = [
  ['1', '0'],
  [
    '18278151005453108793778860132295291098363647455926340152056652516292830556603',
    '5912654199736721486680175016176231956195085055698687135131307249486702594212',
  ],
  ['1', '0'],
]

const firstX = (change: (x: string) => unknown) => (proof: ProofJson) => ({
  ...proof,
  pi_a: proof.pi_a.map((part, i) => (i === 0 ? change(part) : part)),
})
const first = (change: (signal: string) => unknown) => (signals: string[]) =>
  signals.map((signal, i) => (i === 0 ? change(signal) : signal))

/** Other spellings of a number, none of them the canonical one. */
const SPELLINGS: Readonly<Record<string, (text: string) => unknown>> = {
  'a leading zero': (text) => `0${text}`,
  'a plus sign': (text) => `+${text}`,
  'a minus sign': (text) => `-${text}`,
  hexadecimal: (text) => `0x${BigInt(text).toString(16)}`,
  'white space before': (text) => ` ${text}`,
  'a line feed after': (text) => `${text}\n`,
  'an exponent': (text) => `${text}e0`,
  'other digits': (text) => text.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit))),
  'no text but a number': (text) => Number(text),
  'nothing in it': () => '',
  null: () => null,
}

const HOSTILE: readonly Hostile[] = [
  ...Object.entries(SPELLINGS).flatMap(([what, change]): Hostile[] => [
    { what: `a coordinate with ${what}`, refused: FIELD, proof: firstX(change) },
    { what: `a signal with ${what}`, refused: FIELD, signals: first(change) },
  ]),
  ...(['proof.json', 'public.json'] as const).flatMap((file): Hostile[] => [
    {
      what: `${file} cut in half`,
      refused: NOT_JSON,
      text: [file, (text) => text.slice(0, text.length / 2)],
    },
    { what: `${file} with more after it`, refused: NOT_JSON, text: [file, (text) => `${text}]`] },
    { what: `an empty ${file}`, refused: NOT_JSON, text: [file, () => ''] },
    { what: `a list of lists as ${file}`, refused: FIELD, text: [file, () => '[[]]'] },
  ]),
  {
    what: 'a digit of a point changed',
    refused: FIELD,
    contract: 'ProofMalformed',
    proof: firstX((x) => String(BigInt(x) ^ 1n)),
  },
  {
    what: 'a coordinate plus the prime',
    refused: FIELD,
    contract: 'ProofMalformed',
    proof: firstX((x) => String(BigInt(x) + Q)),
  },
  {
    what: 'a point off the curve',
    refused: FIELD,
    contract: 'ProofMalformed',
    proof: (proof) => ({ ...proof, pi_c: ['1', '3', '1'] }),
  },
  {
    what: 'a point off the twist',
    refused: FIELD,
    contract: 'ProofMalformed',
    proof: (proof) => ({
      ...proof,
      pi_b: [
        ['1', '2'],
        ['3', '4'],
        ['1', '0'],
      ],
    }),
  },
  {
    what: 'a point of the twist outside the subgroup',
    refused: FIELD,
    contract: 'ProofMalformed',
    proof: (proof) => ({ ...proof, pi_b: OUT_OF_SUBGROUP }),
  },
  {
    what: 'infinity',
    refused: FIELD,
    contract: 'ProofInvalid',
    proof: (proof) => ({ ...proof, pi_a: ['0', '1', '0'] }),
  },
  {
    what: 'real and imaginary parts exchanged',
    refused: FIELD,
    contract: 'ProofMalformed',
    proof: (proof) => ({ ...proof, pi_b: proof.pi_b.map((pair, i) => (i < 2 ? pair.toReversed() : pair)) }),
  },
  { what: 'a point of four parts', refused: FIELD, proof: (p) => ({ ...p, pi_a: [...p.pi_a, '1'] }) },
  {
    what: 'projective coordinates',
    refused: FIELD,
    proof: (p) => ({ ...p, pi_a: [...p.pi_a.slice(0, 2), '2'] }),
  },
  { what: 'another protocol', refused: FIELD, proof: (proof) => ({ ...proof, protocol: 'plonk' }) },
  { what: 'another curve', refused: FIELD, proof: (proof) => ({ ...proof, curve: 'bls12381' }) },
  {
    what: 'two points exchanged',
    refused: 'no',
    contract: 'ProofInvalid',
    proof: (proof) => ({ ...proof, pi_a: proof.pi_c, pi_c: proof.pi_a }),
  },
  {
    what: 'a point negated',
    refused: 'no',
    contract: 'ProofInvalid',
    proof: (p) => ({ ...p, pi_a: [p.pi_a[0], String(Q - BigInt(p.pi_a[1]!)), '1'] }),
  },
  {
    what: 'a signal plus the order of the field',
    refused: FIELD,
    contract: 'SignalOutOfField',
    signals: first((signal) => String(BigInt(signal) + P)),
  },
  {
    what: 'the order of the field as a signal',
    refused: FIELD,
    contract: 'SignalOutOfField',
    signals: first(() => String(P)),
  },
  {
    what: 'the largest word as a signal',
    refused: FIELD,
    contract: 'SignalOutOfField',
    signals: first(() => String(2n ** 256n - 1n)),
  },
  { what: 'a signal too few', refused: FIELD, contract: 'SignalCount', signals: (s) => s.slice(1) },
  { what: 'a signal too many', refused: FIELD, contract: 'SignalCount', signals: (s) => [...s, '0'] },
  { what: 'no signals', refused: FIELD, contract: 'SignalCount', signals: () => [] },
  {
    what: 'a bit of a signal flipped',
    refused: 'no',
    contract: 'ProofInvalid',
    signals: first((signal) => String(BigInt(signal) ^ 1n)),
  },
  {
    what: 'signals in another order',
    refused: 'no',
    contract: 'ProofInvalid',
    signals: (s) => s.toReversed(),
  },
]

const dir = tempDir()
const at = (...parts: string[]) => join(dir, ...parts)
const read = (...parts: string[]) => readFileSync(at(...parts), 'utf8')

let anvil: Anvil
let chain: Chain
let verifier: string

beforeAll(async () => {
  await writeSmallNet(dir)
  await writeSmallNet(dir, { name: 'other', seed: 2 })
  for (const name of ['model', 'other']) {
    await compile({ model: at(`${name}.onnx`), data: at('samples.npz'), out: at(name) })
    await setup({ dir: at(name), kind: 'dev' })
    await prove({ dir: at(name), input: at('samples.npz'), limit: 2, out: at(`${name}-proofs`) })
  }
  await witness({ dir: at('model'), input: at('samples.npz'), limit: 1, out: at('witnesses') })
  anvil = await startAnvil()
  chain = await connect(anvil.url, { chainId: anvil.chainId })
  const signer = () => signerFor(chain, { source: 'node' })
  verifier = (await deployModel(at('model'), { chain, embedded: false, signer })).verifier.address
  HOSTILE.forEach((hostile, i) => {
    writeHostile(hostile, `hostile-${i}`)
  })
}, 240_000)

afterAll(async () => {
  chain?.close()
  await anvil?.stop()
  await terminateCurve()
  rmSync(dir, { recursive: true, force: true })
})

function writeHostile(hostile: Hostile, folder: string): void {
  cpSync(at('model-proofs/000000'), at(folder), { recursive: true })
  const edit = (file: string, change: (text: string) => string) =>
    writeFileSync(at(folder, file), change(read(folder, file)))
  if ('text' in hostile) edit(...hostile.text)
  else if ('proof' in hostile) edit('proof.json', (text) => JSON.stringify(hostile.proof(JSON.parse(text))))
  else edit('public.json', (text) => JSON.stringify(hostile.signals(JSON.parse(text))))
}

describe.each(HOSTILE.map((hostile, i) => ({ ...hostile, folder: `hostile-${i}` })))(
  '$what',
  ({ refused, contract, folder }) => {
    test(`is refused by the library: ${refused}`, async () => {
      if (refused === 'no') {
        expect(await verify(at('model'), at(folder))).toMatchObject({
          valid: false,
          says: { outputs: [], inputs: [] },
        })
        return
      }
      await expect(verify(at('model'), at(folder))).rejects.toMatchObject({ name: refused, fault: 'input' })
    })

    if (contract !== undefined) {
      test(`is refused by the contract: ${contract}, also past our own checks`, async () => {
        const [proof, signals] = [
          JSON.parse(read(folder, 'proof.json')),
          JSON.parse(read(folder, 'public.json')),
        ]
        await expect(verifyOnChain(chain, verifier, proof, signals)).rejects.toThrow(BaseError)
        const error = await callWith(proof, signals).catch((thrown: unknown) => thrown)
        expect(error).toBeInstanceOf(RevertError)
        expect((error as RevertError).contractError).toBe(contract)
      })
    }
  },
)

/** The verifier's answer to the bare words. */
async function callWith({ pi_a, pi_b, pi_c }: Proof, signals: readonly string[]): Promise<void> {
  const pointAt = ([x, y, z]: readonly string[]) => (z === '0' ? [0n, 0n] : [BigInt(x!), BigInt(y!)])
  const b = pi_b.slice(0, 2).map(([real, imaginary]) => [BigInt(imaginary!), BigInt(real!)])
  const contract = await contractAt(chain, verifier, VERIFIER)
  const args = [{ a: pointAt(pi_a), b, c: pointAt(pi_c), d: [0n, 0n] }, signals.map(BigInt)]
  await ask(chain, contract, () => contract.getFunction('verify').staticCall(...args))
}

test('the honest proof is accepted by all', async () => {
  const proof = at('model-proofs/000000')
  expect(await verify(at('model'), proof)).toMatchObject({ valid: true })
  const [words, signals] = ['proof.json', 'public.json'].map((file) =>
    JSON.parse(read('model-proofs/000000', file)),
  )
  await callWith(words, signals)
  await verifyOnChain(chain, verifier, words, signals)
})

/** Of what is changed, and how it is refused. */
function kindOf(hostile: Hostile): string {
  if ('text' in hostile) return `${hostile.text[0]}: ${hostile.refused}`
  return `${'proof' in hostile ? 'proof' : 'signals'}: ${hostile.refused}`
}

test(`the command line refuses ${DEEP ? 'each' : 'one of each kind'} as the library does`, async () => {
  const all = HOSTILE.map((hostile, i) => ({ ...hostile, folder: `hostile-${i}`, kind: kindOf(hostile) }))
  const chosen = all.filter(({ kind }, i) => DEEP || all.findIndex((other) => other.kind === kind) === i)
  // each run starts a process: two at a time
  for (let i = 0; i < chosen.length; i += 2) {
    await Promise.all(chosen.slice(i, i + 2).map(expectRefusal))
  }
}, 240_000)

async function expectRefusal({ what, refused, folder }: Hostile & { folder: string }): Promise<void> {
  const ran = await zkonnx(dir, 'verify', 'model', folder, '--json')
  expect(ran.code, what).toBe(refused === 'no' ? 1 : 2)
  const said = refused === 'no' ? [{ valid: false }] : { error: { name: refused } }
  expect(answer<object>(ran), what).toMatchObject(said)
  expect(ran.stderr.includes('What to do:'), what).toBe(refused !== 'no')
}

describe('what belongs to another model or sample', () => {
  const put = (folder: string, ...files: readonly (readonly [from: string, file: string])[]) => {
    cpSync(at('model-proofs/000000'), at(folder), { recursive: true })
    for (const [from, file] of files) cpSync(at(from, file), at(folder, file))
  }

  test.each([
    ['the proof of another sample', ['model-proofs/000001', 'proof.json']],
    ['the signals of another sample', ['model-proofs/000001', 'public.json']],
    ['the proof of another model', ['other-proofs/000000', 'proof.json']],
    ['the signals of another model', ['other-proofs/000000', 'public.json']],
  ] as const)('%s does not hold', async (what, from) => {
    const folder = what.replaceAll(' ', '-')
    put(folder, from)
    expect(await verify(at('model'), at(folder))).toMatchObject({ valid: false, reason: /does not hold/ })
    const [proof, signals] = [JSON.parse(read(folder, 'proof.json')), JSON.parse(read(folder, 'public.json'))]
    await expect(callWith(proof, signals)).rejects.toMatchObject({ contractError: 'ProofInvalid' })
  })

  test('a whole proof of another model is refused by name, and does not hold where the name was changed', async () => {
    await expect(verify(at('model'), at('other-proofs/000000'))).rejects.toMatchObject({
      name: 'Verify.OtherModelError',
    })
    cpSync(at('other-proofs/000000'), at('renamed'), { recursive: true })
    const { circuit } = JSON.parse(read('model-proofs/000000/prediction.json'))
    const prediction = { ...JSON.parse(read('renamed/prediction.json')), circuit }
    writeFileSync(at('renamed/prediction.json'), JSON.stringify(prediction))
    expect(await verify(at('model'), at('renamed'))).toMatchObject({ valid: false, reason: /does not hold/ })
  })

  test('a verifying key of another model is refused by its mark, and verifies nothing under a false one', async () => {
    cpSync(at('model'), at('foreign-key'), { recursive: true })
    const key = JSON.parse(read('other/verification_key.json'))
    writeFileSync(at('foreign-key/verification_key.json'), JSON.stringify(key))
    const proof = at('model-proofs/000000')
    await expect(verify(at('foreign-key'), proof)).rejects.toMatchObject({ name: 'Prover.WrongCircuitError' })
    const { circuit } = JSON.parse(read('model/verification_key.json')).zkonnx
    const marked = { ...key, zkonnx: { ...key.zkonnx, circuit } }
    writeFileSync(at('foreign-key/verification_key.json'), JSON.stringify(marked))
    await expect(verify(at('foreign-key'), proof)).rejects.toMatchObject({ name: 'Prover.KeyRecordError' })
    const { setup: _, ...manifest } = JSON.parse(read('model/manifest.json'))
    writeFileSync(at('foreign-key/manifest.json'), JSON.stringify(manifest))
    expect(await verify(at('foreign-key'), proof)).toMatchObject({ valid: false })
  })
})

type KeyJson = Record<string, unknown> & { IC: string[][]; vk_gamma_2: unknown }

describe('a verifying key', () => {
  const changed: readonly (readonly [what: string, change: (key: KeyJson) => unknown])[] = [
    ['whose gamma is its delta', (key) => ({ ...key, vk_delta_2: key.vk_gamma_2 })],
    ['with a point too few', (key) => ({ ...key, IC: key.IC.slice(1) })],
    ['with a point too many', (key) => ({ ...key, IC: [...key.IC, key.IC[0]] })],
    ['with a point off the curve', (key) => ({ ...key, vk_alpha_1: ['1', '3', '1'] })],
    ['with a point outside the subgroup', (key) => ({ ...key, vk_beta_2: OUT_OF_SUBGROUP })],
    ['with a leading zero', (key) => ({ ...key, IC: key.IC.map(([x, y, z]) => [`0${x}`, y, z]) })],
    ['with hexadecimal', (key) => ({ ...key, IC: key.IC.map(([x, y, z]) => [`0x${x}`, y, z]) })],
    ['without a point', ({ vk_alpha_1: _, ...key }) => key],
    ['that is a list', () => []],
  ]
  const put = ([what, change]: (typeof changed)[number]) => {
    const folder = `key-${what.replaceAll(' ', '-')}`
    cpSync(at('model'), at(folder), { recursive: true })
    const path = at(folder, 'verification_key.json')
    writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')))))
    return folder
  }

  test.each(changed)('%s is refused by the library', async (...what) => {
    const folder = put(what)
    const refusal = { name: FIELD, fault: 'input' }
    await expect(verify(at(folder), at('model-proofs/000000'))).rejects.toMatchObject(refusal)
    await expect(prove({ dir: at(folder), input: at('samples.npz') })).rejects.toMatchObject(refusal)
  })

  // of a point and of a number
  test.each(DEEP ? changed : [changed[0]!, changed[5]!])(
    '%s is refused by the command line',
    async (...what) => {
      const folder = put(what)
      const ran = await zkonnx(dir, 'verify', folder, 'model-proofs/000000', '--json')
      expect(ran.code).toBe(2)
      expect(answer(ran)).toMatchObject({ error: { name: FIELD } })
    },
  )
})

describe('a witness', () => {
  const honest = () => readFileSync(at('witnesses/000000/witness.wtns'))
  /** The last wire, which stands at the end of the file. */
  const withLast = (value: bigint) => {
    const bytes = Uint8Array.from(honest())
    for (let i = 0; i < 32; i++) bytes[bytes.length - 32 + i] = Number((value >> BigInt(8 * i)) & 255n)
    return bytes
  }

  const changed: readonly (readonly [what: string, make: () => Uint8Array])[] = [
    ['cut short', () => honest().subarray(0, -1)],
    ['cut to its header', () => honest().subarray(0, 76)],
    ['with a byte more', () => Buffer.concat([honest(), Buffer.of(0)])],
    ['that is empty', () => new Uint8Array(0)],
    ['with the order of the field in it', () => withLast(P)],
    ['with the largest word in it', () => withLast(2n ** 256n - 1n)],
    ['of another kind of file', () => readFileSync(at('model/circuit.r1cs'))],
  ]
  const put = ([what, make]: (typeof changed)[number]) => {
    const file = `${what.replaceAll(' ', '-')}.wtns`
    writeFileSync(at(file), make())
    return file
  }

  test.each(changed)('%s is refused by the library', (...what) => {
    const file = put(what)
    expect(() => Wtns.decode(readFileSync(at(file)), file)).toThrow(MalformedFileError)
  })

  // of the file and of a number in it
  test.each(DEEP ? changed : [changed[0]!, changed[4]!])(
    '%s is refused by the command line',
    async (...what) => {
      const file = put(what)
      const ran = await zkonnx(dir, 'attack', '--r1cs', 'model/circuit.r1cs', '--wtns', file, '--json')
      expect(ran.code).toBe(2)
      expect(answer(ran)).toMatchObject({ error: { name: 'Iden3.MalformedFileError' } })
      expect(ran.stderr).toContain(file)
    },
  )
})

describe('a proving key', () => {
  test('with any bit flipped is refused, or proves as before; it never makes a proof that does not hold', async () => {
    const random = new Random(SEED)
    let refused = 0
    for (let round = 0; round < FLIPS; round++) {
      cpSync(at('model'), at('flipped'), { recursive: true })
      const path = at('flipped/circuit.zkey')
      const bytes = readFileSync(path)
      const place = random.int(0, bytes.length - 1)
      bytes[place]! ^= 1 << random.int(0, 7)
      writeFileSync(path, bytes)
      const outcome = await prove({
        dir: at('flipped'),
        input: at('samples.npz'),
        limit: 1,
        out: at('out'),
      }).then(
        ([result]) => ('error' in result! ? result.error : undefined),
        (thrown: unknown) => thrown,
      )
      const message = `seed ${SEED}, byte ${place}`
      if (outcome === undefined) {
        expect(await verify(at('model'), at('out/000000')), message).toMatchObject({ valid: true })
        continue
      }
      expect(outcome, message).toBeInstanceOf(BaseError)
      expect((outcome as BaseError).fault, `${message}: ${outcome}`).toBe('input')
      refused++
    }
    expect(refused).toBeGreaterThan(0)
  })

  test('with damaged coefficients makes no proof, and is what gets the blame', async () => {
    cpSync(at('model'), at('coefficients'), { recursive: true })
    const path = at('coefficients/circuit.zkey')
    const bytes = readFileSync(path)
    const { start, length } = sectionOf(bytes, 4)
    // a count, then entries of matrix, constraint, wire and value
    for (let entry = start + 4; entry < start + length; entry += 44) bytes[entry + 12]! ^= 1
    writeFileSync(path, bytes)
    const [result] = await prove({ dir: at('coefficients'), input: at('samples.npz'), limit: 1 })
    expect(result).toMatchObject({ error: { fault: 'input', message: /proving key is damaged/ } })
  })
})

/** Where a section of an iden3 file stands: magic and version, the count of sections, then each with id and length. */
function sectionOf(bytes: Buffer, id: number): { start: number; length: number } {
  for (let at = 12; ; ) {
    const length = Number(bytes.readBigUInt64LE(at + 4))
    if (bytes.readUInt32LE(at) === id) return { start: at + 12, length }
    at += 12 + length
  }
}
