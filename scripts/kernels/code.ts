/**
 * WebAssembly in expressions: an expression is a function that writes the instructions which push one value.
 *
 * wasmati's own nesting needs operands in the order of the stack; these can be kept, repeated, and written in any order.
 * Traps: an expression is evaluated where it stands, each time that it stands there; keep in a local what costs.
 */
import {
  type AnyFunc as Any,
  call,
  control,
  f64x2,
  func,
  i32,
  i32x4,
  i64,
  i64x2,
  type Local,
  local,
  v128,
} from 'wasmati'

export type Expr = () => void
export type AnyFunc = Any<never, never>
export type I32 = Local<'i32'>
export type I64 = Local<'i64'>
export type V128 = Local<'v128'>
export type Operand = Expr | Local<'i32'> | Local<'i64'> | Local<'v128'>
/** An address or a count: numbers are constants. */
export type Int = Operand | number

export function push(operand: Operand): void {
  if (typeof operand === 'function') operand()
  else local.get(operand)
}

const ints = (a: Int): void => (typeof a === 'number' ? void i32.const(a) : push(a))

type Op = () => unknown

/** Of vectors and of 64-bit integers. */
export const op =
  (write: Op) =>
  (...operands: readonly Operand[]): Expr =>
  () => {
    for (const operand of operands) push(operand)
    write()
  }

const intOp =
  (write: Op) =>
  (...operands: readonly Int[]): Expr =>
  () => {
    for (const operand of operands) ints(operand)
    write()
  }

export const int = {
  add: intOp(() => i32.add()),
  sub: intOp(() => i32.sub()),
  mul: intOp(() => i32.mul()),
  and: intOp(() => i32.and()),
  or: intOp(() => i32.or()),
  xor: intOp(() => i32.xor()),
  shl: intOp(() => i32.shl()),
  shr: intOp(() => i32.shr_u()),
  eq: intOp(() => i32.eq()),
  ne: intOp(() => i32.ne()),
  lt: intOp(() => i32.lt_u()),
  ge: intOp(() => i32.ge_u()),
  gt: intOp(() => i32.gt_u()),
  isZero: intOp(() => i32.eqz()),
  const:
    (value: number): Expr =>
    () =>
      void i32.const(value),
  wrap: op(() => i32.wrap_i64()),
}

export const long = {
  add: op(() => i64.add()),
  sub: op(() => i64.sub()),
  mul: op(() => i64.mul()),
  and: op(() => i64.and()),
  or: op(() => i64.or()),
  shl: op(() => i64.shl()),
  shr: op(() => i64.shr_u()),
  shrSigned: op(() => i64.shr_s()),
  lt: op(() => i64.lt_u()),
  ne: op(() => i64.ne()),
  eq: op(() => i64.eq()),
  isZero: op(() => i64.eqz()),
  extend: op(() => i64.extend_i32_u()),
  const:
    (value: bigint): Expr =>
    () =>
      void i64.const(BigInt.asIntN(64, value)),
}

/** Two 64-bit integers a register. */
export const pair = {
  add: op(() => i64x2.add()),
  sub: op(() => i64x2.sub()),
  const:
    (value: bigint): Expr =>
    () =>
      void v128.const('i64x2', [BigInt.asIntN(64, value), BigInt.asIntN(64, value)]),
  shr: (a: Operand, by: number): Expr => op(() => i64x2.shr_u())(a, int.const(by)),
  shrSigned: (a: Operand, by: number): Expr => op(() => i64x2.shr_s())(a, int.const(by)),
  shl: (a: Operand, by: number): Expr => op(() => i64x2.shl())(a, int.const(by)),
  eq: op(() => i64x2.eq()),
  lane: (a: Operand, lane: 0 | 1): Expr => op(() => i64x2.extract_lane(lane))(a),
}

