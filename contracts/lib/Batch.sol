// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IVerifier} from "../interfaces/IVerifier.sol";
import {Bn254, R} from "./Bn254.sol";

/// @title What verifiers of many keys do to many proofs at once
/// @dev Each proof's equation is taken to the power of a weight, and all are multiplied. The pairings with the key's
/// points are shared by all. The first weight is 1; the others have 128 bits, which whoever chose the proofs could not
/// foresee: a batch with a false equation passes with a probability of 2^-128.
library Batch {
    /// @dev Of everything that a batch says. The key and the length of the whole say how many proofs there are.
    function digest(bytes32 keyId, IVerifier.Proof[] calldata proofs, uint256[] calldata signals)
        internal
        pure
        returns (bytes32 seed)
    {
        assembly ("memory-safe") {
            // beyond the allocated memory, and needed no longer than this
            let start := mload(0x40)
            let proofBytes := mul(proofs.length, 0x140)
            let signalBytes := mul(signals.length, 0x20)
            mstore(start, keyId)
            calldatacopy(add(start, 0x20), proofs.offset, proofBytes)
            calldatacopy(add(add(start, 0x20), proofBytes), signals.offset, signalBytes)
            seed := keccak256(start, add(add(0x20, proofBytes), signalBytes))
        }
    }

    function weightOf(bytes32 seed, uint256 j) internal pure returns (uint256) {
        return j == 0 ? 1 : uint128(uint256(keccak256(abi.encode(seed, j))));
    }

    /// @dev scalars[0] += weight, scalars[1 + i] += weight * signals[from + i] for i < count
    function weighSignals(
        uint256[] memory scalars,
        uint256 weight,
        uint256[] calldata signals,
        uint256 from,
        uint256 count
    ) internal pure {
        scalars[0] += weight;
        for (uint256 i = 1; i <= count; ++i) {
            uint256 signal = signals[from + i - 1];
            if (signal >= R) revert IVerifier.SignalOutOfField(from + i - 1, signal);
            scalars[i] = addmod(scalars[i], mulmod(weight, signal, R), R);
        }
    }

    /// @dev The pair of weight * A and B.
    function weighPair(IVerifier.Proof calldata proof, uint256 weight, uint256 pair) internal view returns (bool ok) {
        assembly ("memory-safe") {
            calldatacopy(pair, proof, 0x40)
        }
        // a weight of one needs no multiplication
        ok = weight == 1 || Bn254.multiply(pair, weight);
        assembly ("memory-safe") {
            calldatacopy(add(pair, 0x40), add(proof, 0x40), 0x80)
        }
    }

    /// @dev sum += weight * point; the three words behind the sum are lost.
    function addWeighed(uint256[2] calldata point, uint256 weight, uint256 sum) internal view returns (bool ok) {
        assembly ("memory-safe") {
            calldatacopy(add(sum, 0x40), point, 0x40)
        }
        ok = weight == 1 || Bn254.multiply(sum + 0x40, weight);
        ok = ok && Bn254.add(sum);
    }

    /// @dev The points of the pairs with beta and gamma: scalars[0] * -alpha, and the sum of scalars[i] * ic[i].
    function weighKey(uint256 alpha, uint256 ic, uint256[] memory scalars, uint256 pairs)
        internal
        view
        returns (bool ok)
    {
        Bn254.copy(pairs, alpha, 0x40);
        ok = Bn254.multiply(pairs, scalars[0]);
        uint256 sum = pairs + 0xc0;
        Bn254.clear(sum);
        for (uint256 i = 0; i < scalars.length; ++i) {
            Bn254.copy(sum + 0x40, ic + 0x40 * i, 0x40);
            ok = ok && Bn254.multiply(sum + 0x40, scalars[i]) && Bn254.add(sum);
        }
    }
}
