// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {FundCap, FundCover, FundDefault, FundMember, FundTerms, WaterfallStep} from "../types/Fund.sol";
import {IMarginGate} from "./IMarginGate.sol";

/// The default fund of a clearing house: caps on what each account may lose under stress, the money that covers the two
/// largest groups of them, and the order in which it pays. All money is one settlement token, at par with its unit.
///
/// A cap X says that the account's book, with X added, is healthy under the stress profile. The stress gate verifies it,
/// and the fund reads the gate itself. A cap that is no longer proven keeps counting at X. Caps are on a grid: 0, and four
/// steps to each doubling. So a cap tells everybody the account's loss under stress beyond its margin, from above, to a
/// quarter. Its owner may take a higher one, and pays for it.
///
/// The fund is covered while contributions and the house's capital are at least the caps of the two largest groups, alpha
/// times all caps, and the floor. A group is what a role says it is. Alpha bounds what a firm gains that poses as several.
/// While the fund is not covered, only transitions that lower a cap, or reduce and leave it, pass.
///
/// Anybody may clear with a cap of 0: the account's own margin then bears the stress. A cap above 0 needs membership, and a
/// contribution of at least a share of the member's caps.
///
/// Liable for a default is what was in the fund when it was noted. What a member adds later is not, and nothing is paid out
/// while a default is open. Losses take the defaulter's contribution, its group's, the house's capital, then everybody
/// else's in proportion. Members then owe assessments. Until one is paid, the house refuses all of that owner's
/// transitions but a tear-up. What arrives after the time is over stays in the fund as capital.
///
/// Every quotient is rounded in the fund's favour. Tokens that nobody has paid in by a function count for nothing.
/// Warning: the order of the last step is by contributions, not by positions: nobody can read those.
/// Warning: who may set groups decides who is covered together. Give that role an execution delay.
interface IDefaultFund {
    /// A role has put an owner into a group, or out of all.
    /// @param owner the owner
    /// @param from its group before, 0 if none
    /// @param to its group now, 0 if none
    event GroupSet(address indexed owner, uint16 from, uint16 to);
    /// A member has paid into the fund.
    /// @param member the member
    /// @param amount smallest units of the settlement token
    /// @param afterDefault number of the newest default noted before: it is not liable for that one and earlier ones
    event Contributed(address indexed member, uint256 amount, uint32 afterDefault);
    /// A member has asked for a part of its contribution, in place of an earlier request.
    /// @param member the member; zero for the house's capital
    /// @param amount smallest units of the settlement token; 0 cancels
    event ContributionRequested(address indexed member, uint256 amount);
    /// A member has been paid a part of its contribution.
    /// @param member the member; zero for the house's capital
    /// @param amount smallest units of the settlement token
    /// @param to who received it
    event ContributionPaid(address indexed member, uint256 amount, address to);
    /// Somebody has added to the house's own capital.
    /// @param from who paid it
    /// @param amount smallest units of the settlement token
    event CapitalAdded(address indexed from, uint256 amount);
    /// An account's cap has changed, was proven again, or is released.
    /// @param account the account
    /// @param owner who owns it
    /// @param group the owner's group, 0 if none
    /// @param cap cents
    /// @param groupCaps sum of the caps of that group, cents; 0 without a group
    /// @param caps sum of all caps, cents
    event CapSet(bytes32 indexed account, address indexed owner, uint16 group, uint64 cap, uint64 groupCaps, uint64 caps);
    /// A lapse of a cap is on record. The grace runs from now on.
    /// @param account the account
    event CapLapsed(bytes32 indexed account);
    /// A recorded lapse is over: the cap is proven again.
    /// @param account the account
    event CapRestored(bytes32 indexed account);
    /// An account is in default. Liability is fixed.
    /// @param account the account
    /// @param owner who owns it
    /// @param number the default's number, from 1
    event DefaultNoted(bytes32 indexed account, address indexed owner, uint32 number);
    /// A loss has taken money of the fund.
    /// @param account the account in default
    /// @param step whose money it was
    /// @param member the member; zero for the house's capital
    /// @param amount smallest units of the settlement token
    event LossPaid(bytes32 indexed account, WaterfallStep indexed step, address indexed member, uint256 amount);
    /// A member owes more than its contribution.
    /// @param account the account in default
    /// @param member the member
    /// @param amount smallest units of the settlement token
    event Assessed(bytes32 indexed account, address indexed member, uint256 amount);
    /// The fund has paid what it can of a loss.
    /// @param account the account in default
    /// @param deficit the loss, smallest units of the settlement token
    /// @param paid what the fund paid to the house, smallest units of the settlement token
    /// @param assessed what members owe besides, smallest units of the settlement token
    /// @param until Unix seconds until which they can pay it; 0 if nothing was assessed
    event LossAbsorbed(bytes32 indexed account, uint256 deficit, uint256 paid, uint256 assessed, uint64 until);
    /// Somebody has paid an assessment.
    /// @param number the default's number
    /// @param member the member that owed it
    /// @param amount smallest units of the settlement token
    /// @param late whether it came too late for the loss, and is capital now
    event AssessmentPaid(uint32 indexed number, address indexed member, uint256 amount, bool late);
    /// Assessments of a default are over.
    /// @param account the account in default
    /// @param paid what went to the house, smallest units of the settlement token
    /// @param left the loss that nobody has paid, smallest units of the settlement token
    event AssessmentsCollected(bytes32 indexed account, uint256 paid, uint256 left);
    /// A default is over. The account's cap no longer counts.
    /// @param account the account
    /// @param number the default's number
    event DefaultEnded(bytes32 indexed account, uint32 number);

