// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IVerifier} from "./IVerifier.sol";

/// @title A contract that acts on verified predictions of one model
interface IPredictionConsumer {
    /// @notice The context of a prediction, beside what the contract knows itself (chain, contract, model).
    /// @param beneficiary For whom the prediction was made. Anyone may submit it; nobody can take it over.
    /// @param nonce Chosen by the prover, so that the same prediction can be made again.
    /// @param deadline The last timestamp, in seconds, at which the contract accepts it.
    struct Terms {
        address beneficiary;
        uint256 nonce;
        uint256 deadline;
    }

    /// @notice The deadline of the terms lies before this block's timestamp.
    error DeadlinePassed(uint256 deadline, uint256 timestamp);

    /// @notice The last signal is not the context of these terms on this chain, for this contract and model.
    error ContextMismatch(uint256 expected, uint256 given);

    /// @notice The prediction is of a model with the same circuit and other weights.
    error OtherWeights(uint256 expected, uint256 given);

    /// @notice The key of a statement: the Keccak-256 of the model and the public signals, never of a proof.
    function statementOf(uint256[] calldata signals) external view returns (bytes32);

    /// @notice The context that a proof for this contract must be bound to.
    function contextOf(Terms calldata terms) external view returns (uint256);

    /// @notice The verifier that this contract trusts.
    function VERIFIER() external view returns (IVerifier);
}
