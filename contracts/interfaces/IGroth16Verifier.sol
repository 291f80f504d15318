// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IVerifier} from "./IVerifier.sol";

/// @title One verifier for many verifying keys
/// @notice Of plain Groth16, or of Groth16 with lookups: a contract for each, which are called alike. A key is registered once, by anyone, as the code of a small contract, and is known by its hash from then on.
/// Nobody can alter or remove it. That a key is here says nothing about who made it, or of which model it is: whoever
/// trusts a key names it by its id. As of `IVerifier`, calls that return mean that the proofs hold; everything else
/// reverts, with an error of this interface or of `IVerifier`.
interface IGroth16Verifier {
    /// @notice A Groth16 verifying key on BN254, with gamma the generator of the twist's subgroup, as in all keys of
    /// snarkjs and of ceremonies after Bowe, Gabizon and Miers. Coordinates of the twist stand imaginary part first.
    /// @param delta What C is paired with.
    /// @param commitment In the scheme with lookups, what D is paired with; four zeros in plain Groth16.
    /// @param ic One point more than the statement has public signals; with lookups one further, for the challenge.
    struct Key {
        uint256[2] alpha;
        uint256[2][2] beta;
        uint256[2][2] gamma;
        uint256[2][2] delta;
        uint256[2][2] commitment;
        uint256[2][] ic;
    }

    /// @notice There are not points for one signal at least, or more than fit the code of a contract.
    error KeySize(uint256 points);

    /// @notice A point is at infinity, off its curve, or has a coordinate out of the base field; or there is a point for
    /// commitments in a key of plain Groth16.
    /// @param point 0 for alpha, 1 for beta, 2 for delta, 3 for commitment, 4 + i for the i-th point of the signals.
    error KeyPointMalformed(uint256 point);

    /// @notice Gamma is not the generator: such a key needs a verifier generated from it.
    error GammaNotGenerator();

    /// @notice Delta, or the point for commitments, is gamma or its negative. Phase 2 of the setup was skipped, and anyone
    /// could forge proofs.
    error DeltaIsGamma();

    /// @notice The point for commitments is delta or its negative: what a proof commits to before the challenge could be
    /// moved to what it may choose afterwards, and anyone could forge proofs.
    error CommitmentIsDelta();

    /// @notice The key could not be stored: the call ran out of gas.
    error KeyNotStored();

    /// @notice No key of this id is registered.
    error UnknownKey(bytes32 keyId);

    /// @notice An empty batch proves nothing.
    error BatchEmpty();

    /// @notice A key can be used from now on.
    event KeyRegistered(bytes32 indexed keyId, uint256 signals, bool devKeys);

    /// @notice Registers a key; one that is registered already is left as it is, and its id returned.
    /// @dev Whether beta and delta are in their subgroup is checked by every verification, not here: a key whose points
    /// are not never verifies anything.
    /// @param devKeys Whether whoever made the key could forge proofs. Such keys have an id of their own, and are refused
    /// with `IVerifier.DevKeyOutsideLocalChain` except on local chains.
    function register(Key calldata key, bool devKeys) external returns (bytes32 keyId);

    /// @notice Returns if the proof holds under the key for these public signals.
    function verify(bytes32 keyId, IVerifier.Proof calldata proof, uint256[] calldata signals) external view;

    /// @notice Returns if all proofs hold under the key, by one pairing check over weights drawn by hashing key, proofs and
    /// signals. Does not tell which proof is at fault if one does not.
    /// @param signals The public signals of the first proof, then those of the second, and so on.
    function verifyBatch(bytes32 keyId, IVerifier.Proof[] calldata proofs, uint256[] calldata signals) external view;

    /// @notice The proof system of all keys of this verifier: `GROTH16` or `GROTH16_LOOKUP` of `lib/ProofSystem.sol`.
    function PROOF_SYSTEM() external view returns (bytes4);

    /// @notice A registered key: how many public signals its statements have, whether it is a dev key, and the contract
    /// whose code it is. Reverts with `UnknownKey`.
    function keyOf(bytes32 keyId) external view returns (uint256 signals, bool devKeys, address data);
}
