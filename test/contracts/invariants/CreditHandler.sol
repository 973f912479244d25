// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {CreditLine} from "../../../contracts/credit/CreditLine.sol";
import {LineState, WithdrawalBatch} from "../../../contracts/types/Credit.sol";
import {SupportRecord} from "../../../contracts/types/Gate.sol";
import {Status} from "../../../contracts/types/Status.sol";
import {CreditFixture} from "../support/CreditFixture.sol";

/// Everything that can happen to two lines of one account and three lenders. Each step holds what it did to what it may
/// do, by the records alone and never by the line's own word.
contract CreditHandler is CreditFixture {
    CreditLine[2] internal lines;
    address[3] internal lenders;
    mapping(CreditLine of_ => uint256) internal donated;
    uint256 public draws;
    uint256 public refusals;
    uint256 public claims;
    uint256 public impairments;
    uint256 public defaults;

    function setUp() public override {
        super.setUp();
        lines = [line, _openLine(_lineTerms())];
        lenders = [lender, other, makeAddr("third")];
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 k = 0; k < 2; ++k) {
                vm.prank(lenders[i]);
                usdc.approve(address(lines[k]), type(uint256).max);
            }
        }
        _fund(lines[1], other, LENT);
    }

    // --- steps ---

    function wait(uint256 time) external {
        uint256 before = _price();
        _pass(bound(time, 1, 1 days));
        _priceKept(before);
    }

    function prove(uint256 dollars) external {
        _proveOwing(int64(uint64(bound(dollars, 0, 300_000_00))));
    }

    function proveHealth() external {
        _attestAndProve(INITIAL_MARGIN);
    }

    function attest() external {
        skip(1);
        _attestNext();
    }

    function move(uint256 by) external {
        ledger.move(uint128(bound(by, 0, 3e6)));
    }

    function deposit(uint256 who, uint256 which, uint256 amount) external {
        (CreditLine on, uint256 before) = (_line(which), _price());
        if (on.maxDeposit(address(0)) == 0) return;
        amount = bound(amount, 1, 50_000e6);
        address by = lenders[who % 3];
        usdc.mint(by, amount);
        vm.prank(by);
        on.deposit(amount, by);
        _priceKept(before);
    }

    function draw(uint256 which, uint256 amount) external {
        (CreditLine on, uint256 before) = (_line(which), _price());
        amount = bound(amount, 1, 100_000e6);
        (LineState memory was, LineState memory elsewhere) = (on.state(), _line(1 - which % 2).state());
        uint256 ahead = _aheadUnits(was.debt + amount) + (elsewhere.debt == 0 ? 0 : _aheadUnits(elsewhere.debt));
        bool covered = _covered(_cents(ahead));
        vm.prank(owner);
        try on.draw(amount, owner) {
            ++draws;
            assertTrue(covered, "drawn without a claim");
            assertFalse(was.short || was.noticeAt != 0 || was.defaulted, "drawn while late");
            assertLe(was.lateSeconds, _lineTerms().gracePeriod, "drawn under the penalty");
            assertGe(on.state().cash, on.state().required, "drawn from the reserve");
            _priceKept(before);
        } catch {
            ++refusals;
        }
    }

    function repay(uint256 which, uint256 amount) external {
        (CreditLine on, uint256 before) = (_line(which), _price());
        uint256 owed = on.debt();
        if (owed == 0) return;
        amount = bound(amount, 1, 2 * owed);
        usdc.mint(stranger, amount);
        vm.startPrank(stranger);
        usdc.approve(address(on), amount);
        assertEq(on.repay(amount), amount < owed ? amount : owed);
        vm.stopPrank();
        _priceKept(before);
    }

    function request(uint256 who, uint256 which, uint256 shares) external {
        (CreditLine on, uint256 before) = (_line(which), _price());
        address by = lenders[who % 3];
        uint256 has = on.balanceOf(by);
        if (has == 0) return;
        vm.prank(by);
        on.requestWithdrawal(bound(shares, 1, has));
        _priceKept(before);
    }

    function claim(uint256 who, uint256 which, uint256 batch) external {
        (CreditLine on, uint256 before) = (_line(which), _price());
        if (on.batchCount() == 0) return;
        batch %= on.batchCount();
        address by = lenders[who % 3];
        try on.claim(batch, by) {
            (uint256 shares, uint256 claimed,) = on.requestOf(batch, by);
            WithdrawalBatch memory entry = on.batchOf(batch);
            assertEq(claimed, entry.paid * shares / entry.shares, "not in proportion");
            ++claims;
        } catch {}
        _priceKept(before);
    }

    function donate(uint256 which, uint256 amount) external {
        (CreditLine on, uint256 before) = (_line(which), _price());
        amount = bound(amount, 1, 1_000_000e6);
        usdc.mint(address(on), amount);
        donated[on] += amount;
        _priceKept(before);
        assertLe(_price(), before + before / 1e6 + 2, "a donation moved the price");
    }

    /// Notice, the call, impairment and default, whichever is due; now and then the end of a notice.
    function worsen(uint256 which, uint256 step) external {
        CreditLine on = _line(which);
        if (step % 8 == 0) {
            try on.withdrawNotice() {} catch {}
            return;
        }
        try on.giveNotice() {} catch {}
        try on.callDebt() {} catch {}
        try on.impair() {
            ++impairments;
        } catch {}
        try on.declareDefault() {
            ++defaults;
        } catch {}
    }

    // --- what always holds ---

    /// Tokens and shares are conserved.
    function check() external view {
        for (uint256 k = 0; k < 2; ++k) {
            CreditLine on = lines[k];
            LineState memory now_ = on.state();
            assertEq(usdc.balanceOf(address(on)), now_.cash + now_.reserved + donated[on], "tokens");
            uint256 shares = on.balanceOf(address(on));
            assertLe(now_.waiting, shares, "waiting shares");
            uint256 escrowed;
            uint256 reserved;
            for (uint256 b = 0; b < on.batchCount(); ++b) {
                WithdrawalBatch memory entry = on.batchOf(b);
                escrowed += entry.left;
                reserved += entry.paid;
                uint256 requested;
                for (uint256 i = 0; i < 3; ++i) {
                    (uint256 mine, uint256 claimed, bool returned) = on.requestOf(b, lenders[i]);
                    requested += mine;
                    reserved -= claimed;
                    if (returned) escrowed -= entry.left * mine / entry.shares;
                    assertLe(claimed, entry.shares == 0 ? 0 : entry.paid * mine / entry.shares, "claimed too much");
                }
                assertEq(requested, entry.shares, "requests");
            }
            assertEq(reserved, now_.reserved, "reserved");
            assertEq(escrowed, shares, "escrowed");
            for (uint256 i = 0; i < 3; ++i) shares += on.balanceOf(lenders[i]);
            assertEq(shares, on.totalSupply(), "shares");
        }
    }

    function _line(uint256 which) private view returns (CreditLine) {
        return lines[which % 2];
    }

    /// Of the two lines together, what a share is worth, so that one number serves every step.
    function _price() private view returns (uint256) {
        return lines[0].convertToAssets(1e24) + lines[1].convertToAssets(1e24);
    }

    /// Only an impairment and a default take from who holds shares.
    function _priceKept(uint256 before) private view {
        assertGe(_price() + 2, before, "a share lost value");
    }

    /// Whether the records say that the account is Healthy, and proven of its newest book with so much owed besides.
    function _covered(uint256 cents) private view returns (bool) {
        (SupportRecord memory taken,) = gate.supportOf(account);
        return gate.statusOf(account) == Status.Healthy && taken.holds && taken.claim.theta >= INITIAL_MARGIN
            && taken.claim.sequence == registry.bookOf(account).sequence && uint256(uint64(-taken.support)) >= cents;
    }
}
