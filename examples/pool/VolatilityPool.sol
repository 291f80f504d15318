// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {VolatilityModel} from "generated/VolatilityModel.sol";
import {PredictionAsker} from "zkonnx/contracts/PredictionAsker.sol";
import {IERC20} from "zkonnx/contracts/interfaces/IERC20.sol";
import {IPredictionBoard} from "zkonnx/contracts/interfaces/IPredictionBoard.sol";

/// @title A pool whose fee follows a model's verified volatility
/// @notice An example. The pool notes how its own price moved from block to block; anyone pays for a prediction of the
/// volatility from these moves, and whoever proves it sets the fee. Input and model are the pool's: nobody can choose
/// them. Of the pool itself only what the example needs is here: one provider, no shares.
contract VolatilityPool is PredictionAsker {
    uint256 public constant LEAST_FEE = 5; // in 1/10,000 of what is swapped
    uint256 public constant MOST_FEE = 200;
    uint256 public constant WAIT = 1 hours;

    error NotTheProvider(address caller);
    error NotOfThisPool(address token);
    error TooLittleOut(uint256 least, uint256 given);
    error TransferFailed(address token);
    error TooFewMoves(uint256 needed, uint256 noted);
    error StillWaiting(bytes32 requestId);

    event FeeChanged(bytes32 indexed requestId, int256 volatilityE18, uint256 fee);

    address public immutable PROVIDER;
    IERC20 public immutable TOKEN0;
    IERC20 public immutable TOKEN1;
    /// @notice The model in the board's registry. What it is trained to: the moves' volatility, in 1/10,000.
    uint256 public immutable MODEL;

    uint256 public fee = MOST_FEE;
    bytes32 public pending;
    uint64 private _pendingUntil;

    int256[] private _moves;
    uint256 public moves;
    uint256 private _lastPriceE18;
    uint256 private _lastBlock;

    constructor(IPredictionBoard board, uint256 model, IERC20 token0, IERC20 token1) PredictionAsker(board) {
        (PROVIDER, MODEL, TOKEN0, TOKEN1) = (msg.sender, model, token0, token1);
        _moves = new int256[](VolatilityModel.INPUT_COUNT);
    }

    function provide(uint256 amount0, uint256 amount1) external {
        if (msg.sender != PROVIDER) revert NotTheProvider(msg.sender);
        _pull(TOKEN0, amount0);
        _pull(TOKEN1, amount1);
    }

    /// @notice Swaps at the product of the reserves, less the fee.
    function swap(IERC20 tokenIn, uint256 amountIn, uint256 leastOut) external returns (uint256 amountOut) {
        bool first = address(tokenIn) == address(TOKEN0);
        if (!first && address(tokenIn) != address(TOKEN1)) revert NotOfThisPool(address(tokenIn));
        IERC20 tokenOut = first ? TOKEN1 : TOKEN0;
        _note();
        (uint256 reserveIn, uint256 reserveOut) = (tokenIn.balanceOf(address(this)), tokenOut.balanceOf(address(this)));
        uint256 paid = amountIn * (10_000 - fee) / 10_000;
        amountOut = reserveOut * paid / (reserveIn + paid);
        if (amountOut < leastOut) revert TooLittleOut(leastOut, amountOut);
        _pull(tokenIn, amountIn);
        if (!tokenOut.transfer(msg.sender, amountOut)) revert TransferFailed(address(tokenOut));
    }

    /// @notice Asks the board for the volatility of the last moves; the ether that comes along is the bounty.
    function askForFee() external payable returns (bytes32 requestId) {
        if (moves < VolatilityModel.INPUT_COUNT) revert TooFewMoves(VolatilityModel.INPUT_COUNT, moves);
        // one at a time: an older answer must not come after a newer one
        if (_isOpen(pending) && block.timestamp <= _pendingUntil) revert StillWaiting(pending);
        _pendingUntil = uint64(block.timestamp + WAIT);
        requestId = _ask(
            IPredictionBoard.Ask({
                modelId: MODEL,
                input: VolatilityModel.encodeInput(_lastMoves()),
                data: "",
                token: address(0),
                bounty: msg.value,
                deadline: _pendingUntil,
                callback: address(this),
                callbackGas: 100_000
            })
        );
        pending = requestId;
    }

    /// @notice Bounties that nobody earned go to the provider.
    function withdrawBounties() external returns (uint256) {
        return _withdrawBounties(address(0), PROVIDER);
    }

    function _onPrediction(bytes32 requestId, int256[] memory output) internal override {
        if (requestId != pending) return;
        int256 volatilityE18 = VolatilityModel.toE18(output[0]);
        int256 asFee = volatilityE18 / 1e18;
        if (asFee < int256(LEAST_FEE)) asFee = int256(LEAST_FEE);
        if (asFee > int256(MOST_FEE)) asFee = int256(MOST_FEE);
        fee = uint256(asFee);
        emit FeeChanged(requestId, volatilityE18, fee);
    }

    // The move of the price since the last block that saw a swap, in 1/10,000, within what the model takes. Noted before
    // a block's first swap, so that no swap is in it that could be undone in the same transaction.
    function _note() private {
        if (block.number == _lastBlock) return;
        uint256 price = TOKEN1.balanceOf(address(this)) * 1e18 / TOKEN0.balanceOf(address(this));
        if (_lastPriceE18 != 0) {
            int256 move = (int256(price) - int256(_lastPriceE18)) * 10_000 / int256(_lastPriceE18);
            _moves[moves % _moves.length] = move > 127 ? int256(127) : move < -128 ? int256(-128) : move;
            ++moves;
        }
        (_lastPriceE18, _lastBlock) = (price, block.number);
    }

    // The oldest first.
    function _lastMoves() private view returns (int256[] memory last) {
        last = new int256[](_moves.length);
        for (uint256 i = 0; i < last.length; ++i) last[i] = _moves[(moves + i) % last.length];
    }

    function _pull(IERC20 token, uint256 amount) private {
        if (!token.transferFrom(msg.sender, address(this), amount)) revert TransferFailed(address(token));
    }
}
