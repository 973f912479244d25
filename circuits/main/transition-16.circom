// Generated from src/protocol by `npm run generate`. Do not edit.
pragma circom 2.1.6;

include "../clearing/BookTransition.circom";

component main {public [
    hash,
    challenge,
    sum
]} = BookTransition(16);
