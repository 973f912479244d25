// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {BookRegistry} from "../../contracts/BookRegistry.sol";
import {IBookRegistry} from "../../contracts/interfaces/IBookRegistry.sol";
import {Attestation, AttestedBook} from "../../contracts/types/Book.sol";
import {RegistryFixture} from "./support/RegistryFixture.sol";
import {Wallet} from "./support/Wallet.sol";

contract BookRegistrySignaturesTest is RegistryFixture {
    // shows: P34, A4
    function test_attest_refuses_too_few_signatures() public {
        AttestedBook memory book = _book(1);
        Attestation[] memory one = new Attestation[](1);
        one[0] = _sign(account, book, VENUE_KEY);
        _refuse(book, one, abi.encodeWithSelector(IBookRegistry.TooFewSignatures.selector, 2, 1));
    }

    // shows: P34, A4
    function test_attest_refuses_signers_unordered() public {
        AttestedBook memory book = _book(1);
        Attestation[] memory both = _signatures(account, book);
        (address first, address second) = (both[0].attester, both[1].attester);
        (both[0], both[1]) = (both[1], both[0]);
        _refuse(book, both, abi.encodeWithSelector(IBookRegistry.SignersUnordered.selector, second, first));
        both[1] = both[0];
        _refuse(book, both, abi.encodeWithSelector(IBookRegistry.SignersUnordered.selector, second, second));
    }

    // shows: A4
    function test_attest_refuses_unknown_signer() public {
        AttestedBook memory book = _book(1);
        Attestation[] memory both = _signatures(account, book);
        Attestation memory third = _sign(account, book, THIRD_KEY);
        uint256 at = third.attester > both[0].attester ? 1 : 0;
        both[at] = third;
        _refuse(book, both, abi.encodeWithSelector(IBookRegistry.AttesterUnknown.selector, account, third.attester));
    }

    // shows: A4
    function test_attest_refuses_signature_of_anything_else() public {
        AttestedBook memory book = _book(1);
        Attestation[] memory both = _signatures(account, book);
        bytes memory invalid =
            abi.encodeWithSelector(IBookRegistry.SignatureInvalid.selector, account, both[0].attester);
        AttestedBook memory changed = _book(1);
        changed.commitment = 3;
        _refuse(changed, both, invalid);
        changed = _book(2);
        changed.commitment = book.commitment;
        _refuse(changed, both, invalid);
        changed = _book(1);
        changed.expiresAt -= 1;
        _refuse(changed, both, invalid);
        changed = _book(1);
        changed.asOf -= 1;
        changed.expiresAt -= 1;
        _refuse(changed, both, invalid);
        bytes32 other = _open("other", false);
        vm.expectRevert(abi.encodeWithSelector(IBookRegistry.SignatureInvalid.selector, other, both[0].attester));
        registry.attest(other, book, both);
    }

    // shows: A5, T11
    function test_attest_refuses_signature_for_another_domain() public {
        AttestedBook memory book = _book(1);
        Attestation[] memory both = _signatures(account, book);
        bytes memory invalid =
            abi.encodeWithSelector(IBookRegistry.SignatureInvalid.selector, account, both[0].attester);
        uint256 chain = block.chainid;
        vm.chainId(chain + 1);
        _refuse(book, both, invalid);
        vm.chainId(chain);

        BookRegistry second = new BookRegistry(profile, ROTATION_DELAY);
        assertNotEq(second.digestOf(account, book), registry.digestOf(account, book));
        vm.prank(owner);
        second.open("cross", false, _list(custodian, venue), 2);
        vm.expectRevert(invalid);
        second.attest(account, book, both);
    }

    // shows: A5
    /// The digest by the words of EIP-712, so that a signer elsewhere can be held to it.
    function test_digest_matches_eip712() public view {
        AttestedBook memory book = _book(1);
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("zkmargin BookRegistry"),
                keccak256("1"),
                block.chainid,
                address(registry)
            )
        );
        bytes32 message = keccak256(
            abi.encode(
                keccak256(
                    "Book(bytes32 account,uint256 commitment,uint64 sequence,uint64 asOf,uint64 expiresAt,bytes32 listing)"
                ),
                account,
                book.commitment,
                book.sequence,
                book.asOf,
                book.expiresAt,
                bytes32(profile.listing())
            )
        );
        assertEq(registry.digestOf(account, book), keccak256(abi.encodePacked(hex"1901", domain, message)));
    }

    function test_contract_signs_by_eip1271() public {
        Wallet wallet = new Wallet(venue);
        vm.prank(owner);
        account = registry.open("contract", false, _list(address(wallet)), 1);
        AttestedBook memory book = _book(1);
        Attestation[] memory one = new Attestation[](1);
        one[0] = Attestation(address(wallet), _sign(account, book, CUSTODIAN_KEY).signature);
        _refuse(book, one, abi.encodeWithSelector(IBookRegistry.SignatureInvalid.selector, account, address(wallet)));
        one[0].signature = _sign(account, book, VENUE_KEY).signature;
        registry.attest(account, book, one);
        assertTrue(registry.bookIsLive(account));
    }
}
