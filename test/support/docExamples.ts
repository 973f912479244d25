import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ANVIL_KEYS, Anvil } from "../../src/chain/anvil.js";
import { run } from "../../src/cli/run.js";
import { EXIT } from "../../src/errors.js";
import { KEYS, ROOT, SECRET } from "../cli/support.js";

const CHAIN_COMMANDS = ["deploy", "attest", "poke", "round", "submit", "status", "keep", "vault"];
/** Whose key is in which variable, as the page says. */
const SIGNERS = ["DEPLOYER_KEY", "OWNER_KEY", "CUSTODIAN_KEY", "KEEPER_KEY"];
const GENESIS = "1621209600";

/**
 * Runs every `$ zkmargin …` of a page's ```console blocks, in order and in one new folder. Returns the page with the
 * true output below each, cut where the page cuts it by a line of `…`. `$ echo $?` prints the last exit code; other
 * commands keep what stands there. The folder has `positions.csv` and the shared keys; the secret is always the same,
 * times are `N ms`, ages `N years`, and the gas of a proof is `N gas`. `$ anvil` starts a local chain in which a block takes a second,
 * on another port than the page says. A ceremony, which takes minutes, keeps what stands there: `npm run test:ceremony`
 * checks it.
 */
export async function withTrueOutputs(page: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "zkmargin-docs-"));
  const cwd = process.cwd();
  mkdirSync(join(folder, "build"));
  symlinkSync(KEYS, join(folder, "build", "keys"));
  writeFileSync(join(folder, "positions.csv"), positions());
  process.chdir(folder);
  let chain: Anvil | undefined;
  try {
    let last = 0;
    const parts: string[] = [];
    for (const part of page.split(/(?<=^```console\n)([\s\S]*?)(?=^```$)/m)) {
      if (!part.startsWith("$ ")) {
        parts.push(part);
        continue;
      }
      let block = "";
      for (const [, command = "", before = ""] of part.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)) {
        block += `$ ${command}\n`;
        if (command === "echo $?") block += `${last}\n`;
        else if (command === "cat positions.csv") block += positions();
        else if (command === "anvil") {
          chain = await startChain();
          block += before;
        } else if (command.startsWith("zkmargin ") && !/^zkmargin ceremony/.test(command)) {
          const args = command.split(" ").slice(1);
          const onChain = chain !== undefined && CHAIN_COMMANDS.includes(args[0] ?? "");
          const [code, said] = await perform(onChain ? [...args, "--rpc", chain?.url ?? ""] : args);
          last = code;
          block += before.endsWith("\n…\n") ? cutAs(before, said) : said;
        } else block += before;
      }
      parts.push(block);
    }
    return parts.join("");
  } finally {
    await chain?.stop();
    process.chdir(cwd);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The true output as far as the page shows it, where the page ends it with a line of `…`. */
function cutAs(shown: string, said: string): string {
  const lines = said.split("\n");
  const kept = shown.split("\n").length - 2;
  return kept < lines.length - 1 ? `${lines.slice(0, kept).join("\n")}\n…\n` : said;
}

async function startChain(): Promise<Anvil> {
  const chain = await Anvil.start("--timestamp", GENESIS);
  const connection = await chain.connect();
  await connection.provider.send("anvil_setBlockTimestampInterval", [1]);
  connection.close();
  SIGNERS.forEach((name, i) => {
    process.env[name] = ANVIL_KEYS[i];
  });
  return chain;
}

function positions(): string {
  return readFileSync(join(ROOT, "examples", "books", "cash-and-carry.csv"), "utf8");
}

async function perform(args: readonly string[]): Promise<[code: number, said: string]> {
  let said = "";
  const say = (text: string) => {
    // How old prices are changes while the page does not.
    said += text.replace(/^( +prices +of )\d+ years ago$/gm, "$1N years ago");
  };
  const code = await run(args, {
    out: say,
    err: say,
    stdin: async () => new Uint8Array(),
    interactive: false,
    invocation: "npx zkmargin",
  });
  assert.notEqual(code, EXIT.internal, said);
  if (args[1] === "secret") writeFileSync("desk.secret", SECRET);
  // So are an archive's keys, and it says when it was written to.
  if (args[0] === "archive")
    said = said
      .replace(/\b([0-9a-f]{64}|[0-9a-f]{96})\b/g, "…")
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d/g, "2021-05-17 18:00");
  // A keeper's lines begin with the time on the wall.
  if (args[0] === "keep") said = said.replace(/^\S+Z /gm, "2026-11-30T09:00:00.000Z ");
  // Proofs are random, and so are the zero bytes among those that a transaction pays for.
  return [code, said.replace(/\d+(\.\d+)? ms/g, "N ms").replace(/Accepted, \d+ gas/g, "Accepted, N gas")];
}
