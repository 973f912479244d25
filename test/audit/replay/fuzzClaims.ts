import { registryOf, relayBook, signBook } from "../../../src/chain/attest.js";
import type { OpenMarket } from "../../../src/chain/deployment.js";
import type { Submission } from "../../../src/chain/generated/MarginGate.js";
import { RevertedError } from "../../../src/errors.js";
import type { SleeveTerms } from "../../../src/protocol/attestation.js";
import { type Claim, packClaim } from "../../../src/protocol/claim.js";
import { type FuzzedChain, KEEPER, OWNER } from "./fuzzChain.js";
import { expire, govern, tighten } from "./fuzzGovernance.js";
import { deadline, HOUR, passKept } from "./fuzzTime.js";

/** What a desk does before it proves: sees to it that there is a market, a round and a book. Not always. */
async function prepare(fuzzed: FuzzedChain, account: string, market: OpenMarket): Promise<void> {
  if (fuzzed.below(5) === 0) return;
  const { marketLedger, bookRegistry } = market.contracts;
  const { riskProfile } = market.contracts;
  if (fuzzed.below(2) === 0)
    while ((await riskProfile.paused()) && fuzzed.scheduled.length > 0) {
      await passKept(fuzzed, (fuzzed.scheduled[0]?.ripe ?? 0) - (await fuzzed.now()));
      await govern(fuzzed);
    }
  const { number, time } = await marketLedger.latestRound();
  if (!(await marketLedger.usable(number)) || fuzzed.below(2) === 0) {
    await fuzzed.passTo(Number(time) + fuzzed.interval);
    await fuzzed.round();
  }
  const { terms, sequence, voidedAt } = await bookRegistry.sleeveOf(account);
  const over = voidedAt !== 0n || Number(terms.until) <= (await fuzzed.now());
  const unfit = sequence !== 0n && (over || terms.shocks !== (await riskProfile.shocksHash()));
  if (unfit || !(await bookRegistry.bookIsLive(account))) await book(fuzzed, account);
}

/**
 * @param ages seconds, one of which ago the attesters read what they sign
 * @param sleeve terms of its sleeve; it may have one by default
 */
export async function book(
  fuzzed: FuzzedChain,
  account: string,
  ages: readonly number[] = [0, 0, 60, 1_800],
  sleeve: Partial<SleeveTerms> | undefined = fuzzed.below(2) === 0 ? {} : undefined,
): Promise<void> {
  const { open } = fuzzed.chain;
  const registry = fuzzed.contracts.bookRegistry;
  const [{ sequence, asOf: last, commitment: newest }, { attesters, threshold }] = await Promise.all([
    registry.bookStateOf(account),
    registry.attestersOf(account),
  ]);
  const longest = Number(await fuzzed.contracts.riskProfile.bookMaxAge());
  const life = fuzzed.pick([2_400, 4 * HOUR, 4 * HOUR]);
  const now = await fuzzed.now();
  const asOf = BigInt(Math.max(Number(last), now - fuzzed.pick(ages)));
  const terms = {
    account,
    // A renewal now and then; those who have not signed the newest book may not.
    commitment: sequence > 0n && fuzzed.below(6) === 0 ? newest : fuzzed.commitment(),
    sequence: sequence + 1n,
    asOf,
    expiresAt: asOf + BigInt(fuzzed.below(10) === 0 ? 4 * HOUR : Math.min(longest, life)),
    ...(sleeve === undefined ? {} : { sleeve: { ...(await sleeveOf(fuzzed, asOf, longest)), ...sleeve } }),
  };
  const signers = [...attesters].slice(
    0,
    Math.max(Number(threshold), 1 + fuzzed.below(attesters.length || 1)),
  );
  const signed = await Promise.all(
    signers.map((signer) => signBook(fuzzed.attester(signer).wallet, registryOf(open), terms)),
  );
  if (signed.length > 0) await relayBook(open, fuzzed.as(KEEPER), signed);
}

/** A sleeve for the newest round or the one before, for the shocks in force or, now and then, for others. */
async function sleeveOf(fuzzed: FuzzedChain, asOf: bigint, longest: number): Promise<SleeveTerms> {
  const { marketLedger } = fuzzed.contracts;
  const { riskProfile } = fuzzed.someMarket().contracts;
  const { number } = await marketLedger.latestRound();
  const band = BigInt(fuzzed.pick([10, 300, 300, 2_000, 2_000]));
  const until = asOf + BigInt(fuzzed.pick([2_400, HOUR, longest, longest, longest]));
  const shocks = await riskProfile.shocksHash();
  return {
    ledger: fuzzed.chain.open.addresses.marketLedger,
    pricedAt: number > 1n && fuzzed.below(4) === 0 ? number - 1n : number,
    band,
    until,
    shocks: fuzzed.below(12) === 0 ? `0x${"77".repeat(32)}` : shocks,
  };
}

