/** The randomness that a contributor brings: typed at a terminal, or piped in; never kept. */
import { createInterface } from 'node:readline/promises'

/** The text given, standard input for `-`, or the answer to a question; empty where nobody can be asked. */
export async function readEntropy(given: string | undefined): Promise<string> {
  if (given === '-') return readAll()
  if (given !== undefined) return given
  return process.stdin.isTTY === true ? ask() : ''
}

async function ask(): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await terminal.question("Type some random text; this machine's randomness is mixed into it: ")
  } finally {
    terminal.close()
  }
}

async function readAll(): Promise<string> {
  let text = ''
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk
  return text
}
