import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { type ConnectDeploymentOptions, connectDeployment } from "../chain/connectDeployment.js";
import { type Connection, connect, DEFAULT_PATIENCE, DEFAULT_TIMEOUT } from "../chain/connection.js";
import type { Deployment, OpenDeployment, OpenMarket } from "../chain/deployment.js";
import { openDerived } from "../chain/derived.js";
import { DEFAULT_SIGNER_TIMEOUT, ExternalSigner, type KeyHolder } from "../chain/externalSigner.js";
import { fileJournal } from "../chain/journal.js";
import { type KeySource, unlock } from "../chain/keystore.js";
import { DEFAULT_FEE_CAP } from "../chain/transactions/submission.js";
import { Transactions } from "../chain/transactions/transactions.js";
import type { NamedKey } from "../chain/verificationKey.js";
import { checksummed } from "../encoding/address.js";
import { ArtefactMissingError, KeystoreError, UsageError } from "../errors.js";
import { pinnedVerificationKey } from "../groth16/artefacts/load.js";
import type { Tier } from "../protocol/tiers.js";
import { loadVerificationKey } from "../prove/artefacts.js";
import { DEFAULT_HOME, homeOption, wholeNumber } from "./arguments.js";
import { json } from "./format.js";
import { type Io, readInput } from "./io.js";
import { ACCOUNT_ID, AN_ACCOUNT, AN_ADDRESS, kindOfParser, mayBeName, nameable } from "./names.js";

/** Which nodes are asked, and how long one may take. */
export interface NodeOptions {
  /** The default node if absent. */
  readonly rpc?: readonly string[];
  /** Seconds that one request may take. */
  readonly timeout?: number;
  /** Seconds in which nothing but trouble may come before a command gives up. */
  readonly patience?: number;
}

/** Where a deployment is, for commands that only read. */
export interface ChainOptions extends NodeOptions {
  readonly deployment: string;
  /** Where keys are kept; the usual folder by default. */
  readonly home?: string;
}

/** Whose key: never the key or the password itself. */
export interface KeyOptions {
  readonly keystore?: string;
  readonly passwordEnv: string;
  readonly passwordFile?: string;
  readonly keyEnv?: string;
  /** URL of an external signer, whose key it is, and seconds that it may take. */
  readonly signer?: string;
  readonly from?: string;
  readonly signerTimeout?: number;
}

/** Who sends, how many confirmations are awaited, and the highest fee. */
export interface SenderOptions extends KeyOptions {
  readonly journal?: string;
  readonly dryRun?: boolean;
  readonly confirmations: number;
  /** Gwei per gas. */
  readonly feeCap?: number;
}

const DEFAULT_RPC = "http://127.0.0.1:8545";
const DEFAULT_DEPLOYMENT = "deployment.json";
const GWEI = 10n ** 9n;
const DEFAULT_FEE_CAP_GWEI = Number(DEFAULT_FEE_CAP / GWEI);
const PASSWORD_VARIABLE = "ZKMARGIN_PASSWORD";

export const KEY_HELP = `
The signing key comes from an encrypted keystore or from an environment variable, never from the command line. The keystore's
password comes from an environment variable or a file. A keystore is Web3 Secret Storage, version 3, as geth and Foundry write it.

With --signer the key stays where it is: in Clef, in web3signer, in the KMS or the hardware wallet behind them. The command asks
for a signature by JSON-RPC. It uses the signature only if --from signed exactly the transaction that was asked for.

The command journals each transaction before it sends it. If it fails, run it again: it continues, and sends nothing twice.
`;

/** Adds --rpc, --deployment and --home. */
export function withDeployment(command: Command): Command {
  return withRpc(command)
    .option("--deployment <file>", "deployment manifest", DEFAULT_DEPLOYMENT)
    .addOption(
      homeOption(
        "folder of circuits and keys, for a deployment under another key than the one that zkmargin ships",
      ),
    )
    .option("--names <file>", "your names for accounts and addresses, zkmargin/names@1");
}

/** Adds --derived to a command that works on one market of a deployment. */
export function withMarket(command: Command): Command {
  return withDeployment(command).option(
    "--derived <name>",
    "a derived market of the deployment instead of its own: another profile and its gate",
  );
}

/** As {@link onChain}, on the market that the options name. */
export function onMarket<T>(
  io: Io,
  options: ChainOptions & { readonly derived?: string },
  work: (open: OpenMarket, key: NamedKey) => Promise<T>,
): Promise<T> {
  const { derived } = options;
  return onChain(io, options, (open, key) =>
    work(derived === undefined ? open : openDerived(open, derived), key),
  );
}

/** Adds --rpc, --timeout and --patience. */
export function withRpc(command: Command, what = `node to ask; ${DEFAULT_RPC} by default`): Command {
  return command
    .option(
      "--rpc <url>",
      `${what}. Repeat it for nodes to ask when the first is in trouble`,
      collect((url) => url),
    )
    .option("--timeout <seconds>", "longest time for one answer of a node", someSeconds, DEFAULT_TIMEOUT)
    .option("--patience <seconds>", "longest wait for a node in trouble", someSeconds, DEFAULT_PATIENCE);
}