    /// The caller is neither the house nor the contract of its defaults.
    /// @param got who called
    error NotHouse(address got);
    /// The address is no member.
    /// @param got the address
    error NotMember(address got);
    /// A group's number is too high.
    /// @param most the highest
    /// @param got the number that was given
    error GroupOutOfRange(uint256 most, uint256 got);
    /// There are as many members as can be.
    /// @param most how many
    error TooManyMembers(uint256 most);
    /// The member still has caps, a contribution, an assessment or a default.
    /// @param member the member
    error MemberInUse(address member);
    /// A cap is beyond what a claim can carry.
    /// @param most cents
    /// @param got the step of the grid that was given
    error CapOutOfRange(uint256 most, uint256 got);
    /// The cap is not lower than the present one.
    /// @param before cents, the present cap
    /// @param got cents, the cap that was given
    error CapNotLower(uint64 before, uint64 got);
    /// The stress gate failed for another reason than the account.
    error StressGateFailed();
    /// The account has no cap.
    /// @param account the account
    error NoCap(bytes32 account);
    /// The fund would hold less than it must.
    /// @param required smallest units of the settlement token
    /// @param held smallest units of the settlement token
    error Uncovered(uint256 required, uint256 held);
    /// A member has contributed too little for its caps. What it has asked back does not count.
    /// @param member the member
    /// @param required smallest units of the settlement token
    /// @param held smallest units of the settlement token
    error ShareTooLow(address member, uint256 required, uint256 held);
    /// The owner is in default.
    /// @param owner the owner
    error OwnerInDefault(address owner);
    /// An assessment of the owner is not paid.
    /// @param owner the owner
    /// @param owed smallest units of the settlement token
    error AssessmentUnpaid(address owner, uint256 owed);
    /// A default is open: nothing is paid out, and nobody changes groups.
    /// @param open how many
    error DefaultsOpen(uint256 open);
    /// It is too early or too late for the payment.
    /// @param from Unix seconds, the first
    /// @param until Unix seconds, the last
    error OutsideWindow(uint256 from, uint256 until);
    /// The member has contributed after too many different defaults that may still be open.
    /// @param most how many
    error TooManyLayers(uint256 most);
    /// A default of the account is noted already.
    /// @param account the account
    error DefaultKnown(bytes32 account);
    /// The default has not come as far as the call needs, or is further.
    /// @param account the account
    error WrongStage(bytes32 account);
    /// Assessments can still be paid.
    /// @param until Unix seconds, the last
    error AssessmentsOpen(uint64 until);
    /// The default is not one of the fund's.
    /// @param number the number that was given
    error DefaultUnknown(uint32 number);
    /// The settlement token has too few or too many decimals.
    /// @param least the fewest
    /// @param most the most
    /// @param got its decimals
    error SettlementDecimals(uint256 least, uint256 most, uint256 got);

