// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {DefaultStage, FundDefault, FundMember, FundTerms} from "../../../contracts/types/Fund.sol";
import {FundFixture} from "../support/FundFixture.sol";

/// Members who come, pay, take on caps, default, lose, are assessed and leave, in any order. It keeps its own account of
/// every unit and of who was there when a default was noted, and says what does not fit.
contract FundHandler is FundFixture {
    uint256 private constant COUNT = 6;

    string public violation;
    mapping(bytes32 what => uint256) private _happened;
    /// Tokens sent to the fund by no function of it.
    uint256 private _donated;
    /// Tokens that came in by its functions, and that went out.
    uint256 private _in;
    uint256 private _out;
    /// What each member had when a default was noted, less what it paid for it since.
    mapping(uint32 number => mapping(address member => uint256)) private _atNote;
    mapping(uint32 number => bytes32) private _accountOf;
    bytes32[] private _openDefaults;

    function setUp() public override {
        super.setUp();
        FundTerms memory terms = _fundTerms();
        (terms.share, terms.assessment, terms.floor) = (500, 5_000, 1_000e2);
        fund = _newFund(terms);
        for (uint256 i = 0; i < COUNT; ++i) _account(_who(i), i);
    }

    function happened(string memory what) external view returns (uint256) {
        return _happened[keccak256(bytes(what))];
    }

    // --- steps ---

    function group(uint256 seed) external {
        address who = _who(seed);
        uint16 before = fund.groupOf(who);
        try fund.setGroup(who, uint16((seed >> 8) % 5)) {
            _count("grouped");
            if (before != 0 && fund.groupOf(who) == 0) _count("left");
        } catch {}
    }

    function contribute(uint256 seed) external {
        address who = _who(seed);
        uint256 amount = 1 + (seed >> 8) % (200_000 * USD);
        token.mint(who, amount);
        vm.startPrank(who);
        token.approve(address(fund), amount);
        try fund.contribute(amount) {
            _in += amount;
            _count("contributed");
        } catch {
            token.transfer(address(0xdead), amount);
        }
        vm.stopPrank();
    }

    function addCapital(uint256 seed) external {
        uint256 amount = 1 + seed % (20_000 * USD);
        _addCapital(amount);
        _in += amount;
    }

    function donate(uint256 seed) external {
        uint256 amount = seed % (1_000 * USD);
        token.mint(address(fund), amount);
        _donated += amount;
    }

    function request(uint256 seed) external {
        address who = _who(seed);
        uint256 amount = _contributionOf(who);
        if (amount == 0) return;
        vm.prank(who);
        try fund.requestContribution((seed >> 8) % (amount + 1)) {} catch {}
    }

    function withdraw(uint256 seed) external {
        address who = _who(seed);
        FundMember memory member = fund.memberOf(who);
        if (member.requested == 0) return;
        uint256 start = member.requestedAt + HORIZON;
        if (seed >> 8 & 1 == 0 && vm.getBlockTimestamp() < start) _warp(start - vm.getBlockTimestamp());
        bool early = vm.getBlockTimestamp() < start || vm.getBlockTimestamp() > start + WINDOW;
        (uint32 open,) = fund.defaults();
        uint256 before = token.balanceOf(who);
        vm.prank(who);
        try fund.withdrawContribution(who) {
            if (early) violation = "withdrawn outside the window";
            if (open != 0) violation = "withdrawn while a default is open";
            if (!fund.covered()) violation = "withdrawn below the cover";
            _out += token.balanceOf(who) - before;
            _count("withdrawn");
        } catch {}
    }

    function setCap(uint256 seed) external {
        address who = _who(seed);
        bytes32 account = keccak256(abi.encode(who, seed % COUNT));
        (uint64 before, uint64 steps, bool reduces) =
            (fund.capOf(account).cap, uint64((seed >> 8) % 28), seed >> 16 & 3 == 0);
        _proveCap(account, steps);
        try fund.setCap(account, steps, reduces) returns (uint64 cap) {
            if ((cap > before || (cap == before && !reduces)) && !fund.covered()) violation = "took on uncovered";
            if (cap > before && fund.groupOf(who) == 0) violation = "a stranger has a cap";
            if (_owed(who) != 0) violation = "a transition with an assessment unpaid";
            if (cap > before) _count("raised");
            if (cap < before) _count("lowered");
        } catch {}
    }

    function lapse(uint256 seed) external {
        bytes32 account = keccak256(abi.encode(_who(seed), seed % COUNT));
        if (!fund.capOf(account).held) return;
        uint64 caps = fund.cover().caps;
        _lapseCap(account);
        fund.recordCapLapse(account);
        if (fund.cover().caps != caps) violation = "a lapsed cap counts no more";
    }

    function note(uint256 seed) external {
        address who = _who(seed);
        bytes32 account = keccak256(abi.encode(who, seed % COUNT));
        if (_openDefaults.length > 3) return;
        try fund.noteDefault(account) {
            uint32 number = fund.defaultOf(account).number;
            _openDefaults.push(account);
            _accountOf[number] = account;
            for (uint256 i = 0; i < COUNT; ++i) _atNote[number][_who(i)] = _contributionOf(_who(i));
            _count("noted");
            if (_openDefaults.length > 1) _count("several open");
        } catch {}
    }

    function absorb(uint256 seed) external {
        if (_openDefaults.length == 0) return;
        bytes32 account = _openDefaults[seed % _openDefaults.length];
        FundDefault memory entry = fund.defaultOf(account);
        if (entry.stage != DefaultStage.Noted) return;
        uint256 all = fund.contributions() + fund.capital();
        uint256[COUNT] memory before;
        for (uint256 i = 0; i < COUNT; ++i) {
            before[i] = _contributionOf(_who(i));
            if (fund.liableOf(account, _who(i)) > _atNote[entry.number][_who(i)]) violation = "liable beyond the note";
        }
        uint256 deficit = (seed >> 8) % (all * 2 + 100);
        (uint256 paid, uint256 assessed) = fund.absorb(account, deficit);
        _out += paid;
        if (paid + assessed > deficit) violation = "paid more than the loss";
        if (assessed != 0) _count("assessed");
        if (paid != 0) _count("paid");
        if (paid + assessed < deficit) _count("beyond the fund");
        for (uint256 i = 0; i < COUNT; ++i) {
            address who = _who(i);
            uint256 part = before[i] - _contributionOf(who);
            if (who == entry.owner) continue;
            if (part > _atNote[entry.number][who]) violation = "paid for a default from before";
            if (part != 0 && paid < before[_indexOf(entry.owner)]) violation = "others paid before the defaulter";
        }
    }

    function payAssessment(uint256 seed) external {
        (, uint32 noted) = fund.defaults();
        if (noted == 0) return;
        address who = _who(seed);
        uint32 number = noted;
        while (number != 0 && fund.owedOf(number, who) == 0) --number;
        if (number == 0) return;
        uint256 owed = fund.owedOf(number, who);
        uint256 amount = seed >> 8 & 1 == 0 ? owed : 1 + (seed >> 64) % owed;
        _in += _payAssessment(number, who, amount);
        _count("assessment paid");
    }

    function collect(uint256 seed) external {
        if (_openDefaults.length == 0) return;
        bytes32 account = _openDefaults[seed % _openDefaults.length];
        FundDefault memory entry = fund.defaultOf(account);
        if (entry.stage != DefaultStage.Absorbed) return;
        if (seed >> 8 & 1 == 0 && vm.getBlockTimestamp() <= entry.until) _warp(entry.until + 1 - vm.getBlockTimestamp());
        bool early = entry.owed != 0 && vm.getBlockTimestamp() <= entry.until;
        try fund.collect(account) returns (uint256 paid) {
            if (early) violation = "collected too early";
            _out += paid;
            _count("collected");
        } catch {}
    }

    function end(uint256 seed) external {
        if (_openDefaults.length == 0) return;
        uint256 i = seed % _openDefaults.length;
        bytes32 account = _openDefaults[i];
        try fund.endDefault(account) {
            _openDefaults[i] = _openDefaults[_openDefaults.length - 1];
            _openDefaults.pop();
            if (fund.capOf(account).held) violation = "a cap outlived its default";
            _count("ended");
        } catch {}
    }

    function wait(uint256 seed) external {
        _warp(1 + seed % 2 days);
    }

    // --- what must hold ---

    /// Every unit that came in is a contribution, capital, waits for a loss, or went out.
    function conserves() external view returns (bool) {
        uint256 waiting = 0;
        for (uint256 i = 0; i < _openDefaults.length; ++i) waiting += fund.defaultOf(_openDefaults[i]).received;
        uint256 recorded = fund.contributions() + fund.capital() + waiting;
        return recorded == _in - _out && token.balanceOf(address(fund)) == recorded + _donated;
    }

    /// Sums are sums of their parts: contributions, caps, assessments.
    function adds() external view returns (bool) {
        uint256 money = 0;
        uint256 caps = 0;
        uint256 owed = 0;
        uint256 owedByDefault = 0;
        (, uint32 noted) = fund.defaults();
        for (uint256 i = 0; i < COUNT; ++i) {
            FundMember memory member = fund.memberOf(_who(i));
            money += member.contribution;
            caps += member.caps;
            owed += member.owed;
            for (uint32 number = 1; number <= noted; ++number) owedByDefault += fund.owedOf(number, _who(i));
        }
        uint256 grouped = 0;
        uint256 first = 0;
        uint256 second = 0;
        for (uint16 g = 1; g < 5; ++g) {
            uint256 of_ = fund.capsOf(g);
            grouped += of_;
            if (of_ > first) (first, second) = (of_, first);
            else if (of_ > second) second = of_;
        }
        return money == fund.contributions() && caps == fund.cover().caps && grouped == caps && owed == owedByDefault
            && first == fund.cover().first && second == fund.cover().second;
    }

    // --- inside ---

    function _who(uint256 seed) private pure returns (address) {
        return vm.addr(seed % COUNT + 1);
    }

    function _indexOf(address who) private pure returns (uint256 i) {
        while (_who(i) != who) ++i;
    }

    function _warp(uint256 time) private {
        vm.warp(vm.getBlockTimestamp() + time);
        ledger.move(0);
    }

    function _count(string memory what) private {
        ++_happened[keccak256(bytes(what))];
    }
}
