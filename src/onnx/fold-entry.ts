/** What runs in the process that models are folded in: one model a message, one answer each. */
import { messageOf } from '../base/errors.js'
import { fold, RuntimeLoadError } from './ort.js'

export type FoldReply = { readonly folded: Uint8Array } | { readonly refused: string }

/** Bytes that constants may add to a model: more is no small model, but a fault in the file. */
const MOST_GROWTH = 2 ** 28

process.on('message', (model: Uint8Array) => {
  answer(model).then((reply) => process.send?.(reply))
})
process.on('disconnect', () => process.exit())

async function answer(model: Uint8Array): Promise<FoldReply> {
  try {
    const folded = await fold(model)
    if (folded.length <= model.length + MOST_GROWTH) return { folded }
    return { refused: `its constants fold to ${folded.length} bytes` }
  } catch (error) {
    return { refused: error instanceof RuntimeLoadError ? error.details[0]! : messageOf(error) }
  }
}
