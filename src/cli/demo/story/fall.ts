import { NotProvableError } from "../../../errors.js";
import { after, FALL } from "../calendar.js";
import { type PartName, spot } from "../cast.js";
import { TOKEN } from "../chain.js";
import type { Kept, Moment, RoundFigures, World } from "../world.js";
import { type Liquidation, liquidate } from "./liquidation.js";
import { MAINTENANCE } from "./opening.js";
import { type Day, day } from "./watch.js";

/** Below this an attester may call for margin; basis points. */
const CALL = 11_000;
const TOP_UP = 30_000n * TOKEN;

/** A proof of ill health, or what the prover said instead. */
export interface IllHealth {
  readonly part: PartName;
  readonly by: string;
  /** Not above this, basis points. */
  readonly theta: number;
  readonly healthFactor: bigint | null;
  readonly refused: string | null;
  readonly gas: bigint | null;
  readonly status: string;
}

export interface Fall {
  /** The close: what could be re-proven was, and for the rest neither verdict can be proven. */
  readonly close: Day;
  readonly undecided: IllHealth;
  /** Hours later the feeds repeat their answers, and the average has caught up with them. */
  readonly settled: RoundFigures;
  readonly lapsed: Moment;
  readonly kept: Kept;
  readonly breach: IllHealth;
  readonly call: IllHealth;
  readonly marked: Moment;
  readonly topUp: bigint;
  readonly liquidation: Liquidation;
  /** By books that are newer than what stands against them both have proven themselves out of it, at the same round. */
  readonly recovered: Kept;
  readonly recoveredTo: Moment;
  /** An account that proved nothing in its grace has none left. */
  readonly default: Moment;
  readonly noteGas: bigint;
}

/** 19 May 2021, and the morning after. */
export async function fall(world: World): Promise<Fall> {
  const { chain, desks } = world;
  const close = await day(world, FALL);
  const undecided = await illHealth(world, "bitcoin", MAINTENANCE, "broker");

  const settled = await world.round(FALL, after(FALL, 7));
  const lapsed = await world.look();
  const kept = await world.keep();
  await chain.at(after(FALL, 7.1));
  const call = await illHealth(world, "ether", CALL, "custodian");
  const breach = await illHealth(world, "bitcoin", MAINTENANCE, "broker");
  const marked = await world.look();

  const liquidation = await liquidate(world);
  await chain.mint("USDC", "birch", TOP_UP);
  await chain.vaultOf("birch").deposit(desks.ether.account, chain.tokens.USDC, TOP_UP);
  desks.ether.hold(spot("USDC", "-230000"));
  await desks.ether.attest();

  await chain.at(after(FALL, 8.1));
  const recovered = await world.keep();
  const recoveredTo = await world.look();

  await chain.at(after(FALL, 12.1));
  const end = await world.look();
  const noting = await chain.open.contracts.marginGate.note.populateTransaction(desks.long.account);
  const note = await chain.send("keeper", "note leveraged-long", noting);
  return {
    close,
    undecided,
    settled,
    lapsed,
    kept,
    breach,
    marked,
    call,
    topUp: TOP_UP,
    liquidation,
    recovered,
    recoveredTo,
    default: end,
    noteGas: note?.gasUsed ?? 0n,
  };
}

/** An attester proves that a health factor is not above θ, if that can be proven. */
async function illHealth(
  world: World,
  part: PartName,
  theta: number,
  by: "broker" | "custodian",
): Promise<IllHealth> {
  const base = { part, by, theta, healthFactor: world.healthFactor(part) };
  const status = async () => (await world.statuses())[part] ?? "unknown";
  try {
    const { gas } = await world.submit(part, { theta, healthy: false }, by);
    return { ...base, refused: null, gas, status: await status() };
  } catch (error) {
    if (!(error instanceof NotProvableError)) throw error;
    return { ...base, refused: error.message, gas: null, status: await status() };
  }
}
