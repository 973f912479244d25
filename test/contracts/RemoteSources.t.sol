// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {MockCCIPRouter} from "@chainlink/contracts-ccip/src/v0.8/ccip/test/mocks/MockRouter.sol";
import {IAny2EVMMessageReceiver} from "@chainlink/contracts-ccip/src/v0.8/ccip/interfaces/IAny2EVMMessageReceiver.sol";
import {Client} from "@chainlink/contracts-ccip/src/v0.8/ccip/libraries/Client.sol";
import {
    IInterchainSecurityModule as IModule
} from "@hyperlane-xyz/core/contracts/interfaces/IInterchainSecurityModule.sol";
import {IMailbox} from "@hyperlane-xyz/core/contracts/interfaces/IMailbox.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {Test, Vm} from "forge-std/Test.sol";
import {IBlockRoots} from "../../contracts/interfaces/IBlockRoots.sol";
import {IBound} from "../../contracts/interfaces/IBound.sol";
import {IMessageSource, IMessengerSource, IOutbox} from "../../contracts/interfaces/IMessageSource.sol";
import {IStorageProofSource} from "../../contracts/interfaces/IStorageProofSource.sol";
import {BlockRoots} from "../../contracts/remote/BlockRoots.sol";
import {CcipSource} from "../../contracts/remote/CcipSource.sol";
import {HyperlaneSource} from "../../contracts/remote/HyperlaneSource.sol";
import {Outbox} from "../../contracts/remote/Outbox.sol";
import {StorageProofSource} from "../../contracts/remote/StorageProofSource.sol";
import {Attestation} from "../../contracts/types/Book.sol";

contract Speaker is Outbox {
    function say(bytes32 digest) external {
        _say(digest);
    }
}

/// What the test asks of Hyperlane's own contracts beyond their interfaces.
interface IHyperlaneMailbox is IMailbox {
    function initialize(address owner, address module, address hook, address requiredHook) external;
}

interface IHyperlaneTree {
    function latestCheckpoint() external view returns (bytes32 root, uint32 index);
}

