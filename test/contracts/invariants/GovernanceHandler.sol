// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {BookRegistry} from "../../../contracts/BookRegistry.sol";
import {SequencerGuard} from "../../../contracts/feeds/SequencerGuard.sol";
import {Spec} from "../../../contracts/generated/Spec.sol";
import {IFundingSource} from "../../../contracts/interfaces/IFundingSource.sol";
import {IPriceFeed} from "../../../contracts/interfaces/IPriceFeed.sol";
import {ISequencerGuard} from "../../../contracts/interfaces/ISequencerGuard.sol";
import {Bn254, Sum} from "../../../contracts/lib/Bn254.sol";
import {MarginGate} from "../../../contracts/MarginGate.sol";
import {ICreditRegistry} from "../../../contracts/interfaces/ICreditRegistry.sol";
import {MarginVault} from "../../../contracts/MarginVault.sol";
import {MarketLedger} from "../../../contracts/MarketLedger.sol";
import {RiskProfile} from "../../../contracts/RiskProfile.sol";
import {GateTerms} from "../../../contracts/types/Gate.sol";
import {G1} from "../../../contracts/types/Groth16.sol";
import {PROFILE_WORDS} from "../../../contracts/types/ProfileWords.sol";
import {Asset, VaultTerms} from "../../../contracts/types/Vault.sol";
import {MarketFixture} from "../support/Market.sol";
import {Parameters} from "../support/Parameters.sol";
import {Token} from "../support/Tokens.sol";
import {Vectors} from "../support/Vectors.sol";

