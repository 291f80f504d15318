// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPredictionConsumer} from "./interfaces/IPredictionConsumer.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {Context} from "./lib/Context.sol";

/// @title The base of contracts that act on verified predictions
/// @notice Abstract: how many signals a statement has is the model's. The `<Name>Consumer` generated for a model fills
/// that in, and decodes outputs. Call `_consume` and act on what it returns: it comes back only for a valid proof that
/// is bound to this contract, and once for each statement.
abstract contract PredictionConsumer is IPredictionConsumer {
    /// @notice The contract acted on this statement before, whatever proof it came with.
    error AlreadyConsumed(bytes32 statement);

    /// @inheritdoc IPredictionConsumer
    IVerifier public immutable VERIFIER;
    bytes32 private immutable MODEL_ID;

    mapping(bytes32 statement => bool) private _consumed;

    /// @dev The model is the verifier's own: a deployer cannot pair a verifier with another model's name.
    constructor(IVerifier verifier) {
        VERIFIER = verifier;
        MODEL_ID = verifier.MODEL_ID();
    }

    /// @inheritdoc IPredictionConsumer
    function statementOf(uint256[] calldata signals) public view returns (bytes32) {
        return keccak256(abi.encode(MODEL_ID, signals));
    }

    /// @inheritdoc IPredictionConsumer
    function contextOf(Terms calldata terms) public view returns (uint256) {
        return Context.compute(address(this), MODEL_ID, terms.beneficiary, terms.nonce, terms.deadline);
    }

    /// @dev Checks everything, and that the statement is new. The contract then acts for `terms.beneficiary`, not for
    /// the sender: anyone can have seen the proof in the mempool.
    function _consume(IVerifier.Proof calldata proof, uint256[] calldata signals, Terms calldata terms)
        internal
        returns (bytes32 statement)
    {
        _requireStatement(signals, terms);
        statement = statementOf(signals);
        if (_consumed[statement]) revert AlreadyConsumed(statement);
        _consumed[statement] = true;
        VERIFIER.verify(proof, signals);
    }

    /// @dev All but the proof itself and whether the statement is new.
    function _requireStatement(uint256[] calldata signals, Terms calldata terms) internal view {
        if (block.timestamp > terms.deadline) revert DeadlinePassed(terms.deadline, block.timestamp);
        // the count comes first: it says which signal is the last one
        uint256 count = _signals();
        if (signals.length != count) revert IVerifier.SignalCount(count, signals.length);
        uint256 expected = contextOf(terms);
        if (signals[count - 1] != expected) revert ContextMismatch(expected, signals[count - 1]);
        _requireModel(signals);
    }

    /// @dev Public signals of the whole statement.
    function _signals() internal pure virtual returns (uint256);

    /// @dev For a model whose weights are secret: that the signals commit to them. The verifying key alone does not say
    /// which of the models of an architecture was run. There are `_signals()` signals.
    function _requireModel(uint256[] calldata signals) internal pure virtual {}
}
