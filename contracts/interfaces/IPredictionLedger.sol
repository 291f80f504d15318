// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IModelRegistry} from "./IModelRegistry.sol";
import {IPredictionConsumer} from "./IPredictionConsumer.sol";
import {IVerifier} from "./IVerifier.sol";

/// @title The record of verified predictions of all models of a registry
/// @notice As `IPredictionRecord` for a model without contracts of its own: registering it is enough. Many predictions of
/// a model are taken in one transaction, by one pairing check where its verifier is one of many keys. Outputs are not
/// stored: they follow from a statement's signals, and the ledger knows whether these were verified.
interface IPredictionLedger {
    /// @notice The deadline of the terms lies before this block's timestamp.
    error DeadlinePassed(uint256 deadline, uint256 timestamp);

    /// @notice The last signal is not the context of these terms on this chain, for the ledger and the model.
    error ContextMismatch(uint256 expected, uint256 given);

    /// @notice There are not as many terms as proofs.
    error TermsCount(uint256 expected, uint256 given);

    /// @notice The statement stands in the ledger already, whatever proof it came with.
    error AlreadyRecorded(bytes32 statement);

    /// @notice No such statement was recorded.
    error NotRecorded(bytes32 statement);

    /// @notice A prediction was verified and recorded.
    /// @param output The statement's first signals, which hold the output.
    event PredictionRecorded(
        bytes32 indexed statement,
        uint256 indexed modelId,
        address indexed beneficiary,
        uint256 nonce,
        uint256[] output
    );

    /// @notice Verifies a prediction and records it. Reverts with an error of this interface, of the registry or of the
    /// verifier. Deprecated models are taken as before: what was proven holds.
    /// @param modelId The model in the registry.
    /// @param signals The public signals; the last one must be `contextOf(modelId, terms)`.
    /// @return statement The key of the prediction: `statementOf(modelId, signals)`.
    function record(
        uint256 modelId,
        IVerifier.Proof calldata proof,
        uint256[] calldata signals,
        IPredictionConsumer.Terms calldata terms
    ) external returns (bytes32 statement);

    /// @notice As `record`, for n predictions of one model: all of them, or none. Does not tell which proof is at fault if
    /// one does not hold.
    /// @param signals The public signals of the first statement, then those of the second, and so on.
    function recordBatch(
        uint256 modelId,
        IVerifier.Proof[] calldata proofs,
        uint256[] calldata signals,
        IPredictionConsumer.Terms[] calldata terms
    ) external returns (bytes32[] memory statements);

    /// @notice A recorded prediction; reverts with `NotRecorded` for a statement that is not there.
    /// @return output The model's output as signed integers, one part after the other, each row-major.
    /// @return beneficiary For whom it was made.
    /// @return recordedAt The timestamp of the block that recorded it, in seconds.
    function predictionOf(uint256 modelId, uint256[] calldata signals)
        external
        view
        returns (int256[] memory output, address beneficiary, uint64 recordedAt);

    /// @notice When a statement was recorded, in seconds; zero if it was not.
    function verifiedAt(bytes32 statement) external view returns (uint64);

    /// @notice The key of a statement: the Keccak-256 of the model and the public signals, never of a proof.
    function statementOf(uint256 modelId, uint256[] calldata signals) external pure returns (bytes32);

    /// @notice The context that a proof of the model must be bound to. Reverts with the registry's `ModelNotFound`.
    function contextOf(uint256 modelId, IPredictionConsumer.Terms calldata terms) external view returns (uint256);

    /// @notice The registry that the models are in.
    function REGISTRY() external view returns (IModelRegistry);
}