    /// Puts an owner into a group, into another, or out of all. A role's, with a delay. Nobody changes groups while a
    /// default is open. A member that leaves has no caps, no contribution, no assessment.
    /// @param owner the owner
    /// @param group 1 to 128, or 0 for none
    function setGroup(address owner, uint16 group) external;

    /// Adds to the caller's contribution. Members only.
    /// @param amount smallest units of the settlement token, above 0, of which the caller has approved as many
    function contribute(uint256 amount) external;
    /// Asks for a part of the caller's contribution, in place of an earlier request. It stays liable until it is paid.
    /// @param amount smallest units of the settlement token; 0 cancels
    function requestContribution(uint256 amount) external;
    /// Pays out what the caller asked for, horizon after the request and within the window. The fund must be covered
    /// without it, at the remembered requirement, and the rest must be the caller's share.
    /// @param to who receives it
    function withdrawContribution(address to) external;
    /// Adds to the house's own capital. Anybody may call it.
    /// @param amount smallest units of the settlement token, above 0, of which the caller has approved as many
    function addCapital(uint256 amount) external;
    /// Asks for a part of the house's capital, as `requestContribution`. A role's.
    /// @param amount smallest units of the settlement token; 0 cancels
    function requestCapital(uint256 amount) external;
    /// Pays out what was asked for of the capital, as `withdrawContribution`. A role's.
    /// @param to who receives it
    function withdrawCapital(address to) external;

    /// Sets an account's cap to a step of the grid, or confirms the one it has. The stress gate must have it proven. House
    /// only. A cap that rises, or stays in a transition that does not reduce, needs a covered fund, an owner without a
    /// default, and its share if the cap is above 0. Any transition needs its owner's assessments paid.
    /// @param account an account of the house
    /// @param steps step of the grid: see `capAt`
    /// @param reduces whether the transition only reduces
    /// @return cap cents
    function setCap(bytes32 account, uint64 steps, bool reduces) external returns (uint64 cap);
    /// Lowers the cap of a standing book, which the stress gate must have proven. The account's owner only.
    /// @param account the account
    /// @param steps step of the grid, lower than the present one
    /// @return cap cents
    function lowerCap(bytes32 account, uint64 steps) external returns (uint64 cap);
    /// Forgets the cap of an account whose book is empty. House only; it has the empty book proven.
    /// @param account the account
    function releaseCap(bytes32 account) external;
    /// Puts a lapse of a cap on record, or takes it off if the cap is proven again. Anybody may call it. It does nothing
    /// while the stress market is not live: nobody could prove.
    /// @param account the account
    function recordCapLapse(bytes32 account) external;

    /// Notes a default, and so fixes who is liable. House only, once for each default.
    /// @param account the account
    function noteDefault(bytes32 account) external;
    /// Pays a loss of a noted default to the house, as far as the fund reaches, and calls assessments for the rest. House
    /// only, once for each default. If it assesses, `collect` follows.
    /// @param account the account in default
    /// @param deficit the loss beyond the account's own margin, smallest units of the settlement token, rounded up
    /// @return paid what went to the house, smallest units of the settlement token
    /// @return assessed what members owe besides, smallest units of the settlement token
    function absorb(bytes32 account, uint256 deficit) external returns (uint256 paid, uint256 assessed);
    /// Pays an assessment from the caller's own tokens. Anybody may call it.
    /// @param number the default's number
    /// @param member the member that owes it
    /// @param amount the most to pay, smallest units of the settlement token, above 0
    /// @return paid what was taken: the lesser of `amount` and what is owed
    function payAssessment(uint32 number, address member, uint256 amount) external returns (uint256 paid);
    /// Passes on what was paid of a default's assessments. House only, once, as soon as all is paid or the time is over.
    /// @param account the account in default
    /// @return paid what went to the house, smallest units of the settlement token
    function collect(bytes32 account) external returns (uint256 paid);
    /// Ends a default, whether it had a loss or not. House only; open assessments must be collected before.
    /// @param account the account
    function endDefault(bytes32 account) external;

