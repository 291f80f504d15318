/** A key in a file under a password: the type that says which, and how opening it fails. `provider.ts` decrypts it. */
import { BaseError } from '../base/errors.js'

/** Who signs, where it is not the environment that says it. */
export type Keystore = {
  readonly path: string
  /** Asked for when the key is needed, and not kept. */
  readonly password: () => Promise<string>
}

export class KeystoreError extends BaseError {
  override name = 'Chain.KeystoreError'
  constructor(readonly path: string) {
    super(`${path} is JSON, but no keystore whose key can be read.`, {
      hint: 'give a version 3 keystore file, as `geth account new` or `cast wallet new` writes it',
    })
  }
}

export class WrongPasswordError extends BaseError {
  override name = 'Chain.WrongPasswordError'
  constructor(readonly path: string) {
    super(`The password does not open the keystore ${path}.`, {
      hint: 'check the password, and that it is the one of this file',
    })
  }
}

export class NoKeystoreChainError extends BaseError {
  override name = 'Chain.NoKeystoreChainError'
  constructor() {
    super('A keystore was named for the embedded local chain, where its account has nothing to pay with.', {
      hint: 'name the chain with --rpc URL, or leave --keystore out',
    })
  }
}
