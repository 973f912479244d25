import { registryOf, relayBook, signBook } from "../../../src/chain/attest.js";
import type { Submission } from "../../../src/chain/generated/MarginGate.js";
import { profileWords, readProfileWords } from "../../../src/chain/profileWords.js";
import { RevertedError } from "../../../src/errors.js";
import type { RiskProfile } from "../../../src/margin/profile.js";
import { type Claim, packClaim } from "../../../src/spec/claim.js";
import { FuzzedChain, GOVERNOR, GUARDIAN, KEEPER, OWNER } from "./fuzzChain.js";

type Move = (fuzzed: FuzzedChain, account: string) => Promise<void>;

const HOUR = 3_600;
/** Seconds between rounds while hours pass. */
const HOP = 1_500;

/** What can happen to a desk, and how often it does. Most of it is refused now and then, which is part of it. */
const MOVES: Readonly<Record<string, { readonly weight: number; readonly move: Move }>> = {
  time: { weight: 5, move: (fuzzed) => fuzzed.pass(fuzzed.pick([1, 60, 300, 1_200, 1_800])) },
  hours: { weight: 3, move: (fuzzed) => passKept(fuzzed, fuzzed.pick([1, 2, 3]) * HOUR) },
  outage: { weight: 2, move: (fuzzed) => fuzzed.pass(2_401 + fuzzed.below(3 * HOUR)) },
  round: { weight: 12, move: round },
  price: { weight: 3, move: (fuzzed) => fuzzed.price(BigInt(8_200 + fuzzed.below(3_000))) },
  book: { weight: 8, move: book },
  proof: { weight: 26, move: (fuzzed, account) => prove(fuzzed, [account]) },
  batch: { weight: 3, move: (fuzzed) => prove(fuzzed, fuzzed.accounts) },
  breach: { weight: 4, move: (fuzzed, account) => deny(fuzzed, account, 10_000 - fuzzed.below(2) * 500) },
  call: {
    weight: 7,
    move: (fuzzed, account) => deny(fuzzed, account, fuzzed.pick([10_001, 10_500, 11_000])),
  },
  note: { weight: 6, move: note },
  deadline: { weight: 4, move: deadline },
  rotate: { weight: 6, move: rotate },
  revoke: { weight: 3, move: revoke },
  tighten: { weight: 2, move: tighten },
  pause: { weight: 1, move: pause },
  govern: { weight: 5, move: govern },
  expire: { weight: 2, move: expire },
};
const BAG = Object.entries(MOVES).flatMap(([kind, { weight }]) => Array.from({ length: weight }, () => kind));

/** Does one thing. Returns what, or that it was refused. */
export async function step(fuzzed: FuzzedChain): Promise<string> {
  const kind = fuzzed.pick(BAG);
  const account = fuzzed.pick(fuzzed.accounts);
  let done = kind;
  try {
    await MOVES[kind]?.move(fuzzed, account);
  } catch (error) {
    if (!(error instanceof RevertedError)) throw error;
    done = `no ${kind}`;
  }
  await fuzzed.tape.advance();
  return done;
}

async function round(fuzzed: FuzzedChain): Promise<void> {
  // Most come when the ledger takes one again; some too soon.
  if (fuzzed.below(4) !== 0) await fuzzed.pass(fuzzed.chain.plan.timing.minInterval);
  await fuzzed.round();
}

/** Lets hours pass with a round now and then, so that the gate has an answer at all times. */
async function passKept(fuzzed: FuzzedChain, seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left -= HOP) {
    await fuzzed.pass(Math.min(left, HOP));
    await fuzzed.round();
  }
}

/** What a desk does before it proves: sees to it that there is a market, a round and a book. Not always. */
async function prepare(fuzzed: FuzzedChain, account: string): Promise<void> {
  if (fuzzed.below(5) === 0) return;
  const { marketLedger, bookRegistry, riskProfile } = fuzzed.contracts;
  if ((await riskProfile.paused()) && fuzzed.below(3) === 0) await govern(fuzzed);
  const { number, time } = await marketLedger.latestRound();
  const { minInterval } = fuzzed.chain.plan.timing;
  if (!(await marketLedger.usable(number)) || fuzzed.below(2) === 0) {
    await fuzzed.pass(Number(time) + minInterval - (await fuzzed.now()));
    await fuzzed.round();
  }
  if (!(await bookRegistry.bookIsLive(account))) await book(fuzzed, account);
}

