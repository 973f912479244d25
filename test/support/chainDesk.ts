import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Wallet } from "ethers";
import { ANVIL_KEYS, Anvil } from "../../src/chain/anvil.js";
import { lock } from "../../src/chain/keystore.js";
import { run } from "../../src/cli/run.js";
import { builtEntry } from "./built.js";
import { defaultArtefacts } from "./desk.js";

// Secrets and books of tests are their owner's alone, as ours are: a command warns of others.
process.umask(0o077);

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const PASSWORD = "correct horse";
/** Environment variables with the keys of those who take part. */
const KEYS = { ZKM_DEPLOYER: 0, ZKM_OWNER: 1, ZKM_CUSTODIAN: 2, ZKM_KEEPER: 3, ZKM_BIDDER: 4 } as const;
/** The keeper has a keystore as well, which takes a second to open. */
export type Who = keyof typeof KEYS | "keystore";

/** Of the keeper, encrypted once a process: scrypt takes a second. */
let keystore: Promise<string> | undefined;

/** What the commands of the chain print with --json, as far as tests ask for it. */
export interface Told {
  readonly account: string;
  readonly commitment: string;
  readonly round: string;
  readonly outcome: string;
  readonly transaction: string | null;
  readonly gas: string | null;
  readonly results: readonly { readonly outcome: string }[];
  readonly accounts: readonly {
    readonly status: string;
    readonly callTheta: number;
    readonly claim: { readonly envelope: number };
    readonly supports: {
      readonly taken: { readonly support: string; readonly holds: boolean } | null;
      readonly added: { readonly support: string; readonly holds: boolean } | null;
    };
  }[];
  readonly debt: string;
  readonly cost: string;
  readonly amount: string;
  readonly time: string;
  readonly asOf: string;
  readonly liquidation: { readonly due: string; readonly penalty: string } | null;
  readonly balances: readonly {
    readonly symbol: string;
    readonly balance: string;
    readonly recorded: string;
    readonly auction: { readonly left: string } | null;
  }[];
}

/** A local chain, a folder and keys, for the command line. */
export class ChainDesk {
  readonly owner = new Wallet(ANVIL_KEYS[1]).address;
  readonly custodian = new Wallet(ANVIL_KEYS[2]).address;

  private constructor(
    readonly anvil: Anvil,
    readonly folder: string,
  ) {}

  static async start(): Promise<ChainDesk> {
    await defaultArtefacts();
    const folder = await mkdtemp(join(tmpdir(), "zkmargin-cli-"));
    const desk = new ChainDesk(await Anvil.start("--timestamp", "1621209600"), folder);
    for (const [name, key] of Object.entries(KEYS)) process.env[name] = ANVIL_KEYS[key];
    process.env["ZKMARGIN_PASSWORD"] = PASSWORD;
    keystore ??= lock(new Wallet(ANVIL_KEYS[3]), PASSWORD);
    await writeFile(desk.file("keeper.json"), await keystore);
    await writeFile(desk.file("desk.secret"), `${"ab12".repeat(16)}\n`);
    return desk;
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /** --rpc and --deployment. */
  get at(): readonly string[] {
    return ["--rpc", this.anvil.url, "--deployment", this.file("deployment.json")];
  }

  /** The options of a sender's key. */
  by(who: Who): readonly string[] {
    return who === "keystore" ? ["--keystore", this.file("keeper.json")] : ["--key-env", who];
  }

  deployArguments(): string[] {
    const out = this.file("deployment.json");
    return ["deploy", "--rpc", this.anvil.url, "--local", ...this.by("ZKM_DEPLOYER"), "--out", out];
  }

  /** Runs one command line. */
  async run(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
    const told = { out: "", err: "" };
    const io = {
      out: (text: string) => {
        told.out += text;
      },
      err: (text: string) => {
        told.err += text;
      },
      stdin: async () => assert.fail("nothing is read from standard input"),
      interactive: false,
      invocation: "npx zkmargin",
    };
    return { code: await run(args, io), ...told };
  }

  /** The exit code of one command line in a process of its own. */
  async apart(...args: readonly string[]): Promise<number> {
    const child = spawn(process.execPath, [builtEntry("zkmargin"), ...args], {
      cwd: ROOT,
      stdio: "ignore",
    });
    const [code] = await once(child, "close");
    return code;
  }

  /** Has a block mined each so many seconds, and none at once; 0: each transaction at once, as before. */
  async mineEach(seconds: number): Promise<void> {
    const { provider, close } = await this.anvil.connect();
    await provider.send("evm_setIntervalMining", [seconds]);
    if (seconds === 0) await provider.send("evm_setAutomine", [true]);
    close();
  }

  /** What a command line that must succeed prints with --json. */
  async ok(...args: readonly string[]): Promise<string> {
    const ran = await this.run(...args, "--json");
    assert.equal(ran.code, 0, `${args.join(" ")}: ${ran.err}`);
    return ran.out;
  }

  async json(...args: readonly string[]): Promise<Told> {
    return JSON.parse(await this.ok(...args));
  }

  /** The error of a command line that must fail with this exit code. */
  async fails(code: number, ...args: readonly string[]): Promise<{ name: string; message: string }> {
    const ran = await this.run(...args, "--json");
    assert.equal(ran.code, code, `${args.join(" ")}: ${ran.err}`);
    assert.equal(ran.out, "");
    return JSON.parse(ran.err).error;
  }

  /** Time of the newest block, unix seconds. */
  async now(): Promise<string> {
    const connection = await this.anvil.connect();
    const block = await connection.provider.getBlock("latest");
    connection.close();
    return String(block?.timestamp);
  }

  /** Writes an example book under a name and a number, and has it attested in its account. */
  async attestBook(
    example: string,
    account: { id: string; name: string },
    sequence: number,
  ): Promise<string> {
    const book = JSON.parse(await readFile(join(ROOT, `examples/books/${example}.json`), "utf8"));
    const path = this.file(`desk-${sequence}.json`);
    await writeFile(path, JSON.stringify({ ...book, account: account.name, sequence }));
    const { commitment } = await this.json("book", "commit", path, "--secret", this.file("desk.secret"));
    const read = ["--as-of", await this.now(), "--sequence", String(sequence)];
    const terms = ["--account", account.id, "--commitment", commitment, ...read];
    const signed = this.file(`desk-${sequence}.attestation.json`);
    await this.json("attest", "sign", ...this.at, ...terms, ...this.by("ZKM_CUSTODIAN"), "--out", signed);
    await this.json("attest", "relay", ...this.at, signed, ...this.by("ZKM_KEEPER"));
    return path;
  }

  /** Proves a book against the newest round. Returns the bundle's path. */
  async prove(book: string, ...options: readonly string[]): Promise<string> {
    const [round, out] = [this.file("round.json"), this.file("desk.proof.json")];
    await this.json("round", ...this.at, "--out", round);
    const keys = ["--secret", this.file("desk.secret"), "--home", join(ROOT, "build/keys")];
    await this.json("prove", book, "--market", round, ...keys, ...options, "--out", out);
    return out;
  }

  async pass(seconds: number): Promise<void> {
    const connection = await this.anvil.connect();
    await connection.provider.send("evm_increaseTime", [seconds]);
    await connection.provider.send("evm_mine", []);
    connection.close();
  }

  async close(): Promise<void> {
    for (const name of [...Object.keys(KEYS), "ZKMARGIN_PASSWORD"]) delete process.env[name];
    await this.anvil.stop();
    await rm(this.folder, { recursive: true });
  }
}