/// What a governor, a guardian, strangers and time do to everything that is governed, in any order. Roles are as a
/// deployment hands them over: the governor administers as well, nobody else is left. Each step is tried whether or not
/// it should be possible; after each, everything that has become looser must have waited for its delay.
contract GovernanceHandler is MarketFixture {
    using Parameters for uint256[PROFILE_WORDS];

    struct Operation {
        address target;
        bytes data;
        /// Unix seconds; 0 once it is executed or cancelled.
        uint256 readyAt;
    }

    /// All that is governed.
    struct State {
        uint256[PROFILE_WORDS] words;
        uint64 epoch;
        uint64 expiresAt;
        bool paused;
        bytes32 sources;
        Asset[2] assets;
    }

    string public violation;
    mapping(string what => uint256) public happened;

    MarginVault private vault;
    Token[2] private tokens;
    address private stranger = makeAddr("stranger");
    Operation[] private _operations;
    /// Whether the step that runs is the execution of an operation that has waited.
    bool private _waited;
    bool private _expired;

    function setUp() public {
        _setUpMarket();
        _setUpVault();
        bytes4[] memory one = new bytes4[](1);
        one[0] = vault.listAsset.selector;
        manager.setTargetFunctionRole(address(vault), one, GOVERNOR_ROLE);
        one[0] = vault.delistAsset.selector;
        manager.setTargetFunctionRole(address(vault), one, GUARDIAN_ROLE);
        manager.setRoleGuardian(GOVERNOR_ROLE, GUARDIAN_ROLE);
        uint64 admin = manager.ADMIN_ROLE();
        manager.grantRole(admin, governor, DELAY);
        manager.renounceRole(admin, address(this));
        ledger.poke();
    }

    function _setUpVault() private {
        BookRegistry registry = new BookRegistry(profile, 400 days);
        MarginGate gate =
            new MarginGate(ledger, registry, Vectors.key(Vectors.json()), GateTerms(6 hours, 3 hours, 4 hours, 12_500));
        tokens = [new Token("USDC", 6), new Token("WETH", 18)];
        VaultTerms memory terms = VaultTerms(12_500, 1_000, 2_500, 5_000, 1_000, 5_000, 1 hours, 30 minutes, 12, 100e6);
        vault = new MarginVault(gate, tokens[0], 2, 6, terms, ICreditRegistry(address(0)), address(manager));
    }

    /// Runs a step, and then compares the state with the state before.
    modifier step() {
        State memory before = _state();
        (_waited, _expired) = (false, profile.isExpired());
        _;
        _compare(before, _state());
    }

    // --- the governor ---

    function schedule(uint256 seed) external step {
        (address target, bytes memory data) = _loosening(seed);
        vm.prank(governor);
        try manager.schedule(target, data, 0) {
            uint256 index = _indexOf(target, data);
            if (index == _operations.length) _operations.push();
            _operations[index] = Operation(target, data, block.timestamp + DELAY);
            ++happened["scheduled"];
        } catch {}
    }

    /// Executes something that was scheduled, be it ready or not, by the manager or at the target itself.
    function execute(uint256 seed) external step {
        if (_operations.length == 0) return;
        Operation storage operation = _operations[_operations.length - 1 - (seed >> 8) % _recent()];
        uint256 readyAt = operation.readyAt;
        _waited = readyAt != 0 && block.timestamp >= readyAt;
        bool done = _call(governor, operation.target, operation.data, seed % 2 == 0);
        if (!done) return;
        operation.readyAt = 0;
        ++happened["executed"];
        if (!_waited) violation = "an operation was executed before its delay, or twice";
    }

    /// Executes what the governor has never scheduled.
    function skipDelay(uint256 seed) external step {
        (address target, bytes memory data) = _loosening(seed);
        if (_indexOf(target, data) != _operations.length) return;
        if (_call(governor, target, data, seed % 2 == 0)) violation = "the governor skipped the delay";
    }

    // --- the guardian ---

    function tighten(uint256 seed) external step {
        uint256[PROFILE_WORDS] memory next = profile.profileWords();
        for (uint256 i = 0; i < 1 + seed % 2; ++i) {
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            if (seed % 3 == 0) next.edit(draw);
            else next = next.tightened(draw);
        }
        uint64 epoch = profile.epoch();
        uint256 last = profile.tightenedAt();
        string memory tooFar = profile.profileWords().tooFar(next);
        vm.prank(guardian);
        try profile.tighten(next) {
            ++happened["tightened"];
            if (profile.epoch() != epoch + 1) violation = "tightened without a new epoch";
            if (last != 0 && block.timestamp < last + 1 days) violation = "tightened twice in a day";
            if (bytes(tooFar).length != 0) violation = string.concat(tooFar, " tightened too far");
        } catch {
            ++happened["tightening refused"];
        }
    }

    function pause(uint256 seed) external step {
        if (seed % 4 != 0) return;
        vm.prank(guardian);
        try profile.pause() {
            ++happened["paused"];
        } catch {}
    }

    function delist(uint256 seed) external step {
        vm.prank(guardian);
        try vault.delistAsset(address(tokens[seed % 2])) {} catch {}
    }

    function cancel(uint256 seed) external step {
        if (seed % 3 != 0 || _operations.length == 0) return;
        Operation storage operation = _operations[_operations.length - 1 - (seed >> 8) % _recent()];
        bool pending = operation.readyAt != 0;
        vm.prank(seed % 2 == 0 ? guardian : stranger);
        try manager.cancel(governor, operation.target, operation.data) {
            if (seed % 2 != 0) violation = "a stranger cancelled";
            operation.readyAt = 0;
            ++happened["cancelled"];
        } catch {
            if (pending && seed % 2 == 0) violation = "the guardian could not cancel";
        }
    }

    // --- those without the role ---

    /// The guardian or a stranger calls what is the governor's, or the manager itself.
    function overstep(uint256 seed) external step {
        address who = seed % 2 == 0 ? guardian : stranger;
        (address target, bytes memory data) = (seed >> 8) % 3 == 0 ? _ofManager(seed >> 16, who) : _loosening(seed);
        if (_call(who, target, data, (seed >> 4) % 2 == 0)) violation = "somebody did what is the governor's";
        if (_operations.length == 0) return;
        Operation storage operation = _operations[seed % _operations.length];
        if (_call(who, operation.target, operation.data, true)) violation = "somebody executed for the governor";
    }

    function intrude(uint256 seed) external step {
        vm.startPrank(stranger);
        try profile.pause() {
            violation = "a stranger paused";
        } catch {}
        uint256[PROFILE_WORDS] memory next = profile.profileWords();
        next.edit(seed);
        try profile.tighten(next) {
            violation = "a stranger tightened";
        } catch {}
        vm.stopPrank();
    }

    // --- time and the market ---

    function wait(uint256 time) external step {
        skip(1 + time % 3 days);
    }

    function expire() external step {
        try profile.expire() {
            ++happened["expired"];
            if (!_expired) violation = "expired before its time";
        } catch {}
    }

    function poke(uint256 seed) external step {
        skip(1 + seed % 10 minutes);
        // A poke ends what has expired by now.
        _expired = profile.isExpired();
        (uint64 price,,) = feeds[seed % 16].read();
        feeds[seed % 16].set(uint64(uint256(price) * (90 + (seed >> 8) % 21) / 100 + 1_000), 0);
        try ledger.poke() {
            ++happened["poked"];
        } catch {}
    }

    // --- what must be ---

    /// Nothing can be proven under a profile that is paused or has expired, or at a round of another epoch.
    function usableRoundsAreOfTheLiveEpoch() external view returns (bool) {
        uint64 latest = ledger.latestRound().number;
        for (uint64 number = latest > 3 ? latest - 3 : 1; number <= latest; ++number) {
            if (!ledger.usable(number)) continue;
            if (profile.paused() || profile.isExpired() || ledger.roundAt(number).epoch != profile.epoch()) {
                return false;
            }
        }
        return true;
    }

    /// The profile's point, from nothing: an ecMul for each signal.
    function foldsAnew() external view returns (bool) {
        uint256[PROFILE_WORDS] memory words = profile.profileWords();
        Sum memory sum;
        G1 memory constant0 = table.pointAt(0);
        (sum.x, sum.y) = (constant0.x, constant0.y);
        _add(sum, Spec.SIGNAL_LISTING, profile.listing());
        _add(sum, Spec.SIGNAL_PNL_FACTOR, words.pnlFactor());
        for (uint256 i = 0; i < 64; ++i) {
            _add(sum, Spec.SIGNAL_COLLATERAL_FACTOR + i, words.lane(1, i, 16));
        }
        for (uint256 u = 0; u < 16; ++u) {
            _add(sum, Spec.SIGNAL_IMPACT + u, words.lane(5, u, 64));
            _add(sum, Spec.SIGNAL_SHOCK_CAP + u, words.shockCap(u));
        }
        for (uint256 i = 0; i < 256; ++i) {
            int256 shock = int16(uint16(words.lane(9, i, 16)));
            _add(sum, Spec.SIGNAL_SHOCK + i, shock < 0 ? Spec.FIELD_R - uint256(-shock) : uint256(shock));
        }
        G1 memory folded = profile.folded();
        return folded.x == sum.x && folded.y == sum.y;
    }

    function _add(Sum memory sum, uint256 signal, uint256 value) private view {
        if (value == 0) return;
        G1 memory point = table.pointAt(signal + 1);
        Bn254.addMul(sum, point.x, point.y, value);
    }

    function _compare(State memory before, State memory after_) private {
        if (keccak256(abi.encode(before.words)) != keccak256(abi.encode(after_.words))) {
            _compareWords(before.words, after_.words);
            if (after_.epoch == before.epoch) violation = "a change without a new epoch";
        }
        if (after_.epoch < before.epoch) violation = "an epoch came back";
        if (!_waited) {
            if (before.paused && !after_.paused) violation = "unpaused before its delay";
            if (before.sources != after_.sources) violation = "the feeds changed before their delay";
            // An expired profile is not live. Only then may its expiry change without the governor.
            bool ended = _expired && after_.expiresAt == 0;
            if (before.expiresAt != after_.expiresAt && !ended) violation = "the expiry changed before its delay";
            for (uint256 i = 0; i < 2; ++i) {
                if (_isRelisted(before.assets[i], after_.assets[i])) violation = "a token was listed before its delay";
            }
        }
        _checkRoles();
    }

    function _compareWords(uint256[PROFILE_WORDS] memory before, uint256[PROFILE_WORDS] memory after_) private {
        string memory looser = before.looser(after_);
        if (bytes(looser).length != 0) {
            ++happened["loosened"];
            if (!_waited) violation = string.concat(looser, " loosened before its delay");
        }
        string memory unbounded = after_.unbounded();
        if (bytes(unbounded).length != 0) violation = string.concat(unbounded, " out of its bounds");
    }

    function _isRelisted(Asset memory before, Asset memory after_) private pure returns (bool) {
        if (after_.listed && !before.listed) return true;
        return before.slot != after_.slot || before.quantumDecimals != after_.quantumDecimals;
    }

    function _checkRoles() private {
        (, uint32 delay,,) = manager.getAccess(GOVERNOR_ROLE, governor);
        (, uint32 adminDelay,,) = manager.getAccess(manager.ADMIN_ROLE(), governor);
        if (delay != DELAY || adminDelay != DELAY) violation = "the governor has another delay";
        for (uint64 role = 0; role <= GUARDIAN_ROLE; ++role) {
            (bool has,) = manager.hasRole(role, stranger);
            if (has) violation = "a stranger has a role";
            (has,) = manager.hasRole(role, guardian);
            if (has && role != GUARDIAN_ROLE) violation = "the guardian has another role";
        }
    }

    function _state() private view returns (State memory state) {
        state.words = profile.profileWords();
        (state.epoch, state.expiresAt, state.paused) = (profile.epoch(), profile.expiresAt(), profile.paused());
        (IPriceFeed[] memory list, IFundingSource source, ISequencerGuard guard) = ledger.sources();
        state.sources = keccak256(abi.encode(list, source, guard));
        state.assets = [vault.assetOf(address(tokens[0])), vault.assetOf(address(tokens[1]))];
    }

    /// A call that only the governor may make.
    function _loosening(uint256 seed) private view returns (address target, bytes memory data) {
        uint256 kind = seed % 8;
        if (kind == 0) return (address(profile), abi.encodeCall(RiskProfile.unpause, ()));
        if (kind == 1) {
            (IPriceFeed[] memory list,,) = ledger.sources();
            (list[0], list[1]) = (list[1], list[0]);
            return
                (address(ledger), abi.encodeCall(MarketLedger.setSources, (list, funding, SequencerGuard(address(0)))));
        }
        if (kind == 2) {
            uint8 slot = uint8((seed >> 8) % 16);
            return (address(vault), abi.encodeCall(MarginVault.listAsset, (address(tokens[(seed >> 16) % 2]), slot, 6)));
        }
        uint256[PROFILE_WORDS] memory next = profile.profileWords();
        uint256[PROFILE_WORDS] memory later;
        uint64 end;
        for (uint256 i = 0; i < 1 + (seed >> 8) % 3; ++i) {
            next.edit(uint256(keccak256(abi.encode(seed, i))));
        }
        if (kind < 5) {
            end = uint64(block.timestamp + DELAY + 1 + (seed >> 16) % 5 days);
            for (uint256 i = 0; i < PROFILE_WORDS; ++i) {
                later[i] = next[i];
            }
            later.put(1, (seed >> 32) % 16, 16, (seed >> 40) % 10_001);
            later.put(3, (seed >> 36) % 16, 16, (seed >> 60) % 32_768);
        }
        return (address(profile), abi.encodeCall(RiskProfile.setProfile, (next, end, later)));
    }

    /// A call that would change who may do what.
    function _ofManager(uint256 seed, address who) private view returns (address, bytes memory data) {
        bytes4[] memory one = new bytes4[](1);
        one[0] = RiskProfile.setProfile.selector;
        if (seed % 4 == 0) {
            data = abi.encodeCall(manager.grantRole, (GOVERNOR_ROLE, who, 0));
        } else if (seed % 4 == 1) {
            data = abi.encodeCall(manager.setTargetFunctionRole, (address(profile), one, GUARDIAN_ROLE));
        } else if (seed % 4 == 2) {
            data = abi.encodeCall(manager.updateAuthority, (address(profile), who));
        } else {
            data = abi.encodeCall(manager.setRoleGuardian, (GUARDIAN_ROLE, GUARDIAN_ROLE));
        }
        return (address(manager), data);
    }

    function _call(address who, address target, bytes memory data, bool byManager) private returns (bool done) {
        vm.prank(who);
        if (byManager) (done,) = address(manager).call(abi.encodeCall(manager.execute, (target, data)));
        else (done,) = target.call(data);
    }

    /// The same call is the same operation; the number of operations if there is none.
    function _indexOf(address target, bytes memory data) private view returns (uint256 index) {
        while (index < _operations.length) {
            if (_operations[index].target == target && keccak256(_operations[index].data) == keccak256(data)) break;
            ++index;
        }
    }

    function _recent() private view returns (uint256) {
        return _operations.length < 6 ? _operations.length : 6;
    }
}
