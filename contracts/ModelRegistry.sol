// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IGroth16Verifier} from "./interfaces/IGroth16Verifier.sol";
import {IERC165} from "./interfaces/IERC165.sol";
import {IERCZKMLRegistry, IERCZKMLVerifier} from "./interfaces/IERC7992.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {IVerifier} from "./interfaces/IVerifier.sol";
import {CodeStore} from "./lib/CodeStore.sol";
import {GROTH16, GROTH16_LOOKUP} from "./lib/ProofSystem.sol";
import {Schema} from "./lib/Schema.sol";

/// @title The registry of models
contract ModelRegistry is IModelRegistry {
    bytes32 private constant MODEL_DOMAIN = keccak256("zkonnx.model.v1");
    bytes32 private constant INPUT_DOMAIN = keccak256("zkonnx.input.v1");
    // ABI-encoded `Facts`: a word each.
    uint256 private constant FACTS_BYTES = 13 * 32;

    // An entry is code, which cannot change; whether it is deprecated stands beside it.
    struct Entry {
        address data;
        bool deprecated;
    }

    mapping(uint256 modelId => Entry) private _entries;

    /// @inheritdoc IModelRegistry
    function register(Model calldata model) external returns (uint256 modelId) {
        uint256[3] memory signals = Schema.measure(model.schema);
        if ((model.weights != 0) != (signals[2] != 0)) revert WeightsMismatch(model.weights, signals[2]);
        if (model.verifier.code.length == 0) revert VerifierMissing(model.verifier);
        Facts memory facts = _factsFor(model.predecessor);
        (facts.statementModel, facts.verifier, facts.keyId) = (model.statementModel, model.verifier, model.keyId);
        facts.verifierCode = model.verifier.codehash;
        facts.outputSignals = signals[0];
        facts.inputSignals = signals[1];
        facts.signals = signals[0] + signals[1] + signals[2] + 1;
        facts.weights = model.weights;
        facts.setup = model.setup;
        _askVerifier(facts);
        return _store(facts, model);
    }

    /// @inheritdoc IERCZKMLRegistry
    /// @dev The draft's form names no verifier: such an entry can be read, and nothing can be verified for it.
    function registerModel(ModelCommitment calldata commitment) external returns (uint256 modelId) {
        Facts memory facts = _factsFor(0);
        facts.proofSystem = _supported(commitment.proofSystemId);
        Model memory model;
        model.onnx = commitment.modelHash;
        model.circuit = commitment.circuitHash;
        model.verifyingKey = commitment.vkHash;
        model.uri = commitment.uri;
        return _store(facts, model);
    }

    /// @inheritdoc IERCZKMLRegistry
    /// @dev The draft leaves versioning to the registry: here a version is an entry of its own, and none changes.
    function updateModel(uint256 modelId, ModelCommitment calldata) external view {
        _requirePublisher(modelId);
        revert EntryImmutable(modelId);
    }

    /// @inheritdoc IERCZKMLRegistry
    function deprecateModel(uint256 modelId) external {
        _requirePublisher(modelId);
        if (_entries[modelId].deprecated) revert AlreadyDeprecated(modelId);
        _entries[modelId].deprecated = true;
        emit ModelDeprecated(modelId);
    }

    /// @inheritdoc IERCZKMLVerifier
    /// @param output The ABI-encoded `int256[]` that `decodeOutput` gives for the signals.
    /// @param proof The ABI-encoded `IVerifier.Proof` and `uint256[]` of all public signals.
    function verifyInference(uint256 modelId, bytes32 inputCommitment, bytes calldata output, bytes calldata proof)
        external
    {
        if (isDeprecated(modelId)) revert VerificationRefused_ModelDeprecated(modelId);
        (IVerifier.Proof memory points, uint256[] memory signals) = abi.decode(proof, (IVerifier.Proof, uint256[]));
        this.verify(modelId, points, signals);
        if (this.inputCommitmentOf(modelId, signals) != inputCommitment) revert InputCommitmentMismatch();
        if (keccak256(abi.encode(this.decodeOutput(modelId, signals))) != keccak256(output)) revert OutputMismatch();
        emit InferenceVerified(modelId, inputCommitment, output, msg.sender);
    }

    /// @inheritdoc IModelRegistry
    function verify(uint256 modelId, IVerifier.Proof calldata proof, uint256[] calldata signals) external view {
        Facts memory facts = _verifiable(modelId, signals, 1);
        if (facts.keyId == 0) IVerifier(facts.verifier).verify(proof, signals);
        else IGroth16Verifier(facts.verifier).verify(facts.keyId, proof, signals);
    }

    /// @inheritdoc IModelRegistry
    function verifyBatch(uint256 modelId, IVerifier.Proof[] calldata proofs, uint256[] calldata signals) external view {
        if (proofs.length == 0) revert IGroth16Verifier.BatchEmpty();
        Facts memory facts = _verifiable(modelId, signals, proofs.length);
        if (facts.keyId != 0) return IGroth16Verifier(facts.verifier).verifyBatch(facts.keyId, proofs, signals);
        for (uint256 i = 0; i < proofs.length; ++i) {
            IVerifier(facts.verifier).verify(proofs[i], signals[i * facts.signals:(i + 1) * facts.signals]);
        }
    }

    /// @inheritdoc IModelRegistry
    function decodeOutput(uint256 modelId, uint256[] calldata signals) external view returns (int256[] memory) {
        Model memory model = modelOf(modelId);
        uint256 count = factsOf(modelId).outputSignals;
        if (signals.length < count) revert IVerifier.SignalCount(count, signals.length);
        return Schema.decodeOutput(model.schema, signals);
    }

    /// @inheritdoc IModelRegistry
    function inputCommitmentOf(uint256 modelId, uint256[] calldata signals) external view returns (bytes32) {
        Facts memory facts = factsOf(modelId);
        if (signals.length != facts.signals) revert IVerifier.SignalCount(facts.signals, signals.length);
        return keccak256(abi.encode(INPUT_DOMAIN, modelId, signals[facts.outputSignals:]));
    }

    /// @inheritdoc IERCZKMLRegistry
    function getModel(uint256 modelId)
        external
        view
        returns (ModelCommitment memory commitment, bool deprecated, address owner)
    {
        Facts memory facts = factsOf(modelId);
        return (_commitmentOf(facts, modelOf(modelId)), isDeprecated(modelId), facts.publisher);
    }

    /// @inheritdoc IERCZKMLVerifier
    function proofSystemOf(uint256 modelId) external view returns (bytes4) {
        return factsOf(modelId).proofSystem;
    }

    /// @inheritdoc IERCZKMLVerifier
    function registry() external view returns (address) {
        return address(this);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IERCZKMLRegistry).interfaceId
            || interfaceId == type(IERCZKMLVerifier).interfaceId || interfaceId == type(IModelRegistry).interfaceId;
    }

    /// @inheritdoc IModelRegistry
    function modelIdOf(address publisher, Model memory model) public view returns (uint256) {
        return uint256(keccak256(abi.encode(MODEL_DOMAIN, block.chainid, address(this), publisher, model)));
    }

    /// @inheritdoc IModelRegistry
    function modelOf(uint256 modelId) public view returns (Model memory model) {
        bytes memory data = CodeStore.read(_dataOf(modelId));
        Facts memory facts;
        uint256[] memory schema;
        (facts, model.onnx, model.manifest, model.circuit, model.verifyingKey, model.fidelity, schema, model.uri) =
            abi.decode(data, (Facts, bytes32, bytes32, bytes32, bytes32, bytes32, uint256[], string));
        (model.statementModel, model.verifier, model.keyId) = (facts.statementModel, facts.verifier, facts.keyId);
        (model.setup, model.weights, model.predecessor) = (facts.setup, facts.weights, facts.predecessor);
        model.schema = new Schema.Part[](schema.length);
        for (uint256 i = 0; i < schema.length; ++i) model.schema[i] = Schema.unpack(schema[i]);
    }

    /// @inheritdoc IModelRegistry
    function factsOf(uint256 modelId) public view returns (Facts memory) {
        return abi.decode(CodeStore.read(_dataOf(modelId), 0, FACTS_BYTES), (Facts));
    }

    /// @inheritdoc IModelRegistry
    function isDeprecated(uint256 modelId) public view returns (bool) {
        _dataOf(modelId);
        return _entries[modelId].deprecated;
    }

    function _factsFor(uint256 predecessor) private view returns (Facts memory facts) {
        if (predecessor != 0) {
            address before = factsOf(predecessor).publisher;
            if (before != msg.sender) revert OtherPublisher(predecessor, before, msg.sender);
        }
        (facts.publisher, facts.registeredAt, facts.predecessor) = (msg.sender, uint64(block.timestamp), predecessor);
    }

    // What the verifier knows of the model must agree. Verifiers of one key and of many name their system alike.
    function _askVerifier(Facts memory facts) private view {
        facts.proofSystem = _supported(IVerifier(facts.verifier).PROOF_SYSTEM());
        bool devKeys;
        if (facts.keyId == 0) {
            if (IVerifier(facts.verifier).MODEL_ID() != facts.statementModel) revert ModelMismatch();
            devKeys = IVerifier(facts.verifier).DEV_KEYS();
        } else {
            uint256 signals;
            (signals, devKeys,) = IGroth16Verifier(facts.verifier).keyOf(facts.keyId);
            if (signals != facts.signals) revert IVerifier.SignalCount(signals, facts.signals);
        }
        if ((facts.setup == Setup.Dev) != devKeys) revert SetupMismatch(facts.setup, devKeys);
    }

    // The facts of a model whose verifier can be asked about n statements with these signals.
    function _verifiable(uint256 modelId, uint256[] calldata signals, uint256 n)
        private
        view
        returns (Facts memory facts)
    {
        facts = factsOf(modelId);
        if (facts.verifier == address(0)) revert NoVerifier(modelId);
        bytes32 code = facts.verifier.codehash;
        if (code != facts.verifierCode) revert VerifierChanged(facts.verifier, facts.verifierCode, code);
        if (signals.length != n * facts.signals) revert IVerifier.SignalCount(n * facts.signals, signals.length);
        if (facts.weights == 0) return facts;
        for (uint256 i = facts.signals - 2; i < signals.length; i += facts.signals) {
            if (signals[i] != facts.weights) revert OtherWeights(facts.weights, signals[i]);
        }
    }

    function _store(Facts memory facts, Model memory model) private returns (uint256 modelId) {
        modelId = modelIdOf(msg.sender, model);
        if (_entries[modelId].data != address(0)) revert AlreadyRegistered(modelId);
        uint256[] memory schema = new uint256[](model.schema.length);
        for (uint256 i = 0; i < schema.length; ++i) schema[i] = Schema.pack(model.schema[i]);
        _entries[modelId].data = CodeStore.write(
            abi.encode(
                facts,
                model.onnx,
                model.manifest,
                model.circuit,
                model.verifyingKey,
                model.fidelity,
                schema,
                model.uri
            )
        );
        emit ModelRegistered(modelId, msg.sender, _commitmentOf(facts, model));
        if (facts.predecessor != 0) emit VersionRegistered(modelId, facts.predecessor);
    }

    function _requirePublisher(uint256 modelId) private view {
        if (factsOf(modelId).publisher != msg.sender) revert NotModelOwner(modelId, msg.sender);
    }

    function _dataOf(uint256 modelId) private view returns (address data) {
        data = _entries[modelId].data;
        if (data == address(0)) revert ModelNotFound(modelId);
    }

    function _supported(bytes4 proofSystem) private pure returns (bytes4) {
        if (proofSystem != GROTH16 && proofSystem != GROTH16_LOOKUP) revert UnsupportedProofSystem(proofSystem);
        return proofSystem;
    }

    function _commitmentOf(Facts memory facts, Model memory model) private pure returns (ModelCommitment memory) {
        return ModelCommitment(model.onnx, model.circuit, model.verifyingKey, facts.proofSystem, model.uri);
    }
}
