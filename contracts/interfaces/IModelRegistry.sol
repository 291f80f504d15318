// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Schema} from "../lib/Schema.sol";
import {IERC165} from "./IERC165.sol";
import {IERCZKMLRegistry, IERCZKMLVerifier} from "./IERC7992.sol";
import {IVerifier} from "./IVerifier.sol";

/// @title The registry of models
/// @notice Implements the draft ERC-7992. An entry never changes: another version is another entry, which names the one
/// before it. The publisher can mark an entry as deprecated, and nothing else; nobody can do more than the publisher.
///
/// The id of an entry is a hash of all that it says, of its publisher, and of this registry and chain. Who copies an
/// entry gets another id: what an id stands for can be checked, and cannot be taken.
///
/// The registry takes the digests as the publisher states them. Only the verifier is its own witness: what it knows of
/// its model and keys is read from it. `zkonnx verify-build` checks the rest.
interface IModelRegistry is IERCZKMLRegistry, IERCZKMLVerifier, IERC165 {
    /// @notice How a model's keys were made. Dev keys, whose maker could forge proofs, are known by the verifier; whether
    /// others come from a ceremony is the publisher's word, and its transcript shows it.
    enum Setup {
        Unknown,
        Dev,
        Ceremony
    }

    /// @notice What a publisher says of a model.
    /// @param onnx The SHA-256 of the ONNX file, or zero where the weights are secret.
    /// @param manifest The SHA-256 of the build's manifest as canonical JSON.
    /// @param circuit The SHA-256 of the constraint system.
    /// @param verifyingKey The SHA-256 of the verifying key: canonical JSON, without the mark that zkonnx adds.
    /// @param fidelity The SHA-256 of the manifest's fidelity report as canonical JSON, or zero.
    /// @param statementModel The id of the model inside contexts; a verifier of the model's own must have it too.
    /// @param verifier Verifies the model's proofs: an `IVerifier` of its own, or an `IGroth16Verifier` of many keys.
    /// @param keyId The verifying key in a verifier of many keys; zero for a verifier of the model's own.
    /// @param setup How the keys were made: `Dev` exactly if the verifier says so.
    /// @param weights Of a model with secret weights: the commitment that its statements carry. Zero otherwise.
    /// @param predecessor The entry that this one is a new version of, by the same publisher; zero for a first version.
    /// @param schema The parts of a statement, in the order of its signals, without the context that ends it.
    /// @param uri Where manifest, keys and report can be found, or empty.
    struct Model {
        bytes32 onnx;
        bytes32 manifest;
        bytes32 circuit;
        bytes32 verifyingKey;
        bytes32 fidelity;
        bytes32 statementModel;
        address verifier;
        bytes32 keyId;
        Setup setup;
        uint256 weights;
        uint256 predecessor;
        Schema.Part[] schema;
        string uri;
    }

    /// @notice What verifying takes, and who registered it.
    /// @param verifierCode The hash of the verifier's code when the entry was made.
    /// @param setup How the keys were made. Those of dev keys are on local chains only.
    /// @param outputSignals The statement's first signals, which hold the output.
    /// @param inputSignals The signals that follow and hold the input, or commitments to it.
    /// @param signals Public signals of the whole statement.
    /// @param proofSystem As the verifier named it: plain Groth16, or with lookups.
    struct Facts {
        address publisher;
        uint64 registeredAt;
        bytes32 statementModel;
        address verifier;
        bytes32 keyId;
        bytes32 verifierCode;
        Setup setup;
        uint256 outputSignals;
        uint256 inputSignals;
        uint256 signals;
        uint256 weights;
        uint256 predecessor;
        bytes4 proofSystem;
    }

    /// @notice The publisher registered this very entry before.
    error AlreadyRegistered(uint256 modelId);

    /// @notice Entries never change: register the new version, and name this entry as its predecessor.
    error EntryImmutable(uint256 modelId);

    /// @notice The entry is deprecated already.
    error AlreadyDeprecated(uint256 modelId);

    /// @notice The predecessor has another publisher.
    error OtherPublisher(uint256 predecessor, address publisher, address caller);

    /// @notice There is no code at the verifier's address.
    error VerifierMissing(address verifier);

    /// @notice The code at the verifier's address is not the code that was registered.
    error VerifierChanged(address verifier, bytes32 expected, bytes32 given);

    /// @notice The entry was made with the draft's `registerModel` alone, which names no verifier.
    error NoVerifier(uint256 modelId);

    /// @notice The verifier has dev keys and the entry says otherwise, or the other way round.
    error SetupMismatch(Setup given, bool devKeys);

    /// @notice A weights' commitment is given and the schema has no signal for it, or the other way round.
    error WeightsMismatch(uint256 weights, uint256 weightSignals);

    /// @notice The statement is of a model with the same circuit and other weights.
    error OtherWeights(uint256 expected, uint256 given);

    /// @notice An entry is a new version of another.
    event VersionRegistered(uint256 indexed modelId, uint256 indexed predecessor);

    /// @notice Registers a model. The caller is its publisher.
    /// @return modelId `modelIdOf(msg.sender, model)`.
    function register(Model calldata model) external returns (uint256 modelId);

    /// @notice Returns if the proof holds for this statement of the model; reverts with the verifier's error if not.
    /// Deprecated models verify as before. Whether the context is right is for the caller to check: see `Context`.
    function verify(uint256 modelId, IVerifier.Proof calldata proof, uint256[] calldata signals) external view;

    /// @notice As `verify`, for n proofs at once: by one pairing check where the verifier is one of many keys, one after
    /// the other where it is the model's own. Does not tell which proof is at fault if one does not hold.
    /// @param signals The public signals of the first proof, then those of the second, and so on.
    function verifyBatch(uint256 modelId, IVerifier.Proof[] calldata proofs, uint256[] calldata signals) external view;

    /// @notice The id that an entry has, or would have.
    function modelIdOf(address publisher, Model calldata model) external view returns (uint256);

    /// @notice An entry as it was registered. Reverts with `ModelNotFound`.
    function modelOf(uint256 modelId) external view returns (Model memory);

    /// @notice What verifying a model takes. Reverts with `ModelNotFound`.
    function factsOf(uint256 modelId) external view returns (Facts memory);

    /// @notice Whether the publisher deprecated the model. Reverts with `ModelNotFound`.
    function isDeprecated(uint256 modelId) external view returns (bool);

    /// @notice The model's output as signed integers, one part after the other, each row-major.
    /// @param signals At least the statement's first `outputSignals` signals. Their meaning holds only if verified.
    function decodeOutput(uint256 modelId, uint256[] calldata signals) external view returns (int256[] memory);

    /// @notice The draft's `inputCommitment`: of all signals that follow the output, the context among them. The context
    /// holds the nonce.
    function inputCommitmentOf(uint256 modelId, uint256[] calldata signals) external view returns (bytes32);
}
