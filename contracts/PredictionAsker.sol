// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPredictionBoard} from "./interfaces/IPredictionBoard.sol";
import {IPredictionCallback} from "./interfaces/IPredictionCallback.sol";

/// @title The base of contracts that ask the request board for predictions
/// @notice Abstract: what is asked and what follows from an answer is the contract's. `_onPrediction` runs once for each
/// request of the contract's own, and for no other.
abstract contract PredictionAsker is IPredictionCallback {
    /// @notice Only the board brings answers.
    error NotTheBoard(address caller);

    /// @notice The contract did not make this request, or has its answer already.
    error NotAsked(bytes32 requestId);

    IPredictionBoard public immutable BOARD;

    mapping(bytes32 requestId => bool) private _open;

    constructor(IPredictionBoard board) {
        BOARD = board;
    }

    /// @inheritdoc IPredictionCallback
    function onPrediction(bytes32 requestId, uint256, int256[] calldata output) external {
        if (msg.sender != address(BOARD)) revert NotTheBoard(msg.sender);
        _take(requestId, output);
    }

    /// @notice Takes an answer that the callback failed to take. Anyone may call it.
    function takeAnswer(bytes32 requestId) external {
        _take(requestId, BOARD.answerOf(requestId));
    }

    /// @dev A bounty in ether is this contract's; a token's must be approved before.
    function _ask(IPredictionBoard.Ask memory ask) internal returns (bytes32 requestId) {
        ask.callback = address(this);
        requestId = BOARD.request{value: ask.token == address(0) ? ask.bounty : 0}(ask);
        _open[requestId] = true;
    }

    /// @dev The bounties of requests that nobody fulfilled in time, once they are reclaimed.
    function _withdrawBounties(address token, address to) internal returns (uint256) {
        return BOARD.withdraw(token, to);
    }

    function _isOpen(bytes32 requestId) internal view returns (bool) {
        return _open[requestId];
    }

    function _onPrediction(bytes32 requestId, int256[] memory output) internal virtual;

    function _take(bytes32 requestId, int256[] memory output) private {
        if (!_open[requestId]) revert NotAsked(requestId);
        _open[requestId] = false;
        _onPrediction(requestId, output);
    }
}