/// By Hyperlane's own mailboxes, hooks and multisig module: the code that its package publishes.
contract HyperlaneSourceTest is Test {
    uint32 private constant HERE = 1;
    uint32 private constant THERE = 2;
    uint64 private constant FINALITY = 10 minutes;
    uint256 private constant VALIDATOR = 0x7a11;
    bytes32 private constant SAID = "said";

    IHyperlaneMailbox private here;
    IHyperlaneMailbox private there;
    IHyperlaneTree private tree;
    IModule private module;
    HyperlaneSource private sender;
    HyperlaneSource private receiver;
    Speaker private speaker;

    function setUp() public {
        vm.warp(1_700_000_000);
        address[] memory validators = new address[](1);
        validators[0] = vm.addr(VALIDATOR);
        module = IModule(
            _create("isms/multisig/StorageMultisigIsm.sol/StorageMessageIdMultisigIsm", abi.encode(validators, 1))
        );
        here = IHyperlaneMailbox(_create("Mailbox", abi.encode(HERE)));
        there = IHyperlaneMailbox(_create("Mailbox", abi.encode(THERE)));
        address hook = _create("hooks/MerkleTreeHook", abi.encode(here));
        tree = IHyperlaneTree(_create("hooks/MerkleTreeHook", abi.encode(there)));
        here.initialize(address(this), address(module), hook, hook);
        // The tree is the required hook; another stands where users choose.
        address pausable = _create("hooks/PausableHook", "");
        there.initialize(address(this), address(module), pausable, address(tree));
        sender = new HyperlaneSource(HERE, FINALITY, there, module, HERE);
        receiver = new HyperlaneSource(THERE, FINALITY, here, module, THERE);
        sender.bind(address(receiver));
        receiver.bind(address(sender));
        speaker = new Speaker();
    }

    /// Creates a contract of the code that the package publishes for it.
    function _create(string memory name, bytes memory arguments) private returns (address created) {
        string memory text = vm.readFile(
            string.concat("node_modules/@hyperlane-xyz/core/dist/typechain/factories/contracts/", name, "__factory.js")
        );
        string memory rest = vm.split(text, 'const _bytecode = "')[1];
        bytes memory code = bytes.concat(vm.parseBytes(vm.split(rest, '"')[0]), arguments);
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
        }
        assertNotEq(created, address(0));
    }

    /// Dispatches and returns the message as the mailbox has logged it.
    function _dispatch() private returns (bytes memory message) {
        vm.recordLogs();
        sender.dispatch(speaker, SAID);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == keccak256("Dispatch(address,uint32,bytes32,bytes)")) {
                return abi.decode(logs[i].data, (bytes));
            }
        }
        revert("no dispatch");
    }

    /// What a validator signs of it.
    function _signed(bytes memory message, uint256 key) private view returns (bytes memory) {
        (bytes32 root, uint32 index) = tree.latestCheckpoint();
        bytes32 hook = bytes32(uint256(uint160(address(tree))));
        bytes32 domain = keccak256(abi.encodePacked(THERE, hook, "HYPERLANE"));
        bytes32 checkpoint = keccak256(abi.encodePacked(domain, root, index, keccak256(message)));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, MessageHashUtils.toEthSignedMessageHash(checkpoint));
        return abi.encodePacked(hook, root, index, r, s, v);
    }

    function test_hyperlane_carries_what_was_said() public {
        speaker.say(SAID);
        vm.expectPartialRevert(IMessageSource.MessageNotFinal.selector);
        sender.dispatch(speaker, SAID);
        skip(FINALITY);
        bytes memory message = _dispatch();
        assertEq(receiver.verifiedAt(THERE, address(speaker), SAID), 0);
        bytes memory metadata = _signed(message, VALIDATOR);
        vm.expectEmit(address(receiver));
        emit IMessageSource.MessageVerified(address(speaker), SAID);
        here.process(metadata, message);
        assertEq(receiver.verifiedAt(THERE, address(speaker), SAID), block.timestamp);
        // Hyperlane delivers once; what was dispatched again says nothing new.
        vm.expectRevert("Mailbox: already delivered");
        here.process(metadata, message);
        skip(1);
        message = _dispatch();
        here.process(_signed(message, VALIDATOR), message);
        assertEq(receiver.verifiedAt(THERE, address(speaker), SAID), block.timestamp - 1);
    }

    function test_hyperlane_refuses_others_signatures() public {
        speaker.say(SAID);
        skip(FINALITY);
        bytes memory message = _dispatch();
        bytes memory metadata = _signed(message, 0xbad);
        vm.expectRevert("!threshold");
        here.process(metadata, message);
    }

    function test_hyperlane_refuses_others_messages() public {
        bytes memory body = abi.encode(speaker, SAID);
        vm.expectRevert(
            abi.encodeWithSelector(IMessengerSource.CallerNotMessenger.selector, address(here), address(this))
        );
        receiver.handle(THERE, bytes32(uint256(uint160(address(sender)))), body);
        // A stranger may dispatch to the receiver as well.
        vm.recordLogs();
        there.dispatch(HERE, bytes32(uint256(uint160(address(receiver)))), body);
        bytes memory message = abi.decode(vm.getRecordedLogs()[0].data, (bytes));
        bytes memory metadata = _signed(message, VALIDATOR);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMessengerSource.SenderNotPeer.selector, THERE, bytes32(uint256(uint160(address(this))))
            )
        );
        here.process(metadata, message);
    }

    function test_hyperlane_takes_no_more_than_the_fee() public {
        speaker.say(SAID);
        skip(FINALITY);
        assertEq(sender.feeOf(speaker, SAID), 0);
        vm.deal(address(this), 1);
        vm.expectRevert(abi.encodeWithSelector(IMessengerSource.FeeDiffers.selector, 0, 1));
        sender.dispatch{value: 1}(speaker, SAID);
        vm.deal(address(here), 1);
        vm.expectRevert(abi.encodeWithSelector(IMessengerSource.FeeDiffers.selector, 0, 1));
        vm.prank(address(here));
        receiver.handle{value: 1}(THERE, bytes32(uint256(uint160(address(sender)))), "");
        HyperlaneSource unbound = new HyperlaneSource(HERE, FINALITY, there, module, HERE);
        vm.expectRevert(IBound.PeerMissing.selector);
        unbound.dispatch(speaker, SAID);
        vm.expectRevert(abi.encodeWithSelector(IMessageSource.MessageUnknown.selector, speaker, bytes32("unsaid")));
        sender.dispatch(speaker, "unsaid");
    }

    function test_hyperlane_gas() public {
        speaker.say(SAID);
        skip(FINALITY);
        bytes memory message = _dispatch();
        bytes memory metadata = _signed(message, VALIDATOR);
        here.process(metadata, message);
        vm.snapshotGasLastCall("Remote", "deliver by Hyperlane, one validator");
    }
}

