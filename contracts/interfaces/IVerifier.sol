// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title A verifier of one model's predictions
/// @notice Generated per model from its verifying key. A call that returns means that whoever made the proof knows an
/// execution of the model with these public signals; everything else reverts. There is no boolean to forget to check:
/// snarkjs's `verifyProof`, which returns one, is left out on purpose, and a second way in would be one more to audit.
interface IVerifier {
    /// @notice A Groth16 proof on BN254. Coordinates of the twist stand as the precompiles of EIP-197 read them: the
    /// imaginary part first. The words of a, b and c are those of snarkjs's Solidity call data, in the same order.
    /// @param d The prover's commitment in the scheme with lookups; two zeros in plain Groth16.
    struct Proof {
        uint256[2] a;
        uint256[2][2] b;
        uint256[2] c;
        uint256[2] d;
    }

    /// @notice The statement has another number of public signals than the model's.
    error SignalCount(uint256 expected, uint256 given);

    /// @notice A public signal is not below the order of the scalar field. Were it accepted, one statement would have
    /// several spellings, and replay protection would fail.
    error SignalOutOfField(uint256 index, uint256 signal);

    /// @notice A point of the proof has a coordinate out of the base field, is off its curve or out of its subgroup,
    /// the proof has a commitment and its scheme has none, or the call ran out of gas. The precompiles keep all gas that such a call was given.
    error ProofMalformed();

    /// @notice The proof is well formed and does not prove this statement.
    error ProofInvalid();

    /// @notice The keys are for tests, and whoever made them may forge proofs: they stay on local chains.
    error DevKeyOutsideLocalChain(uint256 chainId);

    /// @notice Returns if the proof holds for these public signals; reverts with one of the errors above if not.
    /// @param proof The proof. It can be re-randomised by anyone: never use its bytes as an identifier.
    /// @param signals The public signals, in the order outputs, inputs, model commitment, context.
    function verify(Proof calldata proof, uint256[] calldata signals) external view;

    /// @notice What the proofs are about, as written in the build's manifest.
    function MODEL_ID() external view returns (bytes32);

    /// @notice The proof system, as ERC-7992 names it: `GROTH16` or `GROTH16_LOOKUP` of `lib/ProofSystem.sol`.
    function PROOF_SYSTEM() external view returns (bytes4);

    /// @notice Whether the keys are dev keys, which prove nothing to anyone but their maker.
    function DEV_KEYS() external view returns (bool);
}
