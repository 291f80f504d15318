/** Commitments at the command line are those that proofs carry, and openings are checked against them. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commit } from '../../src/artifacts/commitment.js'
import type { DisclosureOptions } from '../../src/artifacts/disclosure.js'
import type { Commitment, Opened } from '../../src/stages/commit.js'
import { compile } from '../../src/stages/compile.js'
import { prove } from '../../src/stages/prove.js'
import { setup } from '../../src/stages/setup.js'
import { answer, tempDir, zkonnx } from '../helpers/cli.js'
import { writeSmallNet } from '../helpers/small-net.js'

const SALT = 0x5eedn
const dir = tempDir()
const at = (...parts: string[]) => join(dir, ...parts)
const json = (path: string) => JSON.parse(readFileSync(at(path), 'utf8'))

/** As `--json` prints it. */
type Printed = Omit<Commitment, 'commitment' | 'salt'> & { commitment: string; salt?: string }

async function build(name: string, disclose: DisclosureOptions): Promise<void> {
  await compile({ model: at('model.onnx'), data: at('samples.npz'), out: at(name), disclose })
  await setup({ dir: at(name), kind: 'dev' })
}

beforeAll(async () => {
  await writeSmallNet(dir)
  await build('hashed', { inputs: 'hashed', outputs: 'hashed' })
  await build('margin', { inputs: 'hashed', outputs: 'margin' })
  const input = at('samples.npz')
  await prove({ dir: at('hashed'), input, limit: 2, out: at('proofs'), salt: SALT })
  await prove({ dir: at('margin'), input, limit: 1, out: at('claims'), salt: SALT })
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const run = (...args: string[]) => zkonnx(dir, 'commit', ...args, '--json')

describe('commit', () => {
  test('prints what the proofs of the same samples and salt have in their signals', async () => {
    const ran = await run('hashed', '--input', 'samples.npz', '--limit', '2', '--salt', '0x5eed')
    expect(ran.code).toBe(0)
    const made = answer<Printed[]>(ran)
    const spelled = [0, 1].flatMap((sample) =>
      json(`proofs/00000${sample}/public.json`)
        .slice(0, 2)
        .map((commitment: string, i: number) => [sample, ['output', 'input'][i], commitment]),
    )
    expect(made.map(({ sample, side, commitment }) => [sample, side, commitment])).toEqual(spelled)
    for (const { shape, salt } of made) {
      expect(shape.salted).toBe(true)
      expect(salt).toBe(String(SALT))
    }
  })

  test('takes an output’s integers without the sample', async () => {
    const { integer } = json('proofs/000001/opening.json')
    const list = `scores=${integer[0].integers}`
    const [made] = answer<Printed[]>(await run('hashed', '--output', list, '--salt', String(SALT)))
    expect(made!.commitment).toBe(json('proofs/000001/public.json')[0])
    expect(String(commit(made!.shape, integer[0].integers, SALT))).toBe(made!.commitment)
  })

  test('draws a salt where none is given, and says it', async () => {
    const runs = [1, 2].map(() => run('hashed', '--input', 'samples.npz', '--limit', '1'))
    const [first, second] = (await Promise.all(runs)).map((ran) => answer<Printed[]>(ran)[0]!)
    expect(first!.salt).not.toBe(second!.salt)
    expect(first!.commitment).not.toBe(second!.commitment)
  })

  const REFUSED = [
    [['margin', '--output', 'scores=1,2,3'], 'Commit.NotHashedError'],
    [['hashed', '--output', 'scores=1,2'], 'Commitment.CommitmentError'],
    [['hashed'], 'Commit.NothingToCommitError'],
    [['hashed', '--open', 'proofs'], 'Store.MissingFileError'],
    [['hashed', '--open', 'claims/000000'], 'Verify.OtherModelError'],
  ] as const
  const MORE = [
    [['hashed', '--output', 'logits=1,2,3'], 'Commit.NotHashedError'],
    [['hashed', '--output', 'scores=1,2,999999999'], 'Commitment.CommitmentError'],
  ] as const

  test.each(process.env.ZKONNX_DEEP ? [...REFUSED, ...MORE] : REFUSED)(
    '%j is refused as %s',
    async (args, name) => {
      const ran = await run(...args)
      expect(ran.code).toBe(2)
      expect(answer<{ error: unknown }>(ran).error).toMatchObject({ name })
      expect(ran.stderr).toContain('What to do:')
    },
  )
})

describe('commit --open', () => {
  const opened = async (folder: string, ...more: string[]) => {
    const ran = await run(folder === 'claims' ? 'margin' : 'hashed', '--open', ...more)
    return { code: ran.code, agrees: answer<Opened[]>(ran).map(({ agrees }) => agrees) }
  }
  const changed = (name: string, change: (opening: { integer: { integers: number[] }[] }) => void) => {
    cpSync(at('proofs/000000'), at(name), { recursive: true })
    const opening = json(`${name}/opening.json`)
    change(opening)
    writeFileSync(at(name, 'opening.json'), JSON.stringify(opening))
  }

  test('agrees with the proof beside it; inputs need their file', async () => {
    const path = 'proofs/000001/opening.json'
    const runs = [opened('proofs', path, '--input', 'samples.npz'), opened('proofs', path)]
    expect(await Promise.all(runs)).toEqual([
      { code: 0, agrees: [true, true] },
      { code: 0, agrees: [true, undefined] },
    ])
  })

  test('checks class and margin against the scores', async () => {
    const answer = await opened('claims', 'claims/000000', '--input', 'samples.npz')
    expect(answer).toEqual({ code: 0, agrees: [true, true, true] })
  })

  test('of other integers, another salt or another proof does not agree', async () => {
    changed('integers', ({ integer }) => {
      integer[0]!.integers[0]! -= 1
    })
    changed('salt', (opening) => {
      for (const extra of (opening as unknown as { extras: { value: string }[] }).extras) extra.value = '7'
    })
    changed('other', (opening) => Object.assign(opening, json('proofs/000001/opening.json')))
    expect(await opened('proofs', 'integers')).toMatchObject({ code: 1, agrees: [false, undefined] })
    for (const name of ['salt', 'other'])
      expect(await opened('proofs', name, '--input', 'samples.npz')).toEqual({
        code: 1,
        agrees: [false, false],
      })
  })
})
