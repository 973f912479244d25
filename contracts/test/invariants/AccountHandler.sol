// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../../generated/Spec.sol";
import {Attestation, BookStanding} from "../../interfaces/IBookRegistry.sol";
import {HealthRecord} from "../../interfaces/IMarginGate.sol";
import {Request} from "../../interfaces/IMarginVault.sol";
import {AttestedBook, Proof, Round, Status} from "../../lib/Types.sol";
import {MarginVault} from "../../MarginVault.sol";
import {Token} from "../support/Tokens.sol";
import {VaultFixture} from "../support/VaultFixture.sol";

/// What owners, attestors, bidders, governance and time do to two accounts in any order. Each step is tried whether or
/// not it should be possible; what must never happen is recorded as a violation, which the invariants want to be none.
contract AccountHandler is VaultFixture {
    bytes32[2] public accounts;
    string public violation;
    /// Releases, acceptances and so on that did happen, to show that the runs reach them.
    mapping(string what => uint256) public happened;

    /// Last status that was not Unknown, and whether there was an outage after it.
    mapping(bytes32 of_ => Status) private _known;
    mapping(bytes32 of_ => bool) private _outage;
    mapping(uint256 commitment => uint256) private _accepted;
    uint256[] private _commitments;
    bool private _proving;
    uint256 private _salt;

    function setUp() public override {
        super.setUp();
        accounts[0] = account;
        accounts[1] = _open("second", false);
        vm.prank(owner);
        vault.setCreditor(accounts[1], venue);
        _approve(owner, usdc);
        // A start from which everything can be reached: collateral, a debt and a proof.
        for (uint256 i = 0; i < 2; ++i) {
            account = accounts[i];
            _deposit(10 ether);
            vm.prank(owner);
            vault.requestLoan(account, 5_000e6);
            skip(1);
            _attestBook(0);
            _submit(ledger.move(0), _healthy(11_000, 500));
            vm.prank(venue);
            vault.lend(account, 5_000e6);
            _known[account] = gate.statusOf(account);
        }
    }

    function vaultOf() external view returns (MarginVault) {
        return vault;
    }

    function tokens() external view returns (Token, Token) {
        return (weth, usdc);
    }

    function parties() external view returns (address, address) {
        return (venue, keeper);
    }

    /// Runs a step for one of the accounts and then holds both statuses against what was known of them.
    modifier step(uint256 seed) {
        account = accounts[seed % 2];
        _proving = false;
        _;
        for (uint256 i = 0; i < 2; ++i) {
            _watch(accounts[i], _proving && accounts[i] == account);
        }
    }

    // --- the market and its governance ---

    function move(uint256 seed, uint256 moved, uint256 time) external step(seed) {
        skip(_within(time, 1, 20 minutes));
        ledger.move(seed % 3 == 0 ? uint128(_within(moved, 0, 10_000_000)) : 0);
    }

    /// Seldom long enough for the market to go stale.
    function wait(uint256 seed, uint256 time) external step(seed) {
        skip(_within(time, 1, seed % 5 == 0 ? 2 hours : 10 minutes));
    }

    function changeProfile(uint256 seed) external step(seed) {
        if (seed % 8 == 0) profile.nextEpoch();
        ledger.move(0);
    }

    function pause(uint256 seed) external step(seed) {
        if (seed % 6 == 0 && !gate.paused()) {
            vm.prank(guardian);
            gate.pause();
        } else if (gate.paused()) {
            vm.prank(guardian);
            gate.unpause();
        }
    }

    // --- books ---

    /// A new book, or now and then one whose commitment was accepted before.
    function attest(uint256 seed) external step(seed) {
        skip(1);
        _attestBook(seed % 5 == 0 && _commitments.length > 0 ? _commitments[seed % _commitments.length] : 0);
    }

    function _attestBook(uint256 used) private {
        AttestedBook memory book = _book(registry.bookOf(account).sequence + 1);
        book.commitment = used == 0 ? ++_salt : used;
        Attestation[] memory both = _signatures(account, book);
        try registry.attest(account, book, both) {
            if (++_accepted[book.commitment] > 1) violation = "a commitment was accepted twice";
            _commitments.push(book.commitment);
            ++happened["attested"];
        } catch {
            ++happened["commitment refused"];
        }
    }

    // --- proofs ---

    function proveHealth(uint256 seed, uint256 theta, uint256 envelope, uint256 back) external step(seed) {
        _try(_healthy(_within(theta, 9_500, 13_000), _within(envelope, 0, 1_000)), uint64(back % 3), owner, true);
    }

    function proveIllHealth(uint256 seed, uint256 theta, uint256 back) external step(seed) {
        if (seed % 4 == 0) _try(_unhealthy(_within(theta, 9_000, 13_000)), uint64(back % 3), venue, true);
    }

    /// A proof of what is not so, or of ill health by somebody who is no attestor.
    function lie(uint256 seed, uint256 theta) external step(seed) {
        theta = _within(theta, 10_000, 13_000);
        if (seed % 2 == 0) _try(_unhealthy(theta), 0, stranger, true);
        else _try(_healthy(theta, 100), 0, owner, false);
    }

    function _try(uint32 claim, uint64 back, address by, bool honest) private {
        if (back == 0) ledger.move(0);
        uint64 latest = _latest();
        uint64 round = latest > back ? latest - back : latest;
        Proof memory proof = _prove(account, round, honest ? claim : claim ^ 1);
        vm.prank(by);
        try gate.submit(account, round, claim, proof) {
            // A proof of ill health must better nothing.
            if (claim & (1 << Spec.HEALTHY_SHIFT) != 0) _proving = true;
            ++happened["proof accepted"];
            if (!honest) violation = "a false proof was accepted";
            if (by == stranger) violation = "ill health was accepted from a stranger";
            if (!registry.bookIsLive(account)) violation = "a proof of a dead book was accepted";
            if (ledger.roundAt(round).epoch != profile.epoch()) violation = "an old epoch was accepted";
            if (gate.paused()) violation = "a proof was accepted in a pause";
        } catch {
            ++happened["proof refused"];
        }
    }

    function note(uint256 seed) external step(seed) {
        try gate.note(account) {
            ++happened["noted"];
        } catch {}
    }

    // --- the vault ---

    function deposit(uint256 seed, uint256 amount) external step(seed) {
        _deposit(_within(amount, 1, 5 ether));
    }

    /// Asks, attests, proves and withdraws, each of which is left out now and then.
    function withdraw(uint256 seed, uint256 amount, uint256 theta) external step(seed) {
        uint256 balance = vault.balanceOf(account, address(weth));
        if (seed % 3 != 0 && balance != 0) {
            vm.prank(owner);
            vault.requestWithdrawal(account, address(weth), _within(amount, 1, balance));
        }
        _attestAndTry(seed, theta);
        Request memory request = vault.withdrawalOf(account, address(weth));
        bool may = request.amount != 0 && _mayRelease(request);
        vm.prank(owner);
        try vault.executeWithdrawal(account, address(weth), owner) {
            ++happened["withdrawn"];
            if (!may) violation = "collateral was released without a proof of the book after it";
        } catch {
            ++happened["withdrawal refused"];
            if (may) violation = "collateral was held back in spite of a proof";
        }
    }

    function lend(uint256 seed, uint256 amount, uint256 theta) external step(seed) {
        if (seed % 3 != 0) {
            vm.prank(owner);
            vault.requestLoan(account, _within(amount, 1, 2_000e6));
        }
        _attestAndTry(seed, theta);
        Request memory request = vault.loanRequestOf(account);
        bool may = request.amount != 0 && _mayRelease(request);
        usdc.mint(venue, request.amount);
        vm.prank(venue);
        try vault.lend(account, request.amount) {
            ++happened["lent"];
            if (!may) violation = "a loan was paid without a proof of the book with it";
        } catch {
            ++happened["loan refused"];
            if (may) violation = "a loan was held back in spite of a proof";
        }
    }

    function _attestAndTry(uint256 seed, uint256 theta) private {
        if (seed % 5 != 0) skip(1);
        if (seed % 7 != 0) _attestBook(0);
        if (seed % 11 != 0) _try(_healthy(_within(theta, 10_800, 12_500), 300), 0, owner, true);
        if (seed % 13 == 0) ledger.move(4_000_000);
    }

    function repay(uint256 seed, uint256 amount) external step(seed) {
        amount = _within(amount, 1, 500e6);
        usdc.mint(owner, amount);
        vm.prank(owner);
        try vault.repay(account, amount) {} catch {}
    }

    function startAuction(uint256 seed) external step(seed) {
        if (seed % 3 != 0) _try(_unhealthy(10_000), 0, venue, true);
        Status status = gate.statusOf(account);
        vm.prank(keeper);
        try vault.startAuction(account, address(weth)) {
            ++happened["auction started"];
            if (status != Status.Liquidatable) violation = "an auction of an account that is not liquidatable";
        } catch {}
    }

    function take(uint256 seed, uint256 most) external step(seed) {
        Status status = gate.statusOf(account);
        most = _within(most, 1, 20 ether);
        usdc.mint(bidder, 100_000e6);
        vm.prank(bidder);
        try vault.take(account, most, type(uint256).max, bidder) {
            ++happened["taken"];
            if (status != Status.Liquidatable) violation = "collateral was sold of an account not liquidatable";
        } catch {}
    }

    function closeAuction(uint256 seed) external step(seed) {
        try vault.closeAuction(account) {
            ++happened["auction closed"];
        } catch {}
    }

    function coverShortfall(uint256 seed) external step(seed) {
        try vault.coverShortfall(account) {
            ++happened["shortfall covered"];
        } catch {}
    }

    function collect(uint256 seed) external step(seed) {
        vm.prank(seed % 2 == 0 ? venue : keeper);
        try vault.claim() {} catch {}
    }

    // --- what must be ---

    /// As `bound`, without a log for each.
    function _within(uint256 x, uint256 least, uint256 most) private pure returns (uint256) {
        return least + x % (most - least + 1);
    }

    /// The conditions of a release, written again from the specification.
    function _mayRelease(Request memory request) private view returns (bool) {
        HealthRecord memory record = gate.recordOf(account);
        BookStanding memory book = registry.standingOf(account);
        Round memory latest = ledger.latestRound();
        bool newBook = book.sequence > request.sequence && book.asOf > request.requestedAt;
        bool ofIt = record.round != 0 && record.sequence == book.sequence && book.brokenAt == 0
            && block.timestamp < book.expiresAt;
        uint256 moved = latest.odometer - record.odometer;
        bool inEnvelope = moved * (Spec.BPS + record.envelope) <= record.envelope * Spec.ODOMETER_UNIT;
        bool young = block.timestamp <= record.time + MAX_PROOF_AGE && record.epoch == profile.epoch();
        bool market = !gate.paused() && profile.isLive() && latest.epoch == profile.epoch()
            && block.timestamp <= latest.time + ledger.maxRoundAge();
        bool unmarked = gate.marksOf(account).breachRound == 0 && gate.marksOf(account).callRound == 0;
        return newBook && ofIt && inEnvelope && young && market && unmarked && record.theta >= 11_000;
    }

    /// Without a proof a status gets no better; after an outage the clocks of grace and call have started again.
    function _watch(bytes32 of_, bool proven) private {
        Status status = gate.statusOf(of_);
        if (status == Status.Unknown) {
            _outage[of_] = true;
            return;
        }
        // Stale between two steps: the market came back with a poke, and nobody looked.
        bool outage = _outage[of_] || ledger.liveSince() == block.timestamp;
        Status known = _known[of_];
        if (!proven && status > known) {
            bool restarted = outage && known == Status.Liquidatable && gate.marksOf(of_).breachRound == 0
                && status != Status.Healthy;
            if (!restarted) violation = "a status improved without a proof";
        }
        (_known[of_], _outage[of_]) = (status, false);
    }
}
