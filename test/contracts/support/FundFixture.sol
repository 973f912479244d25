// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Test} from "forge-std/Test.sol";
import {DefaultFund} from "../../../contracts/clearing/DefaultFund.sol";
import {IAccountOwners} from "../../../contracts/interfaces/IAccountOwners.sol";
import {IBookRegistry} from "../../../contracts/interfaces/IBookRegistry.sol";
import {MockMarginGate} from "../../../contracts/mocks/MockMarginGate.sol";
import {FundTerms} from "../../../contracts/types/Fund.sol";
import {Status} from "../../../contracts/types/Status.sol";
import {SettableLedger, SettableProfile} from "./SettableMarket.sol";
import {Token} from "./Tokens.sol";

/// A default fund whose house is the test. The stress gate says what the test has it say.
abstract contract FundFixture is Test, IAccountOwners {
    uint64 internal constant ROLE = 2;
    uint32 internal constant HORIZON = 7 days;
    uint32 internal constant WINDOW = 1 days;
    uint32 internal constant MEMORY = 90 days;
    uint32 internal constant CAP_GRACE = 4 hours;
    uint32 internal constant ASSESSMENT_PERIOD = 1 days;
    /// Cents: 1 000 USD.
    uint64 internal constant LEAST_CAP = 1_000e2;
    /// Settlement units in a dollar.
    uint256 internal constant USD = 1e6;

    AccessManager internal manager;
    SettableProfile internal profile;
    SettableLedger internal ledger;
    MockMarginGate internal gate;
    Token internal token;
    DefaultFund internal fund;
    mapping(bytes32 account => address) public ownerOf;

    function setUp() public virtual {
        vm.warp(1_700_000_000);
        manager = new AccessManager(address(this));
        profile = new SettableProfile();
        ledger = new SettableLedger(profile, 0);
        ledger.move(0);
        gate = new MockMarginGate();
        gate.setParts(ledger, IBookRegistry(address(gate)), profile);
        token = new Token("USD", 6);
        fund = _newFund(_fundTerms());
    }

    function _newFund(FundTerms memory terms) internal returns (DefaultFund made) {
        made = new DefaultFund(address(this), makeAddr("defaults"), token, gate, terms, address(manager));
        bytes4[] memory selectors = new bytes4[](3);
        selectors[0] = made.setGroup.selector;
        selectors[1] = made.requestCapital.selector;
        selectors[2] = made.withdrawCapital.selector;
        manager.setTargetFunctionRole(address(made), selectors, ROLE);
        manager.grantRole(ROLE, address(this), 0);
    }

    function _fundTerms() internal pure virtual returns (FundTerms memory) {
        return FundTerms({
            alpha: 2_500,
            share: 1_000,
            assessment: 10_000,
            horizon: HORIZON,
            window: WINDOW,
            memoryPeriod: MEMORY,
            grace: CAP_GRACE,
            assessmentPeriod: ASSESSMENT_PERIOD,
            floor: 0,
            leastCap: LEAST_CAP
        });
    }

    /// A member, in a group, with so many dollars in the fund.
    function _member(string memory name, uint16 group, uint256 dollars) internal returns (address member) {
        member = makeAddr(name);
        fund.setGroup(member, group);
        if (dollars != 0) _contribute(member, dollars * USD);
    }

    function _contribute(address member, uint256 amount) internal {
        token.mint(member, amount);
        vm.startPrank(member);
        token.approve(address(fund), amount);
        fund.contribute(amount);
        vm.stopPrank();
    }

    function _addCapital(uint256 amount) internal {
        token.mint(address(this), amount);
        token.approve(address(fund), amount);
        fund.addCapital(amount);
    }

    /// An account of an owner. Nothing of it is proven.
    function _account(address owner, uint256 number) internal returns (bytes32 account) {
        account = keccak256(abi.encode(owner, number));
        ownerOf[account] = owner;
    }

    /// Has the stress gate say that the account holds with its cap, and takes the cap, as the house does.
    function _setCap(bytes32 account, uint64 steps) internal returns (uint64) {
        return _setCap(account, steps, false);
    }

    function _setCap(bytes32 account, uint64 steps, bool reduces) internal returns (uint64) {
        _proveCap(account, steps);
        return fund.setCap(account, steps, reduces);
    }

    /// Has the stress gate say that the account holds with a cap.
    function _proveCap(bytes32 account, uint64 steps) internal {
        ledger.move(0);
        gate.setHealthy(account, 10_000);
        gate.setStatus(account, steps == 0 ? Status.Healthy : Status.Unknown);
        uint64 cap = fund.capAt(steps);
        if (cap != 0) gate.setSupport(account, 10_000, int64(cap));
    }

    /// The gate has nothing more of the account.
    function _lapseCap(bytes32 account) internal {
        gate.setStatus(account, Status.Unknown);
        // A claim of so much more support holds, which says nothing of the cap.
        gate.setSupport(account, 10_000, type(int56).max);
    }

    function _payAssessment(uint32 number, address member, uint256 amount) internal returns (uint256) {
        token.mint(address(this), amount);
        token.approve(address(fund), amount);
        return fund.payAssessment(number, member, amount);
    }

    function _contributionOf(address member) internal view returns (uint256) {
        return fund.memberOf(member).contribution;
    }

    function _owed(address member) internal view returns (uint256) {
        return fund.memberOf(member).owed;
    }
}