async function book(fuzzed: FuzzedChain, account: string): Promise<void> {
  const { open } = fuzzed.chain;
  const registry = fuzzed.contracts.bookRegistry;
  const [{ sequence, asOf: last }, { attestors, threshold }] = await Promise.all([
    registry.standingOf(account),
    registry.attestorsOf(account),
  ]);
  const now = await fuzzed.now();
  const asOf = BigInt(Math.max(Number(last), now - fuzzed.pick([0, 0, 60, 1_800])));
  const terms = {
    account,
    commitment: fuzzed.commitment(),
    sequence: sequence + 1n,
    asOf,
    expiresAt: asOf + BigInt(fuzzed.pick([2_400, 2 * HOUR, 4 * HOUR])),
  };
  const signers = [...attestors].slice(
    0,
    Math.max(Number(threshold), 1 + fuzzed.below(attestors.length || 1)),
  );
  const signed = await Promise.all(
    signers.map((signer) => signBook(fuzzed.attestor(signer).wallet, registryOf(open), terms)),
  );
  if (signed.length > 0) await relayBook(open, fuzzed.as(KEEPER), signed);
}

/** Claims of health, at the newest round for the most part, in one transaction. */
async function prove(fuzzed: FuzzedChain, accounts: readonly string[]): Promise<void> {
  const submissions: Submission[] = [];
  for (const account of accounts) await prepare(fuzzed, account);
  for (const account of accounts)
    submissions.push(
      await claimed(fuzzed, account, {
        theta: fuzzed.pick([10_000, 10_500, 11_000]),
        envelope: fuzzed.pick([0, 50, 300, 2_000]),
        healthy: true,
        isolated: false,
      }),
    );
  await submitted(fuzzed, KEEPER, submissions);
}

async function deny(fuzzed: FuzzedChain, account: string, theta: number): Promise<void> {
  await prepare(fuzzed, account);
  const { attestors } = await fuzzed.contracts.bookRegistry.attestorsOf(account);
  const [first] = [...attestors];
  const attestor = first === undefined ? KEEPER : fuzzed.attestor(first).who;
  const claim = { theta, envelope: 0, healthy: false, isolated: false };
  await submitted(fuzzed, attestor, [await claimed(fuzzed, account, claim)]);
}

async function claimed(fuzzed: FuzzedChain, account: string, claim: Claim): Promise<Submission> {
  const { marketLedger, bookRegistry } = fuzzed.contracts;
  const newest = await marketLedger.latestRound();
  const older = fuzzed.below(5) === 0 && newest.number > 1n;
  const { number, folded } = older ? await marketLedger.roundAt(newest.number - 1n) : newest;
  const { commitment } = await bookRegistry.standingOf(account);
  const word = packClaim(claim);
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
): Promise<void> {
  const gate = fuzzed.contracts.marginGate;
  const [one] = submissions;
  const call =
    submissions.length === 1 && one !== undefined
      ? gate.submit.populateTransaction(one.account, one.round, one.claim, one.proof)
      : gate.submitBatch.populateTransaction([...submissions]);
  await fuzzed.send(who, await call);
}

async function note(fuzzed: FuzzedChain, account: string): Promise<void> {
  await fuzzed.send(KEEPER, await fuzzed.contracts.marginGate.note.populateTransaction(account));
}

/** Waits for the deadline of an account, and has what has come to pass written down. */
async function deadline(fuzzed: FuzzedChain, account: string): Promise<void> {
  const at = Number(await fuzzed.contracts.marginGate.deadlineOf(account));
  if (at !== 0) await passKept(fuzzed, at + 1 - (await fuzzed.now()));
  await note(fuzzed, account);
}

/** Proposes other attestors, takes the proposal back, or waits for it and has it applied. */
async function rotate(fuzzed: FuzzedChain, account: string): Promise<void> {
  const registry = fuzzed.contracts.bookRegistry;
  const { effectiveAt } = await registry.proposalOf(account);
  if (effectiveAt === 0n) {
    const attestors = fuzzed.someAttestors();
    const threshold = 1 + fuzzed.below(attestors.length);
    return fuzzed.send(
      OWNER,
      await registry.proposeAttestors.populateTransaction(account, attestors, BigInt(threshold)),
    );
  }
  if (fuzzed.below(6) === 0)
    return fuzzed.send(OWNER, await registry.cancelProposal.populateTransaction(account));
  if (fuzzed.below(3) === 0) await fuzzed.pass(Number(effectiveAt) - (await fuzzed.now()));
  await fuzzed.send(KEEPER, await registry.applyProposal.populateTransaction(account));
}

