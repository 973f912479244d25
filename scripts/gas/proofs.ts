import type { Opening } from "../../src/book/opening.js";
import type { Submission } from "../../src/chain/generated/MarginGate.js";
import type { RoundMarket } from "../../src/chain/rounds.js";
import { encodeSubmitBatch, type ProvenClaim } from "../../src/chain/submit.js";
import { packClaim } from "../../src/protocol/claim.js";
import type { Bundle } from "../../src/prove/bundle.js";
import { Forger } from "../../test/audit/replay/forgery.js";
import { exampleBook } from "../../test/support/desk.js";
import { type Figure, figure, type Section, shared } from "./figures.js";
import type { Testbed } from "./testbed.js";
import type { Instance } from "./verification.js";

const SIZES = [1, 4, 16, 64] as const;
const MOST = Math.max(...SIZES);
const MAINTENANCE = 10_000;
const ENVELOPE = 50;

/**
 * Proofs of one round, each of a book and an account of its own. The first is a real proof; the others are made under the
 * development key, whose secrets are known, in milliseconds: to a verifier they are proofs as good as real ones.
 */
export interface ProvenAccounts {
  readonly round: RoundMarket;
  readonly instances: readonly Instance[];
  /** Of the first. */
  readonly bundle: Bundle;
}

/** Opens an account and attests its first book, and its second. */
export async function measureAccounts(bed: Testbed): Promise<Section> {
  const alone = { account: "one attester", sequence: 1 };
  const pair = { account: "two attesters", sequence: 1 };
  const book = (header: { account: string; sequence: number }) => exampleBook("cash-and-carry", header);
  const both = [bed.custodian, bed.keeper];
  const addresses = both.map(({ address }) => address);
  return {
    "open an account, one attester": figure(await bed.openAccount(book(alone), addresses.slice(0, 1))),
    "open an account, two attesters": figure(await bed.openAccount(book(pair), addresses)),
    "attest its first book, one signature": figure(await bed.attest(book(alone))),
    "attest its first book, two signatures": figure(await bed.attest(book(pair), both)),
    "attest a later book, one signature": figure(await bed.attest(book({ ...alone, sequence: 2 }))),
    "attest a later book, two signatures": figure(await bed.attest(book({ ...pair, sequence: 2 }), both)),
  };
}

/** Opens as many accounts as the largest batch has, and proves their books in the market of the newest round. */
export async function proveAccounts(bed: Testbed): Promise<ProvenAccounts> {
  const openings: Opening[] = [];
  for (let i = 0; i < MOST; i++) {
    const opening = exampleBook("cash-and-carry", { account: `desk ${i + 1}` });
    await bed.openAccount(opening, [bed.custodian.address]);
    await bed.attest(opening);
    openings.push(opening);
  }
  const [first, ...others] = openings;
  if (first === undefined) throw new RangeError("accounts: expected some, got none");
  const round = await bed.newestRound();
  const { bundle, proven } = await bed.prove(first, round, { theta: MAINTENANCE, envelope: ENVELOPE });
  const forger = await Forger.of(bed.artefacts.verificationKey);
  const forged = others.map((opening): Instance => {
    const { commitment } = opening;
    const proof = pointsOf(forger.forge(round.folded, commitment, packClaim(proven.claim)));
    return { ...proven, account: bed.accountOf(opening), commitment, proof };
  });
  return { round, instances: [{ ...proven, commitment: first.commitment }, ...forged], bundle };
}

/** A proof's words as snarkjs orders them. */
function pointsOf({
  a: [ax, ay],
  b: [x1, x0, y1, y0],
  c: [cx, cy],
}: Submission["proof"]): ProvenClaim["proof"] {
  return {
    pi_a: [`${ax}`, `${ay}`, "1"],
    pi_b: [
      [`${x0}`, `${x1}`],
      [`${y0}`, `${y1}`],
      ["1", "0"],
    ],
    pi_c: [`${cx}`, `${cy}`, "1"],
    protocol: "groth16",
    curve: "bn128",
  };
}

/** What the gate takes for proofs: of accounts without a claim on record, and of accounts with one. */
export async function measureSubmissions(bed: Testbed, { instances }: ProvenAccounts): Promise<Section> {
  const section: Record<string, Figure> = {};
  const gate = bed.open.addresses.marginGate;
  const batch = (some: readonly ProvenClaim[]) =>
    bed.node.send(bed.keeper.address, gate, encodeSubmitBatch(some));
  const measure = async (when: string, proven: readonly ProvenClaim[]) => {
    const [one] = proven;
    if (one === undefined) return;
    section[`submit, ${when}`] = shared(await bed.node.undoing(() => bed.submit(one)), 1, "gas");
    for (const size of SIZES) {
      const mined = await bed.node.undoing(() => batch(proven.slice(0, size)));
      section[`submitBatch of ${size}, ${when}`] = shared(mined, size, "gas");
    }
  };
  await measure("an account's first", instances);
  await batch(instances);
  // Nothing has moved: what was proven of the round before is as true of this one, and its folded point is the same.
  await bed.poke();
  const { number } = await bed.open.contracts.marketLedger.latestRound();
  const later = instances.map((instance) => ({ ...instance, round: number }));
  await measure("a later one", later);
  await batch(later);
  const account = instances[0]?.account;
  section["statusOf, of a healthy account"] = figure(await bed.ask("statusOf", account));
  section["requireMargin, of a healthy account"] = figure(
    await bed.ask("requireMargin(bytes32,uint256)", account, MAINTENANCE),
  );
  return section;
}
