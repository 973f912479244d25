// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ClearingHouse} from "../../../contracts/ClearingHouse.sol";
import {ClearingDefaults} from "../../../contracts/clearing/ClearingDefaults.sol";
import {DefaultFund} from "../../../contracts/clearing/DefaultFund.sol";
import {WordsVerifier} from "../../../contracts/clearing/WordsVerifier.sol";
import {Spec} from "../../../contracts/generated/Spec.sol";
import {MarginGate} from "../../../contracts/MarginGate.sol";
import {DefaultTerms} from "../../../contracts/types/Estate.sol";
import {FundTerms} from "../../../contracts/types/Fund.sol";
import {Proof} from "../../../contracts/types/Groth16.sol";
import {HealthCall, HouseTerms, Stage, TearUp, TransitionCall} from "../../../contracts/types/Transition.sol";
import {BoundWordsProbe, WordsTrapdoor} from "./Clearing.sol";
import {GateFixture} from "./GateFixture.sol";
import {Token} from "./Tokens.sol";
import {Trapdoor} from "./Trapdoor.sol";

/// The contract of defaults, which a test can also have ask the house for anything.
contract DrivenDefaults is ClearingDefaults {
    constructor(address house_, DefaultTerms memory terms_) ClearingDefaults(house_, terms_) {}

    function drive(bytes calldata data) external returns (bytes memory answer) {
        bool done;
        (done, answer) = house.call(data);
        assembly {
            if iszero(done) { revert(add(answer, 0x20), mload(answer)) }
        }
    }

    function tearUp(TearUp memory one) external {
        _tearUps.push(one);
        emit TornUp(uint32(_tearUps.length), one.assets, one.netPrice);
    }
}

/// What a test has an owner do. The words that follow are written here again, without the contract's library.
struct Plan {
    bytes32 account;
    address house;
    uint64 deadline;
    uint8 sides;
    bool reduces;
    uint64 capSteps;
    uint256[4] notes;
    int256[16] deltaPerp;
    int256 deltaBasis;
    TearUp tearUp;
    uint256[16] box;
    uint256 theta;
    uint256 chainId;
    uint256 oldCommitment;
    uint64 sequence;
    uint256 keyX;
}

