// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Which interfaces a contract has (ERC-165)
interface IERC165 {
    /// @notice Whether the contract has the interface with this id, in less than 30,000 gas.
    function supportsInterface(bytes4 interfaceId) external view returns (bool);
}
