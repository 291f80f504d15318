// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PredictionConsumer} from "./PredictionConsumer.sol";
import {IPredictionRecord} from "./interfaces/IPredictionRecord.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";

/// @title The record of one model's verified predictions
/// @notice Abstract: how many signals hold the output, and how they unpack, is the model's. The contract generated for
/// the model fills that in.
abstract contract PredictionRecord is PredictionConsumer, IPredictionRecord {
    struct Entry {
        address beneficiary;
        uint64 recordedAt;
        bool stored;
    }

    mapping(bytes32 statement => Entry) private _entries;
    // The packed output as it was proven. A mapping, for an array would pay a slot for a length that the model fixes.
    mapping(bytes32 statement => mapping(uint256 index => uint256 signal)) private _outputs;

    constructor(IVerifier verifier) PredictionConsumer(verifier) {}

    /// @inheritdoc IPredictionRecord
    function record(IVerifier.Proof calldata proof, uint256[] calldata signals, Terms calldata terms)
        external
        returns (bytes32 statement)
    {
        statement = _enter(proof, signals, terms, true);
        for (uint256 i = 0; i < _outputSignals(); ++i) _outputs[statement][i] = signals[i];
    }

    /// @inheritdoc IPredictionRecord
    function announce(IVerifier.Proof calldata proof, uint256[] calldata signals, Terms calldata terms)
        external
        returns (bytes32 statement)
    {
        return _enter(proof, signals, terms, false);
    }

    /// @inheritdoc IPredictionRecord
    function predictionOf(bytes32 statement)
        external
        view
        returns (int256[] memory output, address beneficiary, uint64 recordedAt)
    {
        Entry memory entry = _entries[statement];
        if (entry.recordedAt == 0) revert NotRecorded(statement);
        if (!entry.stored) revert OutputNotStored(statement);
        uint256[] memory signals = new uint256[](_outputSignals());
        for (uint256 i = 0; i < signals.length; ++i) signals[i] = _outputs[statement][i];
        return (_decodeOutput(signals), entry.beneficiary, entry.recordedAt);
    }

    /// @inheritdoc IPredictionRecord
    function verifiedAt(bytes32 statement) external view returns (uint64) {
        return _entries[statement].recordedAt;
    }

    /// @dev Field elements that hold the output. They are the first signals of the statement.
    function _outputSignals() internal pure virtual returns (uint256);

    /// @dev Reads no signal beyond the first `_outputSignals()`.
    function _decodeOutput(uint256[] memory signals) internal pure virtual returns (int256[] memory);

    // The ledger of a record is its entries: `_consume` would pay a second slot.
    function _enter(IVerifier.Proof calldata proof, uint256[] calldata signals, Terms calldata terms, bool stored)
        private
        returns (bytes32 statement)
    {
        _requireStatement(signals, terms);
        statement = statementOf(signals);
        if (_entries[statement].recordedAt != 0) revert AlreadyRecorded(statement);
        VERIFIER.verify(proof, signals);
        _entries[statement] = Entry(terms.beneficiary, uint64(block.timestamp), stored);
        emit PredictionRecorded(statement, terms.beneficiary, terms.nonce, _decodeOutput(signals));
    }
}
