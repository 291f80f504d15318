// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IVerifier} from "zkonnx/contracts/interfaces/IVerifier.sol";
import {GROTH16} from "zkonnx/contracts/lib/ProofSystem.sol";

/// A verifier without pairings, where real proofs would be too slow: a proof is valid if its first word is the hash of
/// the signals.
contract MockVerifier is IVerifier {
    bytes32 public immutable MODEL_ID;
    bool public constant DEV_KEYS = true;
    bytes4 public constant PROOF_SYSTEM = GROTH16;
    uint256 private immutable COUNT;

    constructor(bytes32 modelId, uint256 count) {
        MODEL_ID = modelId;
        COUNT = count;
    }

    function verify(Proof calldata proof, uint256[] calldata signals) external view {
        if (signals.length != COUNT) revert SignalCount(COUNT, signals.length);
        if (proof.a[0] != uint256(keccak256(abi.encode(MODEL_ID, signals)))) revert ProofInvalid();
    }
}
