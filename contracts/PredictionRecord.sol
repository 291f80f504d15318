// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PredictionConsumer} from "./PredictionConsumer.sol";
import {IPredictionRecord} from "./interfaces/IPredictionRecord.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";

/// @title The record of one model's verified predictions
/// @notice Abstract: how many signals hold the output, and how they unpack, is the model's. The contract generated for
/// the model fills that in.
abstract contract PredictionRecord is PredictionConsumer, IPredictionRecord {
    // Outputs of so many bits, as a class or a few labels have, share the slot of their entry.
    uint256 private constant ENTRY_BITS = 55;
    uint256 private constant STORED = 1 << 200;

    // In one slot, from its low end: the beneficiary (160 bits), the timestamp (40), whether the output is stored (1), and
    // the output, where it has no more than ENTRY_BITS. A struct would be written field by field.
    mapping(bytes32 statement => uint256 entry) private _entries;
    // The packed output as it was proven. A mapping, for an array would pay a slot for a length that the model fixes.
    mapping(bytes32 statement => mapping(uint256 index => uint256 signal)) private _outputs;

    constructor(IVerifier verifier) PredictionConsumer(verifier) {}

    /// @inheritdoc IPredictionRecord
    function record(IVerifier.Proof calldata proof, uint256[] calldata signals, Terms calldata terms)
        external
        returns (bytes32 statement)
    {
        bool fits = _outputBits() <= ENTRY_BITS;
        statement = _enter(proof, signals, terms, 1 | (fits ? signals[0] << 1 : 0));
        for (uint256 i = 0; !fits && i < _outputSignals(); ++i) _outputs[statement][i] = signals[i];
    }

    /// @inheritdoc IPredictionRecord
    function announce(IVerifier.Proof calldata proof, uint256[] calldata signals, Terms calldata terms)
        external
        returns (bytes32 statement)
    {
        return _enter(proof, signals, terms, 0);
    }

    /// @inheritdoc IPredictionRecord
    function predictionOf(bytes32 statement)
        external
        view
        returns (int256[] memory output, address beneficiary, uint64 recordedAt)
    {
        uint256 entry = _entries[statement];
        if (entry == 0) revert NotRecorded(statement);
        if (entry & STORED == 0) revert OutputNotStored(statement);
        uint256[] memory signals = new uint256[](_outputSignals());
        if (_outputBits() <= ENTRY_BITS) signals[0] = entry >> 201;
        else for (uint256 i = 0; i < signals.length; ++i) signals[i] = _outputs[statement][i];
        return (_decodeOutput(signals), address(uint160(entry)), uint40(entry >> 160));
    }

    /// @inheritdoc IPredictionRecord
    function predictionOf(uint256[] calldata signals)
        external
        view
        returns (int256[] memory output, address beneficiary, uint64 recordedAt)
    {
        bytes32 statement = statementOf(signals);
        uint256 entry = _entries[statement];
        if (entry == 0) revert NotRecorded(statement);
        return (_decodeOutput(signals), address(uint160(entry)), uint40(entry >> 160));
    }

    /// @inheritdoc IPredictionRecord
    function verifiedAt(bytes32 statement) external view returns (uint64) {
        return uint40(_entries[statement] >> 160);
    }

    /// @dev Field elements that hold the output. They are the first signals of the statement.
    function _outputSignals() internal pure virtual returns (uint256);

    /// @dev Bits of the packed output: a signal counts as 256, the last as what it holds. Decoding reads none beyond.
    function _outputBits() internal pure virtual returns (uint256);

    /// @dev Reads no signal beyond the first `_outputSignals()`.
    function _decodeOutput(uint256[] memory signals) internal pure virtual returns (int256[] memory);

    // The ledger of a record is its entries: `_consume` would pay a second slot.
    function _enter(IVerifier.Proof calldata proof, uint256[] calldata signals, Terms calldata terms, uint256 stored)
        private
        returns (bytes32 statement)
    {
        _requireStatement(signals, terms);
        statement = statementOf(signals);
        if (_entries[statement] != 0) revert AlreadyRecorded(statement);
        _requireProof(proof, signals);
        _entries[statement] = uint160(terms.beneficiary) | block.timestamp << 160 | stored << 200;
        emit PredictionRecorded(statement, terms.beneficiary, terms.nonce, signals[:_outputSignals()]);
    }

    // VERIFIER.verify(proof, signals), whose arguments are copied rather than decoded and encoded again. A call of an
    // address without code returns like a proof that holds. That there was code was seen when it told its model; a
    // verifier that destroys itself in the transaction that made it is gone afterwards, so it is looked at each time.
    function _requireProof(IVerifier.Proof calldata proof, uint256[] calldata signals) private view {
        address verifier = address(VERIFIER);
        bytes4 selector = IVerifier.verify.selector;
        if (verifier.code.length == 0) revert VerifierMissing(verifier);
        assembly ("memory-safe") {
            let data := mload(0x40)
            let size := shl(5, signals.length)
            mstore(data, selector)
            calldatacopy(add(data, 0x04), proof, 0x140)
            mstore(add(data, 0x144), 0x160)
            mstore(add(data, 0x164), signals.length)
            calldatacopy(add(data, 0x184), signals.offset, size)
            if iszero(staticcall(gas(), verifier, data, add(0x184, size), 0, 0)) {
                returndatacopy(data, 0, returndatasize())
                revert(data, returndatasize())
            }
        }
    }
}