/// By the router that Chainlink ships for tests; it delivers at once, with the real router's call.
contract CcipSourceTest is Test {
    uint64 private constant SEPOLIA = 16_015_286_601_757_825_753;
    uint64 private constant FINALITY = 10 minutes;
    bytes32 private constant SAID = "said";

    MockCCIPRouter private router;
    CcipSource private sender;
    CcipSource private receiver;
    Speaker private speaker;

    function setUp() public {
        vm.warp(1_700_000_000);
        router = new MockCCIPRouter();
        sender = new CcipSource(1, FINALITY, router, SEPOLIA);
        receiver = new CcipSource(2, FINALITY, router, SEPOLIA);
        sender.bind(address(receiver));
        receiver.bind(address(sender));
        speaker = new Speaker();
    }

    function test_ccip_carries_what_was_said() public {
        speaker.say(SAID);
        vm.expectPartialRevert(IMessageSource.MessageNotFinal.selector);
        sender.dispatch(speaker, SAID);
        skip(FINALITY);
        assertEq(sender.feeOf(speaker, SAID), 0);
        vm.expectEmit(address(receiver));
        emit IMessageSource.MessageVerified(address(speaker), SAID);
        sender.dispatch(speaker, SAID);
        assertEq(receiver.verifiedAt(2, address(speaker), SAID), block.timestamp);
        skip(1);
        sender.dispatch(speaker, SAID);
        assertEq(receiver.verifiedAt(2, address(speaker), SAID), block.timestamp - 1);
        vm.deal(address(this), 1);
        vm.expectRevert(abi.encodeWithSelector(IMessengerSource.FeeDiffers.selector, 0, 1));
        sender.dispatch{value: 1}(speaker, SAID);
    }

    function test_ccip_refuses_others_messages() public {
        Client.Any2EVMMessage memory message = Client.Any2EVMMessage({
            messageId: "id",
            sourceChainSelector: SEPOLIA,
            sender: abi.encode(sender),
            data: abi.encode(speaker, SAID),
            destTokenAmounts: new Client.EVMTokenAmount[](0)
        });
        vm.expectRevert(
            abi.encodeWithSelector(IMessengerSource.CallerNotMessenger.selector, address(router), address(this))
        );
        receiver.ccipReceive(message);
        vm.startPrank(address(router));
        message.sourceChainSelector = SEPOLIA + 1;
        vm.expectPartialRevert(IMessengerSource.SenderNotPeer.selector);
        receiver.ccipReceive(message);
        message.sourceChainSelector = SEPOLIA;
        message.sender = abi.encode(this);
        vm.expectPartialRevert(IMessengerSource.SenderNotPeer.selector);
        receiver.ccipReceive(message);
        message.sender = abi.encodePacked(sender);
        vm.expectPartialRevert(IMessengerSource.SenderNotPeer.selector);
        receiver.ccipReceive(message);
        message.sender = abi.encode(sender);
        receiver.ccipReceive(message);
        assertEq(receiver.verifiedAt(2, address(speaker), SAID), block.timestamp);
    }

    function test_ccip_gas() public {
        Client.Any2EVMMessage memory message = Client.Any2EVMMessage({
            messageId: "id",
            sourceChainSelector: SEPOLIA,
            sender: abi.encode(sender),
            data: abi.encode(speaker, SAID),
            destTokenAmounts: new Client.EVMTokenAmount[](0)
        });
        vm.prank(address(router));
        receiver.ccipReceive(message);
        vm.snapshotGasLastCall("Remote", "receive by CCIP, the router's call");
    }

    function test_ccip_says_what_it_is() public view {
        assertTrue(receiver.supportsInterface(type(IAny2EVMMessageReceiver).interfaceId));
        assertTrue(receiver.supportsInterface(type(IERC165).interfaceId));
        assertFalse(receiver.supportsInterface(0xffffffff));
    }
}

