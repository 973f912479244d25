// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {IMessageSource} from "../../contracts/interfaces/IMessageSource.sol";
import {IStorageProofSource} from "../../contracts/interfaces/IStorageProofSource.sol";
import {BlockRoots} from "../../contracts/remote/BlockRoots.sol";
import {StorageProofSource} from "../../contracts/remote/StorageProofSource.sol";
import {Attestation} from "../../contracts/types/Book.sol";

/// What `eth_getProof` has answered for a lock's message, with the header of its block, as `scripts/vectors/storageProof.ts`
/// wrote it.
contract StorageProofSourceTest is Test {
    uint256 private constant ATTESTER = 0xa77e57;
    uint64 private constant WAIT = 5 minutes;
    uint64 private constant FINALITY = 10 minutes;

    uint256 private chain;
    uint64 private number;
    uint256 private time;
    bytes32 private blockHash;
    address private outbox;
    bytes32 private digest;
    BlockRoots private roots;
    StorageProofSource private source;
    IStorageProofSource.StorageProof private proof;

    function setUp() public {
        string memory text = vm.readFile("test/vectors/storageProof.json");
        (chain, number) = (vm.parseJsonUint(text, ".chain"), uint64(vm.parseJsonUint(text, ".number")));
        (time, blockHash) = (vm.parseJsonUint(text, ".time"), vm.parseJsonBytes32(text, ".hash"));
        (outbox, digest) = (vm.parseJsonAddress(text, ".outbox"), vm.parseJsonBytes32(text, ".digest"));
        proof.header = vm.parseJsonBytes(text, ".header");
        proof.account = vm.parseJsonBytesArray(text, ".account");
        proof.slot = vm.parseJsonBytesArray(text, ".slot");
        vm.warp(time + 1 hours);
        address[] memory attesters = new address[](1);
        attesters[0] = vm.addr(ATTESTER);
        roots = new BlockRoots(chain, attesters, 1, WAIT);
        source = new StorageProofSource(roots, FINALITY);
        _vouch(number, blockHash);
        skip(WAIT);
    }

    function _vouch(uint64 number_, bytes32 hash) private {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ATTESTER, roots.digestOf(number_, hash));
        Attestation[] memory signed = new Attestation[](1);
        signed[0] = Attestation(vm.addr(ATTESTER), abi.encodePacked(r, s, v));
        roots.accept(number_, hash, signed);
    }

    // shows: A98
    function test_storage_proof_shows_what_was_said() public {
        vm.expectEmit(address(source));
        emit IMessageSource.MessageVerified(outbox, digest);
        source.prove(outbox, digest, proof);
        vm.snapshotGasLastCall("Remote", "prove a message by its storage, first time");
        uint64 at = uint64(block.timestamp);
        assertEq(source.verifiedAt(chain, outbox, digest), at);
        assertEq(source.verifiedAt(chain + 1, outbox, digest), 0);
        skip(1);
        source.prove(outbox, digest, proof);
        assertEq(source.verifiedAt(chain, outbox, digest), at);
        assertEq(address(source.roots()), address(roots));
        assertEq(source.chain(), chain);
    }

    // shows: A98
    function test_storage_proof_refused_of_anything_else() public {
        vm.expectRevert();
        source.prove(outbox, keccak256(abi.encode(digest)), proof);
        vm.expectRevert();
        source.prove(address(this), digest, proof);
        IStorageProofSource.StorageProof memory other = proof;
        bytes memory last = other.slot[other.slot.length - 1];
        last[last.length - 1] ^= 0x01;
        vm.expectRevert();
        source.prove(outbox, digest, other);
        other = proof;
        last = other.account[other.account.length - 1];
        last[last.length - 1] ^= 0x01;
        vm.expectRevert();
        source.prove(outbox, digest, other);
        // The account's own nodes in place of the slot's.
        other = proof;
        other.slot = other.account;
        vm.expectRevert();
        source.prove(outbox, digest, other);
    }

    // shows: A98
    function test_storage_proof_refused_of_other_header() public {
        IStorageProofSource.StorageProof memory other = proof;
        other.header[other.header.length - 1] ^= 0x01;
        vm.expectRevert(
            abi.encodeWithSelector(
                IStorageProofSource.HeaderOfOther.selector, number, blockHash, keccak256(other.header)
            )
        );
        source.prove(outbox, digest, other);
    }

    function test_storage_proof_refused_before_finality() public {
        StorageProofSource slow = new StorageProofSource(roots, 1 hours);
        vm.expectPartialRevert(IMessageSource.MessageNotFinal.selector);
        slow.prove(outbox, digest, proof);
    }
}
