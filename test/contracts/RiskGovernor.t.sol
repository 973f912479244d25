// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {RiskGovernor, VoteTerms} from "../../contracts/governance/RiskGovernor.sol";
import {VoteToken} from "../../contracts/governance/VoteToken.sol";

/// Has one restricted function.
contract Governed is AccessManaged {
    uint256 public value;

    constructor(address authority) AccessManaged(authority) {}

    function set(uint256 value_) external restricted {
        value = value_;
    }
}

/// Borrows votes, uses them, and gives them back, in one transaction.
contract FlashVoter {
    function borrowAndVote(VoteToken token, address lender, uint256 amount, RiskGovernor governor, uint256 id) external {
        token.delegate(address(this));
        require(token.transferFrom(lender, address(this), amount));
        if (id != 0) governor.castVote(id, 1);
        require(token.transfer(lender, amount));
    }

    function borrowAndPropose(
        VoteToken token,
        address lender,
        uint256 amount,
        RiskGovernor governor,
        address[] calldata targets,
        uint256[] calldata values,
        bytes[] calldata calldatas
    ) external {
        token.delegate(address(this));
        require(token.transferFrom(lender, address(this), amount));
        governor.propose(targets, values, calldatas, "flash");
    }
}

/// The governor of a deployment: votes, a timelock, and the access manager behind it.
contract RiskGovernorTest is Test {
    uint48 private constant DELAY = 1 days;
    uint32 private constant PERIOD = 3 days;
    uint256 private constant WAIT = 6 hours;
    uint32 private constant MANAGER_DELAY = 2 days;
    uint64 private constant GOVERNOR = 1;
    uint64 private constant GUARDIAN = 2;

    address private alice = makeAddr("alice");
    address private bob = makeAddr("bob");
    address private mallory = makeAddr("mallory");
    address private guardian = makeAddr("guardian");
    VoteToken private token;
    TimelockController private timelock;
    RiskGovernor private governor;
    AccessManager private manager;
    Governed private governed;

    function setUp() public {
        vm.warp(1_700_000_000);
        (address[] memory holders, uint256[] memory amounts) = (new address[](3), new uint256[](3));
        (holders[0], holders[1], holders[2]) = (alice, bob, mallory);
        (amounts[0], amounts[1], amounts[2]) = (60 ether, 30 ether, 10 ether);
        token = new VoteToken("Votes", "VOTE", holders, amounts);
        address[] memory executors = new address[](1);
        timelock = new TimelockController(WAIT, new address[](0), executors, address(this));
        governor = new RiskGovernor(IVotes(address(token)), timelock, VoteTerms(DELAY, PERIOD, 5 ether, 50));
        timelock.grantRole(timelock.PROPOSER_ROLE(), address(governor));
        timelock.grantRole(timelock.PROPOSER_ROLE(), address(timelock));
        timelock.grantRole(timelock.CANCELLER_ROLE(), address(governor));
        timelock.renounceRole(timelock.DEFAULT_ADMIN_ROLE(), address(this));

        manager = new AccessManager(address(this));
        governed = new Governed(address(manager));
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = Governed.set.selector;
        manager.setTargetFunctionRole(address(governed), selectors, GOVERNOR);
        manager.setRoleGuardian(GOVERNOR, GUARDIAN);
        manager.grantRole(GOVERNOR, address(timelock), MANAGER_DELAY);
        manager.grantRole(GUARDIAN, guardian, 0);
        manager.grantRole(manager.ADMIN_ROLE(), address(timelock), MANAGER_DELAY);
        manager.renounceRole(manager.ADMIN_ROLE(), address(this));
        skip(1);
    }

    // ---- a vote ----

    struct Vote {
        address[] targets;
        uint256[] values;
        bytes[] calldatas;
        string description;
        uint256 id;
    }

    function _vote(address target, bytes memory data, string memory description) private view returns (Vote memory vote) {
        (vote.targets, vote.values, vote.calldatas) = (new address[](1), new uint256[](1), new bytes[](1));
        (vote.targets[0], vote.calldatas[0], vote.description) = (target, data, description);
        vote.id = _idOf(vote);
    }

    function _idOf(Vote memory vote) private view returns (uint256) {
        return governor.hashProposal(vote.targets, vote.values, vote.calldatas, keccak256(bytes(vote.description)));
    }

    /// What `zkmargin risk propose --governor` writes of one step.
    function _setting(uint256 value, address proposer) private view returns (Vote memory vote, bytes memory later) {
        bytes memory data = abi.encodeCall(Governed.set, (value));
        later = abi.encodeCall(AccessManager.execute, (address(governed), data));
        (vote.targets, vote.values, vote.calldatas) = (new address[](2), new uint256[](2), new bytes[](2));
        (vote.targets[0], vote.targets[1]) = (address(manager), address(timelock));
        vote.calldatas[0] = abi.encodeCall(AccessManager.schedule, (address(governed), data, 0));
        vote.calldatas[1] =
            abi.encodeCall(TimelockController.schedule, (address(manager), 0, later, bytes32(0), bytes32(0), WAIT));
        vote.description = string.concat("set #proposer=", Strings.toHexString(proposer));
        vote.id = _idOf(vote);
    }

    function _propose(address who, Vote memory vote) private {
        vm.prank(who);
        governor.propose(vote.targets, vote.values, vote.calldatas, vote.description);
    }

    function _cast(address who, Vote memory vote, uint8 support) private {
        vm.prank(who);
        governor.castVote(vote.id, support);
    }

    function _queue(Vote memory vote) private {
        governor.queue(vote.targets, vote.values, vote.calldatas, keccak256(bytes(vote.description)));
    }

    function _execute(Vote memory vote) private {
        governor.execute(vote.targets, vote.values, vote.calldatas, keccak256(bytes(vote.description)));
    }

    function _pass(Vote memory vote) private {
        _propose(alice, vote);
        skip(DELAY + 1);
        _cast(alice, vote, 1);
        skip(PERIOD);
        _queue(vote);
        skip(WAIT);
        _execute(vote);
    }

    function test_vote_sets_after_both_delays_gas() public {
        (Vote memory vote, bytes memory later) = _setting(7, alice);
        _propose(alice, vote);
        vm.snapshotGasLastCall("RiskGovernor", "propose a step");
        skip(DELAY + 1);
        _cast(alice, vote, 1);
        vm.snapshotGasLastCall("RiskGovernor", "vote");
        skip(PERIOD);
        _queue(vote);
        vm.snapshotGasLastCall("RiskGovernor", "queue a step");
        skip(WAIT);
        _execute(vote);
        vm.snapshotGasLastCall("RiskGovernor", "execute what passed of a step");
        skip(WAIT);
        vm.expectRevert();
        timelock.execute(address(manager), 0, later, bytes32(0), bytes32(0));
        skip(MANAGER_DELAY - WAIT);
        vm.prank(mallory);
        timelock.execute(address(manager), 0, later, bytes32(0), bytes32(0));
        vm.snapshotGasLastCall("RiskGovernor", "execute the step");
        assertEq(governed.value(), 7);
    }

    function test_vote_without_a_quorum_is_defeated() public {
        (Vote memory vote,) = _setting(7, alice);
        _propose(alice, vote);
        skip(DELAY + 1);
        _cast(bob, vote, 1);
        _cast(mallory, vote, 2);
        skip(PERIOD);
        assertEq(uint8(governor.state(vote.id)), uint8(IGovernor.ProposalState.Defeated));
        vm.expectRevert();
        _queue(vote);
    }

    function test_fuzz_vote_counts_each_balance_once(uint256 share) public {
        share = bound(share, 0, 60 ether);
        (Vote memory vote,) = _setting(7, alice);
        _propose(alice, vote);
        skip(DELAY + 1);
        _cast(alice, vote, 1);
        // What was voted with votes no second time, wherever it goes.
        vm.prank(alice);
        require(token.transfer(mallory, share));
        skip(1);
        _cast(mallory, vote, 1);
        (, uint256 votesFor,) = governor.proposalVotes(vote.id);
        assertEq(votesFor, 70 ether);
        vm.expectRevert();
        _cast(mallory, vote, 1);
    }

    // ---- attacks ----

    // shows: A99
    function test_loan_of_one_transaction_has_no_vote() public {
        (Vote memory vote,) = _setting(7, alice);
        _propose(alice, vote);
        FlashVoter voter = new FlashVoter();
        vm.prank(bob);
        token.approve(address(voter), type(uint256).max);
        // At the very second whose balances count, and while the vote is open.
        skip(DELAY);
        voter.borrowAndVote(token, bob, 30 ether, governor, 0);
        skip(1);
        voter.borrowAndVote(token, bob, 30 ether, governor, vote.id);
        (, uint256 votesFor,) = governor.proposalVotes(vote.id);
        assertEq(votesFor, 0);
    }

    // shows: A99
    function test_loan_of_one_transaction_cannot_propose() public {
        (Vote memory vote,) = _setting(7, alice);
        FlashVoter voter = new FlashVoter();
        vm.prank(bob);
        token.approve(address(voter), type(uint256).max);
        vm.expectRevert(
            abi.encodeWithSelector(IGovernor.GovernorInsufficientProposerVotes.selector, address(voter), 0, 5 ether)
        );
        voter.borrowAndPropose(token, bob, 30 ether, governor, vote.targets, vote.values, vote.calldatas);
    }

    // shows: A102
    function test_proposer_of_the_description_alone_proposes() public {
        (Vote memory vote,) = _setting(7, alice);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorRestrictedProposer.selector, mallory));
        _propose(mallory, vote);
        // Without the name at its end anybody can be first, and cancel it.
        Vote memory open = _vote(address(governed), "", "open to all");
        _propose(mallory, open);
        vm.prank(mallory);
        governor.cancel(open.targets, open.values, open.calldatas, keccak256(bytes(open.description)));
        vm.expectRevert();
        _propose(alice, open);
        _propose(alice, vote);
    }

    // shows: A102
    function test_proposer_cannot_cancel_once_votes_are_cast() public {
        (Vote memory vote,) = _setting(7, alice);
        _propose(alice, vote);
        skip(DELAY + 1);
        vm.prank(alice);
        vm.expectRevert();
        governor.cancel(vote.targets, vote.values, vote.calldatas, keccak256(bytes(vote.description)));
    }

    // shows: A101
    function test_timelock_takes_nobody_but_the_governor() public {
        bytes32 proposer = timelock.PROPOSER_ROLE();
        bytes memory data = abi.encodeCall(AccessManager.schedule, (address(governed), "", 0));
        vm.expectRevert();
        timelock.grantRole(proposer, mallory);
        vm.prank(mallory);
        vm.expectRevert();
        timelock.schedule(address(manager), 0, data, 0, 0, WAIT);
        vm.prank(guardian);
        vm.expectRevert();
        timelock.updateDelay(0);
    }

    // shows: A101
    function test_timelock_with_another_proposer_waits_for_the_manager() public {
        bytes memory grant =
            abi.encodeCall(timelock.grantRole, (timelock.PROPOSER_ROLE(), mallory));
        _pass(_vote(address(timelock), grant, "an upgrade"));
        bytes memory data = abi.encodeCall(Governed.set, (666));
        bytes memory schedule = abi.encodeCall(AccessManager.schedule, (address(governed), data, 0));
        bytes memory execute = abi.encodeCall(AccessManager.execute, (address(governed), data));
        vm.startPrank(mallory);
        timelock.schedule(address(manager), 0, schedule, 0, 0, WAIT);
        timelock.schedule(address(governed), 0, data, 0, 0, WAIT);
        timelock.schedule(address(manager), 0, execute, 0, 0, WAIT);
        skip(WAIT);
        timelock.execute(address(manager), 0, schedule, 0, 0);
        vm.expectRevert();
        timelock.execute(address(governed), 0, data, 0, 0);
        vm.stopPrank();
        vm.prank(guardian);
        manager.cancel(address(timelock), address(governed), data);
        skip(MANAGER_DELAY);
        vm.expectRevert();
        timelock.execute(address(manager), 0, execute, 0, 0);
        assertEq(governed.value(), 0);
    }

    // shows: A103
    function test_guardian_cancels_what_passed_but_not_its_removal() public {
        (Vote memory vote, bytes memory later) = _setting(7, alice);
        _pass(vote);
        vm.prank(guardian);
        manager.cancel(address(timelock), address(governed), abi.encodeCall(Governed.set, (7)));
        skip(MANAGER_DELAY);
        vm.expectRevert();
        timelock.execute(address(manager), 0, later, bytes32(0), bytes32(0));
        // The guardian has no say in the timelock, and none over its own removal.
        bytes memory removal = abi.encodeCall(IAccessManager.revokeRole, (GUARDIAN, guardian));
        _pass(_vote(address(manager), abi.encodeCall(AccessManager.schedule, (address(manager), removal, 0)), "out"));
        vm.prank(guardian);
        vm.expectRevert();
        manager.cancel(address(timelock), address(manager), removal);
    }

    function test_token_deploys_with_an_amount_for_each_holder() public {
        vm.expectRevert(abi.encodeWithSelector(VoteToken.HoldersDiffer.selector, 1, 0));
        new VoteToken("Votes", "VOTE", new address[](1), new uint256[](0));
        assertEq(token.CLOCK_MODE(), "mode=timestamp");
        assertEq(governor.CLOCK_MODE(), "mode=timestamp");
        assertEq(token.clock(), block.timestamp);
        assertEq(token.nonces(alice), 0);
        assertTrue(governor.proposalNeedsQueuing(1));
        assertEq(governor.proposalThreshold(), 5 ether);
    }
}
