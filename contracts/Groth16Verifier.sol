// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IGroth16Verifier} from "./interfaces/IGroth16Verifier.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";

/// @title One verifier for many verifying keys
/// @notice Groth16 on BN254 (Groth, EUROCRYPT 2016, section 3.2) over the precompiles 6, 7 and 8 (EIP-196, EIP-197).
/// @dev A key is the code of a contract at an address that follows from its id, so that finding it reads no storage:
/// one byte that halts whoever calls it (0xfe of dev keys, else 0x00), then the words -alpha, beta, -delta, ic.
contract Groth16Verifier is IGroth16Verifier {
    // The order of the scalar field, and that of the base field.
    uint256 private constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
    uint256 private constant Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583;

    // The generator of the twist's subgroup, imaginary parts first.
    uint256 private constant G_X1 = 11559732032986387107991004021392285783925812861821192530917403151452391805634;
    uint256 private constant G_X0 = 10857046999023057135944570762232829481370756359578518086990519993285655852781;
    uint256 private constant G_Y1 = 4082367875863433681332203403145435568316851327593401208105741076214120093531;
    uint256 private constant G_Y0 = 8495653923123431417604973247489272438418190587263600148770280649306958101930;

    // The twist is y^2 = x^3 + 3 / (9 + i).
    uint256 private constant B_1 = 266929791119991161246907387137283842545076965332900288569378510910307636690;
    uint256 private constant B_0 = 19485874751759354771024239261021720505790618469301721065564631296452457478373;

    // Code that returns all that follows it.
    bytes11 private constant PREFIX = 0x600b380380600b5f395ff3;
    // Bytes of -alpha, beta and -delta.
    uint256 private constant HEAD = 0x140;
    // Points for the signals that fit 24,576 bytes (EIP-170), with the head and the byte before it.
    uint256 private constant MOST_POINTS = 378;

    /// @inheritdoc IGroth16Verifier
    function register(Key calldata key, bool devKeys) external returns (bytes32 keyId) {
        if (devKeys && block.chainid != 31337 && block.chainid != 1337) {
            revert IVerifier.DevKeyOutsideLocalChain(block.chainid);
        }
        _requireSound(key);
        bytes memory code = _codeOf(key, devKeys ? bytes1(0xfe) : bytes1(0));
        keyId = keccak256(code);
        if (_dataOf(keyId).code.length != 0) return keyId;
        address data;
        assembly ("memory-safe") {
            data := create2(0, add(code, 0x20), mload(code), 0)
        }
        if (data == address(0)) revert KeyNotStored();
        emit KeyRegistered(keyId, key.ic.length - 1, devKeys);
    }

    /// @inheritdoc IGroth16Verifier
    function verify(bytes32 keyId, IVerifier.Proof calldata proof, uint256[] calldata signals) external view {
        (uint256 key, uint256 count) = _load(keyId);
        if (signals.length != count) revert IVerifier.SignalCount(count, signals.length);

        uint256 pairs = _allocate(0x300);
        uint256 sum = pairs + 0x180;
        bool ok = true;
        _copy(sum, key + HEAD, 0x40);
        for (uint256 i = 0; i < count; ++i) {
            uint256 signal = signals[i];
            if (signal >= R) revert IVerifier.SignalOutOfField(i, signal);
            _copy(sum + 0x40, key + HEAD + 0x40 * (i + 1), 0x40);
            ok = ok && _multiply(sum + 0x40, signal) && _add(sum);
        }
        assembly ("memory-safe") {
            calldatacopy(pairs, proof, 0xc0) // A and B
            calldatacopy(add(pairs, 0x240), add(proof, 0xc0), 0x40) // C
        }
        _copy(pairs + 0xc0, key, 0x40);
        _requireProduct(key, pairs, 1, ok);
    }

    /// @inheritdoc IGroth16Verifier
    /// @dev Each proof's equation is taken to the power of a weight, and all are multiplied. The pairings with the key's
    /// points are shared by all. The first weight is 1; the others have 128 bits, which whoever chose the proofs could not
    /// foresee: a batch with a false equation passes with a probability of 2^-128.
    function verifyBatch(bytes32 keyId, IVerifier.Proof[] calldata proofs, uint256[] calldata signals) external view {
        (uint256 key, uint256 count) = _load(keyId);
        uint256 n = proofs.length;
        if (n == 0) revert BatchEmpty();
        if (signals.length != n * count) revert IVerifier.SignalCount(n * count, signals.length);

        uint256 pairs = _allocate(0xc0 * (n + 3));
        bytes32 seed = _digest(keyId, proofs, signals);
        // The sum of the weights, then of each signal times the weights.
        uint256[] memory scalars = new uint256[](count + 1);
        uint256 sum = pairs + 0xc0 * n + 0x180;
        _clear(sum);
        bool ok = true;
        for (uint256 j = 0; j < n; ++j) {
            uint256 weight = j == 0 ? 1 : uint128(uint256(keccak256(abi.encode(seed, j))));
            _weighSignals(scalars, weight, signals, j * count);
            ok = ok && _weighProof(proofs[j], weight, pairs + 0xc0 * j, sum);
        }
        ok = ok && _weighKey(key, scalars, pairs + 0xc0 * n);
        _requireProduct(key, pairs, n, ok);
    }

    /// @inheritdoc IGroth16Verifier
    function keyOf(bytes32 keyId) external view returns (uint256 signals, bool devKeys, address data) {
        (, signals) = _load(keyId);
        data = _dataOf(keyId);
        devKeys = data.code[0] == 0xfe;
    }

    // Of everything that a batch says. The key and the length of the whole say how many proofs there are.
    function _digest(bytes32 keyId, IVerifier.Proof[] calldata proofs, uint256[] calldata signals)
        private
        pure
        returns (bytes32 digest)
    {
        assembly ("memory-safe") {
            // beyond the allocated memory, and needed no longer than this
            let start := mload(0x40)
            let proofBytes := mul(proofs.length, 0x100)
            let signalBytes := mul(signals.length, 0x20)
            mstore(start, keyId)
            calldatacopy(add(start, 0x20), proofs.offset, proofBytes)
            calldatacopy(add(add(start, 0x20), proofBytes), signals.offset, signalBytes)
            digest := keccak256(start, add(add(0x20, proofBytes), signalBytes))
        }
    }

    // scalars[0] += weight, scalars[1 + i] += weight * signals[from + i]
    function _weighSignals(uint256[] memory scalars, uint256 weight, uint256[] calldata signals, uint256 from)
        private
        pure
    {
        scalars[0] += weight;
        for (uint256 i = 1; i < scalars.length; ++i) {
            uint256 signal = signals[from + i - 1];
            if (signal >= R) revert IVerifier.SignalOutOfField(from + i - 1, signal);
            scalars[i] = addmod(scalars[i], mulmod(weight, signal, R), R);
        }
    }

    // The pair of weight * A and B, and sum += weight * C.
    function _weighProof(IVerifier.Proof calldata proof, uint256 weight, uint256 pair, uint256 sum)
        private
        view
        returns (bool ok)
    {
        assembly ("memory-safe") {
            calldatacopy(pair, proof, 0x40)
            calldatacopy(add(sum, 0x40), add(proof, 0xc0), 0x40)
        }
        // a weight of one needs no multiplication
        ok = weight == 1 || (_multiply(pair, weight) && _multiply(sum + 0x40, weight));
        ok = ok && _add(sum);
        assembly ("memory-safe") {
            calldatacopy(add(pair, 0x40), add(proof, 0x40), 0x80)
        }
    }

    // The points of the pairs with beta and gamma: scalars[0] * -alpha, and the sum of scalars[i] * ic[i].
    function _weighKey(uint256 key, uint256[] memory scalars, uint256 pairs) private view returns (bool ok) {
        _copy(pairs, key, 0x40);
        ok = _multiply(pairs, scalars[0]);
        uint256 sum = pairs + 0xc0;
        _clear(sum);
        for (uint256 i = 0; i < scalars.length; ++i) {
            _copy(sum + 0x40, key + HEAD + 0x40 * i, 0x40);
            ok = ok && _multiply(sum + 0x40, scalars[i]) && _add(sum);
        }
    }

    // Completes the pairs, of which n are the proofs' and three the key's, and requires that the product of their pairings
    // is one. The precompile refuses coordinates out of the field, points off the curve and out of the subgroup.
    function _requireProduct(uint256 key, uint256 pairs, uint256 n, bool ok) private view {
        assembly ("memory-safe") {
            let last := add(pairs, mul(n, 0xc0))
            mcopy(add(last, 0x40), add(key, 0x40), 0x80) // beta
            mstore(add(last, 0x100), G_X1)
            mstore(add(last, 0x120), G_X0)
            mstore(add(last, 0x140), sub(Q, G_Y1)) // -gamma
            mstore(add(last, 0x160), sub(Q, G_Y0))
            mcopy(add(last, 0x1c0), add(key, 0xc0), 0x80) // -delta
            ok := and(ok, staticcall(gas(), 8, pairs, mul(add(n, 3), 0xc0), pairs, 0x20))
        }
        if (!ok) revert IVerifier.ProofMalformed();
        bool holds;
        assembly ("memory-safe") {
            holds := eq(mload(pairs), 1)
        }
        if (!holds) revert IVerifier.ProofInvalid();
    }

    // point = scalar * point; the word behind the point is lost.
    function _multiply(uint256 point, uint256 scalar) private view returns (bool ok) {
        assembly ("memory-safe") {
            mstore(add(point, 0x40), scalar)
            ok := staticcall(gas(), 7, point, 0x60, point, 0x40)
        }
    }

    // point = point + the point behind it
    function _add(uint256 point) private view returns (bool ok) {
        assembly ("memory-safe") {
            ok := staticcall(gas(), 6, point, 0x80, point, 0x40)
        }
    }

    function _copy(uint256 to, uint256 from, uint256 size) private pure {
        assembly ("memory-safe") {
            mcopy(to, from, size)
        }
    }

    // The point at infinity.
    function _clear(uint256 point) private pure {
        assembly ("memory-safe") {
            mstore(point, 0)
            mstore(add(point, 0x20), 0)
        }
    }

    function _allocate(uint256 size) private pure returns (uint256 start) {
        assembly ("memory-safe") {
            start := mload(0x40)
            mstore(0x40, add(start, size))
        }
    }

    // Where the words of a key now stand in memory, and how many signals it is for.
    function _load(bytes32 keyId) private view returns (uint256 key, uint256 count) {
        address data = _dataOf(keyId);
        uint256 size = data.code.length;
        if (size == 0) revert UnknownKey(keyId);
        key = _allocate(size - 1);
        assembly ("memory-safe") {
            extcodecopy(data, key, 1, sub(size, 1))
        }
        count = (size - 1 - HEAD) / 0x40 - 1;
    }

    // The address that CREATE2 (EIP-1014) gives the contract.
    function _dataOf(bytes32 keyId) private view returns (address) {
        return address(uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), address(this), bytes32(0), keyId)))));
    }

    function _codeOf(Key calldata key, bytes1 kind) private pure returns (bytes memory code) {
        uint256[2][] calldata ic = key.ic;
        code = abi.encodePacked(
            PREFIX,
            kind,
            key.alpha[0],
            Q - key.alpha[1],
            key.beta[0],
            key.beta[1],
            key.delta[0],
            _negative(key.delta[1][0]),
            _negative(key.delta[1][1]),
            new uint256[](2 * ic.length)
        );
        assembly ("memory-safe") {
            let size := mul(ic.length, 0x40)
            calldatacopy(sub(add(add(code, 0x20), mload(code)), size), ic.offset, size)
        }
    }

    function _requireSound(Key calldata key) private pure {
        uint256 points = key.ic.length;
        if (points < 2 || points > MOST_POINTS) revert KeySize(points);
        uint256[2][2] calldata gamma = key.gamma;
        if (gamma[0][0] != G_X1 || gamma[0][1] != G_X0 || gamma[1][0] != G_Y1 || gamma[1][1] != G_Y0) {
            revert GammaNotGenerator();
        }
        if (key.delta[0][0] == G_X1 && key.delta[0][1] == G_X0) revert DeltaIsGamma();
        if (!_isOnCurve(key.alpha)) revert KeyPointMalformed(0);
        if (!_isOnTwist(key.beta)) revert KeyPointMalformed(1);
        if (!_isOnTwist(key.delta)) revert KeyPointMalformed(2);
        for (uint256 i = 0; i < points; ++i) {
            // a signal whose point is infinity would not be bound by any proof
            if (!_isOnCurve(key.ic[i])) revert KeyPointMalformed(3 + i);
        }
    }

    // y^2 = x^3 + 3, which infinity, (0, 0), is not on.
    function _isOnCurve(uint256[2] calldata point) private pure returns (bool) {
        (uint256 x, uint256 y) = (point[0], point[1]);
        if (x >= Q || y >= Q) return false;
        return mulmod(y, y, Q) == addmod(mulmod(mulmod(x, x, Q), x, Q), 3, Q);
    }

    // As above, in numbers a0 + a1 i with i^2 = -1.
    function _isOnTwist(uint256[2][2] calldata point) private pure returns (bool) {
        (uint256 x1, uint256 x0, uint256 y1, uint256 y0) = (point[0][0], point[0][1], point[1][0], point[1][1]);
        if (x1 >= Q || x0 >= Q || y1 >= Q || y0 >= Q) return false;
        (uint256 u1, uint256 u0) = _product(x1, x0, x1, x0);
        (u1, u0) = _product(u1, u0, x1, x0);
        (uint256 v1, uint256 v0) = _product(y1, y0, y1, y0);
        return v1 == addmod(u1, B_1, Q) && v0 == addmod(u0, B_0, Q);
    }

    function _product(uint256 a1, uint256 a0, uint256 b1, uint256 b0) private pure returns (uint256, uint256) {
        return (
            addmod(mulmod(a1, b0, Q), mulmod(a0, b1, Q), Q),
            addmod(mulmod(a0, b0, Q), Q - mulmod(a1, b1, Q), Q)
        );
    }

    function _negative(uint256 coordinate) private pure returns (uint256) {
        return coordinate == 0 ? 0 : Q - coordinate;
    }
}
