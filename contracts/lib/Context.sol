// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The context: the last public signal of a statement
/// @notice Binds a proof to one chain, one consuming contract, one model and one beneficiary, until a deadline. Without
/// it a proof seen in the mempool could be handed in by another, or a second time, or elsewhere.
library Context {
    /// @notice Tells these contexts from every other use of the same hash.
    bytes32 internal constant DOMAIN = keccak256("zkonnx.context.v1");

    /// @notice The context on this chain: the upper 248 bits of a Keccak-256, hence always in the scalar field.
    function compute(address consumer, bytes32 modelId, address beneficiary, uint256 nonce, uint256 deadline)
        internal
        view
        returns (uint256)
    {
        return uint256(keccak256(abi.encode(DOMAIN, block.chainid, consumer, modelId, beneficiary, nonce, deadline))) >> 8;
    }
}
