/** Points as iden3's JSON has them: affine coordinates in decimal, and a third that is 0 at infinity. */
import type { G1Point, G2Point } from '../proof.js'
import type { Complex, G1Affine, G2Affine } from './group.js'

export function inG1(point: G1Affine): G1Point {
  return point === undefined ? ['0', '1', '0'] : [point.x.toString(), point.y.toString(), '1']
}

export function inG2(point: G2Affine): G2Point {
  if (point === undefined)
    return [
      ['0', '0'],
      ['1', '0'],
      ['0', '0'],
    ]
  const pair = ([real, imaginary]: Complex) => [real.toString(), imaginary.toString()] as const
  return [pair(point.x), pair(point.y), ['1', '0']]
}