/// A clearing house with its fund over a settable market, two members, and a prover who proves whatever a test says.
abstract contract HouseFixture is GateFixture {
    uint16 internal constant INITIAL = 12_000;
    uint64 internal constant HORIZON = 1 days;
    uint256 internal constant UNIT = 1e12;
    uint256 internal constant KEY_X = 0xe4;
    uint256 internal constant KEY_Y = 0xe5;
    uint256 internal constant ALICE_KEY = 0xa11ce;
    uint256 internal constant BOB_KEY = 0xb0b;

    address internal alice = vm.addr(ALICE_KEY);
    address internal bob = vm.addr(BOB_KEY);
    Token internal usd;
    MarginGate internal stressGate;
    WordsVerifier internal transitions;
    WordsVerifier internal reveals;
    DrivenDefaults internal defaults;
    DefaultFund internal fund;
    ClearingHouse internal house;
    BoundWordsProbe internal probe = new BoundWordsProbe();
    bytes32 internal first;
    bytes32 internal second;
    uint256 private _salt = 1;
    mapping(address owner => uint256) internal _keys;

    function setUp() public virtual override {
        super.setUp();
        usd = new Token("USDC", 6);
        (_keys[alice], _keys[bob]) = (ALICE_KEY, BOB_KEY);
        stressGate = new MarginGate(ledger, registry, Trapdoor.key(), _terms());
        transitions = WordsTrapdoor.verifier(72);
        reveals = WordsTrapdoor.verifier(22);
        (defaults, fund, house) = _deploy(_houseTerms());
        first = _openHouse(alice);
        second = _openHouse(bob);
        for (uint256 u = 0; u < 16; ++u) {
            ledger.setPrice(u, uint64(1e9 * (u + 1)), uint64(1e9 * (u + 1) + 10));
        }
    }

    function _houseTerms() internal view returns (HouseTerms memory terms) {
        (terms.gate, terms.stressGate, terms.settlement) = (gate, stressGate, address(usd));
        (terms.transitions, terms.reveals) = (transitions, reveals);
        (terms.keyX, terms.keyY, terms.initialMargin, terms.horizon) = (KEY_X, KEY_Y, INITIAL, HORIZON);
    }

    function _fundTerms() internal pure returns (FundTerms memory) {
        return FundTerms({
            alpha: 1_000,
            share: 500,
            assessment: 10_000,
            horizon: 2 days,
            window: 12 hours,
            memoryPeriod: 7 days,
            grace: 2 hours,
            assessmentPeriod: 1 hours,
            floor: 0,
            leastCap: 1_000_00
        });
    }

    function _defaultTerms() internal pure returns (DefaultTerms memory) {
        return DefaultTerms({
            revealPeriod: 1 hours,
            auctionPeriod: 2 hours,
            settlePeriod: 1 hours,
            closePeriod: 6 hours,
            claimPeriod: 1 days,
            premium: 200,
            discount: 1_000
        });
    }

    /// A house, its defaults and its fund: each knows the others' addresses beforehand.
    function _deploy(HouseTerms memory terms)
        internal
        returns (DrivenDefaults defaults_, DefaultFund fund_, ClearingHouse house_)
    {
        address at = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 2);
        defaults_ = new DrivenDefaults(at, _defaultTerms());
        fund_ = new DefaultFund(at, address(defaults_), usd, stressGate, _fundTerms(), address(manager));
        (terms.defaults, terms.fund) = (defaults_, fund_);
        house_ = new ClearingHouse(terms);
        assertEq(address(house_), at);
    }

    function _openHouse(address who) internal returns (bytes32) {
        // Others than the two are callers themselves; what they sign with counts for nothing.
        if (_keys[who] == 0) _keys[who] = 0xca201;
        vm.prank(who);
        return house.open("main");
    }

    function _drive(bytes memory data) internal returns (bytes memory) {
        return defaults.drive(data);
    }

    function _fundWith(address who, uint256 amount) internal {
        usd.mint(who, amount);
        vm.prank(who);
        usd.approve(address(house), amount);
    }

    // --- what owners make ---

    /// A transition that moves nothing, at initial margin, a minute from its deadline, with a cap of 0.
    function _plan(bytes32 of_) internal view returns (Plan memory plan) {
        (plan.account, plan.house, plan.chainId) = (of_, address(house), block.chainid);
        plan.deadline = uint64(block.timestamp) + 60;
        (plan.theta, plan.keyX) = (INITIAL, KEY_X);
        plan.oldCommitment = registry.bookOf(of_).commitment;
        plan.sequence = registry.bookOf(of_).sequence + 1;
        if (address(defaults) != address(0)) plan.tearUp = defaults.pendingTearUp(house.appliedTearUps(of_));
    }

    /// Whatever the plan says, proven, and signed by its owner.
    function _make(Plan memory plan) internal returns (TransitionCall memory made) {
        uint256 salt = _salt++;
        (made.account, made.deadline, made.sides, made.reduces) =
            (plan.account, plan.deadline, plan.sides, plan.reduces);
        (made.capSteps, made.notes) = (plan.capSteps, plan.notes);
        made.newCommitment = uint256(keccak256(abi.encode("book", salt))) >> 8;
        made.hash = uint256(keccak256(abi.encode("hash", salt))) >> 8;
        (made.ephemeral[0], made.ephemeral[1]) = (2 * salt, 3 * salt);
        for (uint256 i = 0; i < 8; ++i) {
            made.cipher[i] = uint256(keccak256(abi.encode("cipher", salt, i))) >> 8;
        }
        uint256[] memory words = _words(plan, made);
        made.proof = WordsTrapdoor.prove(probe, made.hash, words, salt);
        made.initial = _health(made.newCommitment, _healthy(plan.theta, 0));
        made.stress = _health(made.newCommitment, _stressClaim(plan.capSteps));
        made.signature = _signed(plan.account, words, plan.capSteps);
    }

    /// A claim that a book of that commitment is healthy, of the newest round.
    function _health(uint256 commitment, uint96 claim) internal returns (HealthCall memory) {
        uint64 round = _latest();
        return HealthCall(round, claim, Trapdoor.prove(ledger.scalarOf(round), commitment, claim, _salt++));
    }

    function _stressClaim(uint64 capSteps) internal view returns (uint96) {
        return _with(_healthy(10_000, 0), int64(fund.capAt(capSteps)));
    }

    function _signed(bytes32 of_, uint256[] memory words, uint64 capSteps) internal view returns (bytes memory) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("zkmargin ClearingHouse"),
                keccak256("1"),
                block.chainid,
                address(house)
            )
        );
        bytes32 typed = keccak256("Transition(bytes32 words,uint64 capSteps)");
        bytes32 digest = keccak256(
            abi.encodePacked(
                hex"1901", domain, keccak256(abi.encode(typed, keccak256(abi.encodePacked(words)), capSteps))
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keys[house.ownerOf(of_)], digest);
        return abi.encodePacked(r, s, v);
    }

    /// The words of docs/CLEARING.md.
    function _words(Plan memory plan, TransitionCall memory made) internal view returns (uint256[] memory words) {
        words = new uint256[](72);
        words[0] = uint256(uint168(bytes21("zkmargin/transition@1")));
        words[1] = uint256(keccak256(abi.encode(keccak256("zkmargin/clearing@1"), plan.chainId, plan.house, plan.account))) / 256;
        words[2] = plan.sequence + uint256(plan.deadline) * 2 ** 64;
        (words[3], words[4]) = (plan.keyX, KEY_Y);
        (words[5], words[6], words[7]) = (plan.oldCommitment, made.newCommitment, profile.listing());
        words[8] = (plan.sequence == 1 ? 1 : 0) + (plan.reduces ? 2 : 0) + uint256(plan.sides) * 4
            + uint256(plan.tearUp.assets) * 1024;
        words[9] = _element(plan.deltaBasis);
        (words[10], words[11]) = (made.ephemeral[0], made.ephemeral[1]);
        for (uint256 i = 0; i < 4; ++i) {
            words[12 + i] = plan.notes[i];
        }
        for (uint256 u = 0; u < 16; ++u) {
            (words[16 + u], words[32 + u], words[48 + u]) =
                (_element(plan.deltaPerp[u]), _element(plan.tearUp.netPrice[u]), plan.box[u]);
        }
        for (uint256 i = 0; i < 8; ++i) {
            words[64 + i] = made.cipher[i];
        }
    }

    function _element(int256 x) internal pure returns (uint256) {
        return x < 0 ? Spec.FIELD_R - uint256(-x) : uint256(x);
    }

    // --- what members do ---

    function _deposit(bytes32 of_, uint256 amount) internal {
        address who = house.ownerOf(of_);
        _fundWith(who, amount);
        Plan memory plan = _plan(of_);
        plan.deltaBasis = int256(amount * UNIT);
        TransitionCall memory made = _make(plan);
        vm.prank(who);
        house.deposit(made, amount);
    }

    /// Both sides of a trade of one note: `buyer` buys it.
    function _sidesOf(bytes32 buyer, bytes32 seller, uint256 note) internal returns (TransitionCall[] memory calls) {
        (Plan memory buys, Plan memory sells) = (_plan(buyer), _plan(seller));
        (buys.sides, buys.notes[0]) = (1, note);
        (sells.sides, sells.notes[0]) = (2, note);
        calls = _ordered(buys, sells);
    }

    function _ordered(Plan memory one, Plan memory other) internal returns (TransitionCall[] memory calls) {
        calls = new TransitionCall[](2);
        (calls[0], calls[1]) = one.account < other.account ? (_make(one), _make(other)) : (_make(other), _make(one));
    }

    function _trade(TransitionCall[] memory calls) internal {
        house.trade(calls, 0, new uint256[](0));
    }

    function _refuseTrade(TransitionCall[] memory calls, bytes memory error) internal {
        vm.expectRevert(error);
        _trade(calls);
    }

    function _withdraw(bytes32 of_, uint256 amount) internal {
        Plan memory plan = _plan(of_);
        plan.deltaBasis = -int256(amount * UNIT);
        TransitionCall memory made = _make(plan);
        address who = house.ownerOf(of_);
        vm.prank(who);
        house.withdraw(made, amount, who);
    }

    /// Owners prove their standing books again, after time or a round.
    function _proveAgain(bytes32 of_) internal {
        uint256 commitment = registry.bookOf(of_).commitment;
        HealthCall memory health = _health(commitment, _healthy(INITIAL, 0));
        gate.submit(of_, health.round, health.claim, health.proof);
        health = _health(commitment, _stressClaim(0));
        stressGate.submit(of_, health.round, health.claim, health.proof);
    }

    /// The proof that a commitment opens to this book.
    function _reveal(bytes32 of_, uint64 sequence, uint256 commitment, int256 basis, int256[16] memory perp)
        internal
        returns (uint256 hash, Proof memory proof)
    {
        uint256[] memory words = new uint256[](22);
        words[0] = uint256(uint136(bytes17("zkmargin/reveal@1")));
        (words[1], words[2]) = (house.placeOf(of_), sequence);
        (words[3], words[4], words[5]) = (commitment, profile.listing(), _element(basis));
        for (uint256 u = 0; u < 16; ++u) {
            words[6 + u] = _element(perp[u]);
        }
        hash = uint256(keccak256(abi.encode("reveal", _salt++))) >> 8;
        proof = WordsTrapdoor.prove(probe, hash, words, _salt++);
    }

    function _stage(bytes32 of_) internal view returns (Stage) {
        return house.stageOf(of_);
    }
}
