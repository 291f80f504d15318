/** Int32 arrays that grow by doubling: a million constraints without an object each. */
export class Ints {
  private data: Int32Array<ArrayBuffer>
  length = 0

  constructor(capacity = 1024) {
    this.data = new Int32Array(capacity)
  }

  push(value: number): void {
    if (this.length === this.data.length) this.reserve(1)
    this.data[this.length++] = value
  }

  pushAll(values: ArrayLike<number>): void {
    this.reserve(values.length)
    this.data.set(values, this.length)
    this.length += values.length
  }

  get(at: number): number {
    return this.data[at]!
  }

  /** The values so far; a view, valid until the next push. */
  view(): Int32Array {
    return this.data.subarray(0, this.length)
  }

  private reserve(more: number): void {
    const needed = this.length + more
    if (needed <= this.data.length) return
    const larger = new Int32Array(Math.max(needed, 2 * this.data.length))
    larger.set(this.data.subarray(0, this.length))
    this.data = larger
  }
}
