/**
 * What a build adds for browsers: dist/browser/verify.js and prove.js, which are `zkonnx/verify` and `zkonnx/prove` in one
 * file each, and a script for each
 * page of src/browser/, to be put inline. The one user of esbuild.
 */
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const path = (relative) => fileURLToPath(new URL(`../${relative}`, import.meta.url))

const shared = {
  outdir: path('dist/browser'),
  bundle: true,
  minify: true,
  platform: 'browser',
  target: 'es2022',
  // inside a page, nothing may end its script
  supported: { 'inline-script': false },
  charset: 'ascii',
  legalComments: 'linked',
  logLevel: 'warning',
}

await build({
  ...shared,
  entryPoints: ['verify', 'prove'].map((name) => path(`src/${name}.ts`)),
  format: 'esm',
})
const pages = existsSync(path('src/browser'))
  ? readdirSync(path('src/browser')).filter((name) => name.endsWith('.ts'))
  : []
if (pages.length > 0)
  await build({ ...shared, entryPoints: pages.map((name) => path(`src/browser/${name}`)), format: 'iife' })
