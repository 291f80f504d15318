/** The parts of iden3's packages that the prover uses; they ship no types. */
declare module 'ffjavascript' {
  /** An element or a point as the WASM module holds it: Montgomery form, little-endian. */
  export type Element = Uint8Array

  /** Bytes, or a buffer of ffjavascript's own for any number of them. */
  export type Elements = {
    readonly byteLength: number
    slice(start: number, end: number): Uint8Array<ArrayBuffer>
  }

  export type Field = {
    readonly w: readonly Element[]
    /** The order of the largest root is 2^s. */
    readonly s: number
    readonly one: Element
    e(value: number): Element
    mul(a: Element, b: Element): Element
    inv(a: Element): Element
    fft(elements: Elements, ...more: unknown[]): Promise<Uint8Array>
    ifft(elements: Elements, ...more: unknown[]): Promise<Uint8Array>
    add(a: Element, b: Element): Element
    toObject(element: Element): unknown
    fromRng(rng: ChaCha): Element
    /** Each element times `first`, `first * step`, `first * step^2`, ...; all in Montgomery form. */
    batchApplyKey(elements: Uint8Array, first: Element, step: Element): Promise<Uint8Array>
  }

  /** Affine points are two field elements, all zero at infinity; Jacobian ones are three. */
  export type Group = {
    readonly g: Element
    readonly gAffine: Element
    add(a: Element, b: Element): Element
    neg(a: Element): Element
    double(a: Element): Element
    eq(a: Element, b: Element): boolean
    isZero(a: Element): boolean
    /** By an element of the scalar field in Montgomery form. */
    timesFr(a: Element, scalar: Element): Element
    fromRng(rng: ChaCha): Element
    fromObject(point: unknown): Element
    /** Big-endian coordinates, as challenges of ceremonies are hashed. */
    toUncompressed(a: Element): Uint8Array
    /** Each affine point times `first`, `first * step`, ...: of the scalar field, in Montgomery form. Affine again. */
    batchApplyKey(points: Uint8Array, first: Element, step: Element): Promise<Uint8Array>
    batchLEMtoU(points: Uint8Array): Promise<Uint8Array>
    batchLEMtoC(points: Uint8Array): Promise<Uint8Array>
    timesScalar(a: Element, scalar: Uint8Array): Element
    toAffine(a: Element): Element
    readonly zero: Element
    multiExpAffine(bases: Uint8Array, scalars: Uint8Array, ...log: unknown[]): Promise<Element>
    toObject(point: Element): unknown
  }

  export type Command =
    | { readonly cmd: 'ALLOC'; readonly var: number; readonly len: number }
    | { readonly cmd: 'ALLOCSET'; readonly var: number; readonly buff: Uint8Array }
    | { readonly cmd: 'SET'; readonly var: number; readonly buff: Uint8Array }
    | { readonly cmd: 'CALL'; readonly fnName: string; readonly params: readonly Param[] }
    | { readonly cmd: 'GET'; readonly out: number; readonly var: number; readonly len: number }

  export type Param = { readonly var: number; readonly offset?: number } | { readonly val: number }

  export type Curve = {
    readonly name: string
    readonly Fr: Field
    readonly G1: Group
    readonly G2: Group
    readonly Gt: Field
    readonly tm: {
      /** Writes to the memory of the calling thread's instance. */
      setBuff(pointer: number, bytes: Uint8Array): void
      readonly u8: Uint8Array
      /** The module's, which its instances are made of. */
      readonly code: Uint8Array<ArrayBuffer>
      readonly concurrency: number
      queueAction(task: readonly Command[]): Promise<Uint8Array[]>
      terminate(): Promise<void>
    }
    pairing(a: Element, b: Element): Element
    /** Whether the product of the pairings of the pairs, each a point of G1 and one of G2, is one. */
    pairingEq(...pairs: Element[]): Promise<boolean>
  }

  /** The generator of numbers from a seed of eight words that iden3's ceremonies use. */
  export class ChaCha {
    constructor(seed: readonly number[])
  }

  export type Code = readonly number[]

  export type CodeBuilder = {
    getLocal(name: string): Code
    setLocal(name: string, value: Code): Code
    i32_const(value: number): Code
    i32_add(a: Code, b: Code): Code
    i32_sub(a: Code, b: Code): Code
    i32_mul(a: Code, b: Code): Code
    i32_and(a: Code, b: Code): Code
    i32_eq(a: Code, b: Code): Code
    i32_eqz(a: Code): Code
    i32_shr_u(a: Code, b: Code): Code
    i32_load(address: Code, offset?: number, align?: number): Code
    block(body: Code): Code
    loop(...body: Code[]): Code
    br(depth: number): Code
    br_if(depth: number, condition: Code): Code
    if(condition: Code, then: Code, otherwise?: Code): Code
    call(name: string, ...args: Code[]): Code
  }

  export type FunctionBuilder = {
    addParam(name: string, type: 'i32'): void
    addLocal(name: string, type: 'i32'): void
    addCode(...code: Code[]): void
    getCodeBuilder(): CodeBuilder
  }

  export type ModuleBuilder = {
    /** Reserves bytes in the module's memory and returns their address. */
    alloc(bytes: number): number
    addFunction(name: string): FunctionBuilder
    exportFunction(name: string): void
  }

  export function buildBn128(singleThread: boolean, plugins?: (module: ModuleBuilder) => void): Promise<Curve>
}

declare module 'snarkjs' {
  export type File = string | Uint8Array | { type: 'mem'; data?: Uint8Array }
  export type Logger = {
    /** A few steps of making powers of tau say what they say here. */
    log?(text: string): void
    debug(text: string): void
    info(text: string): void
    warn(text: string): void
    error(text: string): void
  }

  export const groth16: {
    prove(
      zkey: File,
      witness: File,
      logger?: Logger,
      options?: { singleThread?: boolean },
    ): Promise<{ proof: unknown; publicSignals: unknown }>
    verify(key: unknown, signals: readonly string[], proof: unknown, logger?: Logger): Promise<boolean>
  }
  export const powersOfTau: {
    newAccumulator(curve: unknown, power: number, file: File, logger?: Logger): Promise<unknown>
    contribute(from: File, to: File, name: string, entropy: string, logger?: Logger): Promise<unknown>
    beacon(
      from: File,
      to: File,
      name: string,
      value: string,
      iterations: number,
      logger?: Logger,
    ): Promise<unknown>
    preparePhase2(from: File, to: File, logger?: Logger): Promise<unknown>
    verify(file: File, logger?: Logger): Promise<boolean>
  }
  export const curves: { getCurveFromName(name: string): Promise<{ terminate(): Promise<void> }> }
  export const r1cs: { info(file: File, logger?: Logger): Promise<unknown> }
  export const wtns: { check(r1cs: File, wtns: File, logger?: Logger): Promise<boolean> }
  export const zKey: {
    newZKey(r1cs: File, powersOfTau: File, zkey: File, logger?: Logger): Promise<unknown>
    contribute(from: File, to: File, name: string, entropy: string, logger?: Logger): Promise<unknown>
    beacon(
      from: File,
      to: File,
      name: string,
      value: string,
      iterations: number,
      logger?: Logger,
    ): Promise<unknown>
    verifyFromInit(first: File, powersOfTau: File, zkey: File, logger?: Logger): Promise<boolean>
    exportVerificationKey(zkey: File, logger?: Logger): Promise<unknown>
  }
}
