/** Spares the command line the compilation of contracts that all models share, as a package does. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { COMMON_NAMES, compileCommon } from '../../src/chain/solidity/prebuilt.js'
import { compileCached } from './solidity.js'

const BUILT = new URL('../../dist/contracts/', import.meta.url)

/** Into the build; what is out of date there is not used, since its digest is another. */
export async function prebuildCommons(): Promise<void> {
  mkdirSync(BUILT, { recursive: true })
  for (const name of COMMON_NAMES) {
    const prebuilt = await compileCommon(name, compileCached)
    writeFileSync(new URL(`${name}.json`, BUILT), JSON.stringify(prebuilt))
  }
}
