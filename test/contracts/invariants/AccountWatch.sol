// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../../../contracts/generated/Spec.sol";
import {BookState} from "../../../contracts/types/Book.sol";
import {HealthRecord, Marks, SupportRecord} from "../../../contracts/types/Gate.sol";
import {Round} from "../../../contracts/types/Round.sol";
import {Status} from "../../../contracts/types/Status.sol";
import {Request} from "../../../contracts/types/Vault.sol";
import {Token} from "../support/Tokens.sol";
import {VaultFixture} from "../support/VaultFixture.sol";

/// Two accounts, and what was accepted for them as this contract has seen it. After every step it checks what must be
/// true of them, written again from the specification. It records a violation of that.
abstract contract AccountWatch is VaultFixture {
    /// The newest claim of health that was accepted, plain or with dollars taken or added.
    struct Seen {
        uint64 sequence;
        uint64 round;
        uint64 time;
        uint64 epoch;
        uint256 odometer;
        uint256 theta;
        uint256 envelope;
        int256 support;
        SeenSleeve sleeve;
    }

    /// How long the sleeve of a claim holds; all zero without one.
    struct SeenSleeve {
        uint256 limit;
        uint64 until;
        bytes32 shocks;
    }

    bytes32[2] public accounts;
    string public violation;
    /// Counts of releases, acceptances and so on, to show that the runs reach them.
    mapping(string what => uint256) public happened;

    mapping(bytes32 of_ => Seen) internal _seen;
    uint256 private _asked;
    /// By sign: dollars taken, dollars added.
    mapping(bytes32 of_ => Seen[2]) internal _seenSupports;
    /// Whether a claim of health was accepted since the status was last known.
    mapping(bytes32 of_ => bool) internal _proving;
    /// Last status that was not Unknown, and whether there was an outage after it.
    mapping(bytes32 of_ => Status) internal _known;
    mapping(bytes32 of_ => bool) private _outage;
    /// The epoch, and the sequence of its newest book, when it was last looked at.
    mapping(bytes32 of_ => uint64) private _epoch;
    mapping(bytes32 of_ => uint64) private _sequence;
    /// The epoch at whose beginning the account was not in default; 0 if it was.
    mapping(bytes32 of_ => uint64) private _clearAt;

    /// Runs a step for one of the accounts, and then compares both with what was known of them.
    modifier step(uint256 seed) {
        account = accounts[seed % 2];
        _;
        _watch(accounts[0]);
        _watch(accounts[1]);
    }

    /// Empty if the vault holds what it owes, token by token; else the token of which it does not.
    function unbalanced() external view returns (string memory) {
        Token[2] memory tokens = [weth, usdc];
        for (uint256 t = 0; t < 2; ++t) {
            uint256 owed;
            for (uint256 i = 0; i < 2; ++i) {
                uint256 balance = vault.balanceOf(accounts[i], address(tokens[t]));
                uint256 requested = vault.withdrawalOf(accounts[i], address(tokens[t])).amount;
                if (requested > balance) return "withdrawal of more";
                uint256 here = balance + vault.auctionOf(accounts[i], address(tokens[t])).left;
                if (vault.recordedBalance(accounts[i], address(tokens[t])) + requested != here) return "recorded";
                owed += here;
            }
            if (tokens[t] == usdc) {
                owed += vault.insuranceOf(venue) + vault.insuranceOf(custodian);
                owed += vault.claimableOf(venue) + vault.claimableOf(custodian) + vault.claimableOf(keeper);
            }
            if (tokens[t].balanceOf(address(vault)) != owed) return tokens[t].symbol();
        }
        return "";
    }

    /// Unix seconds at which no breach stood against an account when it was last looked at.
    mapping(bytes32 of_ => uint256) internal _clearedAt;

    /// When collateral of an account was last sold.
    mapping(bytes32 account => uint256) internal _soldAt;

    /// What the vault has of a token for the account, at auction or not.
    function _held(Token token) internal view returns (uint256) {
        return vault.balanceOf(account, address(token)) + vault.auctionOf(account, address(token)).left;
    }

    /// The conditions of a release: a book dated after the request and the last sale, proven at initial margin.
    function _mayRelease(Request memory request) internal view returns (bool) {
        if (request.amount == 0) return false;
        BookState memory book = registry.bookStateOf(account);
        bool newBook =
            book.sequence > request.sequence && book.asOf > request.requestedAt && book.asOf > _soldAt[account];
        return newBook && _isProven(account) && _seen[account].theta >= INITIAL_MARGIN;
    }

    /// The newest book is live and proven healthy, at the live epoch, inside envelope and age, and nothing stands
    /// against the account.
    function _isProven(bytes32 of_) private view returns (bool) {
        Marks memory marks = gate.marksOf(of_);
        return _stands(of_, _seen[of_]) && marks.breachRound == 0 && marks.callRound == 0;
    }

    /// A claim is of the newest book, which is live, of the live epoch, and inside envelope and age.
    function _stands(bytes32 of_, Seen memory seen) private view returns (bool) {
        BookState memory book = registry.bookStateOf(of_);
        Round memory latest = ledger.latestRound();
        bool ofIt = seen.round != 0 && seen.sequence == book.sequence && book.brokenAt == 0
            && block.timestamp < book.expiresAt && block.timestamp < book.asOf + profile.bookMaxAge();
        bool young = block.timestamp <= seen.time + MAX_PROOF_AGE && seen.epoch == profile.epoch();
        bool market = !profile.paused() && latest.epoch == profile.epoch()
            && block.timestamp <= latest.time + ledger.maxRoundAge();
        return ofIt && _isInside(seen) && young && market && _sleeveStands(of_, seen.sleeve);
    }

    /// A sleeve has not ended, nobody has voided it, and the shocks are those that it was made for.
    function _sleeveStands(bytes32 of_, SeenSleeve memory sleeve) private view returns (bool) {
        if (sleeve.until == 0) return true;
        (,, uint64 voidedAt) = registry.sleeveOf(of_);
        return voidedAt == 0 && block.timestamp < sleeve.until && profile.shocksHash() == sleeve.shocks;
    }

    /// Whether the market is in the envelope of a claim of health, and in the band of its sleeve.
    function _isInside(Seen memory seen) internal view returns (bool) {
        if (seen.sleeve.until != 0 && ledger.latestRound().sleeveOdometer > seen.sleeve.limit) return false;
        uint256 moved = ledger.latestRound().odometer - seen.odometer;
        return moved * (Spec.BPS + seen.envelope) <= seen.envelope * Spec.ODOMETER_UNIT;
    }

    /// Without a proof a status improves in two ways only, as IMarginGate says. An outage restarts the clocks of grace
    /// and call. A lapse that nobody recorded is dated by the newest epoch or book.
    function _watch(bytes32 of_) private {
        if (gate.marksOf(of_).breachRound == 0) _clearedAt[of_] = block.timestamp;
        HealthRecord memory record = gate.recordOf(of_);
        Seen memory seen = _seen[of_];
        if (gate.sleeveOf(of_).until != seen.sleeve.until || gate.sleeveOf(of_).limit != seen.sleeve.limit) {
            violation = "the record is of another sleeve than the last proof's";
        }
        if (record.round != seen.round || record.theta != seen.theta || record.envelope != seen.envelope) {
            violation = "the record is of another proof than the last";
        }
        Status status = gate.statusOf(of_);
        if ((status == Status.Healthy) != _isProven(of_)) violation = "healthy is not what is proven now";
        // One account a step, by turns: it is slow.
        if (_asked++ % 4 % 3 == 0) _watchSupports(of_, status == Status.Healthy);
        if (status == Status.Unknown) {
            _outage[of_] = true;
            return;
        }
        // Stale between two steps: the market came back with a poke, and nobody looked.
        bool outage = _outage[of_] || ledger.liveSince() == block.timestamp;
        Status known = _known[of_];
        if (!_proving[of_] && status > known) {
            Marks memory marks = gate.marksOf(of_);
            bool waits = marks.breachRound == 0 || marks.graceSince != 0;
            bool dated = marks.lapsedAt == 0
                && (profile.epoch() != _epoch[of_] || registry.bookOf(of_).sequence != _sequence[of_]);
            bool restarted =
                (outage || dated) && known == Status.Liquidatable && waits && status != Status.Healthy;
            if (!restarted) violation = "a status improved without a proof";
        }
        bool inGrace = block.timestamp <= uint256(profile.epochSince()) + GRACE_PERIOD;
        if (status == Status.Liquidatable && inGrace && _clearAt[of_] == profile.epoch()) {
            violation = "a change of parameters was a default before its grace";
        }
        (_known[of_], _outage[of_], _proving[of_]) = (status, false, false);
        (_epoch[of_], _sequence[of_]) = (profile.epoch(), registry.bookOf(of_).sequence);
    }

    /// Each record is the newest claim of its sign, and holds by itself. With more dollars taken than in a record, or
    /// fewer added, nothing is proven.
    function _watchSupports(bytes32 of_, bool healthy) private {
        SupportRecord[2] memory records;
        (records[0], records[1]) = gate.supportOf(of_);
        Seen[3] memory claims = [_seenSupports[of_][0], _seenSupports[of_][1], _seen[of_]];
        bool[3] memory stands;
        for (uint256 i = 0; i < 3; ++i) {
            if (claims[i].round != 0) stands[i] = _stands(of_, claims[i]);
        }
        for (uint256 i = 0; i < 2; ++i) {
            HealthRecord memory claim = records[i].claim;
            bool same = claim.round == claims[i].round && claim.theta == claims[i].theta
                && claim.envelope == claims[i].envelope && records[i].support == claims[i].support
                && records[i].sleeve.until == claims[i].sleeve.until && records[i].sleeve.limit == claims[i].sleeve.limit;
            if (!same) violation = "a record of support is of another proof than the last";
            if (records[i].holds != stands[i]) violation = "a record of support holds and is not proven now";
        }
        _askSupport(of_, claims, stands, healthy);
    }

    /// Asks for a theta and a support at the edge of what one of the claims says.
    function _askSupport(bytes32 of_, Seen[3] memory claims, bool[3] memory stands, bool healthy) private {
        uint256 draw = uint256(keccak256(abi.encode(_asked)));
        uint256 theta = claims[draw % 3].theta + (draw >> 8) % 2;
        int256 support = claims[draw % 3].support + int256((draw >> 16) % 3) - 1;
        bool expected;
        for (uint256 i = 0; i < 3; ++i) {
            if (stands[i] && claims[i].theta >= theta && claims[i].support <= support) expected = true;
        }
        if (support <= 0 && !healthy) expected = false;
        if (expected && support != 0) ++happened["support proven"];
        if (_passes(of_, theta, support) != expected) violation = "support is not what is proven now";
    }

    function _passes(bytes32 of_, uint256 theta, int256 support) private view returns (bool passes) {
        try gate.requireMargin(of_, theta, support) {
            passes = true;
        } catch {}
    }

    /// Begins an epoch, and remembers who was not in default before.
    function _nextEpoch(uint256 bookMaxAge) internal virtual {
        bool[2] memory clear;
        for (uint256 i = 0; i < 2; ++i) {
            Marks memory marks = gate.marksOf(accounts[i]);
            clear[i] = gate.statusOf(accounts[i]) != Status.Liquidatable
                && (marks.breachRound == 0 || marks.graceSince != 0);
        }
        if (bookMaxAge % 3 == 0) profile.changeShocks(bytes32(bookMaxAge % 2));
        profile.change(uint32(bookMaxAge));
        ledger.move(0);
        for (uint256 i = 0; i < 2; ++i) {
            _clearAt[accounts[i]] = clear[i] ? profile.epoch() : 0;
            if (clear[i]) ++happened["changed"];
        }
    }

    /// As `bound`, without a log for each.
    function _within(uint256 x, uint256 least, uint256 most) internal pure returns (uint256) {
        return least + x % (most - least + 1);
    }
}
