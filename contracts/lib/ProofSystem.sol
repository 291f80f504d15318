// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

// The proof systems of models' verifiers, as ERC-7992 names them: the first bytes of the Keccak-256 of a name.

// Groth16 on BN254.
bytes4 constant GROTH16 = bytes4(keccak256("groth16-bn254-v1"));

// Groth16 on BN254 with one round of commitment, whose challenge lookups are checked at.
bytes4 constant GROTH16_LOOKUP = bytes4(keccak256("groth16-lookup-bn254-v1"));
