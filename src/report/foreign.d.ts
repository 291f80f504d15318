/** Packages without types of their own, as far as they are used. */

/** A document without a browser, for what draws into one. */
declare module '@mixmark-io/domino' {
  const domino: { createDocument(html?: string): unknown }
  export default domino
}