/** A book that is proven healthy by a sleeve, which then is voided, or whose band prices leave within the envelope. */
export async function endSleeve(fuzzed: FuzzedChain, account: string): Promise<void> {
  const market = fuzzed.someMarket();
  await prepare(fuzzed, account, market);
  const { bookMaxAge, shocksHash } = market.contracts.riskProfile;
  const until = BigInt(await fuzzed.now()) + (await bookMaxAge()) - 60n;
  await book(fuzzed, account, [0], { band: 50n, until, shocks: await shocksHash() });
  const claim = { theta: 11_000, envelope: 10_000, healthy: true, isolated: false, sleeve: true };
  await submitted(fuzzed, KEEPER, [await claimed(fuzzed, account, claim, market, "newest")], market);
  if (fuzzed.below(2) === 0) return voidSleeve(fuzzed, account);
  await fuzzed.price(BigInt(8_200 + fuzzed.below(3_000)));
  await fuzzed.pass(fuzzed.interval);
  await fuzzed.round();
}

/** Ends the sleeve of a book that has one. */
export async function voidSleeve(fuzzed: FuzzedChain, account: string): Promise<void> {
  const { bookRegistry } = fuzzed.contracts;
  const { sequence, voidedAt } = await bookRegistry.sleeveOf(account);
  const { attesters } = await bookRegistry.attestersOf(account);
  if (sequence === 0n || voidedAt !== 0n || attesters.length === 0) return;
  const by = fuzzed.below(2) === 0 ? OWNER : fuzzed.attester(fuzzed.pick([...attesters])).who;
  await fuzzed.send(by, await bookRegistry.voidSleeve.populateTransaction(account));
}

/** Claims of health, at the newest round for the most part, in one transaction. */
export async function prove(fuzzed: FuzzedChain, accounts: readonly string[]): Promise<void> {
  const market = fuzzed.someMarket();
  for (const account of accounts) await prepare(fuzzed, account, market);
  await claim(fuzzed, accounts, market);
  // What one gate takes says nothing to the other.
  if (fuzzed.below(4) === 0) await claim(fuzzed, accounts, fuzzed.someMarket());
}

/** A good claim of health, and at the same round a weaker one with dollars taken, which does not take its place. */
export async function besideBetter(fuzzed: FuzzedChain, account: string): Promise<void> {
  const market = fuzzed.someMarket();
  await prepare(fuzzed, account, market);
  const good = { theta: 11_000, envelope: 10_000, healthy: true, isolated: false };
  await submitted(fuzzed, KEEPER, [await claimed(fuzzed, account, good, market, "newest")], market);
  const weaker = { ...good, theta: 10_000 + fuzzed.below(2) * 500, support: -200_00n };
  await submitted(fuzzed, KEEPER, [await claimed(fuzzed, account, weaker, market, "newest")], market);
}

/** A claim of health that is enough for the vault, at a new round if the ledger takes one. */
export async function proveWell(fuzzed: FuzzedChain, account: string): Promise<void> {
  const [own] = fuzzed.markets;
  await prepare(fuzzed, account, own);
  const claim = { theta: 12_000, envelope: 10_000, healthy: true, isolated: false };
  await submitted(fuzzed, KEEPER, [await claimed(fuzzed, account, claim, own)], own);
}

async function claim(fuzzed: FuzzedChain, accounts: readonly string[], market: OpenMarket): Promise<void> {
  const submissions: Submission[] = [];
  for (const account of accounts)
    submissions.push(
      await claimed(
        fuzzed,
        account,
        {
          theta: fuzzed.pick([10_000, 10_500, 11_000]),
          envelope: fuzzed.pick([0, 50, 300, 2_000, 10_000]),
          healthy: true,
          isolated: false,
          support: fuzzed.pick([0n, 0n, 0n, -1_000_00n, -500_00n, 1_000_00n, 2_000_00n]),
        },
        market,
      ),
    );
  await submitted(fuzzed, KEEPER, submissions, market);
}

