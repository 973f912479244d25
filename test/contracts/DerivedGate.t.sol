// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {BookRegistry} from "../../contracts/BookRegistry.sol";
import {DerivedLedger} from "../../contracts/DerivedLedger.sol";
import {IBookRegistry} from "../../contracts/interfaces/IBookRegistry.sol";
import {IMarginGate} from "../../contracts/interfaces/IMarginGate.sol";
import {IMarketLedger} from "../../contracts/interfaces/IMarketLedger.sol";
import {FoldedGroth16} from "../../contracts/lib/FoldedGroth16.sol";
import {MarginGate} from "../../contracts/MarginGate.sol";
import {MarketLedger} from "../../contracts/MarketLedger.sol";
import {RiskProfile} from "../../contracts/RiskProfile.sol";
import {Attestation, AttestedBook, SleeveTerms} from "../../contracts/types/Book.sol";
import {GateTerms} from "../../contracts/types/Gate.sol";
import {G1, Proof, VerifyingKey} from "../../contracts/types/Groth16.sol";
import {PROFILE_WORDS} from "../../contracts/types/ProfileWords.sol";
import {Round} from "../../contracts/types/Round.sol";
import {Status} from "../../contracts/types/Status.sol";
import {DerivedFixture} from "./support/DerivedFixture.sol";
import {Trapdoor} from "./support/Trapdoor.sol";
import {Vectors} from "./support/Vectors.sol";
import {Verifier} from "./support/Verifier.sol";

