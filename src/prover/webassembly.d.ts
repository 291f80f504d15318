/** WebAssembly's JavaScript API, as far as it is used here: neither TypeScript's ES libraries nor Node's types have it. */
declare namespace WebAssembly {
  type Exports = Readonly<Record<string, unknown>>

  class Module {
    private readonly brand
    static imports(module: Module): readonly { readonly module: string; readonly name: string }[]
  }

  class Memory {
    constructor(size: { initial: number; maximum?: number; shared?: boolean })
    readonly buffer: ArrayBuffer
    /** In pages of 64 KiB. Throws `RangeError` where there are no more. */
    grow(pages: number): number
  }

  class Instance {
    constructor(module: Module, imports: Readonly<Record<string, Readonly<Record<string, Memory>>>>)
    readonly exports: Exports
  }

  function validate(code: Uint8Array<ArrayBuffer>): boolean
  function compile(code: Uint8Array<ArrayBuffer>): Promise<Module>
}
