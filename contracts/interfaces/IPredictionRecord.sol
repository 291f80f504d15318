// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPredictionConsumer} from "./IPredictionConsumer.sol";
import {IVerifier} from "./IVerifier.sol";

/// @title A public record of verified predictions
interface IPredictionRecord is IPredictionConsumer {
    /// @notice The statement stands in the record already, whatever proof it was recorded with.
    error AlreadyRecorded(bytes32 statement);

    /// @notice There is no code at the verifier's address any more.
    error VerifierMissing(address verifier);

    /// @notice No such statement was recorded.
    error NotRecorded(bytes32 statement);

    /// @notice The statement was announced: its output is in the event of that block and follows from its signals, but is
    /// not stored.
    error OutputNotStored(bytes32 statement);

    /// @notice A prediction was verified and recorded.
    /// @param output The statement's first signals, which hold the output: packed, as `predictionOf` unpacks it.
    event PredictionRecorded(bytes32 indexed statement, address indexed beneficiary, uint256 nonce, uint256[] output);

    /// @notice Verifies a prediction and records it. Reverts with an error of this interface or of `IVerifier`.
    /// @param signals The public signals; the last one must be `contextOf(terms)`.
    /// @return statement The key of the prediction: `statementOf(signals)`.
    function record(IVerifier.Proof calldata proof, uint256[] calldata signals, Terms calldata terms)
        external
        returns (bytes32 statement);

    /// @notice As `record`, but leaves the output to the event: a slot less for each of its signals. `predictionOf` still
    /// answers whoever gives it the statement's signals.
    function announce(IVerifier.Proof calldata proof, uint256[] calldata signals, Terms calldata terms)
        external
        returns (bytes32 statement);

    /// @notice A recorded prediction; reverts with `NotRecorded` for a statement that is not there, with
    /// `OutputNotStored` for one that was announced.
    /// @return output The model's output as signed integers, row-major.
    /// @return beneficiary For whom it was made.
    /// @return recordedAt The timestamp of the block that recorded it, in seconds.
    function predictionOf(bytes32 statement)
        external
        view
        returns (int256[] memory output, address beneficiary, uint64 recordedAt);

    /// @notice As `predictionOf(statementOf(signals))`, for announced predictions as well: the output is read from the
    /// signals, and only whether they were verified from the record.
    function predictionOf(uint256[] calldata signals)
        external
        view
        returns (int256[] memory output, address beneficiary, uint64 recordedAt);

    /// @notice When a statement was recorded or announced, in seconds; zero if it was not.
    function verifiedAt(bytes32 statement) external view returns (uint64);
}
