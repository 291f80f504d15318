/** Who signs, as options: a keystore whose password comes from a file, the environment or the terminal, never from an argument. */
import type { Command } from 'commander'
import { readText } from '../artifacts/store.js'
import { BaseError } from '../base/errors.js'
import type { Keystore } from '../chain/keystore.js'

export type SigningOptions = { readonly keystore?: string; readonly passwordFile?: string }

/** The environment variable that holds the keystore's password. */
export const PASSWORD = 'ZKONNX_KEYSTORE_PASSWORD'

export const SIGNING_HELP = `
Who signs: the key of --keystore FILE (its password from --password-file,
${PASSWORD}, or asked for at the terminal), else the private key
in ZKONNX_PRIVATE_KEY; a local chain lends an account of its own.
`

export function addSigning(command: Command): Command {
  return command
    .option('--keystore <file>', 'sign with the key in this encrypted file')
    .option('--password-file <file>', `the keystore's password (default: ${PASSWORD}, or asked for)`)
}

export function keystoreOf({ keystore, passwordFile }: SigningOptions): Keystore | undefined {
  if (keystore === undefined) {
    if (passwordFile !== undefined) throw new NoKeystoreError()
    return undefined
  }
  return { path: keystore, password: () => passwordFor(keystore, passwordFile) }
}

async function passwordFor(keystore: string, file: string | undefined): Promise<string> {
  // an editor ends the file with a line feed, which is no part of the password
  if (file !== undefined) return (await readText(file)).replace(/\r?\n$/, '')
  const word = process.env[PASSWORD]
  if (word !== undefined) return word
  if (process.stdin.isTTY !== true) throw new NoPasswordError(keystore)
  return askFor(keystore)
}

/** Reads a line from the terminal without showing it. */
function askFor(keystore: string): Promise<string> {
  const { stdin } = process
  process.stderr.write(`password of ${keystore}: `)
  stdin.setRawMode(true).setEncoding('utf8').resume()
  return new Promise((resolve, reject) => {
    let word = ''
    const end = () => {
      stdin.off('data', take).setRawMode(false).pause()
      process.stderr.write('\n')
    }
    const take = (text: string) => {
      for (const character of text) {
        if (character === '\r' || character === '\n' || character === '\x04') {
          end()
          return resolve(word)
        }
        if (character === '\x03') {
          end()
          // as the terminal would have done
          process.kill(process.pid, 'SIGINT')
          setTimeout(() => reject(new NoPasswordError(keystore)), 50)
          return
        }
        word = character === '\x7f' || character === '\b' ? word.slice(0, -1) : word + character
      }
    }
    stdin.on('data', take)
  })
}

export class NoPasswordError extends BaseError {
  override name = 'Cli.NoPasswordError'
  constructor(keystore: string) {
    super(`There is no password for the keystore ${keystore}, and no terminal to ask for it.`, {
      hint: `put it into a file and name that with --password-file, or into the environment variable ${PASSWORD}`,
    })
  }
}

export class NoKeystoreError extends BaseError {
  override name = 'Cli.NoKeystoreError'
  constructor() {
    super('A password file was named without a keystore.', { hint: 'add --keystore FILE' })
  }
}
