// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IGroth16Verifier} from "./interfaces/IGroth16Verifier.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {Batch} from "./lib/Batch.sol";
import {Bn254, G_X0, G_X1, G_Y0, G_Y1, Q, R} from "./lib/Bn254.sol";
import {KeyStore} from "./lib/KeyStore.sol";
import {GROTH16_LOOKUP} from "./lib/ProofSystem.sol";

/// @title One verifier for many verifying keys of Groth16 with lookups
/// @notice e(A, B) = e(alpha, beta) e(IC(x, challenge), gamma) e(D, commitment) e(C, delta), over the precompiles 6, 7 and
/// 8 (EIP-196, EIP-197). The challenge is a hash of D and of all signals, and is computed here. A variant of Groth16 that
/// is newer than Groth16, and a contract of its own for that: what is wrong with it is no fault of `Groth16Verifier`.
/// @dev The words of a key, as `KeyStore` has them: -alpha, beta, -delta, -commitment, ic. The last of ic is the challenge's.
contract Groth16LookupVerifier is IGroth16Verifier {
    /// @inheritdoc IGroth16Verifier
    bytes4 public constant PROOF_SYSTEM = GROTH16_LOOKUP;

    // keccak256("zkonnx.groth16-lookup.v1"), which assembly cannot ask for.
    uint256 private constant TAG = 0x9e3f2d20ead9aae26b44fe648988a7070321ce1b109451db55acc59bd1f50df6;

    // Bytes of -alpha, beta, -delta and -commitment.
    uint256 private constant HEAD = 0x1c0;
    // Points for the signals that fit 24,576 bytes (EIP-170), with the head and the byte before it.
    uint256 private constant MOST_POINTS = 376;

    /// @inheritdoc IGroth16Verifier
    function register(Key calldata key, bool devKeys) external returns (bytes32 keyId) {
        if (devKeys && block.chainid != 31337 && block.chainid != 1337) {
            revert IVerifier.DevKeyOutsideLocalChain(block.chainid);
        }
        _requireSound(key);
        bool isNew;
        (keyId, isNew) = KeyStore.write(_codeOf(key, devKeys));
        if (isNew) emit KeyRegistered(keyId, key.ic.length - 2, devKeys);
    }

    /// @inheritdoc IGroth16Verifier
    function verify(bytes32 keyId, IVerifier.Proof calldata proof, uint256[] calldata signals) external view {
        (uint256 key, uint256 count) = _load(keyId);
        if (signals.length != count) revert IVerifier.SignalCount(count, signals.length);

        uint256 pairs = Bn254.allocate(0x3c0);
        uint256 sum = pairs + 0x180;
        uint256 ic = key + HEAD;
        bool ok = true;
        Bn254.copy(sum, ic, 0x40);
        for (uint256 i = 0; i < count; ++i) {
            uint256 signal = signals[i];
            if (signal >= R) revert IVerifier.SignalOutOfField(i, signal);
            ic += 0x40;
            Bn254.copy(sum + 0x40, ic, 0x40);
            ok = ok && Bn254.multiply(sum + 0x40, signal) && Bn254.add(sum);
        }
        Bn254.copy(sum + 0x40, ic + 0x40, 0x40);
        ok = ok && Bn254.multiply(sum + 0x40, _challenge(proof, signals, 0, count)) && Bn254.add(sum);
        assembly ("memory-safe") {
            calldatacopy(pairs, proof, 0xc0) // A and B
            calldatacopy(add(pairs, 0x240), add(proof, 0x100), 0x40) // D
            calldatacopy(add(pairs, 0x300), add(proof, 0xc0), 0x40) // C
        }
        Bn254.copy(pairs + 0xc0, key, 0x40);
        _requireProduct(key, pairs, 1, ok);
    }

    /// @inheritdoc IGroth16Verifier
    /// @dev See `Batch`. Each proof has a challenge of its own.
    function verifyBatch(bytes32 keyId, IVerifier.Proof[] calldata proofs, uint256[] calldata signals) external view {
        (uint256 key, uint256 count) = _load(keyId);
        uint256 n = proofs.length;
        if (n == 0) revert BatchEmpty();
        if (signals.length != n * count) revert IVerifier.SignalCount(n * count, signals.length);

        uint256 pairs = Bn254.allocate(0xc0 * (n + 4));
        bytes32 seed = Batch.digest(keyId, proofs, signals);
        // The sum of the weights, then of each signal times the weights, then of the challenges times the weights.
        uint256[] memory scalars = new uint256[](count + 2);
        uint256 last = pairs + 0xc0 * n;
        Bn254.clear(last + 0x180);
        Bn254.clear(last + 0x240);
        bool ok = true;
        for (uint256 j = 0; j < n; ++j) {
            uint256 weight = Batch.weightOf(seed, j);
            Batch.weighSignals(scalars, weight, signals, j * count, count);
            uint256 challenge = _challenge(proofs[j], signals, j * count, count);
            scalars[count + 1] = addmod(scalars[count + 1], mulmod(weight, challenge, R), R);
            ok = ok && Batch.weighPair(proofs[j], weight, pairs + 0xc0 * j);
            ok = ok && Batch.addWeighed(proofs[j].d, weight, last + 0x180);
            ok = ok && Batch.addWeighed(proofs[j].c, weight, last + 0x240);
        }
        ok = ok && Batch.weighKey(key, key + HEAD, scalars, last);
        _requireProduct(key, pairs, n, ok);
    }

    /// @inheritdoc IGroth16Verifier
    function keyOf(bytes32 keyId) external view returns (uint256 signals, bool devKeys, address data) {
        (, signals) = _load(keyId);
        data = KeyStore.dataOf(keyId);
        devKeys = data.code[0] == 0xfe;
    }

    // keccak256(TAG, D, the signals of one statement) modulo R. Neither D nor a signal can be chosen after it. That D has
    // one spelling is for the precompiles to check, that signals have one, for the caller.
    function _challenge(IVerifier.Proof calldata proof, uint256[] calldata signals, uint256 from, uint256 count)
        private
        pure
        returns (uint256 challenge)
    {
        assembly ("memory-safe") {
            // beyond the allocated memory, and needed no longer than this
            let start := mload(0x40)
            let size := shl(5, count)
            mstore(start, TAG)
            calldatacopy(add(start, 0x20), add(proof, 0x100), 0x40)
            calldatacopy(add(start, 0x60), add(signals.offset, shl(5, from)), size)
            challenge := mod(keccak256(start, add(0x60, size)), R)
        }
    }

    // Completes the pairs, of which n are the proofs' and four the key's, and requires that the product of their pairings
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
            mcopy(add(last, 0x1c0), add(key, 0x140), 0x80) // -commitment
            mcopy(add(last, 0x280), add(key, 0xc0), 0x80) // -delta
            mstore(0, 0) // where a chain has no such precompile, nothing is written
            ok := and(staticcall(gas(), 8, pairs, mul(add(n, 4), 0xc0), 0, 0x20), ok)
            holds := eq(mload(0), 1)
        }
        if (!ok) revert IVerifier.ProofMalformed();
        if (!holds) revert IVerifier.ProofInvalid();
    }

    function _load(bytes32 keyId) private view returns (uint256 key, uint256 count) {
        uint256 size;
        (key, size) = KeyStore.read(keyId);
        count = (size - HEAD) / 0x40 - 2;
    }

    function _codeOf(Key calldata key, bool devKeys) private pure returns (bytes memory code) {
        uint256[2][] calldata ic = key.ic;
        code = abi.encodePacked(
            KeyStore.head(devKeys),
            key.alpha[0],
            Q - key.alpha[1],
            key.beta[0],
            key.beta[1],
            _negative(key.delta),
            _negative(key.commitment),
            new uint256[](2 * ic.length)
        );
        assembly ("memory-safe") {
            let size := mul(ic.length, 0x40)
            calldatacopy(sub(add(add(code, 0x20), mload(code)), size), ic.offset, size)
        }
    }

    function _negative(uint256[2][2] calldata p) private pure returns (bytes memory) {
        return abi.encodePacked(p[0], Bn254.negative(p[1][0]), Bn254.negative(p[1][1]));
    }

    // The three denominators must differ, or what is under one could be moved under another.
    function _requireSound(Key calldata key) private pure {
        uint256 points = key.ic.length;
        if (points < 3 || points > MOST_POINTS) revert KeySize(points);
        if (!Bn254.isGenerator(key.gamma)) revert GammaNotGenerator();
        if (Bn254.isSameOrNegative(key.delta, key.gamma)) revert DeltaIsGamma();
        if (Bn254.isSameOrNegative(key.commitment, key.gamma)) revert DeltaIsGamma();
        if (Bn254.isSameOrNegative(key.commitment, key.delta)) revert CommitmentIsDelta();
        if (!Bn254.isOnCurve(key.alpha)) revert KeyPointMalformed(0);
        if (!Bn254.isOnTwist(key.beta)) revert KeyPointMalformed(1);
        if (!Bn254.isOnTwist(key.delta)) revert KeyPointMalformed(2);
        if (!Bn254.isOnTwist(key.commitment)) revert KeyPointMalformed(3);
        for (uint256 i = 0; i < points; ++i) {
            // a signal, or a challenge, whose point is infinity would not be bound by any proof
            if (!Bn254.isOnCurve(key.ic[i])) revert KeyPointMalformed(4 + i);
        }
    }
}
