/** `IVerifier.Proof` in calls of all contracts. */
export const PROOF = '(uint256[2] a, uint256[2][2] b, uint256[2] c, uint256[2] d)'
