/**
 * Groups of elements of the joined inputs, one group an output element: the windows of a pooling, the axis of an
 * ArgMax. No group is empty.
 */
export type Groups = {
  /** groups + 1 offsets into `member`. */
  readonly groupStart: Int32Array
  readonly member: Int32Array
}
