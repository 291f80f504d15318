// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPredictionRecord} from "./interfaces/IPredictionRecord.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {Context} from "./lib/Context.sol";

/// @title The record of one model's verified predictions
/// @notice Abstract: how many signals hold the output, and how they unpack, is the model's. The contract generated for
/// the model fills that in.
abstract contract PredictionRecord is IPredictionRecord {
    struct Entry {
        address beneficiary;
        uint64 recordedAt;
    }

    /// @inheritdoc IPredictionRecord
    IVerifier public immutable VERIFIER;
    bytes32 private immutable MODEL_ID;

    mapping(bytes32 statement => Entry) private _entries;
    // The packed output as it was proven. A mapping, for an array would pay a slot for a length that the model fixes.
    mapping(bytes32 statement => mapping(uint256 index => uint256 signal)) private _outputs;

    /// @dev The model is the verifier's own: a deployer cannot pair a verifier with another model's name.
    constructor(IVerifier verifier) {
        VERIFIER = verifier;
        MODEL_ID = verifier.MODEL_ID();
    }

    /// @inheritdoc IPredictionRecord
    function record(IVerifier.Proof calldata proof, uint256[] calldata signals, Terms calldata terms)
        external
        returns (bytes32 statement)
    {
        if (block.timestamp > terms.deadline) revert DeadlinePassed(terms.deadline, block.timestamp);
        _requireContext(signals, terms);
        _requireModel(signals);

        statement = statementOf(signals);
        if (_entries[statement].recordedAt != 0) revert AlreadyRecorded(statement);
        VERIFIER.verify(proof, signals);

        _entries[statement] = Entry(terms.beneficiary, uint64(block.timestamp));
        for (uint256 i = 0; i < _outputSignals(); ++i) _outputs[statement][i] = signals[i];
        emit PredictionRecorded(statement, terms.beneficiary, terms.nonce, _decodeOutput(signals));
    }

    /// @inheritdoc IPredictionRecord
    function predictionOf(bytes32 statement)
        external
        view
        returns (int256[] memory output, address beneficiary, uint64 recordedAt)
    {
        Entry memory entry = _entries[statement];
        if (entry.recordedAt == 0) revert NotRecorded(statement);
        uint256[] memory signals = new uint256[](_outputSignals());
        for (uint256 i = 0; i < signals.length; ++i) signals[i] = _outputs[statement][i];
        return (_decodeOutput(signals), entry.beneficiary, entry.recordedAt);
    }

    /// @inheritdoc IPredictionRecord
    function statementOf(uint256[] calldata signals) public view returns (bytes32) {
        return keccak256(abi.encode(MODEL_ID, signals));
    }

    /// @inheritdoc IPredictionRecord
    function contextOf(Terms calldata terms) public view returns (uint256) {
        return Context.compute(address(this), MODEL_ID, terms.beneficiary, terms.nonce, terms.deadline);
    }

    /// @dev Field elements that hold the output. They are the first signals of the statement.
    function _outputSignals() internal pure virtual returns (uint256);

    /// @dev Public signals of the whole statement.
    function _signals() internal pure virtual returns (uint256);

    /// @dev Reads no signal beyond the first `_outputSignals()`.
    function _decodeOutput(uint256[] memory signals) internal pure virtual returns (int256[] memory);

    /// @dev For a model whose weights are secret: that the signals commit to them. The verifying key alone does not say
    /// which of the models of an architecture was run. There are `_signals()` signals.
    function _requireModel(uint256[] calldata signals) internal pure virtual {}

    // The count comes first: it says which signal is the last one.
    function _requireContext(uint256[] calldata signals, Terms calldata terms) private view {
        uint256 count = _signals();
        if (signals.length != count) revert IVerifier.SignalCount(count, signals.length);
        uint256 expected = contextOf(terms);
        if (signals[count - 1] != expected) revert ContextMismatch(expected, signals[count - 1]);
    }
}