/** A time in seconds, for commander. */
function someSeconds(text: string): number {
  const time = wholeNumber(text);
  if (time < 1 || time > 3_600) throw new InvalidArgumentError("Expected seconds from 1 to 3600.");
  return time;
}

/** Connects to the nodes that the options name, and prints on standard error what is waited for. */
export function connectTo(io: Io, options: NodeOptions): Promise<Connection> {
  const { rpc, onWait, ...limits } = nodesOf(io, options);
  return connect(rpc, { tell: onWait, ...limits });
}

function nodesOf(io: Io, { rpc = [DEFAULT_RPC], timeout, patience }: NodeOptions) {
  return {
    rpc,
    onWait: (line: string) => io.err(`${line}\n`),
    ...(timeout === undefined ? {} : { timeout }),
    ...(patience === undefined ? {} : { patience }),
  };
}

/** Adds the options of a signing key. */
export function withKey(command: Command): Command {
  return command
    .addOption(new Option("--keystore <file>", "encrypted JSON keystore").conflicts(["keyEnv", "signer"]))
    .option("--password-env <name>", "environment variable with its password", PASSWORD_VARIABLE)
    .option("--password-file <file>", "file with its password instead, or - for standard input")
    .addOption(
      new Option(
        "--key-env <name>",
        "environment variable with a private key, instead of a keystore",
      ).conflicts("signer"),
    )
    .option(
      "--signer <url>",
      "external signer to ask by JSON-RPC (eth_signTransaction), instead of a keystore",
    )
    .option("--from <address>", "with --signer: whose key signs", addressArgument)
    .option(
      "--signer-timeout <seconds>",
      "with --signer: longest time for one signature",
      someSeconds,
      DEFAULT_SIGNER_TIMEOUT,
    );
}

/** Adds the options of a command that sends transactions. */
export function withSender(command: Command): Command {
  return withKey(command)
    .option(
      "--journal <file>",
      "record of what was sent: a file, or a folder with one for each sender; by default beside the manifest",
    )
    .option("--confirmations <n>", "blocks that must follow a transaction", wholeNumber, 1)
    .option("--fee-cap <gwei>", "most to pay per gas", wholeNumber, DEFAULT_FEE_CAP_GWEI)
    .option("--dry-run", "check everything and print what would be sent; sign, send and write nothing");
}

/** An account of the registry: 32 bytes in hex, or a name to be resolved. For commander. */
export const accountArgument = nameable((text: string): string => {
  if (!ACCOUNT_ID.test(text) && !mayBeName(text) && !/^0x[0-9a-f]{40}:/i.test(text))
    throw new InvalidArgumentError(`expected ${AN_ACCOUNT}.`);
  return text;
}, "account");

/** An account and a file, written `account=file`. @throws UsageError */
export function accountAndFile(text: string): readonly [account: string, path: string] {
  const at = text.indexOf("=");
  const account = text.slice(0, Math.max(at, 0));
  const path = text.slice(at + 1);
  if (!ACCOUNT_ID.test(account) || path === "")
    throw new UsageError(`expected <account>=<file>, with ${AN_ACCOUNT}, got other text`);
  return [account, path];
}

/** An address with its checksum, or a name to be resolved. For commander. */
export const addressArgument = nameable((text: string): string => {
  const address = checksummed(text);
  if (address === undefined && !mayBeName(text)) throw new InvalidArgumentError(`expected ${AN_ADDRESS}.`);
  return address ?? text;
}, "address");

/** A token by its symbol or address, or a name to be resolved. For commander. */
export const tokenArgument = nameable((text: string): string => text, "token");

/** A list of what commander reads one by one. */
export function collect(parse: (text: string) => string) {
  return nameable(
    (text: string, before: readonly string[] = []): string[] => [...before, parse(text)],
    kindOfParser(parse),
  );
}

/**
 * Connects to the deployment that the options name, runs `work`, and closes the connection. Prints on standard error what is
 * waited for, and the notes of the check.
 */
export async function onChain<T>(
  io: Io,
  options: ChainOptions,
  work: (open: OpenDeployment, key: NamedKey) => Promise<T>,
): Promise<T> {
  const { home = DEFAULT_HOME } = options;
  const manifest = await readInput(io, options.deployment, "deployment");
  return onDeployment(
    io,
    manifest,
    options,
    [({ name }) => pinnedVerificationKey(name), (tier) => keyIn(home, tier)],
    work,
  );
}

/** As {@link onChain}, of a manifest that was read, under one of these keys. */
export async function onDeployment<T>(
  io: Io,
  manifest: string | Deployment,
  options: NodeOptions,
  keys: ConnectDeploymentOptions["keys"],
  work: (open: OpenDeployment, key: NamedKey) => Promise<T>,
): Promise<T> {
  const { open, key, notes, close } = await connectDeployment({ manifest, keys, ...nodesOf(io, options) });
  try {
    for (const note of notes) io.err(`note: ${note}\n`);
    return await work(open, key);
  } finally {
    close();
  }
}

