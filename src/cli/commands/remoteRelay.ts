import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Command, Option } from "commander";
import type { RemotePair } from "../../chain/remote/otherSide.js";
import { type Relayed, Relayer, type RelayerOptions, type RelayHappening } from "../../chain/remote/relay.js";
import type { Side } from "../../chain/remote/said.js";
import {
  finalBlock,
  parseSignedRoot,
  type SignedRoot,
  serialiseSignedRoot,
  signRoot,
} from "../../chain/remote/storageProof.js";
import { parseDecimal } from "../../encoding/decimal.js";
import {
  DeploymentMismatchError,
  FindingsError,
  InputError,
  UnreadableError,
  UsageError,
  ZkMarginError,
} from "../../errors.js";
import { wholeNumber } from "../arguments.js";
import { jsonLine } from "../format.js";
import { type Io, makeFolder, readKept, reason, save, untilInterrupt } from "../io.js";
import { levelled } from "../keeperLines.js";
import { KEY_HELP, keyOf, sender, withKey, withSender } from "../onChain.js";
import { onPair, otherSender, withPair } from "../remotePairs.js";

const INTERVAL = 12;

/** `zkmargin remote vouch`: an attester of blocks signs what its own node calls final. */
export function vouchCommand(io: Io): Command {
  const command = new Command("vouch").description(
    "Sign blocks that your own nodes call final, for the other chain.",
  );
  return withKey(withPair(command))
    .requiredOption("--out <folder>", "folder for signed blocks, which a relayer reads")
    .option("--every <n>", "sign blocks whose number is a multiple of this", wholeNumber, 32)
    .option("--interval <seconds>", "time between two looks", wholeNumber, INTERVAL)
    .option("--once", "look once, and end", false)
    .option("--json", "print one JSON object a line")
    .addHelpText(
      "after",
      `${KEY_HELP}
Ask your own nodes, and nobody else's: who signs a block answers for everything that is proven of it. The command signs blocks of
both chains, each for the other one. It signs nothing twice, and nothing that is not final. All attesters need the same --every.

Example:
  $ zkmargin remote vouch --asset ETH --other-rpc http://127.0.0.1:9545 --out roots --keystore attester.json

Exit codes: 0 ended by an interrupt, or looked once; 2 and 3 wrong options or files; 8 chain, key or node fails.`,
    )
    .action((options) =>
      onPair(io, options, async (pair) => {
        await makeFolder(options.out);
        const wallet = await keyOf(io, options);
        const signed = new Set(await readdir(options.out));
        await looking(io, options, async () => {
          for (const side of ["home", "other"] as const) {
            const to = side === "home" ? pair.proofs.other : pair.proofs.home;
            if (to === null) continue;
            const from = side === "home" ? pair.home.connection : pair.connection;
            const at = side === "home" ? pair.connection : pair.home.connection;
            const block = await finalBlock(from, BigInt(options.every));
            if (block === null) continue;
            const name = `${side}-${block.number}-${wallet.address.slice(2, 10).toLowerCase()}.json`;
            if (signed.has(name)) continue;
            const domain = {
              chainId: at.chainId,
              verifyingContract: String(to.roots.target),
              of: from.chainId,
            };
            const root = await signRoot(wallet, domain, block);
            await save(io, join(options.out, name), serialiseSignedRoot(root, from.chainId), "blockRoot");
            signed.add(name);
            tellLine(io, options, { event: "signed", chain: side, number: block.number, file: name });
          }
        });
      }),
    );
}

/** `zkmargin remote prove`: carries messages, and does not act on them. */
export function proveCommand(io: Io): Command {
  const command = new Command("prove").description(
    "Prove on each chain what the other has said, and act on nothing.",
  );
  return withRoots(withSender(withPair(command)))
    .addHelpText(
      "after",
      `${KEY_HELP}
Example:
  $ zkmargin remote prove --asset ETH --other-rpc https://other.example --roots roots --keystore relayer.json

Exit codes: 0 proven as far as blocks count; 2 and 3 wrong options or files; 8 chain, key or node fails; 9 a proof was refused.`,
    )
    .action((options) =>
      onPair(io, options, async (pair) => {
        const relayer = await relayerOf(io, pair, options, { acts: false });
        throwRefusals(await relayer.look());
      }),
    );
}

