// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IModelRegistry} from "./IModelRegistry.sol";
import {IVerifier} from "./IVerifier.sol";

/// @title The board of requests for predictions
/// @notice Anyone asks for a prediction of a registered model on an input and puts up a bounty. Anyone runs the model,
/// proves the prediction and fulfils the request. The first valid proof is paid to the beneficiary that its context
/// names, so that who copies a proof from the mempool pays the gas of another's reward. There is no operator.
///
/// Bounties are credited and then withdrawn: who is paid cannot stop a payment of others. Tokens must move what they say
/// they move; a token whose balances change by themselves can leave its own last creditors short, and nobody else.
interface IPredictionBoard {
    enum State {
        None,
        Open,
        Fulfilled,
        Reclaimed
    }

    /// @notice What is asked for.
    /// @param modelId The model's id in the registry.
    /// @param input The statement's signals that hold the input: packed integers, or commitments to them.
    /// @param data Goes into the event as it is, for provers: the input behind a commitment, say, or where to get it.
    /// @param token What the bounty is paid in; zero for ether.
    /// @param bounty More than zero.
    /// @param deadline The last timestamp, in seconds, at which the request can be fulfilled.
    /// @param callback Is told the answer; zero for nobody.
    /// @param callbackGas The gas that the callback is given: always all of it, and never more.
    struct Ask {
        uint256 modelId;
        uint256[] input;
        bytes data;
        address token;
        uint256 bounty;
        uint64 deadline;
        address callback;
        uint32 callbackGas;
    }

    /// @param inputHash The Keccak-256 of the ABI-encoded signals of the input.
    /// @param beneficiary Who was credited, once the request is fulfilled.
    struct Request {
        State state;
        uint64 deadline;
        address asker;
        address callback;
        uint32 callbackGas;
        address token;
        uint256 bounty;
        uint256 modelId;
        bytes32 inputHash;
        address beneficiary;
    }

    error BountyZero();
    error WrongValue(uint256 expected, uint256 given);
    error DeadlinePassed(uint256 deadline, uint256 timestamp);
    error TooEarly(uint256 deadline, uint256 timestamp);
    error CallbackGasTooHigh(uint256 most, uint256 given);

    /// @notice The publisher deprecated the model. Requests that are open already stay open.
    error ModelIsDeprecated(uint256 modelId);

    /// @notice The model's statements do not say what the input was, so that a prover could choose it.
    error InputNotInStatement(uint256 modelId);

    /// @notice The request's input takes another number of signals.
    error InputCount(uint256 expected, uint256 given);

    /// @notice The proof is of a prediction on another input.
    error InputMismatch(bytes32 expected, bytes32 given);

    /// @notice The last signal is not the context of this request and beneficiary on this chain and board.
    error ContextMismatch(uint256 expected, uint256 given);

    /// @notice A beneficiary of zero could never withdraw.
    error NoBeneficiary();

    /// @notice The request is not open, or there is none.
    error NotOpen(bytes32 requestId, State state);

    /// @notice The request is not fulfilled, or there is none.
    error NotAnswered(bytes32 requestId, State state);

    /// @notice So little gas is left that the callback would get less than it was promised.
    error NotEnoughGas(uint256 needed, uint256 left);

    /// @notice There is no code at the token's address.
    error TokenMissing(address token);

    /// @notice The token's transfer reverted, or returned false.
    error TransferFailed(address token);

    /// @notice The token moved another amount than it was told to.
    error TokenLied(address token, uint256 expected, uint256 moved);

    /// @notice The receiver of ether reverted.
    error EtherRefused(address to);

    error NothingToWithdraw(address token, address account);

    /// @notice A token called back into the board while it was moving.
    error Reentrant();

    event Requested(
        bytes32 indexed requestId,
        uint256 indexed modelId,
        address indexed asker,
        uint256[] input,
        bytes data,
        address token,
        uint256 bounty,
        uint64 deadline,
        address callback,
        uint32 callbackGas
    );

    /// @param output The packed output as it was proven; `answerOf` unpacks it.
    /// @param delivered Whether the callback took the answer; false where there is none.
    event Fulfilled(bytes32 indexed requestId, address indexed beneficiary, uint256[] output, bool delivered);

    event Reclaimed(bytes32 indexed requestId, address indexed asker);

    event Withdrawn(address indexed account, address indexed token, address to, uint256 amount);

    /// @notice Asks for a prediction. A bounty in ether comes with the call; a token's is taken from the caller.
    /// @return requestId Of this request alone, on this board and chain.
    function request(Ask calldata ask) external payable returns (bytes32 requestId);

    /// @notice Fulfils a request, credits the beneficiary, and tells the callback.
    /// @param signals The public signals; the last one must be `contextOf(requestId, beneficiary)`.
    function fulfil(bytes32 requestId, IVerifier.Proof calldata proof, uint256[] calldata signals, address beneficiary)
        external;

    /// @notice Credits the asker with the bounty of a request that nobody fulfilled in time. Anyone may call it.
    function reclaim(bytes32 requestId) external;

    /// @notice Pays out all that the caller was credited with in one token; zero for ether.
    function withdraw(address token, address to) external returns (uint256 amount);

    /// @notice The context that a proof for this request and beneficiary must be bound to: consumer is the board, nonce
    /// the request's id, deadline the request's.
    function contextOf(bytes32 requestId, address beneficiary) external view returns (uint256);

    /// @notice A request; its state is `None` if there is none.
    function requestOf(bytes32 requestId) external view returns (Request memory);

    /// @notice The output of a fulfilled request as signed integers; reverts with `NotAnswered` before.
    function answerOf(bytes32 requestId) external view returns (int256[] memory output);

    /// @notice What an account can withdraw.
    function creditOf(address token, address account) external view returns (uint256);

    /// @notice The registry that this board trusts.
    function REGISTRY() external view returns (IModelRegistry);
}