/** Four 32-bit integers a register, of which the first two are used. */
export const quad = {
  add: op(() => i32x4.add()),
  sub: op(() => i32x4.sub()),
  mul: op(() => i32x4.mul()),
  neg: op(() => i32x4.neg()),
  eq: op(() => i32x4.eq()),
  shl: (a: Operand, by: number): Expr => op(() => i32x4.shl())(a, int.const(by)),
  shrSigned: (a: Operand, by: number): Expr => op(() => i32x4.shr_s())(a, int.const(by)),
  /** The first two, multiplied to two 64-bit integers. */
  product: op(() => i64x2.extmul_low_i32x4_s()),
  /** The first two as 64-bit integers. */
  extend: op(() => i64x2.extend_low_i32x4_s()),
  lane: (a: Operand, lane: 0 | 1): Expr => op(() => i32x4.extract_lane(lane))(a),
}

/** Two doubles a register. */
export const double = {
  add: op(() => f64x2.add()),
  sub: op(() => f64x2.sub()),
  mul: op(() => f64x2.mul()),
  abs: op(() => f64x2.abs()),
  neg: op(() => f64x2.neg()),
  eq: op(() => f64x2.eq()),
  /** a * b + c, rounded once where the processor does; the self-test finds out. */
  fma: op(() => f64x2.relaxed_madd()),
  const:
    (value: number): Expr =>
    () =>
      void v128.const('f64x2', [value, value]),
}

export const bits = {
  and: op(() => v128.and()),
  or: op(() => v128.or()),
  xor: op(() => v128.xor()),
  any: op(() => v128.any_true()),
}

const at =
  (address: Int, read: (offset: number) => unknown, offset: number): Expr =>
  () => {
    ints(address)
    read(offset)
  }

export const load = {
  i32: (address: Int, offset = 0) => at(address, (o) => i32.load({ offset: o }), offset),
  u8: (address: Int, offset = 0) => at(address, (o) => i32.load8_u({ offset: o }), offset),
  i64: (address: Int, offset = 0) => at(address, (o) => i64.load({ offset: o }), offset),
  v128: (address: Int, offset = 0) => at(address, (o) => v128.load({ offset: o }), offset),
  both32: (address: Int, offset = 0) => at(address, (o) => v128.load32_splat({ offset: o }), offset),
  both64: (address: Int, offset = 0) => at(address, (o) => v128.load64_splat({ offset: o }), offset),
  /** The low lane from one address and the high lane from another. */
  pair64:
    (low: Int, high: Int, offset = 0): Expr =>
    () => {
      ints(high)
      ints(low)
      v128.load64_zero({ offset })
      v128.load64_lane({ offset }, 1)
    },
  pair32:
    (low: Int, high: Int, offset = 0): Expr =>
    () => {
      ints(high)
      ints(low)
      v128.load32_zero({ offset })
      v128.load32_lane({ offset }, 1)
    },
}

const into = (address: Int, value: Int, write: (offset: number) => unknown, offset: number): void => {
  ints(address)
  ints(value)
  write(offset)
}

export const store = {
  i32: (address: Int, value: Int, offset = 0) =>
    into(address, value, (o) => i32.store({ offset: o }), offset),
  i64: (address: Int, value: Operand, offset = 0) =>
    into(address, value, (o) => i64.store({ offset: o }), offset),
  v128: (address: Int, value: Operand, offset = 0) =>
    into(address, value, (o) => v128.store({ offset: o }), offset),
  lane64: (address: Int, value: Operand, lane: 0 | 1, offset = 0) =>
    into(address, value, (o) => v128.store64_lane({ offset: o }, lane), offset),
  lane32: (address: Int, value: Operand, lane: 0 | 1, offset = 0) =>
    into(address, value, (o) => v128.store32_lane({ offset: o }, lane), offset),
}

export function set(target: I32 | I64 | V128, value: Int): void {
  ints(value)
  local.set(target as Local)
}

/** Sets each limb of a vector. */
export function assign(out: readonly (V128 | I64)[], value: (limb: number) => Operand): void {
  for (const [limb, target] of out.entries()) set(target, value(limb))
}

export function when(condition: Expr, then: () => void, otherwise?: () => void): void {
  condition()
  if (otherwise === undefined) control.if(null, then)
  else control.if(null, then, otherwise)
}

