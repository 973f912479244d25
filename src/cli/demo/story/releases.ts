import { NotProvableError, RevertedError } from "../../../errors.js";
import { held, spot } from "../cast.js";
import { TOKEN } from "../chain.js";
import type { World } from "../world.js";
import { INITIAL, LOAN, MAINTENANCE } from "./opening.js";

/** What somebody wanted, and what became of it. */
export interface Release {
  readonly what: string;
  readonly amount: bigint;
  readonly token: "USDC" | "BTC" | "ETH";
  /** What the prover said, if it refused. */
  readonly prover: string | null;
  /** The names of the errors by which the chain refused, in their order. */
  readonly refusals: readonly { readonly when: string; readonly error: string; readonly text: string }[];
  readonly released: boolean;
  /** Of the proof's submission, and of the release. */
  readonly submitGas: bigint | null;
  readonly gas: bigint | null;
}

/** The vault's three releases: a loan, a withdrawal that goes through, and one that does not. */
export async function releases(world: World): Promise<Release[]> {
  return [await loan(world), await withdrawal(world), await refusal(world)];
}

/** The broker, an attester of the account, lends what was proven at initial margin. */
async function loan({ chain, desks }: World): Promise<Release> {
  await chain.mint("USDC", "broker", LOAN);
  const receipt = await chain.vaultOf("broker").lend(desks.bitcoin.account, LOAN);
  return {
    what: "the broker lends to btc-loan",
    amount: LOAN,
    token: "USDC",
    prover: null,
    refusals: [],
    released: receipt !== null,
    submitGas: null,
    gas: gasOf(receipt),
  };
}

/** Five ether leave, once a book without them is attested and proven at initial margin. */
async function withdrawal(world: World): Promise<Release> {
  const { chain, desks } = world;
  const { account } = desks.ether;
  const vault = chain.vaultOf("birch");
  const amount = 5n * TOKEN;
  await vault.requestWithdrawal(account, chain.tokens.ETH, amount);
  const execute = () => vault.executeWithdrawal(account, chain.tokens.ETH);
  const early = await refused("by a book older than the request", execute);
  await chain.pass(60);
  desks.ether.hold(spot("ETH", "115"));
  await desks.ether.attest();
  const proven = await world.submit("ether", { theta: INITIAL, healthy: true }, "birch");
  return {
    what: "ether-loan withdraws",
    amount,
    token: "ETH",
    prover: null,
    refusals: [early],
    released: true,
    submitGas: proven.gas,
    gas: gasOf(await execute()),
  };
}

/** The hedged desk is healthy, but not at initial margin: neither prover nor vault lets a coin go. */
async function refusal(world: World): Promise<Release> {
  const { chain, desks } = world;
  const { carry } = desks;
  const vault = chain.vaultOf("alder");
  await vault.requestWithdrawal(carry.account, chain.tokens.BTC, TOKEN);
  await chain.pass(60);
  carry.hold(held("BTC", "11.5", "-12.5", "63314.011"));
  await carry.attest();
  const prover = await world.prove("carry", { theta: INITIAL, healthy: true }).then(
    () => null,
    (error) => {
      if (!(error instanceof NotProvableError)) throw error;
      return error.message;
    },
  );
  const unproven = await refused("before the new book is proven", () =>
    vault.executeWithdrawal(carry.account, chain.tokens.BTC),
  );
  const { gas } = await world.submit("carry", { theta: MAINTENANCE, healthy: true }, "alder");
  const low = await refused("proven at maintenance margin only", () =>
    vault.executeWithdrawal(carry.account, chain.tokens.BTC),
  );
  await vault.cancelWithdrawal(carry.account, chain.tokens.BTC);
  await chain.pass(60);
  carry.hold(held("BTC", "12.5", "-12.5", "63314.011"));
  await carry.attest();
  await world.keep();
  return {
    what: "cash-and-carry asks to withdraw",
    amount: TOKEN,
    token: "BTC",
    prover,
    refusals: [unproven, low],
    released: false,
    submitGas: gas,
    gas: null,
  };
}

/** The error by which the chain refuses. @throws whatever else happens, success included */
async function refused(when: string, work: () => Promise<unknown>): Promise<Release["refusals"][number]> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof RevertedError) || error.reason === null) throw error;
    return { when, error: error.reason, text: error.message };
  }
  throw new RangeError(`${when}: expected the vault to refuse, but it did not`);
}

function gasOf(receipt: { readonly gasUsed: bigint } | null): bigint | null {
  return receipt?.gasUsed ?? null;
}
