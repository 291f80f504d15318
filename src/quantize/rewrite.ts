/**
 * Rewrites a float program into one that means the same and costs a circuit less. Each pass is a pure function of the
 * graph, and returns the graph itself when there is nothing to do.
 */
import type { Graph } from '../model/graph.js'
import { absorbRearranges } from './rewrite/absorb.js'
import { liftClamps, sinkClamps } from './rewrite/clamps.js'
import { compareUnscaled } from './rewrite/compare.js'
import { composeLinears } from './rewrite/compose.js'
import { foldConstants } from './rewrite/constants.js'
import { dropDead } from './rewrite/dead.js'
import { fuseElementwise } from './rewrite/fuse.js'
import { simplifyProducts } from './rewrite/products.js'
import { sinkBehindRounds } from './rewrite/rounds.js'

export type Pass = (graph: Graph) => Graph

export const PASSES: readonly Pass[] = [
  foldConstants,
  absorbRearranges,
  simplifyProducts,
  fuseElementwise,
  dropDead,
  liftClamps,
  sinkClamps,
  sinkBehindRounds,
  compareUnscaled,
  composeLinears,
]

/** Applies all passes until none changes anything: each removes nodes, or moves a clamp in its one direction. */
export function rewrite(graph: Graph): Graph {
  let current = dropDead(graph)
  for (let before: Graph | undefined; before !== current; ) {
    before = current
    for (const pass of PASSES) current = pass(current)
  }
  return current
}