/** Runs the body while the condition holds; it is asked before each round. */
export function whilst(condition: Expr, body: () => void): void {
  control.block(null, (done) => {
    control.loop(null, (again) => {
      condition()
      i32.eqz()
      control.br_if(done)
      body()
      control.br(again)
    })
  })
}

/** Counts up from what `counter` holds. */
export function count(counter: I32, limit: Int, step: number, body: () => void): void {
  whilst(int.lt(counter, limit), () => {
    body()
    set(counter, int.add(counter, step))
  })
}

/** Hands out locals of a function. */
export type Locals = { i32(): I32; i64(): I64; v128(): V128; vector(length: number): V128[] }

type Kind = 'i32' | 'i64' | 'v128'
const MOST = 400

/** Which constants the function that is being written reads; they are loaded once, where it begins. */
let held: Map<number, V128 | undefined> = new Map()

/** A vector at a fixed address, in a local of the function that it stands in. */
export const constantAt =
  (address: number): Expr =>
  () => {
    const own = held.get(address)
    if (own !== undefined) return void local.get(own)
    held.set(address, undefined)
    load.v128(address)()
  }

/** A function without results, over addresses and counts. */
export function define(inputs: number, body: (args: I32[], locals: Locals) => void): AnyFunc {
  return write(Array<Kind>(inputs).fill('i32'), [], (args, locals) => body(args as I32[], locals))
}

/** A function of vectors; its results are what the body sets. */
export function defineVectors(
  inputs: number,
  outputs: number,
  body: (args: V128[], out: V128[], locals: Locals) => void,
): AnyFunc {
  const [ins, outs] = [inputs, outputs].map((length) => Array<Kind>(length).fill('v128'))
  return write(ins!, outs!, (args, locals) => {
    const out = locals.vector(outputs)
    body(args as V128[], out, locals)
    for (const result of out) push(result)
  })
}

/** Calls a function of vectors; the results may be among the arguments. */
export function invokeVectors(callee: AnyFunc, out: readonly V128[], args: readonly Operand[]): void {
  for (const arg of args) push(arg)
  call(callee as never)
  for (const result of out.toReversed()) local.set(result as Local)
}

/** Its locals are counted in a first run and declared in a second. */
function write(
  inputs: readonly Kind[],
  outputs: readonly Kind[],
  body: (args: readonly Local[], locals: Locals) => void,
): AnyFunc {
  const types = { i32, i64, v128 }
  const used: Record<Kind, number> = { i32: 0, i64: 0, v128: 0 }
  const run = (sizes: Record<Kind, number>, constants: readonly number[]) => {
    const kinds = (['i32', 'i64', 'v128'] as const).flatMap((kind) => Array<Kind>(sizes[kind]).fill(kind))
    const signature = {
      in: inputs.map((kind) => types[kind]),
      locals: kinds.map((kind) => types[kind]),
      out: outputs.map((kind) => types[kind]),
    }
    return func(signature as never, (args: unknown, all: unknown) => {
      const first = { i32: 0, i64: sizes.i32, v128: sizes.i32 + sizes.i64 }
      used.i32 = used.i64 = used.v128 = 0
      const next = (kind: Kind) => (all as Local[])[first[kind] + used[kind]++] as never
      const before = held
      held = new Map()
      for (const address of constants) {
        const own: V128 = next('v128')
        set(own, load.v128(address))
        held.set(address, own)
      }
      body(args as Local[], {
        i32: () => next('i32'),
        i64: () => next('i64'),
        v128: () => next('v128'),
        vector: (length) => Array.from({ length }, () => next('v128')),
      })
      found = [...held.keys()]
      held = before
    }) as unknown as AnyFunc
  }
  let found: number[] = []
  run({ i32: MOST, i64: MOST, v128: MOST }, [])
  return run({ ...used, v128: used.v128 + found.length }, found)
}

export function invoke(callee: AnyFunc, ...args: readonly Int[]): void {
  for (const arg of args) ints(arg)
  call(callee as never)
}