    /// What a step of the grid is: 0, then leastCap · (4 + i mod 4) / 4 · 2^⌊i / 4⌋ with i = steps − 1.
    /// @param steps the step
    /// @return cap cents, below 2^56
    function capAt(uint64 steps) external view returns (uint64 cap);
    /// What is on record of an account's cap.
    /// @param account the account
    /// @return the record; all zero if the account has none
    function capOf(bytes32 account) external view returns (FundCap memory);
    /// Whether an account has a cap that the stress gate no longer has proven. It counts on.
    /// @param account the account
    /// @return whether it has lapsed
    function isCapLapsed(bytes32 account) external view returns (bool);
    /// Whether a recorded lapse has lasted longer than the grace, in which the market was live and the stress profile the
    /// same: the account is in default.
    /// @param account the account
    /// @return whether it is
    function isCapOverdue(bytes32 account) external view returns (bool);
    /// Whether the fund holds what it must.
    /// @return whether it does
    function covered() external view returns (bool);
    /// The fund beside what it must hold.
    /// @return the figures
    function cover() external view returns (FundCover memory);
    /// Whether the owner of an account owes no assessment. Otherwise the house refuses every transition but a tear-up.
    /// @param account an account of the house
    /// @return whether it owes none
    function mayTransition(bytes32 account) external view returns (bool);
    /// The group of an owner.
    /// @param owner the owner
    /// @return 1 to 128, or 0 if it is no member
    function groupOf(address owner) external view returns (uint16);
    /// Sum of the caps of a group.
    /// @param group the group
    /// @return cents
    function capsOf(uint16 group) external view returns (uint64);
    /// What is on record of a member.
    /// @param member the member
    /// @return the record; all zero if it never was one
    function memberOf(address member) external view returns (FundMember memory);
    /// All members, in no order that means anything.
    /// @return the members
    function members() external view returns (address[] memory);
    /// What a member is liable with for a default now.
    /// @param account the account in default
    /// @param member the member
    /// @return smallest units of the settlement token; 0 if no default is noted
    function liableOf(bytes32 account, address member) external view returns (uint256);
    /// What a member owes for a default, over or not.
    /// @param number the default's number
    /// @param member the member
    /// @return smallest units of the settlement token
    function owedOf(uint32 number, address member) external view returns (uint256);
    /// What is on record of an account's default.
    /// @param account the account
    /// @return the record; its stage is None if there is none, or if it is over
    function defaultOf(bytes32 account) external view returns (FundDefault memory);
    /// How many defaults are open, and how many were ever noted.
    /// @return open how many are open
    /// @return noted how many were noted
    function defaults() external view returns (uint32 open, uint32 noted);
    /// Sum of all contributions.
    /// @return smallest units of the settlement token
    function contributions() external view returns (uint256);
    /// The house's own capital.
    /// @return smallest units of the settlement token
    function capital() external view returns (uint256);
    /// What the fund goes by. It never changes.
    /// @return the terms
    function terms() external view returns (FundTerms memory);
    /// The house whose losses the fund pays.
    /// @return the house
    function house() external view returns (address);
    /// The contract of the house's defaults, which may call what the house may.
    /// @return the contract
    function houseDefaults() external view returns (address);
    /// The gate of the stress profile.
    /// @return the gate
    function stressGate() external view returns (IMarginGate);
    /// The settlement token.
    /// @return the token, an ERC-20
    function settlement() external view returns (address);
}
