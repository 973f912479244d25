// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {RiskGovernor, VoteTerms} from "../../../contracts/governance/RiskGovernor.sol";
import {VoteToken} from "../../../contracts/governance/VoteToken.sol";
import {RiskProfile} from "../../../contracts/RiskProfile.sol";
import {PROFILE_WORDS} from "../../../contracts/types/ProfileWords.sol";
import {MarketFixture} from "../support/Market.sol";
import {Parameters} from "../support/Parameters.sol";

/// What voters, a guardian, strangers and time do to a risk profile that a DAO governs, in any order. It counts votes by
/// balances of its own, and says whatever becomes looser without a vote, a quorum and both delays.
contract VotesHandler is MarketFixture {
    using Parameters for uint256[PROFILE_WORDS];

    uint48 private constant VOTE_DELAY = 1 days;
    uint32 private constant VOTE_PERIOD = 3 days;
    uint256 private constant WAIT = 6 hours;
    /// An operation that has waited a week longer than its delay is void.
    uint256 private constant EXPIRY = 7 days;
    uint256 private constant VOTERS = 5;
    uint256 private constant SUPPLY = 100 ether;
    uint256 private constant QUORUM = 50 ether;
    uint256 private constant THRESHOLD = 5 ether;

    /// What a ballot asks for.
    enum Kind {
        /// To schedule a profile with the manager, and its execution with the timelock: what `risk propose` writes.
        Step,
        /// To set a profile at once.
        AtOnce,
        /// To have the manager set a profile that was not scheduled.
        Unscheduled
    }

    /// How far a ballot has come.
    enum Stand {
        Other,
        Open,
        Passed,
        Queued,
        Scheduled
    }

    struct Ballot {
        uint256 id;
        Kind kind;
        address proposer;
        /// The call of `setProfile`.
        bytes data;
        uint256 proposedAt;
        /// Votes against, for, abstaining.
        uint256[3] votes;
        /// Unix seconds of the queueing and of the execution; 0 if there was none.
        uint256 queuedAt;
        uint256 scheduledAt;
        bool applied;
        bool cancelled;
        bool withdrawn;
    }

    struct Balance {
        uint256 since;
        uint256 amount;
    }

    string public violation;
    mapping(string what => uint256) public happened;

    VoteToken private token;
    TimelockController private timelock;
    RiskGovernor private dao;
    address private stranger = makeAddr("stranger");
    Ballot[] private _ballots;
    mapping(address who => Balance[]) private _balances;
    mapping(uint256 id => mapping(address who => bool)) private _voted;
    /// Whether the step that runs applies what a vote, a quorum and both delays allow.
    bool private _lawful;

    function setUp() public {
        _setUpMarket();
        (address[] memory holders, uint256[] memory amounts) = (new address[](VOTERS), new uint256[](VOTERS));
        uint256[VOTERS] memory shares = [uint256(40 ether), 25 ether, 20 ether, 10 ether, 5 ether];
        for (uint256 i = 0; i < VOTERS; ++i) {
            (holders[i], amounts[i]) = (_voter(i), shares[i]);
            _balances[_voter(i)].push(Balance(block.timestamp, shares[i]));
        }
        token = new VoteToken("Votes", "VOTE", holders, amounts);
        timelock = new TimelockController(WAIT, new address[](0), new address[](1), address(this));
        dao = new RiskGovernor(
            IVotes(address(token)), timelock, VoteTerms(VOTE_DELAY, VOTE_PERIOD, THRESHOLD, QUORUM * 100 / SUPPLY)
        );
        timelock.grantRole(timelock.PROPOSER_ROLE(), address(dao));
        timelock.grantRole(timelock.PROPOSER_ROLE(), address(timelock));
        timelock.grantRole(timelock.CANCELLER_ROLE(), address(dao));
        timelock.renounceRole(timelock.DEFAULT_ADMIN_ROLE(), address(this));
        manager.revokeRole(GOVERNOR_ROLE, governor);
        manager.grantRole(GOVERNOR_ROLE, address(timelock), DELAY);
        manager.setRoleGuardian(GOVERNOR_ROLE, GUARDIAN_ROLE);
        manager.grantRole(manager.ADMIN_ROLE(), address(timelock), DELAY);
        manager.renounceRole(manager.ADMIN_ROLE(), address(this));
        vm.warp(block.timestamp + 1);
    }

    /// Runs a step, and then compares the profile with the profile before.
    modifier step() {
        uint256[PROFILE_WORDS] memory before = profile.profileWords();
        bool paused = profile.paused();
        _lawful = false;
        _;
        string memory looser = before.looser(profile.profileWords());
        if (bytes(looser).length != 0) {
            ++happened["loosened"];
            if (!_lawful) violation = string.concat(looser, " loosened without a vote and its delays");
        }
        if (paused && !profile.paused()) violation = "unpaused without a vote";
        _checkOffices();
    }

    // --- voters ---

    function propose(uint256 seed) external step {
        address who = (seed >> 4) % 8 == 0 ? stranger : _voter(seed >> 8);
        Ballot memory ballot;
        ballot.kind = (seed >> 16) % 3 == 0 ? Kind(1 + (seed >> 18) % 2) : Kind.Step;
        (ballot.proposer, ballot.proposedAt) = (who, block.timestamp);
        ballot.data = _setting(seed >> 24);
        uint256 number = _ballots.length;
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) = _calls(ballot, number);
        bool may = _weightAt(who, block.timestamp - 1) >= THRESHOLD;
        vm.prank(who);
        try dao.propose(targets, values, calls, vm.toString(number)) returns (uint256 id) {
            if (!may) violation = "somebody proposed below the threshold";
            ballot.id = id;
            _ballots.push(ballot);
            ++happened["proposed"];
        } catch {
            if (may) violation = "a holder could not propose";
            ++happened["proposal refused"];
        }
    }

    /// Several cast their votes, some of them again, too early, too late, or without any.
    function vote(uint256 seed) external step {
        if (_ballots.length == 0) return;
        Ballot storage ballot = _ballots[_numberAt(seed, Stand.Open)];
        for (uint256 i = 0; i <= VOTERS; ++i) {
            if ((seed >> (8 + i)) & 3 == 0) continue;
            address who = i == VOTERS ? stranger : _voter(i);
            uint8 support = (seed >> (16 + 2 * i)) & 3 == 0 ? uint8((seed >> 64) % 3) : 1;
            bool may = !_voted[ballot.id][who] && !ballot.withdrawn && _isOpen(ballot);
            vm.prank(who);
            try dao.castVote(ballot.id, support) {
                if (!may) violation = "a vote out of time or twice";
                _voted[ballot.id][who] = true;
                ballot.votes[support] += _weightAt(who, ballot.proposedAt + VOTE_DELAY);
                ++happened["voted"];
            } catch {
                if (may) violation = "a vote was refused";
            }
        }
        (uint256 against, uint256 for_, uint256 abstained) = dao.proposalVotes(ballot.id);
        bool same = against == ballot.votes[0] && for_ == ballot.votes[1] && abstained == ballot.votes[2];
        if (!same) violation = "votes counted otherwise";
    }

    /// Tokens move, and may come back within the second.
    function transfer(uint256 seed) external step {
        (address from, address to) = (_voter(seed), _voter(seed >> 8));
        uint256 amount = (seed >> 16) % (token.balanceOf(from) + 1);
        if (from == to) return;
        _transfer(from, to, amount);
        if (seed >> 128 & 1 == 0) _transfer(to, from, amount);
    }

    /// A proposer takes its ballot back, or somebody else tries.
    function withdraw(uint256 seed) external step {
        if (_ballots.length == 0 || (seed >> 8) & 1 == 0) return;
        uint256 number = (seed >> 12) & 1 == 0 ? _ballots.length - 1 : _numberOf(seed);
        Ballot storage ballot = _ballots[number];
        address who = seed >> 16 & 1 == 0 ? ballot.proposer : _voter(seed >> 20);
        bool may = who == ballot.proposer && !ballot.withdrawn && block.timestamp <= ballot.proposedAt + VOTE_DELAY;
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) = _calls(ballot, number);
        vm.prank(who);
        try dao.cancel(targets, values, calls, keccak256(bytes(vm.toString(number)))) {
            if (!may) violation = "somebody took a ballot back";
            ballot.withdrawn = true;
            ++happened["withdrawn"];
        } catch {
            if (may) violation = "a proposer could not take its ballot back";
        }
    }

    // --- anybody ---

    function queue(uint256 seed) external step {
        if (_ballots.length == 0) return;
        uint256 number = _numberAt(seed, Stand.Passed);
        Ballot storage ballot = _ballots[number];
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) = _calls(ballot, number);
        bool may = _passed(ballot) && ballot.queuedAt == 0;
        vm.prank(_anybody(seed));
        try dao.queue(targets, values, calls, keccak256(bytes(vm.toString(number)))) {
            if (!may) violation = "queued without a majority, a quorum or the end of the vote";
            ballot.queuedAt = block.timestamp;
            ++happened["queued"];
        } catch {
            if (may) violation = "what passed could not be queued";
            if (ballot.votes[1] > ballot.votes[0] && ballot.votes[1] + ballot.votes[2] < QUORUM) {
                ++happened["no quorum"];
            }
        }
    }

    function execute(uint256 seed) external step {
        if (_ballots.length == 0) return;
        uint256 number = _numberAt(seed, Stand.Queued);
        Ballot storage ballot = _ballots[number];
        (address[] memory targets, uint256[] memory values, bytes[] memory calls) = _calls(ballot, number);
        bool may = ballot.kind == Kind.Step && ballot.queuedAt != 0 && block.timestamp >= ballot.queuedAt + WAIT
            && ballot.scheduledAt == 0;
        bool ready = ballot.queuedAt != 0 && block.timestamp >= ballot.queuedAt + WAIT;
        vm.prank(_anybody(seed));
        try dao.execute(targets, values, calls, keccak256(bytes(vm.toString(number)))) {
            if (!may) violation = "executed before its wait, twice, or without the manager's delay";
            ballot.scheduledAt = block.timestamp;
            ++happened["scheduled"];
        } catch {
            if (may) violation = "what passed could not be executed";
            if (ready && ballot.kind != Kind.Step) ++happened["delay not skipped"];
        }
    }

    /// Executes a step that the timelock has scheduled, ready or not.
    function apply_(uint256 seed) external step {
        if (_ballots.length == 0) return;
        uint256 number = _numberAt(seed, Stand.Scheduled);
        Ballot storage ballot = _ballots[number];
        uint256 ready = ballot.scheduledAt + DELAY;
        _lawful = ballot.scheduledAt != 0 && !ballot.cancelled && !ballot.applied && block.timestamp >= ready
            && block.timestamp < ready + EXPIRY;
        uint256 last = profile.tightenedAt();
        vm.prank(_anybody(seed));
        try timelock.execute(address(manager), 0, _later(ballot.data), bytes32(0), bytes32(number)) {
            if (!_lawful) violation = "a step was executed against the delay, the guardian, or twice";
            ballot.applied = true;
            ++happened["applied"];
            if (last > ballot.proposedAt) ++happened["applied after a tightening"];
        } catch {
            if (ballot.cancelled) ++happened["cancelled for good"];
            if (ballot.scheduledAt != 0 && block.timestamp < ready) ++happened["applied too early"];
        }
    }

    // --- the guardian ---

    function tighten(uint256 seed) external step {
        uint256[PROFILE_WORDS] memory next = profile.profileWords();
        // A tightening, or whatever a guardian would like.
        if (seed % 3 == 0) next.edit(seed >> 8);
        else next = next.tightened(seed >> 8);
        bool looser = bytes(profile.profileWords().looser(next)).length != 0;
        vm.prank(guardian);
        try profile.tighten(next) {
            if (looser) violation = "the guardian loosened";
            ++happened["tightened"];
        } catch {
            if (looser) ++happened["guardian's loosening refused"];
        }
    }

    function cancel(uint256 seed) external step {
        if (_ballots.length == 0) return;
        Ballot storage ballot = _recent(seed);
        if (ballot.kind != Kind.Step || (seed >> 12) % 2 == 0) return;
        address who = (seed >> 8) % 2 == 0 ? guardian : _anybody(seed >> 16);
        bool scheduled = ballot.scheduledAt != 0 && !ballot.applied && !ballot.cancelled
            && block.timestamp < ballot.scheduledAt + DELAY + EXPIRY;
        vm.prank(who);
        try manager.cancel(address(timelock), address(profile), ballot.data) {
            if (who != guardian) violation = "somebody cancelled for the guardian";
            ballot.cancelled = true;
            ++happened["cancelled"];
        } catch {
            if (scheduled && who == guardian) violation = "the guardian could not cancel";
        }
    }

    function pause(uint256 seed) external step {
        if (seed % 8 != 0) return;
        vm.prank(guardian);
        try profile.pause() {
            ++happened["paused"];
        } catch {}
    }

    // --- those without the office ---

    /// Voters, the guardian and strangers call what is the timelock's, the DAO's or the manager's own.
    function overstep(uint256 seed) external step {
        address who = (seed >> 4) % 2 == 0 ? guardian : _anybody(seed >> 8);
        bytes memory data = _setting(seed >> 24);
        if (_ballots.length != 0 && seed >> 20 & 1 == 0) data = _recent(seed >> 21).data;
        (address target, bytes memory call_) = (address(manager), bytes(""));
        uint256 kind = seed % 10;
        if (kind == 0) (target, call_) = (address(profile), data);
        else if (kind == 1) call_ = abi.encodeCall(AccessManager.execute, (address(profile), data));
        else if (kind == 2) call_ = abi.encodeCall(AccessManager.schedule, (address(profile), data, 0));
        else if (kind == 3) call_ = abi.encodeCall(AccessManager.grantRole, (GOVERNOR_ROLE, who, 0));
        else if (kind == 4) (target, call_) = (address(profile), abi.encodeCall(RiskProfile.unpause, ()));
        else if (kind == 5) (target, call_) = (address(timelock), abi.encodeCall(timelock.updateDelay, (0)));
        else if (kind == 6) (target, call_) = (address(timelock), _scheduling(data, seed));
        else if (kind == 7) (target, call_) = (address(dao), abi.encodeCall(dao.relay, (address(manager), 0, data)));
        else if (kind == 8) (target, call_) = (address(dao), abi.encodeCall(dao.setVotingPeriod, (1)));
        else (target, call_) = (address(timelock), _granting(who));
        vm.prank(who);
        (bool done,) = target.call(call_);
        if (done) violation = "somebody did what is the DAO's";
        else ++happened["overstep refused"];
    }

    function wait(uint256 seed) external step {
        vm.warp(block.timestamp + 1 + seed % 30 hours);
    }

    // --- inside ---

    function _voter(uint256 i) private pure returns (address) {
        return vm.addr(500 + i % VOTERS);
    }

    function _anybody(uint256 seed) private view returns (address) {
        return seed >> 100 & 1 == 0 ? stranger : _voter(seed >> 101);
    }

    function _numberOf(uint256 seed) private view returns (uint256) {
        uint256 recent = _ballots.length < 8 ? _ballots.length : 8;
        return _ballots.length - 1 - (seed >> 120) % recent;
    }

    /// Mostly a recent ballot that has come so far, if there is one; otherwise any.
    function _numberAt(uint256 seed, Stand stand) private view returns (uint256 number) {
        for (uint256 i = 0; i < 8 && (seed >> 130) % 4 != 0; ++i) {
            number = _numberOf(seed ^ (i << 120));
            if (_standOf(_ballots[number]) == stand) return number;
        }
        return _numberOf(seed);
    }

    function _standOf(Ballot storage ballot) private view returns (Stand) {
        if (ballot.withdrawn || ballot.applied) return Stand.Other;
        if (ballot.scheduledAt != 0) return ballot.cancelled ? Stand.Other : Stand.Scheduled;
        if (ballot.queuedAt != 0) return Stand.Queued;
        if (_isOpen(ballot)) return Stand.Open;
        return _passed(ballot) ? Stand.Passed : Stand.Other;
    }

    function _recent(uint256 seed) private view returns (Ballot storage) {
        return _ballots[_numberOf(seed)];
    }

    function _isOpen(Ballot storage ballot) private view returns (bool) {
        uint256 from = ballot.proposedAt + VOTE_DELAY;
        return block.timestamp > from && block.timestamp <= from + VOTE_PERIOD;
    }

    function _passed(Ballot storage ballot) private view returns (bool) {
        uint256[3] memory votes = ballot.votes;
        bool over = block.timestamp > ballot.proposedAt + VOTE_DELAY + VOTE_PERIOD;
        return over && !ballot.withdrawn && votes[1] > votes[0] && votes[1] + votes[2] >= QUORUM;
    }

    /// What somebody had at the end of a second.
    function _weightAt(address who, uint256 time) private view returns (uint256) {
        Balance[] storage list = _balances[who];
        for (uint256 i = list.length; i != 0; --i) {
            if (list[i - 1].since <= time) return list[i - 1].amount;
        }
        return 0;
    }

    function _transfer(address from, address to, uint256 amount) private {
        vm.prank(from);
        require(token.transfer(to, amount));
        _balances[from].push(Balance(block.timestamp, token.balanceOf(from)));
        _balances[to].push(Balance(block.timestamp, token.balanceOf(to)));
    }

    /// A call that sets a profile with a few parameters changed, mostly looser.
    function _setting(uint256 seed) private view returns (bytes memory) {
        uint256[PROFILE_WORDS] memory next = profile.profileWords();
        uint256[PROFILE_WORDS] memory none;
        for (uint256 i = 0; i < 1 + seed % 3; ++i) {
            next.edit(uint256(keccak256(abi.encode(seed, i))));
        }
        return abi.encodeCall(RiskProfile.setProfile, (next, 0, none));
    }

    function _later(bytes memory data) private view returns (bytes memory) {
        return abi.encodeCall(AccessManager.execute, (address(profile), data));
    }

    function _scheduling(bytes memory data, uint256 salt) private view returns (bytes memory) {
        return abi.encodeCall(
            timelock.schedule, (address(manager), 0, _later(data), bytes32(0), bytes32(salt), WAIT)
        );
    }

    function _granting(address who) private view returns (bytes memory) {
        return abi.encodeCall(timelock.grantRole, (timelock.PROPOSER_ROLE(), who));
    }

    function _calls(Ballot memory ballot, uint256 number)
        private
        view
        returns (address[] memory targets, uint256[] memory values, bytes[] memory calls)
    {
        uint256 count = ballot.kind == Kind.Step ? 2 : 1;
        (targets, values, calls) = (new address[](count), new uint256[](count), new bytes[](count));
        if (ballot.kind == Kind.Step) {
            (targets[0], targets[1]) = (address(manager), address(timelock));
            calls[0] = abi.encodeCall(AccessManager.schedule, (address(profile), ballot.data, 0));
            calls[1] = _scheduling(ballot.data, number);
        } else if (ballot.kind == Kind.AtOnce) {
            (targets[0], calls[0]) = (address(profile), ballot.data);
        } else {
            (targets[0], calls[0]) = (address(manager), _later(ballot.data));
        }
    }

    function _checkOffices() private {
        (bool has, uint32 delay) = manager.hasRole(GOVERNOR_ROLE, address(timelock));
        if (!has || delay != DELAY) violation = "the timelock has another delay";
        if (timelock.getMinDelay() != WAIT) violation = "the timelock waits otherwise";
        address[3] memory others = [guardian, stranger, _voter(0)];
        for (uint256 i = 0; i < 3; ++i) {
            (has,) = manager.hasRole(GOVERNOR_ROLE, others[i]);
            if (has || timelock.hasRole(timelock.PROPOSER_ROLE(), others[i])) violation = "somebody has an office";
        }
    }
}
