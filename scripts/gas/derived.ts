import { openDerived } from "../../src/chain/derived.js";
import { derivedLedger, marginGate } from "../../src/chain/generated/index.js";
import { roundMarket } from "../../src/chain/rounds.js";
import { encodeSubmit, type ProvenClaim } from "../../src/chain/submit.js";
import { exampleBook } from "../../test/support/desk.js";
import { type Figure, figure, type Section } from "./figures.js";
import { DERIVED, type Testbed } from "./testbed.js";

const MAINTENANCE = 10_000;

/** What the gate of a second profile takes for the proofs of an account, at the rounds of the same ledger. */
export async function measureDerived(bed: Testbed): Promise<Section> {
  const market = openDerived(bed.open, DERIVED);
  const { marketLedger: ledger, marginGate: gate } = market.addresses;
  const opening = exampleBook("cash-and-carry", { account: "desk 1" });
  const account = bed.accountOf(opening);
  const { number: first } = await bed.open.contracts.marketLedger.latestRound();
  const priced = await roundMarket(market, first, bed.artefacts.verificationKey);
  const { claim, proof } = await bed.session.prove({
    opening,
    market: priced.market,
    theta: MAINTENANCE,
    envelope: 50,
  });
  const submit = (round: bigint) => {
    const proven: ProvenClaim = { account, round, sequence: BigInt(opening.sequence), claim, proof };
    return bed.node.send(bed.custodian.address, gate, encodeSubmit(proven));
  };
  const ask = (name: "statusOf" | "requireMargin(bytes32,uint256)", ...args: readonly unknown[]) =>
    bed.call(bed.keeper.address, gate, marginGate, name, args);
  const section: Record<string, Figure> = {};
  section["submit, an account's first"] = figure(await submit(first));
  await bed.node.skip(bed.interval);
  section["poke through it, nothing moves"] = figure(
    await bed.call(bed.keeper.address, ledger, derivedLedger, "poke", []),
  );
  // Nothing has moved: the folded point is the same.
  section["submit, a later one"] = figure(await submit(first + 1n));
  section["statusOf, of a healthy account"] = figure(await ask("statusOf", account));
  section["requireMargin, of a healthy account"] = figure(
    await ask("requireMargin(bytes32,uint256)", account, MAINTENANCE),
  );
  return section;
}
