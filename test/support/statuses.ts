import type { AccountStatus, HealthClaim, MarketStatus } from "../../src/chain/status.js";
import type { Groth16Proof } from "../../src/groth16/proof.js";

/** A market that can be proven in. */
export const MARKET: MarketStatus = {
  block: 10,
  time: 100_000n,
  round: { number: 7n, time: 99_900n, epoch: 2n, odometer: 5_000_000n, sleeveOdometer: 3_000_000n },
  usable: true,
  epoch: 2n,
  epochSince: 90_000n,
  paused: false,
  expired: false,
  bookMaxAge: 150_000n,
  pokeFrom: 99_960n,
  maxRoundAge: 7_200n,
  maxProofAge: 86_400n,
};
/** The claim that stands for {@link ACCOUNT}. */
export const CLAIM: HealthClaim = {
  round: 6n,
  time: 99_000n,
  sequence: 3n,
  epoch: 2n,
  theta: 10_000,
  envelope: 100,
  odometer: 5_000_000n,
  sleeve: null,
};
/** A healthy account, whose book has some time to live. */
export const ACCOUNT: AccountStatus = {
  account: "0xa",
  owner: "0xb",
  status: "healthy",
  deadline: 0n,
  book: {
    commitment: 1n,
    sequence: 3n,
    asOf: 95_000n,
    expiresAt: 200_000n,
    live: true,
    isolated: false,
    sleeve: null,
  },
  claim: CLAIM,
  supports: { taken: null, added: null },
  breachRound: 0n,
  callRound: 0n,
  callTheta: 0,
};

/** A proof in form alone: no verifier accepts it. */
export const FORM_OF_PROOF: Groth16Proof = {
  pi_a: ["1", "2", "1"],
  pi_b: [
    ["1", "2"],
    ["3", "4"],
    ["1", "0"],
  ],
  pi_c: ["1", "2", "1"],
  protocol: "groth16",
  curve: "bn128",
};
