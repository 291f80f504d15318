// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// A token that can be told to misbehave.
contract Token {
    enum Mode {
        Honest,
        Silent,
        SaysFalse,
        MovesNothing,
        KeepsAFee,
        Reverts,
        TakesMore,
        CallsBack,
        SaysTwo
    }

    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;
    Mode public mode;
    address private target;
    bytes private callData;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function misbehave(Mode how, address called, bytes calldata data) external {
        (mode, target, callData) = (how, called, data);
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        allowance[from][msg.sender] -= amount;
        return _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private returns (bool) {
        if (mode == Mode.Reverts) revert("no");
        if (mode == Mode.SaysFalse) return false;
        if (mode == Mode.MovesNothing) return true;
        if (mode == Mode.CallsBack) {
            (bool done, bytes memory answer) = target.call(callData);
            assembly {
                if iszero(done) { revert(add(answer, 0x20), mload(answer)) }
            }
        }
        balanceOf[from] -= mode == Mode.TakesMore ? amount + 1 : amount;
        balanceOf[to] += mode == Mode.KeepsAFee ? amount - 1 : amount;
        if (mode == Mode.Silent) {
            assembly {
                return(0, 0)
            }
        }
        if (mode == Mode.SaysTwo) {
            assembly {
                mstore(0, 2)
                return(0, 0x20)
            }
        }
        return true;
    }
}
