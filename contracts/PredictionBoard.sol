// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {IPredictionBoard} from "./interfaces/IPredictionBoard.sol";
import {IPredictionCallback} from "./interfaces/IPredictionCallback.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {Context} from "./lib/Context.sol";
import {Payment} from "./lib/Payment.sol";

/// @title The board of requests for predictions
contract PredictionBoard is IPredictionBoard {
    bytes32 private constant REQUEST_DOMAIN = keccak256("zkonnx.request.v1");
    // Far below a block's gas, so that no request is impossible to fulfil.
    uint256 private constant MOST_CALLBACK_GAS = 5_000_000;
    // Taken between the check of the gas that is left and the callback, and by what follows it.
    uint256 private constant AROUND_CALLBACK = 40_000;

    /// @inheritdoc IPredictionBoard
    IModelRegistry public immutable REGISTRY;

    mapping(bytes32 requestId => Request) private _requests;
    mapping(bytes32 requestId => uint256[] output) private _outputs;
    mapping(address token => mapping(address account => uint256)) private _credits;
    mapping(address asker => uint256) private _nonces;
    bool private transient _moving;

    // Around what a token's balance is read twice: nothing else may move between the two readings.
    modifier moving() {
        if (_moving) revert Reentrant();
        _moving = true;
        _;
        _moving = false;
    }

    constructor(IModelRegistry registry) {
        REGISTRY = registry;
    }

    /// @inheritdoc IPredictionBoard
    function request(Ask calldata ask) external payable moving returns (bytes32 requestId) {
        _requireSensible(ask);
        bytes32 inputHash = keccak256(abi.encode(ask.input));
        uint256 nonce = _nonces[msg.sender]++;
        requestId = keccak256(abi.encode(REQUEST_DOMAIN, block.chainid, address(this), msg.sender, nonce, ask));
        _requests[requestId] = Request({
            state: State.Open,
            deadline: ask.deadline,
            asker: msg.sender,
            callback: ask.callback,
            callbackGas: ask.callbackGas,
            token: ask.token,
            bounty: ask.bounty,
            modelId: ask.modelId,
            inputHash: inputHash,
            beneficiary: address(0)
        });
        Payment.collect(ask.token, msg.sender, ask.bounty);
        _emitRequested(requestId, ask);
    }

    /// @inheritdoc IPredictionBoard
    function fulfil(bytes32 requestId, IVerifier.Proof calldata proof, uint256[] calldata signals, address beneficiary)
        external
    {
        Request memory asked = _requests[requestId];
        if (asked.state != State.Open) revert NotOpen(requestId, asked.state);
        if (block.timestamp > asked.deadline) revert DeadlinePassed(asked.deadline, block.timestamp);
        if (beneficiary == address(0)) revert NoBeneficiary();
        IModelRegistry.Facts memory facts = REGISTRY.factsOf(asked.modelId);
        _requireStatement(requestId, asked, facts, signals, beneficiary);
        REGISTRY.verify(asked.modelId, proof, signals);

        uint256[] memory output = signals[:facts.outputSignals];
        _requests[requestId].state = State.Fulfilled;
        _requests[requestId].beneficiary = beneficiary;
        _outputs[requestId] = output;
        _credits[asked.token][beneficiary] += asked.bounty;
        emit Fulfilled(requestId, beneficiary, output, _deliver(requestId, asked, output));
    }

    /// @inheritdoc IPredictionBoard
    function reclaim(bytes32 requestId) external {
        Request storage asked = _requests[requestId];
        if (asked.state != State.Open) revert NotOpen(requestId, asked.state);
        if (block.timestamp <= asked.deadline) revert TooEarly(asked.deadline, block.timestamp);
        asked.state = State.Reclaimed;
        _credits[asked.token][asked.asker] += asked.bounty;
        emit Reclaimed(requestId, asked.asker);
    }

    /// @inheritdoc IPredictionBoard
    function withdraw(address token, address to) external moving returns (uint256 amount) {
        amount = _credits[token][msg.sender];
        if (amount == 0) revert NothingToWithdraw(token, msg.sender);
        if (to == address(0)) revert NoBeneficiary();
        _credits[token][msg.sender] = 0;
        Payment.pay(token, to, amount);
        emit Withdrawn(msg.sender, token, to, amount);
    }

    /// @inheritdoc IPredictionBoard
    function contextOf(bytes32 requestId, address beneficiary) external view returns (uint256) {
        Request memory asked = _requests[requestId];
        if (asked.state == State.None) revert NotOpen(requestId, asked.state);
        return _contextOf(requestId, asked, REGISTRY.factsOf(asked.modelId).statementModel, beneficiary);
    }

    /// @inheritdoc IPredictionBoard
    function requestOf(bytes32 requestId) external view returns (Request memory) {
        return _requests[requestId];
    }

    /// @inheritdoc IPredictionBoard
    function answerOf(bytes32 requestId) external view returns (int256[] memory output) {
        Request storage asked = _requests[requestId];
        if (asked.state != State.Fulfilled) revert NotAnswered(requestId, asked.state);
        return REGISTRY.decodeOutput(asked.modelId, _outputs[requestId]);
    }

    /// @inheritdoc IPredictionBoard
    function creditOf(address token, address account) external view returns (uint256) {
        return _credits[token][account];
    }

    function _requireSensible(Ask calldata ask) private view {
        if (ask.bounty == 0) revert BountyZero();
        if (ask.deadline < block.timestamp) revert DeadlinePassed(ask.deadline, block.timestamp);
        if (ask.callbackGas > MOST_CALLBACK_GAS) revert CallbackGasTooHigh(MOST_CALLBACK_GAS, ask.callbackGas);
        IModelRegistry.Facts memory facts = REGISTRY.factsOf(ask.modelId);
        if (facts.verifier == address(0)) revert IModelRegistry.NoVerifier(ask.modelId);
        if (REGISTRY.isDeprecated(ask.modelId)) revert ModelIsDeprecated(ask.modelId);
        if (facts.inputSignals == 0) revert InputNotInStatement(ask.modelId);
        if (ask.input.length != facts.inputSignals) revert InputCount(facts.inputSignals, ask.input.length);
    }

    function _requireStatement(
        bytes32 requestId,
        Request memory asked,
        IModelRegistry.Facts memory facts,
        uint256[] calldata signals,
        address beneficiary
    ) private view {
        if (signals.length != facts.signals) revert IVerifier.SignalCount(facts.signals, signals.length);
        uint256 context = _contextOf(requestId, asked, facts.statementModel, beneficiary);
        if (signals[facts.signals - 1] != context) revert ContextMismatch(context, signals[facts.signals - 1]);
        uint256 inputEnd = facts.outputSignals + facts.inputSignals;
        bytes32 inputHash = keccak256(abi.encode(signals[facts.outputSignals:inputEnd]));
        if (inputHash != asked.inputHash) revert InputMismatch(asked.inputHash, inputHash);
    }

    function _contextOf(bytes32 requestId, Request memory asked, bytes32 statementModel, address beneficiary)
        private
        view
        returns (uint256)
    {
        return Context.compute(address(this), statementModel, beneficiary, uint256(requestId), asked.deadline);
    }

    // All that the request changes is written before. What the callback returns is not copied: it could be made long to
    // burn the prover's gas. A call is given at most 63 of 64 parts of what is left (EIP-150), so a prover that leaves
    // too little could make the callback fail and still be paid: hence the check.
    function _deliver(bytes32 requestId, Request memory asked, uint256[] memory output) private returns (bool delivered) {
        address callback = asked.callback;
        if (callback == address(0)) return false;
        int256[] memory values = REGISTRY.decodeOutput(asked.modelId, output);
        bytes memory data = abi.encodeCall(IPredictionCallback.onPrediction, (requestId, asked.modelId, values));
        uint256 limit = asked.callbackGas;
        uint256 needed = limit + limit / 63 + AROUND_CALLBACK;
        if (gasleft() < needed) revert NotEnoughGas(needed, gasleft());
        assembly ("memory-safe") {
            delivered := call(limit, callback, 0, add(data, 0x20), mload(data), 0, 0)
        }
    }

    function _emitRequested(bytes32 requestId, Ask calldata ask) private {
        emit Requested(
            requestId,
            ask.modelId,
            msg.sender,
            ask.input,
            ask.data,
            ask.token,
            ask.bounty,
            ask.deadline,
            ask.callback,
            ask.callbackGas
        );
    }
}
