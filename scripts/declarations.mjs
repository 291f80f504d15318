/**
 * What tsc leaves out of a build: declarations of packages that ship none, which ours refer to. A user's strict compiler
 * would not find them.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const FROM = fileURLToPath(new URL('../src/', import.meta.url))
const TO = fileURLToPath(new URL('../dist/', import.meta.url))

const declarations = readdirSync(FROM, { recursive: true, encoding: 'utf8' }).filter((path) =>
  path.endsWith('.d.ts'),
)
for (const path of declarations)
  writeFileSync(join(TO, path), shipped(readFileSync(join(FROM, path), 'utf8')))

const needed = declarations.map((path) => ({ path, names: namesIn(readFileSync(join(FROM, path), 'utf8')) }))
for (const path of readdirSync(TO, { recursive: true, encoding: 'utf8' })) {
  if (!path.endsWith('.d.ts') || declarations.includes(path)) continue
  const file = join(TO, path)
  const text = readFileSync(file, 'utf8')
  const lines = needed.filter(({ names }) => names.some((name) => text.includes(name)))
  const head = lines.map((one) => reference(file, join(TO, one.path))).filter((line) => !text.includes(line))
  if (head.length > 0) writeFileSync(file, `${head.join('')}${text}`)
}

/**
 * A namespace of the platform is declared by TypeScript's own library for browsers, too, in a user's project that has it:
 * of ours go out empty interfaces, which merge with whatever is there.
 */
function shipped(text) {
  const [, namespace] = /^declare namespace (\w+)/m.exec(text) ?? []
  if (namespace === undefined) return text
  const names = [...text.matchAll(/^ {2}class (\w+)/gm)].map(([, name]) => `  interface ${name} {}\n`)
  return `declare namespace ${namespace} {\n${names.join('')}}\n`
}

/** How a declared module or namespace is named where it is used. */
function namesIn(text) {
  return [...text.matchAll(/^declare (?:module '([^']+)'|namespace (\w+))/gm)].map(([, module, namespace]) =>
    module === undefined ? `${namespace}.` : `'${module}'`,
  )
}

function reference(file, declaration) {
  const path = relative(dirname(file), declaration).replaceAll('\\', '/')
  return `/// <reference path="${path.startsWith('.') ? path : `./${path}`}" />\n`
}
