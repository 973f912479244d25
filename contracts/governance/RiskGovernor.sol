// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {GovernorTimelockControl} from "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {
    GovernorVotesQuorumFraction
} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";

/// What a vote takes.
struct VoteTerms {
    /// Seconds from a proposal to the moment whose balances vote.
    uint48 votingDelay;
    /// Seconds in which votes are cast.
    uint32 votingPeriod;
    /// Votes that a proposer has, smallest units of the token.
    uint256 threshold;
    /// Votes for and abstaining without which nothing passes, hundredths of the supply.
    uint256 quorum;
}

/// Votes of a token govern a deployment: OpenZeppelin's Governor, with nothing added.
///
/// What passes is queued in a timelock, and the timelock holds the governor's role of the deployment's access manager.
/// So the manager's delay runs after the timelock's, and the manager's guardian can cancel in it.
contract RiskGovernor is
    GovernorSettings,
    GovernorCountingSimple,
    GovernorVotes,
    GovernorVotesQuorumFraction,
    GovernorTimelockControl
{
    /// @param votes the token whose holders vote
    /// @param timelock_ the timelock that does what passes
    /// @param terms what a vote takes
    constructor(IVotes votes, TimelockController timelock_, VoteTerms memory terms)
        Governor("zkmargin risk")
        GovernorSettings(terms.votingDelay, terms.votingPeriod, terms.threshold)
        GovernorVotes(votes)
        GovernorVotesQuorumFraction(terms.quorum)
        GovernorTimelockControl(timelock_)
    {}

    /// How a proposal stands.
    /// @param proposalId the proposal
    /// @return its state
    function state(uint256 proposalId) public view override(Governor, GovernorTimelockControl) returns (ProposalState) {
        return super.state(proposalId);
    }

    /// Whether what passes is queued before it is executed: always.
    /// @param proposalId the proposal
    /// @return true
    function proposalNeedsQueuing(uint256 proposalId)
        public
        view
        override(Governor, GovernorTimelockControl)
        returns (bool)
    {
        return super.proposalNeedsQueuing(proposalId);
    }

    /// Votes that a proposer has at least.
    /// @return smallest units of the token
    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) {
        return super.proposalThreshold();
    }

    /// @inheritdoc GovernorTimelockControl
    function _queueOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint48) {
        return super._queueOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    /// @inheritdoc GovernorTimelockControl
    function _executeOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) {
        super._executeOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    /// @inheritdoc GovernorTimelockControl
    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint256) {
        return super._cancel(targets, values, calldatas, descriptionHash);
    }

    /// @inheritdoc GovernorTimelockControl
    function _executor() internal view override(Governor, GovernorTimelockControl) returns (address) {
        return super._executor();
    }
}
