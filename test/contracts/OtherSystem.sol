// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IVerifier} from "zkonnx/contracts/interfaces/IVerifier.sol";

/// A verifier of a proof system that the registry does not know.
contract OtherSystem is IVerifier {
    bytes32 public immutable MODEL_ID;
    bool public constant DEV_KEYS = true;
    bytes4 public constant PROOF_SYSTEM = bytes4(keccak256("plonk-bn254-v1"));

    constructor(bytes32 modelId) {
        MODEL_ID = modelId;
    }

    function verify(Proof calldata, uint256[] calldata) external pure {}
}
