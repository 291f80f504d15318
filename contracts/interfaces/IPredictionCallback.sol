// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Who takes answers from the request board
interface IPredictionCallback {
    /// @notice The answer to a request. Called once, by the board, with the gas that the request asks for. Check the
    /// sender and that the request is your own: anyone can make requests that name you. If the call fails, the answer
    /// stays on the board, in `answerOf`.
    /// @param output The model's output as signed integers, row-major; `real = integer * scale`.
    function onPrediction(bytes32 requestId, uint256 modelId, int256[] calldata output) external;
}