/// Who vouches for the other chain's blocks.
contract BlockRootsTest is Test {
    uint64 private constant WAIT = 5 minutes;
    uint256[3] private keys = [uint256(1), 2, 3];
    address[] private attesters;
    BlockRoots private roots;

    function setUp() public {
        vm.warp(1_700_000_000);
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = i + 1; j < 3; ++j) {
                if (vm.addr(keys[j]) < vm.addr(keys[i])) (keys[i], keys[j]) = (keys[j], keys[i]);
            }
            attesters.push(vm.addr(keys[i]));
        }
        roots = new BlockRoots(7, attesters, 2, WAIT);
    }

    function _signed(uint64 number, bytes32 blockHash, uint256 first, uint256 count)
        private
        view
        returns (Attestation[] memory signed)
    {
        signed = new Attestation[](count);
        for (uint256 i = 0; i < count; ++i) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[first + i], roots.digestOf(number, blockHash));
            signed[i] = Attestation(attesters[first + i], abi.encodePacked(r, s, v));
        }
    }

    function _accept(uint64 number, bytes32 blockHash) private {
        roots.accept(number, blockHash, _signed(number, blockHash, 0, 2));
    }

    function test_root_counts_after_its_wait() public {
        vm.expectRevert(abi.encodeWithSelector(IBlockRoots.RootUnknown.selector, 5));
        roots.hashOf(5);
        address[] memory signers = new address[](2);
        (signers[0], signers[1]) = (attesters[0], attesters[1]);
        Attestation[] memory signed = _signed(5, "hash", 0, 2);
        vm.expectEmit();
        emit IBlockRoots.RootAccepted(5, "hash", uint64(block.timestamp) + WAIT, signers);
        roots.accept(5, "hash", signed);
        uint64 countsAt = uint64(block.timestamp) + WAIT;
        vm.expectRevert(abi.encodeWithSelector(IBlockRoots.RootWaits.selector, countsAt, block.timestamp));
        roots.hashOf(5);
        skip(WAIT);
        assertEq(roots.hashOf(5), "hash");
        (bytes32 blockHash, uint64 at, bool stopped) = roots.rootOf(5);
        assertEq(blockHash, "hash");
        assertEq(at, countsAt);
        assertFalse(stopped);
        vm.expectRevert(abi.encodeWithSelector(IBlockRoots.RootCounts.selector, 5));
        vm.prank(attesters[2]);
        roots.stop(5);
        vm.expectRevert(abi.encodeWithSelector(IBlockRoots.RootRepeated.selector, 5));
        roots.accept(5, "hash", signed);
    }

    // shows: A97
    function test_root_stopped_by_one_attester_while_it_waits() public {
        _accept(5, "hash");
        vm.expectRevert(abi.encodeWithSelector(IBlockRoots.RootAttesterUnknown.selector, address(this)));
        roots.stop(5);
        vm.startPrank(attesters[2]);
        vm.expectRevert(abi.encodeWithSelector(IBlockRoots.RootUnknown.selector, 6));
        roots.stop(6);
        vm.expectEmit();
        emit IBlockRoots.RootStopped(5, attesters[2]);
        roots.stop(5);
        vm.expectRevert(abi.encodeWithSelector(IBlockRoots.RootIsStopped.selector, 5));
        roots.stop(5);
        vm.stopPrank();
        skip(WAIT);
        vm.expectRevert(abi.encodeWithSelector(IBlockRoots.RootIsStopped.selector, 5));
        roots.hashOf(5);
    }

    // shows: A97
    function test_root_stopped_by_another_hash_of_its_block() public {
        _accept(5, "hash");
        skip(WAIT);
        Attestation[] memory signed = _signed(5, "other", 1, 2);
        vm.expectEmit();
        emit IBlockRoots.RootStopped(5, address(0));
        roots.accept(5, "other", signed);
        vm.expectRevert(abi.encodeWithSelector(IBlockRoots.RootIsStopped.selector, 5));
        roots.hashOf(5);
        signed = _signed(5, "third", 1, 2);
        vm.expectRevert(abi.encodeWithSelector(IBlockRoots.RootIsStopped.selector, 5));
        roots.accept(5, "third", signed);
    }

    function test_root_refused_without_its_signatures() public {
        Attestation[] memory one = _signed(5, "hash", 0, 1);
        vm.expectRevert(abi.encodeWithSelector(IBlockRoots.RootTooFewSignatures.selector, 2, 1));
        roots.accept(5, "hash", one);
        Attestation[] memory two = _signed(5, "hash", 0, 2);
        vm.expectRevert(abi.encodeWithSelector(IBlockRoots.RootSignatureInvalid.selector, attesters[0]));
        roots.accept(5, "other", two);
        vm.expectRevert(abi.encodeWithSelector(IBlockRoots.RootSignatureInvalid.selector, attesters[0]));
        roots.accept(6, "hash", two);
        two[1] = two[0];
        vm.expectRevert(
            abi.encodeWithSelector(IBlockRoots.RootAttestersUnordered.selector, attesters[0], attesters[0])
        );
        roots.accept(5, "hash", two);
        two[1].attester = address(type(uint160).max);
        vm.expectRevert(abi.encodeWithSelector(IBlockRoots.RootAttesterUnknown.selector, type(uint160).max));
        roots.accept(5, "hash", two);
    }

    function test_roots_refuse_bad_sets() public {
        vm.expectRevert(abi.encodeWithSelector(IBlockRoots.RootAttesterCount.selector, 16, 0));
        new BlockRoots(7, new address[](0), 1, WAIT);
        vm.expectRevert(abi.encodeWithSelector(IBlockRoots.RootAttesterCount.selector, 16, 17));
        new BlockRoots(7, new address[](17), 1, WAIT);
        vm.expectRevert(abi.encodeWithSelector(IBlockRoots.RootThresholdOutOfRange.selector, 3, 4));
        new BlockRoots(7, attesters, 4, WAIT);
        vm.expectRevert(abi.encodeWithSelector(IBlockRoots.RootThresholdOutOfRange.selector, 3, 0));
        new BlockRoots(7, attesters, 0, WAIT);
        attesters[0] = address(0);
        vm.expectRevert(abi.encodeWithSelector(IBlockRoots.RootAttestersUnordered.selector, 0, 0));
        new BlockRoots(7, attesters, 1, WAIT);
    }

    function test_roots_say_who_vouches() public view {
        (address[] memory who, uint8 threshold) = roots.attestersOf();
        assertEq(who, attesters);
        assertEq(threshold, 2);
        assertEq(roots.chain(), 7);
        assertEq(roots.wait(), WAIT);
    }
}
