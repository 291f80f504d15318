import { expect, test } from 'vitest'
import { RECORD, revertError, SHARED_VERIFIER } from '../../src/chain/abi.js'
import { BOARD, REGISTRY } from '../../src/chain/abi-board.js'
import { LEDGER } from '../../src/chain/abi-ledger.js'

test('every error of the contracts reads by its name and arguments', () => {
  for (const abi of [RECORD, SHARED_VERIFIER, BOARD, REGISTRY, LEDGER]) {
    abi.forEachError(({ name, inputs }) => {
      const zeros = inputs.map(({ baseType }) => (baseType === 'address' ? `0x${'0'.repeat(40)}` : 0))
      const values = inputs.map(({ type }, i) =>
        type.startsWith('bytes') ? `0x${'00'.repeat(Number(type.slice('bytes'.length)))}` : zeros[i],
      )
      const data = abi.encodeErrorResult(name, values) as `0x${string}`
      const error = revertError(data)
      expect(error.contractError).toBe(name)
      expect(Object.keys(error.args)).toEqual(inputs.map((input) => input.name))
    })
  }
})

test.each(['0x', '0x12', '0x12345678'] as const)(
  'a revert with %s, which is no error of ours, says so',
  (data) => {
    const error = revertError(data)
    expect(error.contractError).toBe('no error of ours')
    expect(error.args).toEqual({ data })
  },
)
