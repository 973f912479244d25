// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../../../contracts/generated/Spec.sol";
import {IMarginGate} from "../../../contracts/interfaces/IMarginGate.sol";
import {Attestation, AttestedBook, SleeveTerms} from "../../../contracts/types/Book.sol";
import {Claims} from "../../../contracts/types/Claims.sol";
import {Proof} from "../../../contracts/types/Groth16.sol";
import {Round} from "../../../contracts/types/Round.sol";
import {Status} from "../../../contracts/types/Status.sol";
import {Request} from "../../../contracts/types/Vault.sol";
import {Token} from "../support/Tokens.sol";
import {AuctionWatch} from "./AuctionWatch.sol";

/// What owners, attesters, creditors, bidders, copyists, governance and time do to two accounts in any order. Each step
/// is tried whether or not it should be possible.
contract AccountHandler is AuctionWatch {
    uint256 private constant THIRD_KEY = 0x3d;
    uint256 private constant COPYIST_KEY = 0xc0b1;

    /// A copyist's account. Its own attester meets the threshold alone; another is one of the victims' attesters.
    bytes32 private _hostile;
    /// In ascending order of their addresses.
    uint256[3] private _keys;
    mapping(address attester => mapping(uint256 commitment => bool)) private _given;
    uint256[] private _commitments;
    /// The sleeve of the newest book, and when the registry accepted it; none has a band of 0.
    mapping(bytes32 of_ => SleeveTerms) private _sleeves;
    mapping(bytes32 of_ => uint256) private _sleevedAt;
    uint256 private _salt;

    function setUp() public override {
        super.setUp();
        _keys = [CUSTODIAN_KEY, VENUE_KEY, THIRD_KEY];
        for (uint256 i = 0; i < 2; ++i) {
            for (uint256 j = i + 1; j < 3; ++j) {
                if (vm.addr(_keys[j]) < vm.addr(_keys[i])) (_keys[i], _keys[j]) = (_keys[j], _keys[i]);
            }
        }
        accounts[0] = account;
        address[] memory attesters = new address[](3);
        (attesters[0], attesters[1], attesters[2]) = (custodian, venue, vm.addr(THIRD_KEY));
        vm.prank(owner);
        accounts[1] = registry.open("second", false, attesters, 2);
        attesters = new address[](2);
        (attesters[0], attesters[1]) = (vm.addr(COPYIST_KEY), venue);
        vm.prank(stranger);
        _hostile = registry.open("hostile", false, attesters, 1);

        vm.prank(owner);
        vault.setCreditor(accounts[1], custodian);
        usdc.mint(owner, 1e15);
        _approve(owner, usdc);
        _approve(custodian, usdc);
        // A start from which everything can be reached: collateral, a debt and a proof.
        for (uint256 i = 0; i < 2; ++i) {
            account = accounts[i];
            _deposit(10 ether);
            vm.prank(owner);
            vault.requestLoan(account, 5_000e6);
            skip(1);
            _attestBook(1, 0);
            ledger.move(0);
            _try(_healthy(INITIAL_MARGIN, 500), 0, owner, true);
            usdc.mint(custodian, 5_000e6);
            vm.prank(vault.creditorOf(account));
            vault.lend(account, 5_000e6);
            _known[account] = gate.statusOf(account);
        }
    }

    // --- the market and its governance ---

    function move(uint256 seed, uint256 moved, uint256 time) external step(seed) {
        skip(_within(time, 1, 20 minutes));
        uint128 ofSleeves = (seed >> 8) % 3 == 0 ? uint128(_within(moved >> 128, 0, 3_000_000)) : 0;
        ledger.move(seed % 3 == 0 ? uint128(_within(moved, 0, 10_000_000)) : 0, ofSleeves);
    }

    /// From 50 USD to 3000 USD.
    function reprice(uint256 seed, uint256 price) external step(seed) {
        uint64 low = uint64(_within(price, ETHER_PRICE / 40, ETHER_PRICE * 3 / 2));
        ledger.setPrice(1, low, low + low / 100);
    }

    /// Seldom long enough for the market to go stale.
    function wait(uint256 seed, uint256 time) external step(seed) {
        skip(_within(time, 1, seed % 5 == 0 ? 2 hours : 10 minutes));
    }

    function changeProfile(uint256 seed) external step(seed) {
        if (seed % 8 == 0) _nextEpoch(_within(seed >> 8, 1 hours, 1 days));
        else ledger.move(0);
    }

    /// No block is made for a while, or the sequencer goes away and, the next time, comes back.
    function outage(uint256 seed, uint256 time) external step(seed) {
        if (!_down && seed % 4 != 0) return _skipWithoutBlocks(_within(time, 1, 50 minutes));
        _toggleSequencer();
    }

    function _toggleSequencer() private {
        _down = !_down;
        _resumedAt = block.timestamp;
        ledger.setUpSince(_down ? type(uint64).max : uint64(block.timestamp));
    }

    function pause(uint256 seed) external step(seed) {
        if (seed % 6 == 0 && !profile.paused()) return profile.pause();
        if (!profile.paused()) return;
        profile.unpause();
        _resumedAt = block.timestamp;
    }

    // --- books ---

    /// A new book, or now and then one whose commitment was accepted before.
    function attest(uint256 seed) external step(seed) {
        skip(1);
        bool again = seed % 5 == 0 && _commitments.length > 0;
        _attestBook(seed, again ? _commitments[(seed >> 8) % _commitments.length] : 0);
    }

    /// An account with three attesters, two of whom must sign.
    function revoke(uint256 seed) external step(seed) {
        if (seed % 32 != 1 || !registry.isAttester(account, vm.addr(THIRD_KEY))) return;
        vm.prank(owner);
        registry.revokeAttester(account, vm.addr(THIRD_KEY));
    }

    function _attestBook(uint256 seed, uint256 used) private {
        AttestedBook memory book = _book(registry.bookOf(account).sequence + 1);
        book.commitment = used == 0 ? ++_salt : used;
        book.expiresAt = book.asOf + profile.bookMaxAge();
        SleeveTerms memory sleeve;
        if ((seed >> 16) % 2 == 1) sleeve = _drawSleeve(seed >> 24);
        bytes32 digest =
            sleeve.band == 0 ? registry.digestOf(account, book) : registry.sleevedDigestOf(account, book, sleeve);
        Attestation[] memory attestations = _signed(digest, seed);
        if (seed % 3 == 0 && sleeve.band == 0) _copy(book, attestations);

        bool fresh = true;
        for (uint256 i = 0; i < attestations.length; ++i) {
            address attester = attestations[i].attester;
            // Those who signed the standing book may sign it again, with new times.
            bool renews =
                registry.bookOf(account).commitment == book.commitment && registry.hasSigned(account, attester);
            bool given = _given[attester][book.commitment] && !renews;
            if (given || !registry.isAttester(account, attester)) fresh = false;
        }
        // Anybody may relay them: a copy from the mempool does what the original would.
        try this.relay(seed % 7 == 0 ? stranger : owner, book, sleeve, attestations) {
            (_sleeves[account], _sleevedAt[account]) = (sleeve, block.timestamp);
            if (sleeve.band != 0) ++happened["sleeve attested"];
            if (!fresh) violation = "an attester's word on a commitment counted twice";
            for (uint256 i = 0; i < attestations.length; ++i) {
                _given[attestations[i].attester][book.commitment] = true;
            }
            _commitments.push(book.commitment);
            ++happened["attested"];
        } catch {
            if (fresh) violation = "a book that its attesters have signed for the first time was refused";
            ++happened["book refused"];
        }
    }

    function relay(
        address by,
        AttestedBook calldata book,
        SleeveTerms calldata sleeve,
        Attestation[] calldata attestations
    ) external {
        vm.prank(by);
        if (sleeve.band == 0) registry.attest(account, book, attestations);
        else registry.attestWithSleeve(account, book, sleeve, attestations);
    }

    /// Mostly of a round in the proving window; now and then of an older one, or of one to come.
    function _drawSleeve(uint256 draw) private view returns (SleeveTerms memory sleeve) {
        uint64 latest = _latest();
        sleeve.ledger = draw % 16 == 0 ? stranger : address(ledger);
        uint64 back = uint64((draw >> 8) % 4);
        sleeve.pricedAt = (draw >> 16) % 16 == 0 ? latest + 1 : latest > back ? latest - back : latest;
        sleeve.band = uint16(1 + (draw >> 24) % 2_000);
        sleeve.until = uint64(block.timestamp + 1 + (draw >> 40) % profile.bookMaxAge());
        sleeve.shocks = (draw >> 80) % 16 == 0 ? bytes32("no shocks") : profile.shocksHash();
    }

    /// By the owner, an attester, or somebody who may not.
    function voidSleeve(uint256 seed) external step(seed) {
        if ((seed >> 8) % 6 != 0) return;
        address by = seed % 3 == 0 ? owner : seed % 3 == 1 ? venue : stranger;
        (,, uint64 before) = registry.sleeveOf(account);
        bool may = by != stranger && _sleeves[account].band != 0 && before == 0;
        vm.prank(by);
        try registry.voidSleeve(account) {
            if (!may) violation = "a sleeve was voided that could not be, or by a stranger";
            ++happened["sleeve voided"];
        } catch {
            if (may) violation = "a sleeve was not voided by who may";
        }
    }

    /// What a claim of the newest book's sleeve needs, at a round.
    function _maySleeve(uint64 number, bool healthy) private view returns (bool) {
        SleeveTerms memory sleeve = _sleeves[account];
        if (sleeve.band == 0 || sleeve.ledger != address(ledger) || sleeve.shocks != profile.shocksHash()) return false;
        if (block.timestamp >= sleeve.until || sleeve.pricedAt > _latest()) return false;
        (,, uint64 voidedAt) = registry.sleeveOf(account);
        if (healthy && voidedAt != 0) return false;
        Round memory priced = ledger.roundAt(sleeve.pricedAt);
        uint256 at = _sleevedAt[account];
        if (priced.time > at || priced.time + ledger.provingWindow() < at) return false;
        (uint256 a, uint256 b) = (priced.sleeveOdometer, ledger.roundAt(number).sleeveOdometer);
        return (a < b ? b - a : a - b) * (10_000 + sleeve.band) <= uint256(sleeve.band) * 1e8;
    }

    /// Somebody who sees a book in the mempool uses its commitment, and its signatures, in an account of their own.
    function _copy(AttestedBook memory book, Attestation[] memory attestations) private {
        AttestedBook memory own = _book(registry.bookOf(_hostile).sequence + 1);
        (own.commitment, own.expiresAt) = (book.commitment, book.expiresAt);
        vm.startPrank(stranger);
        try registry.attest(_hostile, book, attestations) {
            violation = "signatures of one account counted for another";
        } catch {}
        Attestation[] memory one = new Attestation[](1);
        one[0] = _sign(_hostile, own, COPYIST_KEY);
        try registry.attest(_hostile, own, one) {
            ++happened["copied"];
        } catch {}
        vm.stopPrank();
    }

    /// By two of the attesters, or all three where there are three.
    function _signed(bytes32 digest, uint256 seed) private view returns (Attestation[] memory attestations) {
        uint256 left = account == accounts[0] ? THIRD_KEY : (seed >> 5) % 4 == 3 ? 0 : _keys[(seed >> 5) % 4];
        attestations = new Attestation[](left == 0 ? 3 : 2);
        uint256 at;
        for (uint256 i = 0; i < 3; ++i) {
            if (_keys[i] == left) continue;
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keys[i], digest);
            attestations[at++] = Attestation(vm.addr(_keys[i]), abi.encodePacked(r, s, v));
        }
    }

    // --- proofs ---

    function proveHealth(uint256 seed, uint256 theta, uint256 envelope, uint256 back) external step(seed) {
        address by = seed % 3 == 0 ? stranger : owner;
        _try(_healthy(_within(theta, 9_500, 14_000), _within(envelope, 0, 1_000)), uint64(back % 3), by, true);
    }

    function proveIllHealth(uint256 seed, uint256 theta, uint256 back) external step(seed) {
        if (seed % 4 == 0) _try(_unhealthy(_within(theta, 9_000, 13_000)), uint64(back % 3), venue, true);
    }

    /// Health with dollars added or taken, in cents that are more or less than before.
    function proveSupport(uint256 seed, uint256 theta, uint256 envelope, uint256 cents) external step(seed) {
        int64 support = int64(int256(_within(cents, 1, 200)));
        uint96 claim = _healthy(_within(theta, 9_900, 14_000), _within(envelope, 0, 1_000));
        _try(_with(claim, seed % 4 < 2 ? -support : support), uint64(cents % 3), seed % 3 == 0 ? stranger : owner, true);
    }

    /// Ill health with dollars added, or taken, which nobody may claim.
    function denounceSupport(uint256 seed, uint256 theta, uint256 cents) external step(seed) {
        if (seed % 6 > 1) return;
        int64 support = int64(int256(_within(cents, 1, 200)));
        _try(_with(_unhealthy(_within(theta, 9_000, 12_500)), seed % 6 == 0 ? -support : support), 0, venue, true);
    }

    /// Both accounts in one batch, now and then with one's proof in place of the other's.
    function proveBoth(uint256 seed, uint256 theta, uint256 envelope) external step(seed) {
        uint64 round = ledger.move(0);
        uint96 claim = _healthy(_within(theta, 10_000, 13_000), _within(envelope, 0, 1_000));
        IMarginGate.Submission[] memory batch = new IMarginGate.Submission[](2);
        for (uint256 i = 0; i < 2; ++i) {
            bytes32 of_ = seed % 5 == 0 ? accounts[1 - i] : accounts[i];
            batch[i] = IMarginGate.Submission(accounts[i], round, claim, _prove(of_, round, claim));
        }
        try gate.submitBatch(batch) {
            // What the gate skips is not verified, and must not be recorded.
            for (uint256 i = 0; i < 2; ++i) {
                account = accounts[i];
                if (gate.recordOf(account).round != round) continue;
                if (seed % 5 == 0) violation = "proofs of one account were accepted for another";
                _note(round, claim);
                ++happened["batch accepted"];
            }
        } catch {}
    }

    /// A proof of a false claim, or of ill health by somebody who is no attester.
    function lie(uint256 seed, uint256 theta) external step(seed) {
        theta = _within(theta, 10_000, 13_000);
        if (seed % 2 == 0) _try(_unhealthy(theta), 0, stranger, true);
        else _try(_healthy(theta, 100), 0, owner, false);
    }

    function _try(uint96 claim, uint64 back, address by, bool honest) private {
        if (back == 0) ledger.move(0);
        uint64 latest = _latest();
        // Mostly with the bit that the book needs, now and then without, or with it and no sleeve.
        uint256 draw = uint256(keccak256(abi.encode(claim, block.timestamp))) % 8;
        if (_sleeves[account].band != 0 ? draw != 0 : draw == 1) claim = _sleeved(claim);
        uint64 round = latest > back ? latest - back : latest;
        Proof memory proof = _prove(account, round, honest ? claim : claim ^ 1);
        bool healthy = claim & (1 << Spec.HEALTHY_SHIFT) != 0;
        vm.prank(by);
        try gate.submit(account, round, claim, proof) {
            // A proof of ill health must not improve the status.
            if (healthy) _note(round, claim);
            ++happened["proof accepted"];
            if (!honest) violation = "a false proof was accepted";
            if (!healthy && by == stranger) violation = "ill health was accepted from a stranger";
            if (!healthy && Claims.taken(claim)) violation = "ill health was accepted of dollars taken";
            if (Claims.sleeve(claim)) {
                if (!_maySleeve(round, healthy)) violation = "a sleeve was accepted that proves nothing here";
                ++happened[healthy ? "sleeve accepted" : "ill health with sleeve accepted"];
            }
            if (claim >> 33 != 0) ++happened[healthy ? "support accepted" : "ill health with support accepted"];
            if (healthy && !registry.bookIsLive(account)) violation = "health of a dead book was accepted";
            AttestedBook memory book = registry.bookOf(account);
            if (block.timestamp >= book.expiresAt) violation = "a proof of an expired book was accepted";
            bool before = ledger.roundAt(round).time < book.asOf;
            if (!healthy && before) violation = "unhealthy proof at a round before the book";
            Seen memory proven = _seenOf(round, claim);
            if (healthy && before && !_isInside(proven)) violation = "health beyond its envelope proven at a round before the book";
            if (ledger.roundAt(round).epoch != profile.epoch()) violation = "an old epoch was accepted";
            if (profile.paused()) violation = "a proof was accepted in a pause";
        } catch {
            ++happened["proof refused"];
        }
    }

    /// Remembers a claim of health that was accepted.
    function _note(uint64 number, uint96 claim) private {
        Seen memory seen = _seenOf(number, claim);
        if (seen.support != 0) {
            Seen[2] storage bySign = _seenSupports[account];
            if (number < bySign[seen.support < 0 ? 0 : 1].round) violation = "an older support replaced a newer one";
            bySign[seen.support < 0 ? 0 : 1] = seen;
            // Dollars added say nothing of the account as it is.
            if (seen.support > 0) return;
            seen.support = 0;
            if (!_isBetter(seen, _seen[account])) return;
        }
        if (number < _seen[account].round) violation = "an older round replaced a newer one";
        _proving[account] = true;
        if (gate.marksOf(account).breachRound == 0) _clearedAt[account] = block.timestamp;
        _seen[account] = seen;
    }

    /// What is accepted with a claim at a round.
    function _seenOf(uint64 number, uint96 claim) private view returns (Seen memory) {
        Round memory round = ledger.roundAt(number);
        int256 support = int256(uint256(claim >> 34));
        SeenSleeve memory sleeve;
        if (Claims.sleeve(claim)) {
            SleeveTerms memory terms = _sleeves[account];
            uint256 allowance = uint256(terms.band) * 1e8 / (10_000 + uint256(terms.band));
            sleeve = SeenSleeve(ledger.roundAt(terms.pricedAt).sleeveOdometer + allowance, terms.until, terms.shocks);
        }
        return Seen({
            sequence: registry.bookOf(account).sequence,
            round: number,
            time: round.time,
            epoch: round.epoch,
            odometer: round.odometer,
            theta: uint16(claim),
            envelope: (claim >> 16) & 0x3fff,
            support: (claim >> 33) & 1 == 1 ? -support : support,
            sleeve: sleeve
        });
    }

    /// Whether a plain claim replaces another: newer, of another book, or smaller in nothing and larger in something.
    function _isBetter(Seen memory next, Seen memory last) private pure returns (bool) {
        if (next.round != last.round) return next.round > last.round;
        if (next.sequence != last.sequence) return true;
        (bool sleeved, bool wasSleeved) = (next.sleeve.until != 0, last.sleeve.until != 0);
        bool smaller = next.theta < last.theta || next.envelope < last.envelope || (sleeved && !wasSleeved);
        return !smaller && (next.theta > last.theta || next.envelope > last.envelope || sleeved != wasSleeved);
    }

    function recordLapse(uint256 seed) external step(seed) {
        try gate.recordLapse(account) {
            ++happened["recorded"];
        } catch {}
    }

    // --- collateral and loans ---

    function deposit(uint256 seed, uint256 amount) external step(seed) {
        Token token = _token(seed);
        amount = _within(amount, 1, token == weth ? 5 ether : 200e6);
        token.mint(owner, amount);
        vm.prank(owner);
        vault.deposit(account, address(token), amount);
    }

    /// Requests, attests, proves and withdraws. Each is left out now and then.
    function withdraw(uint256 seed, uint256 amount, uint256 theta) external step(seed) {
        Token token = _token(seed);
        uint256 balance = vault.balanceOf(account, address(token));
        if (seed % 3 != 0 && balance != 0) {
            vm.prank(owner);
            vault.requestWithdrawal(account, address(token), _within(amount, 1, balance));
        }
        _attestAndTry(seed, theta);
        bool signed = vault.debtOf(account) == 0 || registry.hasSigned(account, vault.creditorOf(account));
        bool may = signed && _mayRelease(vault.withdrawalOf(account, address(token)));
        vm.prank(owner);
        try vault.executeWithdrawal(account, address(token), owner) {
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
        bool may = _mayRelease(request);
        address creditor = vault.creditorOf(account);
        usdc.mint(creditor, request.amount);
        vm.prank(creditor);
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
        if (seed % 7 != 0) _attestBook(seed, 0);
        if (seed % 11 != 0) _try(_healthy(_within(theta, 12_300, 14_000), 300), 0, owner, true);
        // Anything may have happened between the proof and the release.
        uint256 event_ = seed % 17;
        if (event_ == 0) ledger.move(4_000_000);
        if (event_ == 1) _nextEpoch(1 days);
        if (event_ == 2) profile.pause();
        if (event_ == 3) _try(_unhealthy(_within(theta, 9_500, 12_500)), 0, venue, true);
        if (event_ == 4) skip(_within(theta, 1, 2 hours));
    }

    function repay(uint256 seed, uint256 amount) external step(seed) {
        amount = _within(amount, 1, seed % 4 == 0 ? 10_000e6 : 500e6);
        vm.prank(owner);
        try vault.repay(account, amount) {
            ++happened["repaid"];
        } catch {}
    }

    function setCreditor(uint256 seed) external step(seed) {
        uint256 debt = vault.debtOf(account);
        vm.prank(owner);
        try vault.setCreditor(account, seed % 4 < 2 ? venue : custodian) {
            if (debt != 0) violation = "a creditor was replaced while something was owed";
        } catch {
            if (debt == 0) violation = "a creditor who is an attester was refused";
        }
    }

    // --- auctions and insurance ---

    function startAuction(uint256 seed) external step(seed) {
        if (seed % 3 != 0) _try(_unhealthy(10_000), 0, venue, true);
        _startAuction(_token(seed));
    }

    function take(uint256 seed, uint256 most) external step(seed) {
        Token token = _token(seed);
        _bid(token, _within(most, 1, token == weth ? 20 ether : 2_000e6));
    }

    /// Auctions all there is, while a crash has left it worth less than the debt.
    function sellOut(uint256 seed) external step(seed) {
        if (seed % 3 != 0) return;
        ledger.setPrice(1, ETHER_PRICE / 1000, ETHER_PRICE / 1000);
        if (_down) _toggleSequencer();
        _try(_unhealthy(10_000), 0, venue, true);
        // One liquidation after the other: each raises no more than its due.
        for (uint256 i = 0; i < 4 && _held(weth) + _held(usdc) != 0; ++i) {
            _sell(weth);
            _sell(usdc);
            skip(RELIEF_PERIOD);
            ledger.move(0);
        }
        if (seed % 2 == 0) _cover(seed >> 8);
    }

    function _sell(Token token) private {
        try vault.closeAuction(account, address(token)) {} catch {}
        _startAuction(token);
        _bid(token, type(uint128).max);
    }

    function _startAuction(Token token) private {
        Status status = gate.statusOf(account);
        uint256 offered = vault.balanceOf(account, address(token));
        vm.prank(keeper);
        try vault.startAuction(account, address(token)) {
            ++happened["auction started"];
            if (status != Status.Liquidatable) violation = "an auction of an account that is not liquidatable";
            _seeStart(token, offered, vault.debtOf(account));
        } catch {}
    }

    function _bid(Token token, uint256 most) private {
        Status status = gate.statusOf(account);
        uint256 debt = vault.debtOf(account);
        uint64 startedAt = vault.auctionOf(account, address(token)).startedAt;
        usdc.mint(bidder, 100_000e6);
        vm.prank(bidder);
        try vault.take(account, address(token), startedAt, most, type(uint256).max, bidder) returns (
            uint256 amount, uint256 cost
        ) {
            ++happened["taken"];
            _soldAt[account] = block.timestamp;
            if (status != Status.Liquidatable) violation = "collateral was sold of an account not liquidatable";
            if (vault.debtOf(account) > debt) violation = "an auction raised the debt";
            _seeTake(token, amount, cost);
        } catch {}
    }

    function closeAuction(uint256 seed) external step(seed) {
        try vault.closeAuction(account, address(_token(seed))) {
            ++happened["auction closed"];
        } catch {}
    }

    function coverShortfall(uint256 seed) external step(seed) {
        _cover(seed);
    }

    function _cover(uint256 seed) private {
        bool left = _held(weth) + _held(usdc) != 0;
        Status status = gate.statusOf(account);
        address creditor = vault.creditorOf(account);
        vm.prank(seed % 4 == 0 ? owner : creditor);
        try vault.coverShortfall(account) {
            if (seed % 4 == 0 && owner != creditor) violation = "insurance paid on another's word";
            ++happened["shortfall covered"];
            if (left) violation = "insurance paid while there was collateral";
            if (status != Status.Liquidatable) violation = "insurance paid for an account not liquidatable";
        } catch {}
    }

    function fundInsurance(uint256 seed, uint256 amount) external step(seed) {
        vm.prank(owner);
        vault.fundInsurance(seed % 3 == 0 ? venue : custodian, _within(amount, 1, 1_000e6));
    }

    function withdrawInsurance(uint256 seed) external step(seed) {
        address creditor = seed % 4 < 2 ? venue : custodian;
        uint256 owed;
        for (uint256 i = 0; i < 2; ++i) {
            if (vault.creditorOf(accounts[i]) == creditor) owed += vault.debtOf(accounts[i]);
        }
        uint256 fund = vault.insuranceOf(creditor);
        vm.prank(creditor);
        try vault.withdrawInsurance(fund) {
            ++happened["insurance withdrawn"];
            if (owed != 0) violation = "insurance was withdrawn while it was needed";
        } catch {
            if (owed == 0) violation = "insurance that nobody needs was held back";
        }
    }

    function collect(uint256 seed) external step(seed) {
        address[3] memory parties = [venue, custodian, keeper];
        vm.prank(parties[seed % 3]);
        try vault.claim() {
            ++happened["claimed"];
        } catch {}
    }

    function _token(uint256 seed) private view returns (Token) {
        return (seed >> 3) % 4 == 0 ? usdc : weth;
    }
}
