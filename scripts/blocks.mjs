/**
 * The fenced blocks of a guide as a reader follows them: ```sh is run, and a block whose first line is a comment with
 * nothing but a file's name is that file.
 */

/** @typedef {{ kind: 'run' | 'file' | 'text', language: string, name?: string, text: string, line: number }} Block */

const FENCE = /^```(\w*)[^\n]*\n([\s\S]*?)^```$/gm
const NAME = /^(?:#|\/\/) (\S+\.\w+)\n/

/**
 * @param {string} markdown
 * @returns {Block[]}
 */
export function blocksOf(markdown) {
  return [...markdown.matchAll(FENCE)].map(({ 1: language, 2: text, index }) => {
    const line = markdown.slice(0, index).split('\n').length
    const name = language === 'sh' ? undefined : NAME.exec(text)?.[1]
    const kind = language === 'sh' ? 'run' : name === undefined ? 'text' : 'file'
    return { kind, language, ...(name === undefined ? {} : { name }), text, line }
  })
}

/**
 * One script of all that is run, which stops where a command fails and shows each as it comes: a line is a command, or
 * goes on after a backslash.
 */
export function scriptOf(blocks) {
  const parts = blocks.flatMap(({ kind, text, name }, i) => {
    if (kind === 'run') return commandsOf(text).map((line) => `\necho; echo ${quote(`$ ${line}`)}\n${line}`)
    if (kind !== 'file') return []
    const end = `END_OF_FILE_${i}`
    return [`mkdir -p "$(dirname ${quote(name)})"\ncat > ${quote(name)} <<'${end}'\n${text}${end}\n`]
  })
  return `set -euo pipefail\n${parts.join('\n')}\n`
}

function commandsOf(text) {
  return text.split(/(?<!\\)\n/).filter((line) => line.trim() !== '')
}

function quote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`
}
