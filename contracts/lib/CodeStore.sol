// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Bytes kept as the code of a contract
/// @notice For what is written once and read often: a byte takes 200 gas to write, in a storage slot 690, and code
/// cannot change. The code begins with STOP, so that nobody can run it.
library CodeStore {
    error WriteFailed(uint256 bytesLength);

    function write(bytes memory data) internal returns (address pointer) {
        // returns all that follows these ten bytes: PUSH2 size DUP1 PUSH1 10 RETURNDATASIZE CODECOPY RETURNDATASIZE RETURN
        bytes memory code = abi.encodePacked(hex"61", uint16(data.length + 1), hex"80600a3d393df3", hex"00", data);
        assembly ("memory-safe") {
            pointer := create(0, add(code, 0x20), mload(code))
        }
        if (pointer == address(0) || data.length > type(uint16).max - 1) revert WriteFailed(data.length);
    }

    function read(address pointer) internal view returns (bytes memory data) {
        return read(pointer, 0, pointer.code.length - 1);
    }

    /// @dev Zeros where there is no code.
    function read(address pointer, uint256 start, uint256 length) internal view returns (bytes memory data) {
        data = new bytes(length);
        assembly ("memory-safe") {
            extcodecopy(pointer, add(data, 0x20), add(start, 1), length)
        }
    }
}
