// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

// The order of BN254's scalar field, and that of its base field.
uint256 constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
uint256 constant Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583;

// The generator of the twist's subgroup, imaginary parts first.
uint256 constant G_X1 = 11559732032986387107991004021392285783925812861821192530917403151452391805634;
uint256 constant G_X0 = 10857046999023057135944570762232829481370756359578518086990519993285655852781;
uint256 constant G_Y1 = 4082367875863433681332203403145435568316851327593401208105741076214120093531;
uint256 constant G_Y0 = 8495653923123431417604973247489272438418190587263600148770280649306958101930;

// The twist is y^2 = x^3 + 3 / (9 + i).
uint256 constant B_1 = 266929791119991161246907387137283842545076965332900288569378510910307636690;
uint256 constant B_0 = 19485874751759354771024239261021720505790618469301721065564631296452457478373;

/// @title Points of BN254 in memory, by the precompiles 6 and 7 (EIP-196), and checks of points in call data
library Bn254 {
    /// @dev point = scalar * point; the word behind the point is lost.
    function multiply(uint256 point, uint256 scalar) internal view returns (bool ok) {
        assembly ("memory-safe") {
            mstore(add(point, 0x40), scalar)
            ok := staticcall(gas(), 7, point, 0x60, point, 0x40)
        }
    }

    /// @dev point = point + the point behind it
    function add(uint256 point) internal view returns (bool ok) {
        assembly ("memory-safe") {
            ok := staticcall(gas(), 6, point, 0x80, point, 0x40)
        }
    }

    function copy(uint256 to, uint256 from, uint256 size) internal pure {
        assembly ("memory-safe") {
            mcopy(to, from, size)
        }
    }

    /// @dev The point at infinity.
    function clear(uint256 point) internal pure {
        assembly ("memory-safe") {
            mstore(point, 0)
            mstore(add(point, 0x20), 0)
        }
    }

    function allocate(uint256 size) internal pure returns (uint256 start) {
        assembly ("memory-safe") {
            start := mload(0x40)
            mstore(0x40, add(start, size))
        }
    }

    /// @dev y^2 = x^3 + 3, which infinity, (0, 0), is not on.
    function isOnCurve(uint256[2] calldata point) internal pure returns (bool) {
        (uint256 x, uint256 y) = (point[0], point[1]);
        if (x >= Q || y >= Q) return false;
        return mulmod(y, y, Q) == addmod(mulmod(mulmod(x, x, Q), x, Q), 3, Q);
    }

    /// @dev As above, in numbers a0 + a1 i with i^2 = -1.
    function isOnTwist(uint256[2][2] calldata point) internal pure returns (bool) {
        (uint256 x1, uint256 x0, uint256 y1, uint256 y0) = (point[0][0], point[0][1], point[1][0], point[1][1]);
        if (x1 >= Q || x0 >= Q || y1 >= Q || y0 >= Q) return false;
        (uint256 u1, uint256 u0) = _product(x1, x0, x1, x0);
        (u1, u0) = _product(u1, u0, x1, x0);
        (uint256 v1, uint256 v0) = _product(y1, y0, y1, y0);
        return v1 == addmod(u1, B_1, Q) && v0 == addmod(u0, B_0, Q);
    }

    /// @dev Whether two points on the twist are the same, or each other's negatives.
    function isSameOrNegative(uint256[2][2] calldata a, uint256[2][2] calldata b) internal pure returns (bool) {
        return a[0][0] == b[0][0] && a[0][1] == b[0][1];
    }

    function isGenerator(uint256[2][2] calldata p) internal pure returns (bool) {
        return p[0][0] == G_X1 && p[0][1] == G_X0 && p[1][0] == G_Y1 && p[1][1] == G_Y0;
    }

    function negative(uint256 coordinate) internal pure returns (uint256) {
        return coordinate == 0 ? 0 : Q - coordinate;
    }

    function _product(uint256 a1, uint256 a0, uint256 b1, uint256 b0) private pure returns (uint256, uint256) {
        return (
            addmod(mulmod(a1, b0, Q), mulmod(a0, b1, Q), Q),
            addmod(mulmod(a0, b0, Q), Q - mulmod(a1, b1, Q), Q)
        );
    }
}