/** `zkmargin remote relay`: carries messages and acts on them, until an interrupt. */
export function relayCommand(io: Io): Command {
  const command = new Command("relay").description(
    "Carry messages between the chains by storage proofs, and act on them, until an interrupt.",
  );
  return withRoots(withSender(withPair(command)))
    .option(
      "--report-every <seconds>",
      "have the lock report if home has not heard of it for so long, and carry no report sooner without need",
      wholeNumber,
    )
    .option("--least <amount>", "leave locks and releases of less of the token to others", "0")
    .option("--interval <seconds>", "time between two looks", wholeNumber, INTERVAL)
    .option("--once", "look once, and end", false)
    .addHelpText(
      "after",
      `${KEY_HELP}
Nobody has to trust a relayer. It hands in blocks that a threshold of attesters has signed, proves what was said by them, credits
locks, takes note of reports and pays releases out. Each step holds once, by anybody, so any number of relayers may run.

A signed block that your own node does not have is told as a conflict, and not handed in. What a contract refuses, such as a lock
above the cap, is told and tried again. Trouble with a node is told, and the next look tries again.

Every proof costs the relayer. Anybody can lock dust, or have the lock report each second: --least and --report-every bound what that costs.

Examples:
  $ zkmargin remote relay --asset ETH --other-rpc https://other.example --roots roots --keystore relayer.json
  $ zkmargin remote relay --asset ETH --other-rpc https://other.example --roots roots --report-every 43200 --least 0.01 --keystore relayer.json

Exit codes: 0 ended by an interrupt, or looked once; 2 and 3 wrong options or files; 8 chain, key or node fails. With --once, 9 if a
contract refused a message.`,
    )
    .action((options) =>
      onPair(io, options, async (pair) => {
        const { reportEvery } = options;
        const least = parseDecimal(options.least, Number(await pair.collateral.decimals()), "--least");
        if (least < 0n) throw new UsageError("--least: expected 0 or more, got less");
        const relayer = await relayerOf(io, pair, options, {
          least,
          ...(reportEvery === undefined ? {} : { reportEvery: BigInt(reportEvery) }),
        });
        await looking(io, options, async () => {
          const relayed = await relayer.look();
          if (options.once) throwRefusals(relayed);
        });
      }),
    );
}

function withRoots(command: Command): Command {
  return command
    .addOption(
      new Option("--roots <folder>", "folder with signed blocks, of remote vouch").makeOptionMandatory(),
    )
    .option("--json", "print one JSON object a line");
}

type RelayOptions = Parameters<typeof otherSender>[2] & { readonly roots: string; readonly json?: boolean };

async function relayerOf(
  io: Io,
  pair: RemotePair,
  options: RelayOptions,
  more: Pick<RelayerOptions, "acts" | "reportEvery" | "least">,
): Promise<Relayer> {
  const home = await sender(io, pair.home.connection, options, options.deployment);
  const other = await otherSender(io, pair, options);
  const told = new Map<string, string>();
  return new Relayer({
    pair,
    senders: { home, other },
    roots: (chain) => rootsIn(io, pair, options.roots, chain),
    ...more,
    onEvent: (event) => {
      // What waits and what is refused is the same at each look: it is told when it changes.
      const repeats = event.event === "waits" || event.event === "refused" || event.event === "conflict";
      if (repeats) {
        const matter = `${event.event} ${"digest" in event ? event.digest : event.chain}`;
        const state = Object.values(event).join();
        if (told.get(matter) === state) return;
        told.set(matter, state);
      }
      tellLine(io, options, event, repeats && event.event !== "waits" ? "warn" : "info");
    },
  });
}

/** The signed blocks of a chain in a folder; files that are none are told and left out. */
async function rootsIn(io: Io, pair: RemotePair, folder: string, chain: Side): Promise<SignedRoot[]> {
  const id = chain === "home" ? pair.home.connection.chainId : pair.connection.chainId;
  const names = await readdir(folder).catch((error) => {
    throw new UnreadableError(folder, "a readable folder", reason(error, "no such folder"));
  });
  const found: SignedRoot[] = [];
  for (const name of names.filter((file) => /^[^.].*\.json$/.test(file)).sort()) {
    try {
      const root = parseSignedRoot(await readKept(io, join(folder, name), "blockRoot"), name);
      if (root.chain === id) found.push(root);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      io.err(`${error.message}\n`);
    }
  }
  return found;
}

/** Looks once, or until an interrupt; trouble then waits for the next look. */
function looking(
  io: Io,
  options: { readonly once: boolean; readonly interval: number; readonly json?: boolean },
  look: () => Promise<void>,
): Promise<void> {
  return untilInterrupt(async (signal) => {
    for (;;) {
      try {
        await look();
      } catch (error) {
        if (options.once || !(error instanceof ZkMarginError) || error instanceof DeploymentMismatchError)
          throw error;
        tellLine(io, options, { event: "trouble", name: error.name, message: error.message }, "warn");
      }
      if (options.once || signal.aborted) return;
      await sleep(options.interval * 1_000, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
    }
  });
}

function tellLine(
  io: Io,
  options: { readonly json?: boolean },
  event: RelayHappening | (Readonly<Record<string, unknown>> & { readonly event: string }),
  level: "info" | "warn" = "info",
): void {
  const { event: name, ...fields } = event;
  const words = Object.entries(fields).map(([field, value]) => `${field} ${value}`);
  if (options.json) io.out(jsonLine({ time: new Date().toISOString(), level, event: name, ...fields }));
  else io.out(levelled(Date.now(), level, `${name} ${words.join(", ")}`.trim()));
}

/** @throws FindingsError if a contract refused something */
function throwRefusals({ refused }: Relayed): void {
  if (refused > 0)
    throw new FindingsError(
      `relay: expected every message to be taken, got ${refused} refused; see the lines above`,
    );
}
