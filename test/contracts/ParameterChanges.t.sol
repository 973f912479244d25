// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {BookRegistry} from "../../contracts/BookRegistry.sol";
import {IMarketLedger} from "../../contracts/interfaces/IMarketLedger.sol";
import {IRiskProfile} from "../../contracts/interfaces/IRiskProfile.sol";
import {MarginGate} from "../../contracts/MarginGate.sol";
import {Attestation, AttestedBook} from "../../contracts/types/Book.sol";
import {GateTerms} from "../../contracts/types/Gate.sol";
import {PROFILE_WORDS, ProfileWords} from "../../contracts/types/ProfileWords.sol";
import {Round} from "../../contracts/types/Round.sol";
import {Status} from "../../contracts/types/Status.sol";
import {ProfileFixture} from "./support/ProfileFixture.sol";
import {Trapdoor} from "./support/Trapdoor.sol";

/// What a real profile's tightenings and expiry do to an account of a real ledger and registry, whose proofs alone are
/// made by a trapdoor.
contract ParameterChangesTest is ProfileFixture {
    using ProfileWords for uint256[PROFILE_WORDS];

    uint256 private constant KEY = 0xa77e;
    uint32 private constant GRACE = 4 hours;
    uint256 private constant SCALAR = 77;

    BookRegistry private registry;
    MarginGate private gate;
    bytes32 private account;

    function setUp() public {
        _setUpMarket();
        registry = new BookRegistry(profile, 14 days);
        gate = new MarginGate(ledger, registry, Trapdoor.key(), GateTerms(24 hours, GRACE, 12 hours, 11_000));
        address[] memory one = new address[](1);
        one[0] = vm.addr(KEY);
        account = registry.open("a", false, one, 1);
    }

    // shows: P43, A21
    function test_expiry_shorter_book_age_leaves_grace() public {
        uint256[PROFILE_WORDS] memory words = vectors[0].profile;
        uint256[PROFILE_WORDS] memory safe = _withBookAge(words, 2 hours);
        uint64 end = uint64(block.timestamp + DELAY + 10 hours);
        _execute(address(profile), abi.encodeCall(profile.setProfile, (words, end, safe)));
        _poke();
        _attest();
        _keepUntil(end - 30 minutes);
        _poke();
        _prove(_healthy());
        _expectStatus(Status.Healthy);
        vm.warp(end);
        _expectStatus(Status.Unknown);
        vm.prank(makeAddr("anyone"));
        _poke();
        _expectStatus(Status.Grace);
        assertEq(gate.deadlineOf(account), end + GRACE);
        _keepUntil(end + GRACE);
        _expectStatus(Status.Grace);
        vm.warp(end + GRACE + 1);
        _expectStatus(Status.Liquidatable);
    }

    // shows: A21
    function test_tightening_book_age_leaves_grace() public {
        _poke();
        _attest();
        _keepUntil(block.timestamp + 13 hours);
        _poke();
        _prove(_healthy());
        uint256[PROFILE_WORDS] memory words = profile.profileWords();
        vm.expectRevert(
            abi.encodeWithSelector(IRiskProfile.TightenedTooFar.selector, bytes32("bookMaxAge"), 0, 12 hours, 2 hours)
        );
        vm.prank(guardian);
        profile.tighten(_withBookAge(words, 2 hours));
        vm.prank(guardian);
        profile.tighten(_withBookAge(words, 12 hours));
        _poke();
        _expectStatus(Status.Grace);
        assertEq(gate.deadlineOf(account), block.timestamp + GRACE);
    }

    // shows: A21
    function test_tightening_liquidates_nobody_at_once() public {
        _poke();
        _attest();
        _prove(_healthy());
        uint256[PROFILE_WORDS] memory words = profile.profileWords();
        uint256[PROFILE_WORDS] memory next = words;
        for (uint256 u = 0; u < 16; ++u) {
            next = _lane(_lane(next, 1, u, 16, 0), 2, u, 16, 32_767);
        }
        vm.prank(guardian);
        vm.expectPartialRevert(IRiskProfile.TightenedTooFar.selector);
        profile.tighten(next);
        // A tightening by full steps: an attester may prove the breach that it causes, and the owner has the grace.
        for (uint256 u = 0; u < 16; ++u) {
            uint256 factor = words.rate(u);
            next = _lane(words, 1, u, 16, factor > 1_000 ? factor - 1_000 : 0);
        }
        vm.prank(guardian);
        profile.tighten(next);
        _poke();
        vm.startPrank(vm.addr(KEY));
        _prove(10_000);
        vm.stopPrank();
        _expectStatus(Status.MarginCall);
        assertEq(gate.deadlineOf(account), block.timestamp + GRACE);
        uint256 end = block.timestamp + GRACE;
        _keepUntil(end);
        _expectStatus(Status.MarginCall);
        vm.prank(guardian);
        vm.expectPartialRevert(IRiskProfile.TightenedTooSoon.selector);
        profile.tighten(_lane(next, 4, 0, 16, next.rate(48) + 1));
        vm.warp(end + 1);
        _expectStatus(Status.Liquidatable);
    }

    function _attest() private {
        uint64 sequence = registry.bookOf(account).sequence + 1;
        uint256 commitment = uint256(keccak256(abi.encode(sequence))) >> 8;
        uint64 time = uint64(block.timestamp);
        AttestedBook memory book = AttestedBook(commitment, sequence, time, time + profile.bookMaxAge());
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, registry.digestOf(account, book));
        Attestation[] memory one = new Attestation[](1);
        one[0] = Attestation(vm.addr(KEY), abi.encodePacked(r, s, v));
        registry.attest(account, book, one);
    }

    /// The ledger's round but for its point: the trapdoor must know the point's scalar.
    function _prove(uint96 claim) private {
        Round memory round = ledger.latestRound();
        round.folded = Trapdoor.point(SCALAR);
        vm.mockCall(address(ledger), abi.encodeCall(IMarketLedger.usableRound, (round.number)), abi.encode(round));
        uint256 commitment = registry.bookOf(account).commitment;
        gate.submit(account, round.number, claim, Trapdoor.prove(SCALAR, commitment, claim, block.timestamp));
        vm.clearMockedCalls();
    }

    function _healthy() private pure returns (uint96) {
        return uint96(11_000 | 500 << 16 | 1 << 30);
    }

    function _poke() private {
        _say(0);
        ledger.poke();
    }

    /// A round each hour until then, so that the market is never stale.
    function _keepUntil(uint256 end) private {
        while (block.timestamp + 1 hours < end) {
            vm.warp(block.timestamp + 1 hours);
            _poke();
        }
        vm.warp(end);
    }

    function _expectStatus(Status expected) private view {
        assertEq(uint256(gate.statusOf(account)), uint256(expected), "status");
    }
}