/// Two gates on one registry and one oracle, each with a profile of its own. Proofs are a trapdoor's, but for those of
/// the first test.
contract DerivedGateTest is DerivedFixture {
    uint256 private constant KEY = 0xa77e;
    uint256 private constant SCALAR = 77;
    uint32 private constant HEALTHY = uint32(11_000 | 500 << 16 | 1 << 30);
    uint32 private constant UNHEALTHY = 10_000;
    uint96 private constant SLEEVE = uint96(1) << 32;

    BookRegistry private registry;
    MarginGate private gate;
    MarginGate private strictGate;
    bytes32 private account;

    function setUp() public {
        _setUpDerived();
        registry = new BookRegistry(profile, ROTATION_DELAY);
        gate = _newGate(false, registry, Trapdoor.key());
        strictGate = _newGate(true, registry, Trapdoor.key());
        address[] memory one = new address[](1);
        one[0] = vm.addr(KEY);
        account = registry.open("a", false, one, 1);
    }

    // shows: P56
    /// Real proofs under the vectors' profile: true of the market derived with it, of no other.
    function test_real_proofs_verify_under_their_profile_only() public {
        DerivedLedger back = new DerivedLedger(_newLedger(strict, _feeds(16)), profile);
        back.poke();
        G1 memory folded = back.usableRound(1).folded;
        G1 memory base = back.base().usableRound(1).folded;
        string memory text = Vectors.json();
        Verifier verifier = new Verifier(Vectors.key(text));
        uint256 accepted;
        for (uint256 i = 0; i < Vectors.count(text); ++i) {
            Vectors.Proven memory p = Vectors.proven(text, i);
            if (p.market != 0) continue;
            verifier.verify(folded, p.commitment, p.claim, p.proof);
            vm.expectRevert(FoldedGroth16.ProofRejected.selector);
            verifier.verify(base, p.commitment, p.claim, p.proof);
            ++accepted;
        }
        assertGt(accepted, 1);
    }

    // --- construction ---

    // shows: A62
    function test_gate_needs_registry_of_base_profile() public {
        assertEq(address(strictGate.profile()), address(derived));
        assertEq(address(strictGate.registry().profile()), address(profile));
        BookRegistry foreign = new BookRegistry(strict, ROTATION_DELAY);
        VerifyingKey memory key = Trapdoor.key();
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.ProfileMismatch.selector, profile, strict));
        this.newGate(derived, foreign, key, GRACE);
        // The other way round as well: a registry that goes by the view.
        foreign = new BookRegistry(derived, ROTATION_DELAY);
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.ProfileMismatch.selector, profile, derived));
        this.newGate(derived, foreign, key, GRACE);
    }

    // shows: A63
    function test_gate_needs_grace_beyond_whole_outage() public {
        uint32 least = uint32(timing.maxRoundAge + timing.twapWindow);
        VerifyingKey memory key = Trapdoor.key();
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.GraceTooShort.selector, least, least));
        this.newGate(derived, registry, key, least);
        this.newGate(derived, registry, key, least + 1);
        this.newGate(ledger, registry, key, least);
    }

    function newGate(IMarketLedger on, BookRegistry with_, VerifyingKey memory key, uint32 grace) external {
        new MarginGate(on, with_, key, GateTerms(24 hours, grace, 12 hours, 12_500));
    }

    // --- sleeves ---

    /// One sleeve serves in both markets while both profiles have its shocks, and lapses in both at once.
    function test_sleeve_serves_in_both_markets() public {
        _attestSleeve();
        _prove(gate, HEALTHY | SLEEVE);
        _prove(strictGate, HEALTHY | SLEEVE);
        _expect(Status.Healthy, Status.Healthy);
        assertEq(abi.encode(strictGate.sleeveOf(account).limit), abi.encode(gate.sleeveOf(account).limit));
        // 2 % of slot 0, which may carry sleeves: out of the band of 1 %, inside the envelope of 5 %.
        (uint64 price, uint64 confidence,) = feeds[0].read();
        feeds[0].set(price * 98 / 100, confidence);
        vm.warp(block.timestamp + timing.provingWindow / 2);
        derived.poke();
        _expect(Status.Grace, Status.Grace);
        assertEq(strictGate.deadlineOf(account), block.timestamp + GRACE);
    }

    function test_sleeve_refused_under_other_shocks() public {
        _pokeAt(block.timestamp);
        uint256[PROFILE_WORDS] memory words = strict.profileWords();
        words[9] ^= 1;
        uint256[PROFILE_WORDS] memory none;
        _execute(address(strict), abi.encodeCall(RiskProfile.setProfile, (words, 0, none)));
        _attestSleeve();
        _prove(gate, HEALTHY | SLEEVE);
        _expect(Status.Healthy, Status.Unknown);
        Round memory round = derived.latestRound();
        round.folded = Trapdoor.point(SCALAR);
        vm.mockCall(address(derived), abi.encodeCall(IMarketLedger.usableRound, (round.number)), abi.encode(round));
        Proof memory proof = Trapdoor.prove(SCALAR, registry.bookOf(account).commitment, HEALTHY | SLEEVE, 5);
        bytes32 expected = strict.shocksHash();
        bytes32 got = profile.shocksHash();
        vm.expectRevert(
            abi.encodeWithSelector(IBookRegistry.SleeveOfOtherShocks.selector, account, expected, got)
        );
        strictGate.submit(account, round.number, HEALTHY | SLEEVE, proof);
    }

    function _attestSleeve() private {
        _pokeAt(block.timestamp);
        uint64 time = uint64(block.timestamp);
        AttestedBook memory book = AttestedBook(12_345, registry.bookOf(account).sequence + 1, time, time + 1 days);
        SleeveTerms memory sleeve =
            SleeveTerms(address(ledger), ledger.latestRound().number, 100, time + 12 hours, profile.shocksHash());
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, registry.sleevedDigestOf(account, book, sleeve));
        Attestation[] memory one = new Attestation[](1);
        one[0] = Attestation(vm.addr(KEY), abi.encodePacked(r, s, v));
        registry.attestWithSleeve(account, book, sleeve, one);
    }

    // --- what lapses ---

    // shows: P57
    function test_change_of_base_lapses_base_only() public {
        _healthyAtBoth();
        _tighten(profile);
        // Claims under the other profile are as true as before, though the next needs a new round.
        _expect(Status.Unknown, Status.Healthy);
        assertFalse(derived.usable(derived.latestRound().number));
        _pokeAt(block.timestamp);
        _expect(Status.Grace, Status.Healthy);
        assertEq(strictGate.deadlineOf(account), 0);
    }

    // shows: P57
    function test_change_of_other_lapses_derived_only() public {
        _healthyAtBoth();
        skip(10 minutes);
        _tighten(strict);
        // The newest round stands under the new epoch at once.
        _expect(Status.Healthy, Status.Grace);
        assertEq(strictGate.deadlineOf(account), block.timestamp + GRACE);
        _pokeAt(block.timestamp);
        _prove(strictGate, HEALTHY);
        _expect(Status.Healthy, Status.Healthy);
        assertEq(strictGate.recordOf(account).epoch, 2);
    }

    // shows: P57
    /// A round goes over to the next epoch of the other profile, and with it the right to prove at it.
    function test_claim_renewed_at_same_round_in_next_epoch() public {
        _healthyAtBoth();
        uint64 round = strictGate.recordOf(account).round;
        _tighten(strict);
        _expectStrict(Status.Grace);
        _prove(strictGate, HEALTHY);
        assertEq(strictGate.recordOf(account).round, round);
        assertEq(strictGate.recordOf(account).epoch, 2);
        _expectStrict(Status.Healthy);
        // And once only, as ever.
        Round memory priced = derived.usableRound(round);
        priced.folded = Trapdoor.point(SCALAR);
        uint256 commitment = registry.bookOf(account).commitment;
        Proof memory proof = Trapdoor.prove(SCALAR, commitment, HEALTHY, 5);
        vm.mockCall(address(derived), abi.encodeCall(IMarketLedger.usableRound, (round)), abi.encode(priced));
        vm.expectRevert(abi.encodeWithSelector(IMarginGate.ProofNotStronger.selector, account, round));
        strictGate.submit(account, round, HEALTHY, proof);
        vm.clearMockedCalls();
    }

    // shows: P57
    /// The numbers of the two profiles' epochs meet, in both orders, and a record is never mistaken for another's.
    function test_epochs_of_profiles_do_not_mix() public {
        _healthyAtBoth();
        _tighten(profile);
        _pokeAt(block.timestamp + 1 hours);
        assertEq(gate.recordOf(account).epoch, 1);
        assertEq(profile.epoch(), 2);
        _expect(Status.Grace, Status.Healthy);
        _tighten(strict);
        assertEq(strict.epoch(), profile.epoch());
        _expect(Status.Grace, Status.Grace);
        _prove(strictGate, HEALTHY);
        _expect(Status.Grace, Status.Healthy);
        _keepUntil(block.timestamp + 1 days);
        _attest();
        _pokeAt(block.timestamp);
        _prove(strictGate, HEALTHY);
        _tighten(profile);
        _pokeAt(block.timestamp);
        _expectStrict(Status.Healthy);
    }

    // shows: P57, A63
    function test_change_between_round_and_proof_refuses_proof() public {
        _pokeAt(block.timestamp);
        _attest();
        Proof memory proof = Trapdoor.prove(SCALAR, registry.bookOf(account).commitment, HEALTHY, 1);
        _tighten(profile);
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundNotUsable.selector, 1));
        strictGate.submit(account, 1, HEALTHY, proof);
        // A change of the other profile leaves the round, with another point: the proof is of another statement.
        _pokeAt(block.timestamp);
        bytes memory before = abi.encode(derived.usableRound(2).folded);
        _tighten(strict);
        assertNotEq(abi.encode(derived.usableRound(2).folded), before);
    }

    // shows: A63
    /// Nobody can prove between a change of the base and the next round, but an outage of the market is dated as ever.
    function test_outage_after_change_of_base_restarts_clocks() public {
        _healthyAtBoth();
        _attest();
        _expectStrict(Status.Grace);
        _tighten(profile);
        skip(timing.maxRoundAge + 1);
        _expectStrict(Status.Unknown);
        vm.warp(block.timestamp + GRACE);
        _pokeAt(block.timestamp);
        _expectStrict(Status.Grace);
        assertEq(strictGate.deadlineOf(account), block.timestamp + GRACE);
    }

    // --- grace ---

    // shows: A63
    /// A shorter book age of the other profile: books older than it lapse at the change, into grace.
    function test_shorter_book_age_of_other_leaves_grace() public {
        _healthyAtBoth();
        _keepUntil(block.timestamp + 13 hours);
        _pokeAt(block.timestamp);
        _prove(gate, HEALTHY);
        _prove(strictGate, HEALTHY);
        _expect(Status.Healthy, Status.Healthy);
        uint256[PROFILE_WORDS] memory words = strict.profileWords();
        vm.prank(guardian);
        strict.tighten(_withBookAge(words, 12 hours));
        assertEq(derived.bookMaxAge(), 12 hours);
        uint256 changed = block.timestamp;
        _expect(Status.Healthy, Status.Grace);
        assertEq(strictGate.deadlineOf(account), changed + GRACE);
        _keepUntil(changed + GRACE);
        _expectStrict(Status.Grace);
        vm.warp(changed + GRACE + 1);
        _expectStrict(Status.Liquidatable);
    }

    // shows: A63
    /// A shorter book age of the base lapses its own claims. The other's debt factor pays for its own.
    function test_shorter_book_age_of_base_lapses_base_only() public {
        _healthyAtBoth();
        _keepUntil(block.timestamp + 13 hours);
        _pokeAt(block.timestamp);
        _prove(gate, HEALTHY);
        _prove(strictGate, HEALTHY);
        uint256[PROFILE_WORDS] memory words = profile.profileWords();
        vm.prank(guardian);
        profile.tighten(_withBookAge(words, 12 hours));
        _pokeAt(block.timestamp);
        _expect(Status.Grace, Status.Healthy);
    }

    // shows: A63
    function test_breach_after_change_of_other_waits_for_grace() public {
        _healthyAtBoth();
        _tighten(strict);
        uint256 changed = block.timestamp;
        _pokeAt(block.timestamp + 30 minutes);
        vm.startPrank(vm.addr(KEY));
        _prove(strictGate, UNHEALTHY);
        vm.stopPrank();
        _expect(Status.Healthy, Status.MarginCall);
        _keepUntil(changed + GRACE);
        _expectStrict(Status.MarginCall);
        vm.warp(changed + GRACE + 1);
        _expectStrict(Status.Liquidatable);
    }

    /// A change of the base is none of this market: a breach counts at once.
    function test_breach_after_change_of_base_counts_at_once() public {
        _healthyAtBoth();
        _tighten(strict);
        _keepUntil(block.timestamp + 1 days);
        _attest();
        _pokeAt(block.timestamp);
        _tighten(profile);
        _pokeAt(block.timestamp);
        vm.startPrank(vm.addr(KEY));
        _prove(strictGate, UNHEALTHY);
        vm.stopPrank();
        _expectStrict(Status.Liquidatable);
    }

    // shows: A63
    function test_pause_of_either_restarts_clocks() public {
        for (uint256 i = 0; i < 2; ++i) {
            _pokeAt(block.timestamp);
            _attest();
            _pokeAt(block.timestamp + timing.provingWindow);
            _prove(strictGate, HEALTHY);
            // A new book: the claim of the one before lapses.
            _attest();
            _expectStrict(Status.Grace);
            uint256 deadline = strictGate.deadlineOf(account);
            assertEq(deadline, block.timestamp + GRACE);
            RiskProfile of_ = i == 0 ? profile : strict;
            _pause(of_);
            _expectStrict(Status.Unknown);
            _unpause(of_);
            assertGt(block.timestamp, deadline);
            _pokeAt(block.timestamp);
            _expectStrict(Status.Grace);
            assertEq(strictGate.deadlineOf(account), block.timestamp + GRACE);
            skip(timing.provingWindow);
        }
    }

    // shows: A63
    function test_expiry_of_either_liquidates_nobody() public {
        uint64 end = uint64(block.timestamp + 3 * DELAY);
        _setToExpire(profile, end);
        _setToExpire(strict, end + 3 hours);
        _keepUntil(end - 2 hours);
        _healthyAtBoth();
        _keepUntil(end);
        _expect(Status.Unknown, Status.Healthy);
        vm.prank(makeAddr("anyone"));
        profile.expire();
        _pokeAt(block.timestamp);
        _expect(Status.Grace, Status.Healthy);
        _prove(gate, HEALTHY);

        _keepUntil(end + 3 hours);
        _expect(Status.Healthy, Status.Unknown);
        uint64 number = ledger.latestRound().number;
        Proof memory proof = Trapdoor.prove(SCALAR, 1, HEALTHY, 1);
        vm.expectRevert(abi.encodeWithSelector(IMarketLedger.RoundNotUsable.selector, number));
        strictGate.submit(account, number, HEALTHY, proof);
        vm.prank(makeAddr("anyone"));
        derived.expire();
        _expect(Status.Healthy, Status.Grace);
        assertEq(strictGate.deadlineOf(account), block.timestamp + GRACE);
    }

    // --- a ledger of its own ---

    // shows: P57, A63
    /// Whatever happens, and however often the base's parameters change: the gate of a derived market gives each account
    /// the status and the deadline that it would have with an oracle of its own under the other profile.
    /// forge-config: default.fuzz.runs = 64
    /// forge-config: ci.fuzz.runs = 400
    function test_fuzz_derived_gate_is_as_one_of_its_own_ledger(uint256 seed) public {
        MarketLedger own = _newLedger(strict, _feeds(vectors[0].listed));
        BookRegistry ownRegistry = new BookRegistry(strict, ROTATION_DELAY);
        GateTerms memory terms = strictGate.terms();
        MarginGate ownGate = new MarginGate(own, ownRegistry, Trapdoor.key(), terms);
        address[] memory one = new address[](1);
        one[0] = vm.addr(KEY);
        ownRegistry.open("a", false, one, 1);
        uint256 tightened;
        for (uint256 i = 0; i < 24; ++i) {
            uint256 what = seed % 11;
            if (what < 2 || i == 0) {
                _attestAt(registry);
                _attestAt(ownRegistry);
            } else if (what < 5) {
                _proveAtBoth(ownGate, HEALTHY);
            } else if (what == 5) {
                _proveAtBoth(ownGate, seed & 0x100 == 0 ? UNHEALTHY : 11_500);
            } else if (what == 6 && block.timestamp > tightened + 1 days) {
                tightened = block.timestamp;
                _tighten(strict);
                if (seed & 0x200 == 0) _tighten(profile);
            } else if (what == 7 && block.timestamp > tightened + 1 days) {
                tightened = block.timestamp;
                _tighten(profile);
            } else if (what == 8) {
                _pause(strict);
                _unpause(strict);
            } else if (what == 9) {
                _noteAt(strictGate);
                _noteAt(ownGate);
            } else {
                vm.warp(block.timestamp + (seed >> 32) % 6 hours);
            }
            vm.warp(block.timestamp + timing.provingWindow / 2);
            if (seed & 0x400 == 0) _step(seed);
            ledger.poke();
            own.poke();
            assertEq(uint256(strictGate.statusOf(account)), uint256(ownGate.statusOf(account)), "status");
            assertEq(strictGate.deadlineOf(account), ownGate.deadlineOf(account), "deadline");
            assertEq(abi.encode(strictGate.recordOf(account)), abi.encode(ownGate.recordOf(account)), "record");
            assertEq(abi.encode(derived.latestRound()), abi.encode(own.latestRound()), "round");
            seed = uint256(keccak256(abi.encode(seed)));
        }
    }

    function _proveAtBoth(MarginGate ownGate, uint32 claim) private {
        bytes memory first = _tryAt(strictGate, claim);
        bytes memory second = _tryAt(ownGate, claim);
        assertEq(first, second, "what the gates say of a proof");
    }

    /// Proves the newest book in the newest round, as its attester. Returns what the gate refuses with.
    function _tryAt(MarginGate on, uint32 claim) private returns (bytes memory refusal) {
        IMarketLedger with_ = on.ledger();
        uint64 number = with_.latestRound().number;
        if (!with_.usable(number)) return "not usable";
        Round memory round = with_.usableRound(number);
        round.folded = Trapdoor.point(SCALAR);
        uint256 commitment = on.registry().bookOf(account).commitment;
        Proof memory proof = Trapdoor.prove(SCALAR, commitment, claim, block.timestamp);
        vm.mockCall(address(with_), abi.encodeCall(IMarketLedger.usableRound, (number)), abi.encode(round));
        vm.prank(vm.addr(KEY));
        try on.submit(account, number, claim, proof) {}
        catch (bytes memory reason) {
            refusal = reason;
        }
        vm.clearMockedCalls();
    }

    function _noteAt(MarginGate on) private {
        try on.recordLapse(account) {} catch {}
    }

    /// forge-config: default.isolate = true
    function test_gas_of_second_proof() public {
        _healthyAtBoth();
        _pokeAt(block.timestamp + timing.provingWindow / 2);
        uint256 of_ = _gasOf(gate, ledger);
        uint256 ofDerived = _gasOf(strictGate, derived);
        vm.snapshotValue("DerivedLedger", "submit beyond one at the base", ofDerived - of_);
        assertLe(ofDerived - of_, 32_000);
    }

    function _gasOf(MarginGate on, IMarketLedger with_) private returns (uint256) {
        uint64 number = with_.latestRound().number;
        // The point is the ledger's: the proof is refused after all that its round costs.
        uint256 commitment = registry.bookOf(account).commitment;
        bytes memory call =
            abi.encodeCall(MarginGate.submit, (account, number, HEALTHY, Trapdoor.prove(SCALAR, commitment, HEALTHY, 9)));
        uint256 left = gasleft();
        (bool done,) = address(on).call(call);
        left -= gasleft();
        assertFalse(done);
        return left;
    }

    // --- steps ---

    function _healthyAtBoth() private {
        _pokeAt(block.timestamp);
        _attest();
        _prove(gate, HEALTHY);
        _prove(strictGate, HEALTHY);
        _expect(Status.Healthy, Status.Healthy);
    }

    function _attest() private {
        _attestAt(registry);
    }

    function _attestAt(BookRegistry with_) private {
        uint64 sequence = with_.bookOf(account).sequence + 1;
        uint256 commitment = uint256(keccak256(abi.encode(sequence))) >> 8;
        uint64 time = uint64(block.timestamp);
        AttestedBook memory book = AttestedBook(commitment, sequence, time, time + profile.bookMaxAge());
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, with_.digestOf(account, book));
        Attestation[] memory one = new Attestation[](1);
        one[0] = Attestation(vm.addr(KEY), abi.encodePacked(r, s, v));
        with_.attest(account, book, one);
    }

    /// The ledger's round but for its point: the trapdoor must know the point's scalar.
    function _prove(MarginGate on, uint96 claim) private {
        IMarketLedger with_ = on.ledger();
        uint64 number = with_.latestRound().number;
        Round memory round = with_.usableRound(number);
        round.folded = Trapdoor.point(SCALAR);
        vm.mockCall(address(with_), abi.encodeCall(IMarketLedger.usableRound, (number)), abi.encode(round));
        uint256 commitment = registry.bookOf(account).commitment;
        on.submit(account, number, claim, Trapdoor.prove(SCALAR, commitment, claim, block.timestamp));
        vm.clearMockedCalls();
    }

    function _pokeAt(uint256 time) private {
        vm.warp(time);
        _say(0);
        derived.poke();
    }

    /// A round each hour until then, so that the market is never stale.
    function _keepUntil(uint256 end) private {
        while (block.timestamp + 1 hours < end) {
            _pokeAt(block.timestamp + 1 hours);
        }
        vm.warp(end);
    }

    function _expect(Status ofBase, Status ofDerived) private view {
        assertEq(uint256(gate.statusOf(account)), uint256(ofBase), "base");
        _expectStrict(ofDerived);
    }

    function _expectStrict(Status expected) private view {
        assertEq(uint256(strictGate.statusOf(account)), uint256(expected), "derived");
    }
}
