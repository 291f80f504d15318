// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IGroth16Verifier} from "../interfaces/IGroth16Verifier.sol";
import {Bn254} from "./Bn254.sol";

/// @title Verifying keys kept as the code of contracts
/// @dev A key's contract stands at an address that follows from the key's id, so that finding it reads no storage. Its
/// code is one byte that halts whoever calls it (0xfe of dev keys, else 0x00), then the key's words.
library KeyStore {
    // Code that returns all that follows it.
    bytes11 private constant PREFIX = 0x600b380380600b5f395ff3;

    /// @dev The creation code of a key's contract begins with this.
    function head(bool devKeys) internal pure returns (bytes memory) {
        return abi.encodePacked(PREFIX, devKeys ? bytes1(0xfe) : bytes1(0));
    }

    /// @dev Stores a key by its creation code. A key that is stored already is left as it is.
    function write(bytes memory code) internal returns (bytes32 keyId, bool isNew) {
        keyId = keccak256(code);
        if (dataOf(keyId).code.length != 0) return (keyId, false);
        address data;
        assembly ("memory-safe") {
            data := create2(0, add(code, 0x20), mload(code), 0)
        }
        if (data == address(0)) revert IGroth16Verifier.KeyNotStored();
        return (keyId, true);
    }

    /// @dev Where the words of a key now stand in memory, and how many bytes they are.
    function read(bytes32 keyId) internal view returns (uint256 key, uint256 size) {
        address data = dataOf(keyId);
        size = data.code.length;
        if (size == 0) revert IGroth16Verifier.UnknownKey(keyId);
        --size;
        key = Bn254.allocate(size);
        assembly ("memory-safe") {
            extcodecopy(data, key, 1, size)
        }
    }

    /// @dev The address that CREATE2 (EIP-1014) gives the contract.
    function dataOf(bytes32 keyId) internal view returns (address) {
        return address(uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), address(this), bytes32(0), keyId)))));
    }
}
