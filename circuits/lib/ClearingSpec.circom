// Generated from src/protocol by `npm run generate`. Do not edit.
pragma circom 2.1.6;

function SALT_BITS() {
    return 248;
}

function CLEARED_BITS() {
    return 63;
}

function NOTES() {
    return 4;
}

function CLEARED_PER_WORD() {
    return 3;
}

function NOTE_ASSET_BITS() {
    return 8;
}

function NOTE_SIZE_BITS() {
    return 63;
}

function QUOTE_BITS() {
    return 65;
}

function SCALAR_BITS() {
    return 246;
}

function BASE_X() {
    return 5299619240641551281634865583518297030282874472190772894086521144482721001553;
}

function BASE_Y() {
    return 16950150798460657717958625567821834550301663161624707787222815936182638968203;
}

function START_X() {
    return 656664048562521973466419256715499020845725485662946447370378703096238650872;
}

function START_Y() {
    return 1233483711299226689843291173597276405126073556217603037694946776191569791631;
}

function MONTGOMERY_A() {
    return 168698;
}

function NOTE_DOMAIN() {
    return 635639100596905598930969402573930545;
}

function CIPHER_DOMAIN() {
    return 41657244096718805331539216440316298149937;
}

function TRANSITION_DOMAIN() {
    return 178916501036896329807156644007399565399451925102641;
}

function REVEAL_DOMAIN() {
    return 41657244096718805331540296184911077589041;
}

function TRANSITION_FIXED_WORDS() {
    return 12;
}

function TRANSITION_HASHED_WORDS() {
    return 8;
}

function TEAR_PRICE_BITS() {
    return 67;
}

function REVEAL_FIXED_WORDS() {
    return 6;
}
