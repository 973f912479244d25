import type { Command } from "commander";
import { connectPair, parseOtherSide, type RemotePair } from "../chain/remote/otherSide.js";
import type { Transactions } from "../chain/transactions/transactions.js";
import { json } from "./format.js";
import { type Io, readInput } from "./io.js";
import {
  type ChainOptions,
  collect,
  connectTo,
  onChain,
  type SenderOptions,
  sender,
  withDeployment,
} from "./onChain.js";

/** Where the other side is, and which asset. */
export interface PairOptions extends ChainOptions {
  readonly asset: string;
  readonly other: string;
  readonly otherRpc: readonly string[];
}

/** Adds the deployment at home, the other side and the asset. */
export function withPair(command: Command): Command {
  return withDeployment(command)
    .requiredOption("--asset <symbol>", "the listed asset that is locked on the other chain")
    .option("--other <file>", "manifest of the other side, of remote deploy", "remote.json")
    .requiredOption(
      "--other-rpc <url>",
      "node of the other chain. Repeat it for nodes to ask when the first is in trouble",
      collect((url) => url),
    );
}

/** Connects to both chains, checks that the two sides are each other's, runs `work`, and closes the connections. */
export async function onPair<T>(
  io: Io,
  options: PairOptions,
  work: (pair: RemotePair) => Promise<T>,
): Promise<T> {
  const other = parseOtherSide(await readInput(io, options.other, "otherSide"));
  return onChain(io, options, async (home) => {
    const connection = await connectTo(io, { ...options, rpc: options.otherRpc });
    try {
      return await work(await connectPair(home, options.asset, connection, other));
    } finally {
      connection.close();
    }
  });
}

/** The sender on the other chain, whose journal is beside that side's manifest. */
export function otherSender(
  io: Io,
  { connection }: Pick<RemotePair, "connection">,
  { journal: _, ...options }: SenderOptions & PairOptions,
): Promise<Transactions> {
  return sender(io, connection, options, options.other);
}

/** Exit codes of a command that sends one step. */
export const EXITS =
  "Exit codes: 0 done, or done before; 2 and 3 wrong options or files; 8 a contract refuses, or chain, key or node.";

/** Tells what became of one transaction: null if it had been done before. */
export function tellReceipt(
  io: Io,
  options: { readonly json?: boolean },
  words: string,
  receipt: { readonly hash: string; readonly gasUsed: bigint } | null,
  fields: Readonly<Record<string, unknown>> = {},
): void {
  const outcome = receipt === null ? "already" : "done";
  if (options.json)
    io.out(json({ outcome, ...fields, transaction: receipt?.hash ?? null, gas: receipt?.gasUsed ?? null }));
  else io.out(receipt === null ? `${words}: done before\n` : `${words}, ${receipt.gasUsed} gas\n`);
}
