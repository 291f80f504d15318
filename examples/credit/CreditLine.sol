// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ScoreConsumer} from "generated/ScoreConsumer.sol";
import {ScoreModel} from "generated/ScoreModel.sol";
import {IVerifier} from "zkonnx/contracts/interfaces/IVerifier.sol";

/// @title A credit line that opens on a verified score
/// @notice An example. An applicant proves that the model's score of their data is at least what the line asks for. The
/// chain sees neither data nor score: the statement holds a salted commitment to the data, and the threshold. That the
/// data are true is the bureau's word, which attests to the commitment; without it an applicant could make them up.
contract CreditLine is ScoreConsumer {
    error NotTheBureau(address caller);
    error NotAttested(address applicant, uint256 attested, uint256 given);
    error ScoreTooLow(int256 least, int256 proven);
    error AlreadyOpen(address applicant);
    error OverTheLimit(uint256 limit, uint256 wanted);
    error PaymentFailed(address to);

    event Attested(address indexed applicant, uint256 commitment);
    event Opened(address indexed applicant, int256 threshold);

    address public immutable BUREAU;
    int256 public immutable LEAST_SCORE;
    uint256 public immutable LIMIT;

    mapping(address applicant => uint256) public commitmentOf;
    mapping(address applicant => bool) public isOpen;
    mapping(address applicant => uint256) public debtOf;

    /// @param leastScore In integers of the model: real = integer * scale.
    constructor(IVerifier verifier, address bureau, int256 leastScore, uint256 limit) payable ScoreConsumer(verifier) {
        (BUREAU, LEAST_SCORE, LIMIT) = (bureau, leastScore, limit);
    }

    /// @notice The bureau's word that a commitment is to this applicant's true data.
    function attest(address applicant, uint256 commitment) external {
        if (msg.sender != BUREAU) revert NotTheBureau(msg.sender);
        commitmentOf[applicant] = commitment;
        emit Attested(applicant, commitment);
    }

    /// @notice Opens the line of the beneficiary that the proof names, whoever submits it.
    function open(IVerifier.Proof calldata proof, uint256[] calldata signals, Terms calldata terms) external {
        address applicant = terms.beneficiary;
        int256 threshold = _take(proof, signals, terms)[0];
        if (threshold < LEAST_SCORE) revert ScoreTooLow(LEAST_SCORE, threshold);
        uint256 attested = commitmentOf[applicant];
        uint256 given = signals[ScoreModel.INPUT_FIRST];
        // no commitment is zero, and an applicant whom the bureau does not know has none
        if (attested == 0 || attested != given) revert NotAttested(applicant, attested, given);
        if (isOpen[applicant]) revert AlreadyOpen(applicant);
        isOpen[applicant] = true;
        emit Opened(applicant, threshold);
    }

    function draw(uint256 amount) external {
        uint256 limit = isOpen[msg.sender] ? LIMIT : 0;
        uint256 debt = debtOf[msg.sender] + amount;
        if (debt > limit) revert OverTheLimit(limit, debt);
        debtOf[msg.sender] = debt;
        (bool sent,) = msg.sender.call{value: amount}("");
        if (!sent) revert PaymentFailed(msg.sender);
    }

    function repay() external payable {
        debtOf[msg.sender] -= msg.value;
    }
}
