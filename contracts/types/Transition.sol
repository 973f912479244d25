// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {IClearingDefaults} from "../interfaces/IClearingDefaults.sol";
import {IDefaultFund} from "../interfaces/IDefaultFund.sol";
import {IMarginGate} from "../interfaces/IMarginGate.sol";
import {IWordsVerifier} from "../interfaces/IWordsVerifier.sol";
import {Proof} from "./Groth16.sol";

// Slots of a cleared book: those of the tier 16x16.
uint256 constant CLEARED_ASSETS = 16;
// Most notes of one transition.
uint256 constant TRANSITION_NOTES = 4;
// Words of a ciphertext: sixteen quantities, three to a word, the basis and the salt.
uint256 constant CIPHER_WORDS = 8;

/// A claim of health for a gate, of the book that a call leaves.
struct HealthCall {
    /// Number of the round that it is proven at.
    uint64 round;
    /// The packed claim: see IMarginGate.submit.
    uint96 claim;
    /// Its proof, in the EVM's order of coordinates.
    Proof proof;
}

/// What an account's owner gives for one change of its book. Everything else that its proof binds, the house knows.
struct TransitionCall {
    /// The account.
    bytes32 account;
    /// Commitment to the book afterwards, below the field's order r.
    uint256 newCommitment;
    /// Unix seconds, the last in which the call may be mined.
    uint64 deadline;
    /// What the account does with the notes, from the least significant bit: bit 2k buys note k, bit 2k + 1 sells it.
    uint8 sides;
    /// Whether the one note moves its asset's quantity towards zero, at a quote inside the round's prices.
    bool reduces;
    /// Step of the fund's grid for the account's cap afterwards: see IDefaultFund.capAt.
    uint64 capSteps;
    /// What the circuit's words hash to, as its prover says, below r.
    uint256 hash;
    /// The point that the ciphertext's key is agreed with: x and y, below r.
    uint256[2] ephemeral;
    /// Digest of each note that is used, in order, 0 where none is.
    uint256[TRANSITION_NOTES] notes;
    /// The book afterwards and its salt, encrypted to the liquidators' key, each word below r.
    uint256[CIPHER_WORDS] cipher;
    /// The proof of BookTransition.
    Proof proof;
    /// A claim of health for the house's gate. An exit gives none.
    HealthCall initial;
    /// A claim of health with the cap as its support, for the stress gate. An exit gives none.
    HealthCall stress;
    /// The owner's EIP-712 signature of `Transition(bytes32 words,uint64 capSteps)`, with the words' keccak256. Empty where
    /// the owner is the caller.
    bytes signature;
}

/// How far an account of the house has come.
enum Stage {
    /// Nobody has opened it.
    None,
    /// Its owner may change it.
    Open,
    /// A default has begun: its book stays as it is.
    Frozen,
    /// Its book is public, and its lines are for sale.
    Revealed,
    /// Its default is over. Nothing changes any more.
    Settled
}

/// What an account has asked to be paid.
struct Withdrawal {
    /// Smallest units of the settlement token, after what losses beyond the fund have cut; 0 if nothing is asked for.
    uint256 amount;
    /// Unix seconds from which on it can be paid.
    uint64 due;
    /// Who receives it.
    address to;
}

/// Lines that every account closes at a published price, as the house's last means against a loss beyond the fund.
struct TearUp {
    /// Bit u: asset u is torn up.
    uint16 assets;
    /// Attodollars a quantum, net of its round's funding; 0 for an asset that is not torn up.
    int256[CLEARED_ASSETS] netPrice;
}

/// What a house is made of, for its whole life.
struct HouseTerms {
    /// The gate of its margin.
    IMarginGate gate;
    /// The gate of its stress profile, on the same registry and prices.
    IMarginGate stressGate;
    /// Its default fund, made for this house.
    IDefaultFund fund;
    /// The contract of its defaults, made for this house.
    IClearingDefaults defaults;
    /// The settlement token, an ERC-20 of at most 18 decimals that takes no fee.
    address settlement;
    /// Verifies proofs of BookTransition.
    IWordsVerifier transitions;
    /// Verifies proofs of RevealBook.
    IWordsVerifier reveals;
    /// x of the liquidators' key, on Baby Jubjub, in the prime subgroup.
    uint256 keyX;
    /// y of the liquidators' key.
    uint256 keyY;
    /// Health factor that a transition needs which opens risk, basis points, above 10 000.
    uint16 initialMargin;
    /// Seconds from a request to its payment: at least the gate's longest proof age and grace, and the longest default.
    uint64 horizon;
}
