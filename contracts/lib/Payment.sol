// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "../interfaces/IERC20.sol";
import {IPredictionBoard} from "../interfaces/IPredictionBoard.sol";

/// @title Ether and tokens in and out, believing balances and nobody's word
/// @notice A token may return nothing, `true` or `false`, or lie: what counts is that this contract's balance changes by
/// the amount, no less and no more. Token zero is ether.
library Payment {
    /// @notice Takes the amount from an account. Ether has come with the call.
    function collect(address token, address from, uint256 amount) internal {
        uint256 value = token == address(0) ? amount : 0;
        if (msg.value != value) revert IPredictionBoard.WrongValue(value, msg.value);
        if (token == address(0)) return;
        uint256 before = _balance(token);
        _call(token, abi.encodeCall(IERC20.transferFrom, (from, address(this), amount)));
        _requireMoved(token, amount, before, _balance(token));
    }

    function pay(address token, address to, uint256 amount) internal {
        if (token == address(0)) {
            (bool sent,) = to.call{value: amount}("");
            if (!sent) revert IPredictionBoard.EtherRefused(to);
            return;
        }
        uint256 before = _balance(token);
        _call(token, abi.encodeCall(IERC20.transfer, (to, amount)));
        _requireMoved(token, amount, _balance(token), before);
    }

    function _requireMoved(address token, uint256 amount, uint256 low, uint256 high) private pure {
        uint256 moved = high > low ? high - low : 0;
        if (moved != amount) revert IPredictionBoard.TokenLied(token, amount, moved);
    }

    function _balance(address token) private view returns (uint256) {
        if (token.code.length == 0) revert IPredictionBoard.TokenMissing(token);
        return IERC20(token).balanceOf(address(this));
    }

    function _call(address token, bytes memory data) private {
        (bool done, bytes memory answer) = token.call(data);
        // some tokens return nothing
        if (!done || (answer.length != 0 && (answer.length < 32 || uint256(bytes32(answer)) != 1))) {
            revert IPredictionBoard.TransferFailed(token);
        }
    }
}
