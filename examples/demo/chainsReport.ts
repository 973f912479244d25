import type { RelayHappening } from "zkmargin/chain";
import type { Attempt, Audited, Borrowing, Locking, Releasing } from "./chains.js";
import { coins, count, factor, milliseconds, money, names, pairs } from "./text.js";
import { ASSET, BLOCK_ATTESTERS, BLOCK_THRESHOLD, CAP, FINALITY, type TwoChains, WAIT } from "./twoChains.js";

/** Both chains, and who carries messages between them. */
export function chainsText({ home, pair, claims }: TwoChains): string {
  return `\n10 May 2021: two local chains
  home, ${home.connection.chainId}: ${home.steps.length} contracts for ${count(home.gas)} gas, with claims on ${ASSET} at ${claims}
  the other, ${pair.connection.chainId}: a lock of ${ASSET} at ${pair.lock.target}
  a message counts after ${FINALITY / 60} minutes on its chain; ${BLOCK_THRESHOLD} of ${names(BLOCK_ATTESTERS)} vouch for blocks, which wait ${WAIT / 60} minutes
  at most ${coins(CAP, ASSET)} count: what a hostile chain can cost
`;
}

/** The lock and its credit. */
export function lockText({ id, amount, lockGas, relayed, again, credited, cap }: Locking): string {
  return `\nA lock on the other chain
  cedar locks ${coins(amount, ASSET)} for the account bridge-loan: lock ${id}, ${count(lockGas)} gas
${relayText(relayed)}  a third relayer looks: ${again.left} messages left
    refused, ${again.refusal.when}: ${again.refusal.error}
  bridge-loan has claims on ${coins(credited, ASSET)} in the vault, of at most ${coins(cap, ASSET)}
`;
}

/** The loan against the claims. */
export function borrowText({ amount, healthFactor, theta, proveMs, submitGas, status }: Borrowing): string {
  return `\nA loan at home
  the attesters sign a book that owes ${money(amount)} and holds the claims: HF ${factor(healthFactor)}
  proven above ${factor(theta)} in ${milliseconds(proveMs)}, submitted for ${count(submitGas)} gas: ${status}
  the broker lends ${money(amount)}
`;
}

/** How a withdrawal before repaying is refused. */
export function attemptText({ amount, prover, refusals }: Attempt): string {
  const lines = refusals.map(({ when, error }) => `    refused, ${when}: ${error}\n`);
  return `\nA withdrawal before repaying
  cedar wants ${coins(amount, ASSET)} back, and owes all of the loan
${lines.join("")}    the prover, asked for initial margin of a book without it: ${prover}
`;
}

/** The release after repaying. */
export function releaseText(released: Releasing): string {
  const { repaid, messages, relayed, before, after, leftAtHome, leftAtLock } = released;
  return `\nRepaid and released
  cedar repays ${money(repaid)}, has the book without debt attested and proven, and withdraws the claims
  home tells the lock: ${messages} message
${relayText(relayed)}  cedar has ${coins(after, ASSET)} on the other chain, and had ${coins(before, ASSET)}
  left of the lock: ${coins(leftAtHome, ASSET)} at home, ${coins(leftAtLock, ASSET)} there
`;
}

/** The replay of the claims and of the lock. */
export function auditText(audited: { readonly claims: Audited; readonly lock: Audited }): string {
  const text = (name: string, { transactions, events, coverage, findings }: Audited) => {
    const counts = Object.entries(coverage).map(([what, number]) => [what, count(number)] as const);
    return `  ${name}, from ${events} events of ${transactions} transactions\n${pairs([...counts, ["findings", count(findings)]], "    ")}`;
  };
  return `\nReplayed, and held to each other
${text("the claims at home", audited.claims)}${text("the lock on the other chain", audited.lock)}`;
}

/** What the reader must know, and how to check the files. */
export function farewell(invocation: string, folder: string): string {
  return `
DEVELOPMENT KEY: anybody can forge proofs with it, so no deployment but a local one takes it.
${BLOCK_THRESHOLD} attesters who sign a false block can make claims up to the cap: docs/REMOTE.md says what each party trusts.
Both manifests, the newest proof and the logs are in ${folder}. An auditor replays claims and lock with
  ${invocation} remote audit --log ${folder}/eth.ndjson --lock-log ${folder}/lock.ndjson
and the account with
  ${invocation} audit replay --log ${folder}/event-log.ndjson
`;
}

/** What relayers did, a line each. */
function relayText(happenings: readonly RelayHappening[]): string {
  return happenings.map((happening) => `    ${describe(happening)}\n`).join("");
}

function describe(happening: RelayHappening): string {
  const { event } = happening;
  const from = "chain" in happening ? (happening.chain === "home" ? "home" : "the other chain") : "";
  if (event === "waits") return `not yet: ${happening.messages} message of ${from} waits`;
  if (event === "accepted") return `block ${happening.number} of ${from} is vouched for, and counts later`;
  if (event === "proven") return `the ${happening.kind} is proven from the state of ${from}`;
  if (event === "credited") return `lock ${happening.lock} is credited`;
  if (event === "paid") return `lock ${happening.lock} pays out release ${happening.number}`;
  return event;
}