/** Strikes an attestor off, by the owner or by itself; one that leaves the account with too few is replaced in time. */
async function revoke(fuzzed: FuzzedChain, account: string): Promise<void> {
  const registry = fuzzed.contracts.bookRegistry;
  const { attestors } = await registry.attestorsOf(account);
  if (attestors.length === 0) return;
  const attestor = fuzzed.pick([...attestors]);
  const by = fuzzed.below(2) === 0 ? OWNER : fuzzed.attestor(attestor).who;
  await fuzzed.send(by, await registry.revokeAttestor.populateTransaction(account, attestor));
}

async function tighten(fuzzed: FuzzedChain): Promise<void> {
  const words = tighter(await profileOf(fuzzed), fuzzed.pick([0, 600]));
  const call = await fuzzed.contracts.riskProfile.tighten.populateTransaction(
    profileWords(words, fuzzed.chain.open.tier),
  );
  await fuzzed.send(GUARDIAN, call);
}

/** A pause, of which the end is scheduled at once, as it must wait. */
async function pause(fuzzed: FuzzedChain): Promise<void> {
  const { riskProfile } = fuzzed.contracts;
  await fuzzed.send(GUARDIAN, await riskProfile.pause.populateTransaction());
  await schedule(fuzzed, riskProfile.interface.encodeFunctionData("unpause"));
}

/** Schedules another profile, which may have its expiry; or carries out what has waited. */
async function govern(fuzzed: FuzzedChain): Promise<void> {
  const { riskProfile, accessManager } = fuzzed.contracts;
  const next = fuzzed.scheduled[0];
  if (next === undefined) {
    const { plan, open } = fuzzed.chain;
    const fresh = { ...plan.profile, bookMaxAge: fuzzed.pick([2 * HOUR, 3 * HOUR, 4 * HOUR]) };
    const expires = fuzzed.below(3) !== 0;
    const later = tighter(fresh, 300);
    const args = [
      profileWords(fresh, open.tier),
      expires ? BigInt((await fuzzed.now()) + fuzzed.pick([3, 4, 5]) * HOUR) : 0n,
      profileWords(later, open.tier).map((word) => (expires ? word : 0n)),
    ] as const;
    return schedule(fuzzed, riskProfile.interface.encodeFunctionData("setProfile", args));
  }
  if (fuzzed.below(2) === 0) await fuzzed.pass(next.ripe - (await fuzzed.now()));
  const target = fuzzed.chain.open.addresses.riskProfile;
  const call = next.viaManager
    ? await accessManager.execute.populateTransaction(target, next.data)
    : { to: target, data: next.data };
  if ((await fuzzed.now()) >= next.ripe) fuzzed.scheduled.shift();
  await fuzzed.send(GOVERNOR, call);
}

async function schedule(fuzzed: FuzzedChain, data: string): Promise<void> {
  const { accessManager } = fuzzed.contracts;
  const target = fuzzed.chain.open.addresses.riskProfile;
  await fuzzed.send(GOVERNOR, await accessManager.schedule.populateTransaction(target, data, 0n));
  const ripe = (await fuzzed.now()) + fuzzed.chain.plan.governance.delay;
  fuzzed.scheduled.push({ data, ripe, viaManager: fuzzed.below(2) === 0 });
}

/** Waits for the profile's expiry, if it has one, and has it expire, by hand or with the next round. */
async function expire(fuzzed: FuzzedChain): Promise<void> {
  const { riskProfile } = fuzzed.contracts;
  const expiresAt = Number(await riskProfile.expiresAt());
  if (expiresAt === 0) return;
  if (fuzzed.below(2) === 0) await fuzzed.pass(expiresAt - (await fuzzed.now()));
  if (fuzzed.below(3) === 0) return fuzzed.round();
  await fuzzed.send(KEEPER, await riskProfile.expire.populateTransaction());
}

async function profileOf(fuzzed: FuzzedChain): Promise<RiskProfile> {
  const { listing, tier } = fuzzed.chain.open;
  return readProfileWords([...(await fuzzed.contracts.riskProfile.profileWords())], listing, tier, 1n);
}

/** A little more margin for size, and books that are good for less long. */
function tighter(profile: RiskProfile, seconds: number): RiskProfile {
  return {
    ...profile,
    bookMaxAge: Math.max(HOUR, profile.bookMaxAge - seconds),
    assets: profile.assets.map((asset) => ({ ...asset, liquidity: asset.liquidity + 1 })),
  };
}
