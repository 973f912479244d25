// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Test} from "forge-std/Test.sol";
import {BookRegistry} from "../../../contracts/BookRegistry.sol";
import {Spec} from "../../../contracts/generated/Spec.sol";
import {IMarginGate} from "../../../contracts/interfaces/IMarginGate.sol";
import {MarginGate} from "../../../contracts/MarginGate.sol";
import {Attestation, AttestedBook, SleeveTerms} from "../../../contracts/types/Book.sol";
import {GateTerms} from "../../../contracts/types/Gate.sol";
import {Proof} from "../../../contracts/types/Groth16.sol";
import {Status} from "../../../contracts/types/Status.sol";
import {SettableLedger, SettableProfile} from "./SettableMarket.sol";
import {Trapdoor} from "./Trapdoor.sol";

/// A gate over a settable market, an account of `owner` with two attesters who must both sign, and the prover.
abstract contract GateFixture is Test {
    uint64 internal constant ROTATION_DELAY = 7 days;
    uint32 internal constant MAX_PROOF_AGE = 6 hours;
    uint32 internal constant GRACE_PERIOD = 2 hours;
    uint32 internal constant CALL_PERIOD = 4 hours;
    uint16 internal constant CALL_MARGIN = 12_500;
    uint16 internal constant SLEEVE_SLOTS = 5;
    uint256 internal constant CUSTODIAN_KEY = 0xc0de;
    uint256 internal constant VENUE_KEY = 0xe4e;

    address internal owner = makeAddr("owner");
    address internal stranger = makeAddr("stranger");
    address internal guardian = makeAddr("guardian");
    address internal custodian = vm.addr(CUSTODIAN_KEY);
    address internal venue = vm.addr(VENUE_KEY);

    AccessManager internal manager;
    SettableProfile internal profile;
    SettableLedger internal ledger;
    BookRegistry internal registry;
    MarginGate internal gate;
    bytes32 internal account;
    uint256 private _nonce = 1;

    function setUp() public virtual {
        vm.warp(1_621_382_400);
        manager = new AccessManager(address(this));
        profile = new SettableProfile();
        ledger = new SettableLedger(profile, SLEEVE_SLOTS);
        registry = new BookRegistry(profile, ROTATION_DELAY);
        gate = new MarginGate(ledger, registry, Trapdoor.key(), _terms());
        account = _open("cross", false);
        ledger.move(0);
    }

    function _terms() internal pure returns (GateTerms memory) {
        return GateTerms(MAX_PROOF_AGE, GRACE_PERIOD, CALL_PERIOD, CALL_MARGIN);
    }

    function _open(bytes32 subaccount, bool isolated) internal returns (bytes32) {
        address[] memory attesters = new address[](2);
        (attesters[0], attesters[1]) = (custodian, venue);
        vm.prank(owner);
        return registry.open(subaccount, isolated, attesters, 2);
    }

    // --- books ---

    function _book(uint64 sequence) internal view returns (AttestedBook memory) {
        return AttestedBook({
            commitment: uint256(keccak256(abi.encode("book", account, sequence))) >> 8,
            sequence: sequence,
            asOf: uint64(block.timestamp),
            expiresAt: uint64(block.timestamp) + 1 days
        });
    }

    function _sign(bytes32 of_, AttestedBook memory book, uint256 key) internal view returns (Attestation memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, registry.digestOf(of_, book));
        return Attestation(vm.addr(key), abi.encodePacked(r, s, v));
    }

    function _signatures(bytes32 of_, AttestedBook memory book) internal view returns (Attestation[] memory both) {
        both = new Attestation[](2);
        (uint256 first, uint256 second) = custodian < venue ? (CUSTODIAN_KEY, VENUE_KEY) : (VENUE_KEY, CUSTODIAN_KEY);
        (both[0], both[1]) = (_sign(of_, book, first), _sign(of_, book, second));
    }

    function _attest(bytes32 of_, AttestedBook memory book) internal {
        registry.attest(of_, book, _signatures(of_, book));
    }

    // --- sleeves ---

    /// Terms around the newest round, with a band of 1 % and the live shocks.
    function _sleeve() internal view returns (SleeveTerms memory) {
        return SleeveTerms({
            ledger: address(ledger),
            pricedAt: _latest(),
            band: 100,
            until: uint64(block.timestamp) + 12 hours,
            shocks: profile.shocksHash()
        });
    }

    function _sleevedSignatures(bytes32 of_, AttestedBook memory book, SleeveTerms memory sleeve)
        internal
        view
        returns (Attestation[] memory both)
    {
        both = _signatures(of_, book);
        bytes32 digest = registry.sleevedDigestOf(of_, book, sleeve);
        for (uint256 i = 0; i < 2; ++i) {
            uint256 key = both[i].attester == custodian ? CUSTODIAN_KEY : VENUE_KEY;
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
            both[i].signature = abi.encodePacked(r, s, v);
        }
    }

    function _attestWithSleeve(bytes32 of_, AttestedBook memory book, SleeveTerms memory sleeve) internal {
        registry.attestWithSleeve(of_, book, sleeve, _sleevedSignatures(of_, book, sleeve));
    }

    /// Attests the next book of `account`, with a sleeve.
    function _attestNext(SleeveTerms memory sleeve) internal returns (AttestedBook memory book) {
        book = _book(registry.bookOf(account).sequence + 1);
        _attestWithSleeve(account, book, sleeve);
    }

    /// The same claim of a book with a sleeve.
    function _sleeved(uint96 claim) internal pure returns (uint96) {
        return claim | uint96(1 << Spec.SLEEVE_SHIFT);
    }

    /// Attests the next book of `account`.
    function _attestNext() internal returns (AttestedBook memory book) {
        book = _book(registry.bookOf(account).sequence + 1);
        _attest(account, book);
    }

    // --- claims and proofs ---

    function _claim(uint256 theta, uint256 envelope, bool healthy, bool isolated) internal pure returns (uint96) {
        uint256 word = theta | envelope << Spec.ENVELOPE_SHIFT;
        if (healthy) word |= 1 << Spec.HEALTHY_SHIFT;
        if (isolated) word |= 1 << Spec.ISOLATED_SHIFT;
        return uint96(word);
    }

    function _healthy(uint256 theta, uint256 envelope) internal pure returns (uint96) {
        return _claim(theta, envelope, true, false);
    }

    function _unhealthy(uint256 theta) internal pure returns (uint96) {
        return _claim(theta, 0, false, false);
    }

    /// The same claim with a support, cents; negative for dollars taken.
    function _with(uint96 claim, int64 support) internal pure returns (uint96) {
        uint96 magnitude = uint96(uint64(support < 0 ? -support : support));
        return claim | magnitude << 34 | (support < 0 ? uint96(1) << 33 : 0);
    }

    /// A new proof of the newest book of `of_`.
    function _prove(bytes32 of_, uint64 round, uint96 claim) internal returns (Proof memory) {
        return Trapdoor.prove(ledger.scalarOf(round), registry.bookOf(of_).commitment, claim, _nonce++);
    }

    function _submit(uint64 round, uint96 claim) internal {
        Proof memory proof = _prove(account, round, claim);
        gate.submit(account, round, claim, proof);
    }

    /// Submits a claim of ill health as the venue.
    function _denounce(uint64 round, uint96 claim) internal {
        Proof memory proof = _prove(account, round, claim);
        vm.prank(venue);
        gate.submit(account, round, claim, proof);
    }

    function _latest() internal view returns (uint64) {
        return ledger.latestRound().number;
    }

    /// Passes time with a round each half hour, in which nothing moves.
    function _pass(uint256 time) internal {
        uint256 end = block.timestamp + time;
        while (block.timestamp + 30 minutes < end) {
            skip(30 minutes);
            ledger.move(0);
        }
        skip(end - block.timestamp);
        ledger.move(0);
    }

    function _expectStatus(Status expected) internal view {
        _expectStatus(account, expected);
    }

    function _expectStatus(bytes32 of_, Status expected) internal view {
        assertEq(uint256(gate.statusOf(of_)), uint256(expected), "status");
    }

    function _submission(bytes32 of_, uint64 round, uint96 claim) internal returns (IMarginGate.Submission memory) {
        return IMarginGate.Submission(of_, round, claim, _prove(of_, round, claim));
    }

    // --- refusals ---

    function _refuse(uint96 claim, bytes memory error) internal {
        _refuse(1, claim, error);
    }

    /// The venue submits a new proof, which the gate must refuse with `error`.
    function _refuse(uint64 round, uint96 claim, bytes memory error) internal {
        Proof memory proof = _prove(account, round, claim);
        vm.expectRevert(error);
        vm.prank(venue);
        gate.submit(account, round, claim, proof);
    }
}
