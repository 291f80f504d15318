export type Block = {
  readonly kind: 'run' | 'file' | 'text'
  readonly language: string
  /** Of a file. */
  readonly name?: string
  readonly text: string
  /** Where it begins, from 1. */
  readonly line: number
}

export function blocksOf(markdown: string): Block[]
export function scriptOf(blocks: readonly Block[]): string
