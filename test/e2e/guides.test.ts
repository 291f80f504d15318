/**
 * Guides and examples followed to the letter, as the pages say, with ZKONNX_DEEP, which the continuous integration sets for
 * this file: each whose tools are here. ZKONNX_PYTHON names a Python with the packages that export, ZKONNX_GUIDE_MODULES a node_modules with
 * hardhat and ethers; forge and cast are looked for on the path, MNIST in the folder that MNIST names.
 */
import { cpSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { missing, openReader, pages, ROOT, readPage, type Section, sectionsOf } from '../helpers/guides.js'

const isRun = ({ blocks }: Section) => blocks.some(({ kind }) => kind === 'run')
const followed = pages().filter((path) => sectionsOf(readPage(path)).some(isRun))

describe.runIf(process.env.ZKONNX_DEEP).each(followed)('%s', (path) => {
  const sections = sectionsOf(readPage(path)).filter(({ blocks }) =>
    blocks.some(({ kind }) => kind !== 'text'),
  )
  let reader: Awaited<ReturnType<typeof openReader>>
  beforeAll(async () => {
    reader = await openReader(sections)
    // an example is followed in a copy of its folder
    if (path.startsWith('examples/')) cpSync(join(ROOT, dirname(path)), reader.at, { recursive: true })
  })
  afterAll(() => reader?.close())

  test.each(sections)('$title', async (section) => {
    const lacking = [...missing(section), ...(path.includes('lenet') && !process.env.MNIST ? ['MNIST'] : [])]
    if (lacking.length > 0) {
      console.warn(`SKIPPED: "${section.title}" of ${path}, for want of ${lacking.join(', ')}`)
      return
    }
    const { code, output } = await reader.follow(section.blocks)
    expect(code, output).toBe(0)
  })
})
