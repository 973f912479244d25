// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IBookRegistry} from "../../contracts/interfaces/IBookRegistry.sol";
import {IMarginGate} from "../../contracts/interfaces/IMarginGate.sol";
import {IMarketLedger} from "../../contracts/interfaces/IMarketLedger.sol";
import {MarginGate} from "../../contracts/MarginGate.sol";
import {AttestedBook, SleeveTerms} from "../../contracts/types/Book.sol";
import {SleeveRecord} from "../../contracts/types/Gate.sol";
import {Proof} from "../../contracts/types/Groth16.sol";
import {Status} from "../../contracts/types/Status.sol";
import {GateFixture} from "./support/GateFixture.sol";
import {SettableLedger} from "./support/SettableMarket.sol";
import {Trapdoor} from "./support/Trapdoor.sol";

/// Which claims of a book with a sleeve the gate accepts.
contract MarginGateSleevesTest is GateFixture {
    /// The largest m with m·(10^4 + 100) ≤ 100·10^8.
    uint128 private constant ALLOWANCE = 990_099;

    function test_submit_accepts_health_of_sleeve() public {
        ledger.move(0, 7);
        AttestedBook memory book = _attestNext(_sleeve());
        uint96 claim = _sleeved(_healthy(11_000, 500));
        vm.expectEmit();
        emit IMarginGate.ProofAccepted(account, 2, 1, claim, address(this));
        _submit(2, claim);
        _expectStatus(Status.Healthy);
        gate.requireMargin(account, 11_000);
        assertEq(gate.recordOf(account).sequence, book.sequence);
        assertEq(gate.recordOf(account).envelope, 500);
        _expectSleeve(SleeveRecord(7 + ALLOWANCE, book.asOf + 12 hours, profile.shocksSince()));
    }

    function test_submit_batch_accepts_sleeves_beside_plain() public {
        bytes32 other = _open("other", false);
        AttestedBook memory plain = _book(1);
        plain.commitment = 9;
        _attest(other, plain);
        _attestNext(_sleeve());
        IMarginGate.Submission[] memory batch = new IMarginGate.Submission[](2);
        batch[0] = _submission(account, 1, _sleeved(_healthy(11_000, 500)));
        batch[1] = _submission(other, 1, _healthy(10_500, 500));
        gate.submitBatch(batch);
        _expectStatus(Status.Healthy);
        _expectStatus(other, Status.Healthy);
        assertEq(gate.sleeveOf(other).until, 0);
        assertGt(gate.sleeveOf(account).until, 0);
    }

    /// Where nothing carries sleeves, nobody proves one: its odometer would stand still for ever.
    function test_submit_refuses_sleeve_without_slots() public {
        ledger = new SettableLedger(profile, 0);
        gate = new MarginGate(ledger, registry, Trapdoor.key(), _terms());
        ledger.move(0);
        _attestNext(_sleeve());
        _refuseAll(abi.encodeWithSelector(IMarginGate.SleeveRefused.selector, 0), true);
    }

    // shows: P59, A66
    function test_submit_refuses_sleeve_of_plain_book() public {
        bytes memory none = abi.encodeWithSelector(IBookRegistry.NoSleeve.selector, account);
        _attestNext();
        _refuseAll(none, false);
        // A sleeve of the book before is not this book's.
        _attestNext(_sleeve());
        _attestNext();
        _refuseAll(none, false);
        _expectStatus(Status.Unknown);
    }

    // shows: P59, A66
    function test_submit_refuses_health_of_void_sleeve() public {
        _attestNext(_sleeve());
        skip(1 minutes);
        vm.prank(venue);
        registry.voidSleeve(account);
        bytes memory error = abi.encodeWithSelector(IBookRegistry.SleeveIsVoid.selector, account, block.timestamp);
        _refuse(_sleeved(_healthy(10_000, 100)), error);
        _refuse(_sleeved(_with(_healthy(10_000, 100), -1)), error);
        _refuse(_sleeved(_with(_healthy(10_000, 100), 1)), error);
        // An owner would otherwise void it to hide a breach.
        _denounce(1, _sleeved(_unhealthy(10_000)));
        _expectStatus(Status.Liquidatable);
        // A new sleeve answers it.
        ledger.move(0);
        _attestNext(_sleeve());
        _submit(2, _sleeved(_healthy(10_000, 100)));
        _expectStatus(Status.Healthy);
    }

    // shows: P59, A66
    function test_submit_refuses_sleeve_of_other_ledger() public {
        SleeveTerms memory sleeve = _sleeve();
        sleeve.ledger = stranger;
        _attestNext(sleeve);
        _refuseAll(
            abi.encodeWithSelector(
                IBookRegistry.SleeveOfOtherLedger.selector, account, address(ledger), stranger
            ),
            false
        );
    }

    // shows: P59, A66
    /// Shocks that have changed hide losses. Once they are as before, so is what the numbers bound.
    function test_submit_refuses_sleeve_of_other_shocks() public {
        bytes32 made = profile.shocksHash();
        _attestNext(_sleeve());
        profile.changeShocks("others");
        ledger.move(0);
        bytes memory error = abi.encodeWithSelector(
            IBookRegistry.SleeveOfOtherShocks.selector, account, bytes32("others"), made
        );
        _refuse(2, _sleeved(_healthy(10_000, 100)), error);
        _refuse(2, _sleeved(_with(_healthy(10_000, 100), -1)), error);
        _refuse(2, _sleeved(_unhealthy(10_000)), error);
        skip(1 minutes);
        profile.changeShocks(made);
        ledger.move(0);
        _submit(3, _sleeved(_healthy(10_000, 100)));
        _expectStatus(Status.Healthy);
        assertEq(gate.sleeveOf(account).shocksSince, block.timestamp);
    }

    // shows: P59, A66
    function test_submit_refuses_sleeve_after_end() public {
        SleeveTerms memory sleeve = _sleeve();
        sleeve.until = uint64(block.timestamp) + 5 minutes;
        _attestNext(sleeve);
        skip(5 minutes - 1);
        _submit(1, _sleeved(_healthy(10_000, 100)));
        _expectStatus(Status.Healthy);
        skip(1);
        _refuseAll(
            abi.encodeWithSelector(IBookRegistry.SleeveEnded.selector, sleeve.until, sleeve.until), false
        );
    }

    // --- the round that it was priced at ---

    function test_submit_refuses_sleeve_priced_too_early() public {
        uint64 time = uint64(block.timestamp);
        SleeveTerms memory sleeve = _sleeve();
        skip(10 minutes);
        _attestNext(sleeve);
        ledger.move(0);
        _submit(2, _sleeved(_healthy(10_000, 100)));
        skip(1);
        _attestNext(sleeve);
        bytes memory error =
            abi.encodeWithSelector(IMarketLedger.SleevePricedOutOfWindow.selector, time + 1, time + 601, time);
        _refuse(2, _sleeved(_healthy(10_000, 100)), error);
        skip(1);
        ledger.move(0);
        _refuse(3, _sleeved(_unhealthy(10_000)), error);
    }

    /// A round that nobody had seen when the attesters signed.
    function test_submit_refuses_sleeve_priced_later() public {
        SleeveTerms memory sleeve = _sleeve();
        sleeve.pricedAt = 2;
        uint64 time = uint64(block.timestamp);
        _attestNext(sleeve);
        _refuseAll(abi.encodeWithSelector(IMarketLedger.RoundUnknown.selector, 2), false);
        // In the same second it may have been before or after.
        skip(1);
        ledger.move(0);
        _refuseAll(
            abi.encodeWithSelector(
                IMarketLedger.SleevePricedOutOfWindow.selector, time - 10 minutes, time, time + 1
            ),
            false
        );
    }

    /// What has left the ring is refused. A record that was made before holds.
    function test_submit_refuses_sleeve_priced_beyond_ring() public {
        _attestNext(_sleeve());
        _submit(1, _sleeved(_healthy(10_000, 100)));
        for (uint256 i = 0; i < 32; ++i) {
            skip(1 minutes);
            ledger.move(0, 10);
        }
        bytes memory error = abi.encodeWithSelector(IMarketLedger.RoundTooOld.selector, 1, 2);
        _refuse(_latest(), _sleeved(_healthy(10_000, 100)), error);
        _refuse(_latest(), _sleeved(_unhealthy(10_000)), error);
        _expectStatus(Status.Healthy);
        ledger.move(0, ALLOWANCE - 320);
        _expectStatus(Status.Healthy);
        ledger.move(0, 1);
        _expectStatus(Status.Grace);
    }

    // --- the band ---

    /// Before the round that it was priced at, and after it.
    function test_submit_refuses_round_outside_band() public {
        ledger.move(0, ALLOWANCE + 1);
        ledger.move(0, 1);
        _attestNext(_sleeve());
        bytes memory error =
            abi.encodeWithSelector(IMarketLedger.SleeveBandLeft.selector, ALLOWANCE, ALLOWANCE + 2);
        _refuse(1, _sleeved(_healthy(10_000, 100)), error);
        _refuse(1, _sleeved(_unhealthy(10_000)), error);
        _submit(2, _sleeved(_healthy(10_000, 100)));
        ledger.move(0, ALLOWANCE);
        _submit(4, _sleeved(_healthy(10_000, 100)));
        _denounce(4, _sleeved(_unhealthy(10_100)));
        ledger.move(0, 1);
        error = abi.encodeWithSelector(IMarketLedger.SleeveBandLeft.selector, ALLOWANCE, ALLOWANCE + 1);
        _refuse(5, _sleeved(_healthy(10_000, 100)), error);
        _refuse(5, _sleeved(_with(_healthy(10_000, 100), 5)), error);
        _refuse(5, _sleeved(_unhealthy(10_000)), error);
    }

    // shows: P59, A66
    /// In its band is what the definition says: moved·(10^4 + band) ≤ band·10^8, in either order.
    function test_fuzz_submit_band_bound(uint256 band, uint256 moved, bool before) public {
        band = bound(band, 1, 2_000);
        uint256 edge = band * 1e8 / (10_000 + band);
        moved = bound(moved, edge - 3, edge + 3);
        if (before) ledger.move(0, uint128(moved));
        SleeveTerms memory sleeve = _sleeve();
        sleeve.band = uint16(band);
        _attestNext(sleeve);
        if (!before) ledger.move(0, uint128(moved));
        Proof memory proof = _prove(account, before ? 1 : 2, _sleeved(_healthy(10_000, 0)));
        bool inside = moved * (10_000 + band) <= band * 1e8;
        if (!inside) vm.expectRevert(abi.encodeWithSelector(IMarketLedger.SleeveBandLeft.selector, edge, moved));
        gate.submit(account, before ? 1 : 2, _sleeved(_healthy(10_000, 0)), proof);
        _expectStatus(inside ? Status.Healthy : Status.Unknown);
    }

    /// A claim at a round before its book needs a market that is in the band now, as it is in the envelope.
    function test_submit_refuses_round_before_book_beyond_band() public {
        uint64 time = uint64(block.timestamp);
        skip(1 minutes);
        ledger.move(0, 900_000);
        SleeveTerms memory sleeve = _sleeve();
        sleeve.pricedAt = 1;
        AttestedBook memory book = _attestNext(sleeve);
        _submit(1, _sleeved(_healthy(10_000, 100)));
        _expectStatus(Status.Healthy);
        ledger.move(0, 900_000);
        bytes memory error =
            abi.encodeWithSelector(IMarginGate.RoundBeforeBook.selector, account, time, book.asOf);
        _refuse(1, _sleeved(_with(_healthy(10_000, 100), 1)), error);
        _refuse(1, _sleeved(_with(_healthy(10_000, 100), -1)), error);
    }

    // --- plain claims of such a book ---

    /// A sleeve of zeros can be proven without one. That says more.
    function test_plain_claim_of_sleeved_book_needs_no_sleeve() public {
        SleeveTerms memory sleeve = _sleeve();
        sleeve.until = uint64(block.timestamp) + 1 minutes;
        _attestNext(sleeve);
        uint96 claim = _healthy(11_000, 500);
        _submit(1, _sleeved(claim));
        assertEq(gate.sleeveOf(account).until, sleeve.until);
        _submit(1, claim);
        assertEq(gate.sleeveOf(account).until, 0);
        bytes memory weaker = abi.encodeWithSelector(IMarginGate.ProofNotStronger.selector, account, 1);
        _refuse(_sleeved(claim), weaker);
        _refuse(_sleeved(_healthy(12_000, 600)), weaker);
        _refuse(claim, weaker);
        skip(1 minutes);
        vm.prank(venue);
        registry.voidSleeve(account);
        _expectStatus(Status.Healthy);
        ledger.move(0, 2 * ALLOWANCE);
        _expectStatus(Status.Healthy);
    }

    function test_sleeved_claim_replaced_by_better_sleeved() public {
        _attestNext(_sleeve());
        _submit(1, _sleeved(_healthy(11_000, 500)));
        bytes memory weaker = abi.encodeWithSelector(IMarginGate.ProofNotStronger.selector, account, 1);
        _refuse(_sleeved(_healthy(11_000, 500)), weaker);
        _refuse(_sleeved(_healthy(10_999, 600)), weaker);
        // Without the sleeve, but with less in something else.
        _refuse(_healthy(11_000, 499), weaker);
        _submit(1, _sleeved(_healthy(11_000, 501)));
        assertEq(gate.recordOf(account).envelope, 501);
    }

    /// What is refused for claims of health of either sign of support is refused for ill health too.
    function _refuseAll(bytes memory error, bool withClaim) private {
        uint96[4] memory claims =
            [_healthy(10_000, 0), _with(_healthy(10_000, 0), -1), _with(_healthy(10_000, 0), 1), _unhealthy(10_000)];
        for (uint256 i = 0; i < 4; ++i) {
            uint96 claim = _sleeved(claims[i]);
            _refuse(_latest(), claim, withClaim ? abi.encodeWithSelector(bytes4(error), claim) : error);
        }
    }

    function _expectSleeve(SleeveRecord memory expected) private view {
        assertEq(abi.encode(gate.sleeveOf(account)), abi.encode(expected));
    }
}