/** A breach, and now and then a claim of health at the same round, which says nothing against it. */
export async function breach(
  fuzzed: FuzzedChain,
  account: string,
  market: OpenMarket = fuzzed.someMarket(),
): Promise<void> {
  await prepare(fuzzed, account, market);
  await deny(fuzzed, account, 10_000 - fuzzed.below(2) * 500, market);
  if (fuzzed.below(2) === 0) await claim(fuzzed, [account], market);
}

/** Other parameters, a breach under them at once, and whatever becomes of it until after the grace that they began. */
export async function breachOfChange(fuzzed: FuzzedChain, account: string): Promise<void> {
  const [own, derived] = fuzzed.markets;
  const market = fuzzed.below(5) === 0 ? derived : own;
  await prepare(fuzzed, account, market);
  const { bookRegistry, riskProfile } = market.contracts;
  const before = await riskProfile.epoch();
  for (const change of fuzzed.shuffled([tighten, govern, govern, expire])) {
    await change(fuzzed, market).catch(refused);
    if ((await riskProfile.epoch()) !== before) break;
  }
  if (!(await bookRegistry.bookIsLive(account))) await book(fuzzed, account, [0]);
  await fuzzed.pass(fuzzed.interval);
  await fuzzed.round();
  await deny(fuzzed, account, 10_000, market);
  if (fuzzed.below(2) === 0) await deadline(fuzzed, account, market);
}

/** What is refused keeps nobody from going on. */
export function refused(error: unknown): void {
  if (!(error instanceof RevertedError)) throw error;
}

/** A margin call, and now and then a later one that says more, which does not restart its clock. */
export async function call(fuzzed: FuzzedChain, account: string): Promise<void> {
  const market = fuzzed.someMarket();
  await prepare(fuzzed, account, market);
  await deny(fuzzed, account, fuzzed.pick([10_001, 10_500, 11_000]), market);
  if (fuzzed.below(2) !== 0) return;
  await passKept(fuzzed, fuzzed.pick([60, HOUR]));
  await deny(fuzzed, account, 11_000, market);
}

async function deny(fuzzed: FuzzedChain, account: string, theta: number, market: OpenMarket): Promise<void> {
  const { attesters } = await fuzzed.contracts.bookRegistry.attestersOf(account);
  const [first] = fuzzed.below(3) === 0 ? fuzzed.someAttesters() : [...attesters];
  const attester = first === undefined ? KEEPER : fuzzed.attester(first).who;
  // Dollars taken are refused: the reverted transaction leaves nothing on record.
  const support = fuzzed.pick([0n, 0n, 0n, 0n, 1_000_00n, 1_000_00n, -1_000_00n]);
  const terms = { theta, envelope: 0, healthy: false, isolated: false, support };
  await submitted(fuzzed, attester, [await claimed(fuzzed, account, terms, market)], market);
}

async function claimed(
  fuzzed: FuzzedChain,
  account: string,
  claim: Claim,
  { contracts: { marketLedger, bookRegistry } }: OpenMarket,
  at: "newest" | "any" = "any",
): Promise<Submission> {
  const newest = await marketLedger.latestRound();
  const older = at === "any" && fuzzed.below(5) === 0 && newest.number > 1n;
  const { number, folded } = older ? await marketLedger.roundAt(newest.number - 1n) : newest;
  const { commitment } = await bookRegistry.bookStateOf(account);
  const { sequence } = await bookRegistry.sleeveOf(account);
  // A claim may leave the bit out, and may not have it where the book has no sleeve.
  const may = sequence === 0n ? fuzzed.below(40) === 0 : fuzzed.below(10) !== 0;
  const sleeve = claim.sleeve ?? may;
  // Most sleeves end by themselves before prices leave the envelope.
  const envelope = sleeve && claim.healthy && fuzzed.below(3) !== 0 ? 10_000 : claim.envelope;
  const word = packClaim({ ...claim, envelope, ...(sleeve ? { sleeve } : {}) });
  return {
    account,
    round: number,
    claim: word,
    proof: fuzzed.forger.forge({ x: folded.x, y: folded.y }, commitment, word),
  };
}

async function submitted(
  fuzzed: FuzzedChain,
  who: number,
  submissions: readonly Submission[],
  { contracts: { marginGate: gate } }: OpenMarket,
): Promise<void> {
  const [one] = submissions;
  const call =
    submissions.length === 1 && one !== undefined
      ? gate.submit.populateTransaction(one.account, one.round, one.claim, one.proof)
      : gate.submitBatch.populateTransaction([...submissions]);
  await fuzzed.send(who, await call);
}
