// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IGroth16Verifier} from "./interfaces/IGroth16Verifier.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {Batch} from "./lib/Batch.sol";
import {Bn254, G_X0, G_X1, G_Y0, G_Y1, Q, R} from "./lib/Bn254.sol";
import {KeyStore} from "./lib/KeyStore.sol";
import {GROTH16} from "./lib/ProofSystem.sol";

/// @title One verifier for many verifying keys
/// @notice Groth16 on BN254 (Groth, EUROCRYPT 2016, section 3.2) over the precompiles 6, 7 and 8 (EIP-196, EIP-197).
/// @dev The words of a key, as `KeyStore` has them: -alpha, beta, -delta, ic.
contract Groth16Verifier is IGroth16Verifier {
    /// @inheritdoc IGroth16Verifier
    bytes4 public constant PROOF_SYSTEM = GROTH16;

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
        bool isNew;
        (keyId, isNew) = KeyStore.write(_codeOf(key, devKeys));
        if (isNew) emit KeyRegistered(keyId, key.ic.length - 1, devKeys);
    }

    /// @inheritdoc IGroth16Verifier
    function verify(bytes32 keyId, IVerifier.Proof calldata proof, uint256[] calldata signals) external view {
        (uint256 key, uint256 count) = _load(keyId);
        _requirePlain(proof);
        if (signals.length != count) revert IVerifier.SignalCount(count, signals.length);

        uint256 pairs = Bn254.allocate(0x300);
        uint256 sum = pairs + 0x180;
        bool ok = true;
        Bn254.copy(sum, key + HEAD, 0x40);
        for (uint256 i = 0; i < count; ++i) {
            uint256 signal = signals[i];
            if (signal >= R) revert IVerifier.SignalOutOfField(i, signal);
            Bn254.copy(sum + 0x40, key + HEAD + 0x40 * (i + 1), 0x40);
            ok = ok && Bn254.multiply(sum + 0x40, signal) && Bn254.add(sum);
        }
        assembly ("memory-safe") {
            calldatacopy(pairs, proof, 0xc0) // A and B
            calldatacopy(add(pairs, 0x240), add(proof, 0xc0), 0x40) // C
        }
        Bn254.copy(pairs + 0xc0, key, 0x40);
        _requireProduct(key, pairs, 1, ok);
    }

    /// @inheritdoc IGroth16Verifier
    /// @dev See `Batch`.
    function verifyBatch(bytes32 keyId, IVerifier.Proof[] calldata proofs, uint256[] calldata signals) external view {
        (uint256 key, uint256 count) = _load(keyId);
        uint256 n = proofs.length;
        if (n == 0) revert BatchEmpty();
        if (signals.length != n * count) revert IVerifier.SignalCount(n * count, signals.length);

        uint256 pairs = Bn254.allocate(0xc0 * (n + 3));
        bytes32 seed = Batch.digest(keyId, proofs, signals);
        // The sum of the weights, then of each signal times the weights.
        uint256[] memory scalars = new uint256[](count + 1);
        uint256 sum = pairs + 0xc0 * n + 0x180;
        Bn254.clear(sum);
        bool ok = true;
        for (uint256 j = 0; j < n; ++j) {
            _requirePlain(proofs[j]);
            uint256 weight = Batch.weightOf(seed, j);
            Batch.weighSignals(scalars, weight, signals, j * count, count);
            ok = ok && Batch.weighPair(proofs[j], weight, pairs + 0xc0 * j);
            ok = ok && Batch.addWeighed(proofs[j].c, weight, sum);
        }
        ok = ok && Batch.weighKey(key, key + HEAD, scalars, pairs + 0xc0 * n);
        _requireProduct(key, pairs, n, ok);
    }

    /// @inheritdoc IGroth16Verifier
    function keyOf(bytes32 keyId) external view returns (uint256 signals, bool devKeys, address data) {
        (, signals) = _load(keyId);
        data = KeyStore.dataOf(keyId);
        devKeys = data.code[0] == 0xfe;
    }

    // Completes the pairs, of which n are the proofs' and three the key's, and requires that the product of their pairings
    // is one. The precompile refuses coordinates out of the field, points off the curve and out of the subgroup.
    function _requireProduct(uint256 key, uint256 pairs, uint256 n, bool ok) private view {
        bool holds;
        assembly ("memory-safe") {
            let last := add(pairs, mul(n, 0xc0))
            mcopy(add(last, 0x40), add(key, 0x40), 0x80) // beta
            mstore(add(last, 0x100), G_X1)
            mstore(add(last, 0x120), G_X0)
            mstore(add(last, 0x140), sub(Q, G_Y1)) // -gamma
            mstore(add(last, 0x160), sub(Q, G_Y0))
            mcopy(add(last, 0x1c0), add(key, 0xc0), 0x80) // -delta
            mstore(0, 0) // where a chain has no such precompile, nothing is written
            ok := and(staticcall(gas(), 8, pairs, mul(add(n, 3), 0xc0), 0, 0x20), ok)
            holds := eq(mload(0), 1)
        }
        if (!ok) revert IVerifier.ProofMalformed();
        if (!holds) revert IVerifier.ProofInvalid();
    }

    // A commitment in a proof of a scheme that has none: refused, so that there is one way to write a proof.
    function _requirePlain(IVerifier.Proof calldata proof) private pure {
        if (proof.d[0] | proof.d[1] != 0) revert IVerifier.ProofMalformed();
    }

    function _load(bytes32 keyId) private view returns (uint256 key, uint256 count) {
        uint256 size;
        (key, size) = KeyStore.read(keyId);
        count = (size - HEAD) / 0x40 - 1;
    }

    function _codeOf(Key calldata key, bool devKeys) private pure returns (bytes memory code) {
        uint256[2][] calldata ic = key.ic;
        code = abi.encodePacked(
            KeyStore.head(devKeys),
            key.alpha[0],
            Q - key.alpha[1],
            key.beta[0],
            key.beta[1],
            key.delta[0],
            Bn254.negative(key.delta[1][0]),
            Bn254.negative(key.delta[1][1]),
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
        if (!Bn254.isGenerator(key.gamma)) revert GammaNotGenerator();
        if (Bn254.isSameOrNegative(key.delta, key.gamma)) revert DeltaIsGamma();
        if (!Bn254.isOnCurve(key.alpha)) revert KeyPointMalformed(0);
        if (!Bn254.isOnTwist(key.beta)) revert KeyPointMalformed(1);
        if (!Bn254.isOnTwist(key.delta)) revert KeyPointMalformed(2);
        uint256[2][2] calldata none = key.commitment;
        if (none[0][0] | none[0][1] | none[1][0] | none[1][1] != 0) revert KeyPointMalformed(3);
        for (uint256 i = 0; i < points; ++i) {
            // a signal whose point is infinity would not be bound by any proof
            if (!Bn254.isOnCurve(key.ic[i])) revert KeyPointMalformed(4 + i);
        }
    }
}
