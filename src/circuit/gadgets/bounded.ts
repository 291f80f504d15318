/** A value of a constraint system with the integer interval that it is proven to lie in. */
export type Bounded<V> = {
  readonly value: V
  readonly lo: number
  readonly hi: number
}
