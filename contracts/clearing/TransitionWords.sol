// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../generated/Spec.sol";
import {
    CIPHER_WORDS,
    CLEARED_ASSETS,
    TRANSITION_NOTES,
    TearUp,
    TransitionCall
} from "../types/Transition.sol";

/// What a transition moves beside its notes. All of it the house has from its own state.
struct Moves {
    /// Whether the account has no book yet.
    bool birth;
    /// Attodollars.
    int256 deltaBasis;
    /// Quanta of each asset.
    int256[CLEARED_ASSETS] deltaPerp;
    /// The lines that it closes.
    TearUp tearUp;
    /// The round's prices, as words, for a transition that reduces; all zero for any other.
    uint256[CLEARED_ASSETS] box;
}

/// What the words of a transition and of a reveal say of where they count.
struct Place {
    /// The first 248 bits of keccak256 of tag, chain, house and account.
    uint256 place;
    /// Sequence of the book afterwards, and the deadline times 2^64.
    uint256 terms;
    /// Commitment to the book before, 0 at birth.
    uint256 oldCommitment;
    /// The listing's digest.
    uint256 listing;
}

/// The words that proofs of the clearing house bind; see docs/CLEARING.md and src/protocol/transition.ts.
library TransitionWords {
    /// Words of a transition.
    uint256 internal constant COUNT = 16 + 3 * CLEARED_ASSETS + CIPHER_WORDS;
    /// Words of a reveal.
    uint256 internal constant REVEAL_COUNT = 6 + CLEARED_ASSETS;

    /// The name of the transitions' statement, in ASCII, as a number.
    uint256 private constant TRANSITION_DOMAIN = 0x7a6b6d617267696e2f7472616e736974696f6e4031;
    /// The name of the reveals' statement, in ASCII, as a number.
    uint256 private constant REVEAL_DOMAIN = 0x7a6b6d617267696e2f72657665616c4031;
    bytes32 private constant PLACE_TAG = keccak256("zkmargin/clearing@1");
    uint256 private constant SIDES_SHIFT = 2;
    uint256 private constant TORN_SHIFT = 2 + 2 * TRANSITION_NOTES;
    int256 private constant BOX_OFFSET = 2 ** 65;
    uint256 private constant BOX_BITS = 66;

    /// The word of a place.
    /// @param account the account
    /// @return the first 248 bits of keccak256 of tag, chain, this contract and account
    function placeOf(bytes32 account) internal view returns (uint256) {
        return uint256(keccak256(abi.encode(PLACE_TAG, block.chainid, address(this), account))) >> 8;
    }

    /// The words of a transition.
    /// @param call what the owner gives
    /// @param at where it counts
    /// @param keyX x of the liquidators' key
    /// @param keyY y of the liquidators' key
    /// @param moves what it moves beside its notes
    /// @return words the words, in their order
    function ofTransition(
        TransitionCall calldata call,
        Place memory at,
        uint256 keyX,
        uint256 keyY,
        Moves memory moves
    ) internal pure returns (uint256[] memory words) {
        words = new uint256[](COUNT);
        (words[0], words[1], words[2]) = (TRANSITION_DOMAIN, at.place, at.terms);
        (words[3], words[4]) = (keyX, keyY);
        (words[5], words[6], words[7]) = (at.oldCommitment, call.newCommitment, at.listing);
        words[8] = (moves.birth ? 1 : 0) | (call.reduces ? 2 : 0) | uint256(call.sides) << SIDES_SHIFT
            | uint256(moves.tearUp.assets) << TORN_SHIFT;
        words[9] = signed(moves.deltaBasis);
        (words[10], words[11]) = (call.ephemeral[0], call.ephemeral[1]);
        for (uint256 k = 0; k < TRANSITION_NOTES; ++k) {
            words[12 + k] = call.notes[k];
        }
        for (uint256 u = 0; u < CLEARED_ASSETS; ++u) {
            words[16 + u] = signed(moves.deltaPerp[u]);
            words[16 + CLEARED_ASSETS + u] = signed(moves.tearUp.netPrice[u]);
            words[16 + 2 * CLEARED_ASSETS + u] = moves.box[u];
        }
        for (uint256 i = 0; i < CIPHER_WORDS; ++i) {
            words[16 + 3 * CLEARED_ASSETS + i] = call.cipher[i];
        }
    }

    /// The words of a reveal.
    /// @param place the word of its place
    /// @param sequence sequence of the book
    /// @param commitment commitment to the book
    /// @param listing the listing's digest
    /// @param basis attodollars, an int128
    /// @param perp quanta of each asset, each an int64
    /// @return words the words, in their order
    function ofReveal(
        uint256 place,
        uint64 sequence,
        uint256 commitment,
        uint256 listing,
        int256 basis,
        int256[CLEARED_ASSETS] memory perp
    ) internal pure returns (uint256[] memory words) {
        words = new uint256[](REVEAL_COUNT);
        (words[0], words[1], words[2]) = (REVEAL_DOMAIN, place, sequence);
        (words[3], words[4], words[5]) = (commitment, listing, signed(basis));
        for (uint256 u = 0; u < CLEARED_ASSETS; ++u) {
            words[6 + u] = signed(perp[u]);
        }
    }

    /// The word of a round's prices of one asset, each net of the round's funding.
    /// @param quote low in bits 0–63, high in 64–127, funding in 192–255: attodollars a quantum
    /// @return low + 2^65 in 66 bits, then high + 2^65 in 66
    function boxOf(uint256 quote) internal pure returns (uint256) {
        int256 shift = BOX_OFFSET - int64(uint64(quote >> 192));
        uint256 low = uint256(int256(uint256(uint64(quote))) + shift);
        uint256 high = uint256(int256(uint256(uint64(quote >> 64))) + shift);
        return low | high << BOX_BITS;
    }

    /// A signed number as a word: its one encoding, below the field's order.
    /// @param x a number of a magnitude far below the order
    /// @return the word; of a negative number the order less its magnitude
    function signed(int256 x) internal pure returns (uint256) {
        return x < 0 ? Spec.FIELD_R - uint256(-x) : uint256(x);
    }
}
