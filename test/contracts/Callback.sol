// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPredictionBoard} from "zkonnx/contracts/interfaces/IPredictionBoard.sol";
import {IPredictionCallback} from "zkonnx/contracts/interfaces/IPredictionCallback.sol";

/// Takes answers, in good ways and bad ones. Takes no ether unless it is told to.
contract Callback is IPredictionCallback {
    enum Mode {
        Takes,
        Reverts,
        BurnsGas,
        ReturnsMuch,
        CallsBack
    }

    Mode public mode;
    bool public takesEther;
    address private target;
    bytes private callData;

    bytes32 public requestId;
    uint256 public modelId;
    int256[] public output;
    uint256 public gasGiven;
    bool public done;
    bytes public answer;

    function behave(Mode how, address called, bytes calldata data, bool ether_) external {
        (mode, target, callData, takesEther) = (how, called, data, ether_);
        gasGiven = 1;
    }

    function onPrediction(bytes32 id, uint256 model, int256[] calldata values) external {
        uint256 given = gasleft();
        if (mode == Mode.Reverts) revert("no");
        if (mode == Mode.BurnsGas) while (true) {}
        if (mode == Mode.ReturnsMuch) {
            assembly {
                return(0, 500000)
            }
        }
        if (mode == Mode.CallsBack) (done, answer) = target.call(callData);
        (requestId, modelId, output, gasGiven) = (id, model, values, given);
    }

    function forward(address to, bytes calldata data) external payable returns (bytes memory) {
        (bool worked, bytes memory back) = to.call{value: msg.value}(data);
        if (!worked) {
            assembly {
                revert(add(back, 0x20), mload(back))
            }
        }
        return back;
    }

    receive() external payable {
        require(takesEther, "no ether");
        if (callData.length != 0) (done, answer) = target.call(callData);
    }
}
