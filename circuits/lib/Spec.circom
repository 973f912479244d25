// Generated from src/protocol by `npm run generate`. Do not edit.
pragma circom 2.1.6;

function BPS() {
    return 10000;
}

function QUANTITY_BITS() {
    return 64;
}

function PRICE_BITS() {
    return 64;
}

function FACTOR_BITS() {
    return 15;
}

function IMPACT_BITS() {
    return 64;
}

function BASIS_BITS() {
    return 127;
}

function THETA_BITS() {
    return 16;
}

function ENVELOPE_BITS() {
    return 14;
}

function SUPPORT_BITS() {
    return 56;
}

function CLAIM_BITS() {
    return 90;
}

function CENT() {
    return 10000000000000000;
}

function SLEEVE_BITS() {
    return 46;
}

function SLACK_BITS() {
    return 40;
}

function SLEEVE_PER_WORD() {
    return 5;
}

function SLEEVE_WORDS() {
    return 4;
}

function BOOK_DOMAIN() {
    return 635639100596905598930956208350904370;
}

function PACKED_BITS() {
    return 66;
}

function PACKED_OFFSET() {
    return 36893488147419103232;
}

function QUANTITIES_PER_WORD() {
    return 3;
}

function POSEIDON_INPUTS() {
    return 16;
}
