// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {IPredictionConsumer} from "./interfaces/IPredictionConsumer.sol";
import {IPredictionLedger} from "./interfaces/IPredictionLedger.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {Context} from "./lib/Context.sol";

/// @title The record of verified predictions of all models of a registry
contract PredictionLedger is IPredictionLedger {
    /// @inheritdoc IPredictionLedger
    IModelRegistry public immutable REGISTRY;

    // From the low end: the beneficiary (160 bits), the timestamp (40).
    mapping(bytes32 statement => uint256 entry) private _entries;

    constructor(IModelRegistry registry) {
        REGISTRY = registry;
    }

    /// @inheritdoc IPredictionLedger
    function record(
        uint256 modelId,
        IVerifier.Proof calldata proof,
        uint256[] calldata signals,
        IPredictionConsumer.Terms calldata terms
    ) external returns (bytes32 statement) {
        statement = _enter(modelId, _factsOf(modelId), signals, terms);
        REGISTRY.verify(modelId, proof, signals);
    }

    /// @inheritdoc IPredictionLedger
    function recordBatch(
        uint256 modelId,
        IVerifier.Proof[] calldata proofs,
        uint256[] calldata signals,
        IPredictionConsumer.Terms[] calldata terms
    ) external returns (bytes32[] memory statements) {
        if (terms.length != proofs.length) revert TermsCount(proofs.length, terms.length);
        IModelRegistry.Facts memory facts = _factsOf(modelId);
        uint256 count = facts.signals;
        if (signals.length != proofs.length * count) {
            revert IVerifier.SignalCount(proofs.length * count, signals.length);
        }
        statements = new bytes32[](proofs.length);
        for (uint256 i = 0; i < proofs.length; ++i) {
            statements[i] = _enter(modelId, facts, signals[i * count:(i + 1) * count], terms[i]);
        }
        REGISTRY.verifyBatch(modelId, proofs, signals);
    }

    /// @inheritdoc IPredictionLedger
    function predictionOf(uint256 modelId, uint256[] calldata signals)
        external
        view
        returns (int256[] memory output, address beneficiary, uint64 recordedAt)
    {
        bytes32 statement = statementOf(modelId, signals);
        uint256 entry = _entries[statement];
        if (entry == 0) revert NotRecorded(statement);
        return (REGISTRY.decodeOutput(modelId, signals), address(uint160(entry)), uint40(entry >> 160));
    }

    /// @inheritdoc IPredictionLedger
    function verifiedAt(bytes32 statement) external view returns (uint64) {
        return uint40(_entries[statement] >> 160);
    }

    /// @inheritdoc IPredictionLedger
    function contextOf(uint256 modelId, IPredictionConsumer.Terms calldata terms) external view returns (uint256) {
        return _contextOf(REGISTRY.factsOf(modelId).statementModel, terms);
    }

    /// @inheritdoc IPredictionLedger
    function statementOf(uint256 modelId, uint256[] calldata signals) public pure returns (bytes32) {
        return keccak256(abi.encode(modelId, signals));
    }

    // An entry of hashes alone has no signals, of which the last would be the context.
    function _factsOf(uint256 modelId) private view returns (IModelRegistry.Facts memory facts) {
        facts = REGISTRY.factsOf(modelId);
        if (facts.verifier == address(0)) revert IModelRegistry.NoVerifier(modelId);
    }

    // All but the proof, which the caller checks afterwards: what is entered here is undone where that reverts, and
    // neither registry nor verifier can come back here, since both are only asked.
    function _enter(
        uint256 modelId,
        IModelRegistry.Facts memory facts,
        uint256[] calldata signals,
        IPredictionConsumer.Terms calldata terms
    ) private returns (bytes32 statement) {
        if (block.timestamp > terms.deadline) revert DeadlinePassed(terms.deadline, block.timestamp);
        if (signals.length != facts.signals) revert IVerifier.SignalCount(facts.signals, signals.length);
        uint256 context = _contextOf(facts.statementModel, terms);
        if (signals[signals.length - 1] != context) revert ContextMismatch(context, signals[signals.length - 1]);
        statement = statementOf(modelId, signals);
        if (_entries[statement] != 0) revert AlreadyRecorded(statement);
        _entries[statement] = uint160(terms.beneficiary) | block.timestamp << 160;
        emit PredictionRecorded(
            statement, modelId, terms.beneficiary, terms.nonce, signals[:facts.outputSignals]
        );
    }

    function _contextOf(bytes32 statementModel, IPredictionConsumer.Terms calldata terms)
        private
        view
        returns (uint256)
    {
        return Context.compute(address(this), statementModel, terms.beneficiary, terms.nonce, terms.deadline);
    }
}