/** The key of a tier in a home folder, if there is one. */
async function keyIn(home: string, tier: Tier): Promise<NamedKey | undefined> {
  return loadVerificationKey(home, tier).catch((error) => {
    if (error instanceof ArtefactMissingError) return undefined;
    throw error;
  });
}

/** The key that the options name. @throws UsageError if they name none, KeystoreError, SignerError, UnreadableError */
export async function keyOf(io: Io, options: KeyOptions): Promise<KeyHolder> {
  const { signer: url, from, signerTimeout: timeout, keystore, keyEnv } = options;
  if (url === undefined || keystore !== undefined || keyEnv !== undefined)
    return unlock(await keySource(io, options));
  if (from === undefined)
    throw new UsageError("--from: expected the address whose key --signer signs with, got none");
  return new ExternalSigner({
    url,
    from,
    ...(timeout === undefined ? {} : { timeout }),
    tell: (line) => io.err(`${line}\n`),
  });
}

/** Transactions of the key that the options name, with their journal. */
export async function sender(
  io: Io,
  connection: Connection,
  options: SenderOptions,
  manifest: string,
): Promise<Transactions> {
  const wallet = await keyOf(io, options);
  const path = await journalPath(options.journal, manifest, wallet.address);
  if (options.journal !== path) await io.inputs.writes({ path, name: "the journal" });
  await io.inputs.writes({ path: `${path}.lock`, name: "the journal's lock" });
  const { confirmations, feeCap, dryRun = false } = options;
  const owner = { sender: wallet.address, chainId: connection.chainId };
  const journal = await fileJournal(path, owner, { readOnly: dryRun });
  return new Transactions(connection, wallet, journal, {
    confirmations,
    dryRun,
    ...(feeCap === undefined ? {} : { feeCap: BigInt(feeCap) * GWEI }),
  });
}

/** What somebody did, for people and for programs. */
export interface Act {
  readonly words: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Null if it was done before. */
  readonly receipt: { readonly hash: string; readonly gasUsed: bigint } | null;
}

/** The options of {@link actCommand}, as commander reads them. */
export type ActOptions = ChainOptions & SenderOptions & { readonly json?: boolean };

/** A command that sends transactions to a deployment. Add its arguments and its action: see {@link act}. */
export function actCommand(
  group: string,
  name: string,
  description: string,
  examples: readonly string[],
): Command {
  const lines = examples.map((example) => `\n  $ zkmargin ${group} ${example}`).join("");
  return withSender(withDeployment(new Command(name).description(description)))
    .option("--json", "print JSON")
    .addHelpText("after", `${KEY_HELP}\nExample${examples.length > 1 ? "s" : ""}:${lines}`);
}

/** Does something as the sender that the options name, and tells the outcome. */
export function act(
  io: Io,
  options: ActOptions,
  work: (open: OpenDeployment, transactions: Transactions) => Promise<Act>,
): Promise<void> {
  return onChain(io, options, async (open) => {
    const transactions = await sender(io, open.connection, options, options.deployment);
    const { words, fields = {}, receipt } = await work(open, transactions);
    tellDone(io, options, words, fields, receipt);
  });
}

/** What a command that sends one transaction tells. */
export function tellDone(
  io: Io,
  options: { readonly json?: boolean },
  words: string,
  fields: object,
  receipt: Act["receipt"],
): void {
  const gas = receipt?.gasUsed ?? null;
  const outcome = receipt === null ? "already" : "done";
  if (options.json) io.out(json({ outcome, ...fields, transaction: receipt?.hash ?? null, gas }));
  else io.out(receipt === null ? `${words}: so already.\n` : `${words}: ${gas} gas.\n`);
}

/** The journal of a sender: the file named, one of its own in the folder named, or one beside the manifest. */
async function journalPath(named: string | undefined, manifest: string, address: string): Promise<string> {
  const own = (of: string) => `${of}.${address.slice(2, 10).toLowerCase()}.journal`;
  if (named === undefined) return own(manifest);
  const isFolder = await stat(named).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isFolder ? own(join(named, basename(manifest))) : named;
}

async function keySource(
  io: Io,
  { keystore, passwordEnv, passwordFile, keyEnv }: KeyOptions,
): Promise<KeySource> {
  if (keystore !== undefined) {
    const text = await readInput(io, keystore, "keystore");
    // A line end that an editor put there is not of the password.
    const password =
      passwordFile === undefined
        ? variable(passwordEnv)
        : (await readInput(io, passwordFile, "password")).replace(/\r?\n$/, "");
    return { keystore: text, password, name: keystore };
  }
  if (keyEnv !== undefined) return { privateKey: variable(keyEnv), name: keyEnv };
  throw new UsageError("expected --keystore, --key-env or --signer, got none");
}

/** What an environment variable holds. @throws UsageError for text that is no name, KeystoreError where it is not set */
export function variable(name: string): string {
  // A key given where its variable's name belongs must not appear in an error.
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,59}$/.test(name))
    throw new UsageError(
      "--key-env, --password-env: expected the name of an environment variable, got other text",
    );
  const value = process.env[name];
  if (value === undefined || value === "")
    throw new KeystoreError(`${name}: expected an environment variable of that name, got none`);
  return value;
}
