import type { OpenMarket } from "../../../src/chain/deployment.js";
import type { RiskProfile } from "../../../src/protocol/profile.js";
import { profileWords, readProfileWords } from "../../../src/protocol/profileWords.js";
import { type FuzzedChain, GOVERNOR, GUARDIAN, KEEPER, OWNER } from "./fuzzChain.js";
import { HOUR, passKept } from "./fuzzTime.js";

/** Proposes other attesters, takes the proposal back, or waits for it and has it applied. */
export async function rotate(fuzzed: FuzzedChain, account: string): Promise<void> {
  const registry = fuzzed.contracts.bookRegistry;
  const { effectiveAt } = await registry.proposalOf(account);
  if (effectiveAt === 0n) {
    const attesters = fuzzed.someAttesters();
    const threshold = 1 + fuzzed.below(attesters.length);
    return fuzzed.send(
      OWNER,
      await registry.proposeAttesters.populateTransaction(account, attesters, BigInt(threshold)),
    );
  }
  if (fuzzed.below(6) === 0)
    return fuzzed.send(OWNER, await registry.cancelProposal.populateTransaction(account));
  const { attesters, threshold } = await registry.attestersOf(account);
  const stuck = attesters.length < Number(threshold);
  if (stuck || fuzzed.below(2) === 0) await passKept(fuzzed, Number(effectiveAt) - (await fuzzed.now()));
  await fuzzed.send(KEEPER, await registry.applyProposal.populateTransaction(account));
}

/** The owner breaks the newest book; somebody else may not. */
export async function breakBook(fuzzed: FuzzedChain, account: string): Promise<void> {
  const by = fuzzed.below(4) === 0 ? KEEPER : OWNER;
  await fuzzed.send(by, await fuzzed.contracts.bookRegistry.breakBook.populateTransaction(account));
}

/** Strikes an attester off, by the owner or by itself; one that leaves the account with too few is replaced in time. */
export async function revoke(fuzzed: FuzzedChain, account: string): Promise<void> {
  const registry = fuzzed.contracts.bookRegistry;
  const { attesters } = await registry.attestersOf(account);
  if (attesters.length === 0) return;
  const attester = fuzzed.pick([...attesters]);
  const by = fuzzed.below(2) === 0 ? OWNER : fuzzed.attester(attester).who;
  await fuzzed.send(by, await registry.revokeAttester.populateTransaction(account, attester));
}

export async function tighten(fuzzed: FuzzedChain, market: OpenMarket = fuzzed.someMarket()): Promise<void> {
  // Half an age and a second less is too far.
  const profile = await profileOf(market);
  const half = Math.floor(profile.bookMaxAge / 2);
  const words = tighter(profile, fuzzed.pick([0, 600, half, half + 1]));
  const call = await market.contracts.riskProfile.tighten.populateTransaction(
    profileWords(words, fuzzed.chain.open.tier),
  );
  await fuzzed.send(GUARDIAN, call);
}

/** A pause, of which the end is scheduled at once, as it must wait. */
export async function pause(fuzzed: FuzzedChain): Promise<void> {
  const market = fuzzed.someMarket();
  const { riskProfile } = market.contracts;
  await fuzzed.send(GUARDIAN, await riskProfile.pause.populateTransaction());
  await schedule(fuzzed, market, riskProfile.interface.encodeFunctionData("unpause"));
}

/** Schedules another profile, which may have its expiry and other shocks; or carries out what has waited. */
export async function govern(fuzzed: FuzzedChain, market: OpenMarket = fuzzed.someMarket()): Promise<void> {
  const { riskProfile, accessManager } = fuzzed.contracts;
  const next = fuzzed.scheduled[0];
  if (next === undefined) {
    const { plan, open } = fuzzed.chain;
    const [derived = plan] = plan.derived ?? [];
    const { profile } = market === fuzzed.markets[0] ? plan : derived;
    const shocked = fuzzed.below(8) === 0 ? otherShocks(profile) : profile;
    const fresh = { ...shocked, bookMaxAge: fuzzed.pick([3 * HOUR, 4 * HOUR]) };
    const expires = fuzzed.below(4) !== 0;
    const later = tighter(fresh, fuzzed.pick([300, 2 * HOUR]));
    const args = [
      profileWords(fresh, open.tier),
      expires ? BigInt((await fuzzed.now()) + fuzzed.pick([3, 4, 5]) * HOUR) : 0n,
      profileWords(later, open.tier).map((word) => (expires ? word : 0n)),
    ] as const;
    return schedule(fuzzed, market, riskProfile.interface.encodeFunctionData("setProfile", args));
  }
  const wait = next.ripe - (await fuzzed.now());
  if (fuzzed.below(2) === 0) await (fuzzed.below(3) === 0 ? fuzzed.pass(wait) : passKept(fuzzed, wait));
  const target = next.market.addresses.riskProfile;
  const call = next.viaManager
    ? await accessManager.execute.populateTransaction(target, next.data)
    : { to: target, data: next.data };
  if ((await fuzzed.now()) >= next.ripe) fuzzed.scheduled.shift();
  await fuzzed.send(GOVERNOR, call);
}

async function schedule(fuzzed: FuzzedChain, market: OpenMarket, data: string): Promise<void> {
  const { accessManager } = fuzzed.contracts;
  const target = market.addresses.riskProfile;
  await fuzzed.send(GOVERNOR, await accessManager.schedule.populateTransaction(target, data, 0n));
  const ripe = (await fuzzed.now()) + fuzzed.chain.plan.governance.delay;
  fuzzed.scheduled.push({ market, data, ripe, viaManager: fuzzed.below(2) === 0 });
}

/** Waits for the profile's expiry, if it has one, and has it expire, by hand or with the next round. */
export async function expire(fuzzed: FuzzedChain, market: OpenMarket = fuzzed.someMarket()): Promise<void> {
  const { riskProfile } = market.contracts;
  const expiresAt = Number(await riskProfile.expiresAt());
  if (expiresAt === 0) return;
  if (fuzzed.below(4) !== 0) await fuzzed.passTo(expiresAt);
  if (fuzzed.below(3) === 0) return fuzzed.round();
  await fuzzed.send(KEEPER, await riskProfile.expire.populateTransaction());
}

async function profileOf({ listing, tier, contracts }: OpenMarket): Promise<RiskProfile> {
  return readProfileWords([...(await contracts.riskProfile.profileWords())], listing, tier, 1n);
}

/** The first scenario, a hundredth harder or less hard. */
function otherShocks(profile: RiskProfile): RiskProfile {
  const [first, ...rest] = profile.scenarios;
  if (first === undefined) return profile;
  const shocks = Object.fromEntries(
    Object.entries(first.shocks).map(([symbol, shock]) => [symbol, shock === 0 ? 0 : shock + 1]),
  );
  return { ...profile, scenarios: [{ ...first, shocks }, ...rest] };
}

/** A little more margin for size, and books that are good for less long. */
function tighter(profile: RiskProfile, seconds: number): RiskProfile {
  return {
    ...profile,
    bookMaxAge: Math.max(HOUR / 2, profile.bookMaxAge - seconds),
    assets: profile.assets.map((asset) => ({ ...asset, liquidity: asset.liquidity + 1 })),
  };
}
