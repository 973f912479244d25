// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.24;

/// An aggregator as Chainlink's are: with a description, and limits at which it cuts its answers off. It is its own proxy.
contract BoundedAggregator {
    uint8 public constant decimals = 8;
    string public description;
    int192 public minAnswer;
    int192 public maxAnswer;
    int256 private _answer;
    uint256 private _age;

    constructor(string memory description_, int256 answer, int192 minAnswer_, int192 maxAnswer_, uint256 age) {
        (description, minAnswer, maxAnswer) = (description_, minAnswer_, maxAnswer_);
        (_answer, _age) = (answer, age);
    }

    function aggregator() external view returns (address) {
        return address(this);
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        uint256 updatedAt = block.timestamp - _age;
        return (1, _answer, updatedAt, updatedAt, 1);
    }
}
