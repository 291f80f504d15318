// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IVerifier} from "./IVerifier.sol";

/// @title A public record of verified predictions
interface IPredictionRecord {
    /// @notice The context of a prediction, beside what the record knows itself (chain, record, model).
    /// @param beneficiary For whom the prediction was made. Anyone may submit it; nobody can take it over.
    /// @param nonce Chosen by the prover, so that the same prediction can be made again.
    /// @param deadline The last timestamp, in seconds, at which the record accepts it.
    struct Terms {
        address beneficiary;
        uint256 nonce;
        uint256 deadline;
    }

    /// @notice The deadline of the terms lies before this block's timestamp.
    error DeadlinePassed(uint256 deadline, uint256 timestamp);

    /// @notice The last signal is not the context of these terms on this chain, for this record and model.
    error ContextMismatch(uint256 expected, uint256 given);

    /// @notice The prediction is of a model with the same circuit and other weights.
    error OtherWeights(uint256 expected, uint256 given);

    /// @notice The statement stands in the record already, whatever proof it was recorded with.
    error AlreadyRecorded(bytes32 statement);

    /// @notice No such statement was recorded.
    error NotRecorded(bytes32 statement);

    /// @notice A prediction was verified and recorded.
    /// @param output The model's output as signed integers, row-major; `real = integer * scale`.
    event PredictionRecorded(bytes32 indexed statement, address indexed beneficiary, uint256 nonce, int256[] output);

    /// @notice Verifies a prediction and records it. Reverts with an error of this interface or of `IVerifier`.
    /// @param signals The public signals; the last one must be `contextOf(terms)`.
    /// @return statement The key of the prediction: `statementOf(signals)`.
    function record(IVerifier.Proof calldata proof, uint256[] calldata signals, Terms calldata terms)
        external
        returns (bytes32 statement);

    /// @notice A recorded prediction; reverts with `NotRecorded` for a statement that is not there.
    /// @return output The model's output as signed integers, row-major.
    /// @return beneficiary For whom it was made.
    /// @return recordedAt The timestamp of the block that recorded it, in seconds.
    function predictionOf(bytes32 statement)
        external
        view
        returns (int256[] memory output, address beneficiary, uint64 recordedAt);

    /// @notice The key of a statement: the Keccak-256 of the model and the public signals, never of a proof.
    function statementOf(uint256[] calldata signals) external view returns (bytes32);

    /// @notice The context that a proof for this record must be bound to.
    function contextOf(Terms calldata terms) external view returns (uint256);

    /// @notice The verifier that this record trusts.
    function VERIFIER() external view returns (IVerifier);
}
