// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title A registry of models that are proven (ERC-7992, draft of November 2025)
/// @dev The draft declares an event and an error that are both called `ModelDeprecated`, which no compiler accepts. The
/// event stays; what is refused because a model is deprecated is refused with the verifier's own error.
interface IERCZKMLRegistry {
    /// @param modelHash Of weights and architecture; here the SHA-256 of the ONNX file.
    /// @param circuitHash The SHA-256 of the constraint system.
    /// @param vkHash The SHA-256 of the verifying key.
    /// @param proofSystemId The first four bytes of the Keccak-256 of the proof system's name.
    /// @param uri Where more is told, or empty.
    struct ModelCommitment {
        bytes32 modelHash;
        bytes32 circuitHash;
        bytes32 vkHash;
        bytes4 proofSystemId;
        string uri;
    }

    event ModelRegistered(uint256 indexed modelId, address indexed owner, ModelCommitment commitment);

    event ModelUpdated(uint256 indexed modelId, ModelCommitment oldCommitment, ModelCommitment newCommitment);

    event ModelDeprecated(uint256 indexed modelId);

    error ModelNotFound(uint256 modelId);
    error NotModelOwner(uint256 modelId, address caller);

    /// @return modelId Never given to another model.
    function registerModel(ModelCommitment calldata commitment) external returns (uint256 modelId);

    function updateModel(uint256 modelId, ModelCommitment calldata newCommitment) external;

    function deprecateModel(uint256 modelId) external;

    function getModel(uint256 modelId)
        external
        view
        returns (ModelCommitment memory commitment, bool deprecated, address owner);
}

/// @title A verifier of inferences of registered models (ERC-7992, draft of November 2025)
interface IERCZKMLVerifier {
    event InferenceVerified(
        uint256 indexed modelId, bytes32 indexed inputCommitment, bytes output, address indexed caller
    );

    error InvalidProof();
    error ModelMismatch();
    error InputCommitmentMismatch();
    error OutputMismatch();
    error UnsupportedProofSystem(bytes4 proofSystemId);
    error VerificationRefused_ModelDeprecated(uint256 modelId);

    /// @notice Returns if the proof holds; reverts otherwise.
    /// @param inputCommitment A hash of all that the statement says beside the output.
    /// @param output The public output, ABI-encoded.
    function verifyInference(uint256 modelId, bytes32 inputCommitment, bytes calldata output, bytes calldata proof)
        external;

    function proofSystemOf(uint256 modelId) external view returns (bytes4);

    function registry() external view returns (address registryAddress);
}
