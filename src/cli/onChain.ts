import { type Command, InvalidArgumentError, Option } from "commander";
import { type ConnectDeploymentOptions, connectDeployment } from "../chain/connectDeployment.js";
import { type Connection, connect, DEFAULT_PATIENCE, DEFAULT_TIMEOUT } from "../chain/connection.js";
import type { OpenDeployment } from "../chain/contracts.js";
import type { Deployment } from "../chain/deployment.js";
import { fileJournal } from "../chain/journal.js";
import { type KeySource, unlock } from "../chain/keystore.js";
import { DEFAULT_FEE_CAP } from "../chain/transactions/fees.js";
import { Transactions } from "../chain/transactions/transactions.js";
import type { NamedKey } from "../chain/verificationKey.js";
import { checksummed } from "../encoding/address.js";
import { ArtefactMissingError, KeystoreError, UsageError } from "../errors.js";
import { loadVerificationKey } from "../groth16/artefacts/load.js";
import { pinnedVerificationKey } from "../groth16/artefacts/pins.js";
import type { Tier } from "../protocol/tiers.js";
import { DEFAULT_HOME, wholeNumber } from "./arguments.js";
import { type Io, readInput } from "./io.js";

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

The command journals each transaction before it sends it. If it fails, run it again: it continues, and sends nothing twice.
`;

/** Adds --rpc, --deployment and --home. */
export function withDeployment(command: Command): Command {
  return withRpc(command)
    .option("--deployment <file>", "deployment manifest", DEFAULT_DEPLOYMENT)
    .option(
      "--home <folder>",
      "folder of circuits and keys, for a deployment under another key than the one that zkmargin ships",
      DEFAULT_HOME,
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
    .addOption(new Option("--keystore <file>", "encrypted JSON keystore").conflicts("keyEnv"))
    .option("--password-env <name>", "environment variable with its password", PASSWORD_VARIABLE)
    .option("--password-file <file>", "file with its password instead, or - for standard input")
    .option("--key-env <name>", "environment variable with a private key, instead of a keystore");
}

/** Adds the options of a command that sends transactions. */
export function withSender(command: Command): Command {
  return withKey(command)
    .option(
      "--journal <file>",
      "record of what was sent; by default beside the manifest, one for each sender",
    )
    .option("--confirmations <n>", "blocks that must follow a transaction", wholeNumber, 1)
    .option("--fee-cap <gwei>", "most to pay per gas", wholeNumber, DEFAULT_FEE_CAP_GWEI)
    .option("--dry-run", "check everything and print what would be sent; sign, send and write nothing");
}

const ACCOUNT = /^0x[0-9a-f]{64}$/;
const AN_ACCOUNT = "an account of 0x and 64 small hex digits (zkmargin attest open)";

/** An account of the registry: 32 bytes in hex. For commander. */
export function accountArgument(text: string): string {
  if (!ACCOUNT.test(text)) throw new InvalidArgumentError(`expected ${AN_ACCOUNT}.`);
  return text;
}

/** An account and a file, written `account=file`. @throws UsageError */
export function accountAndFile(text: string): readonly [account: string, path: string] {
  const at = text.indexOf("=");
  const account = text.slice(0, Math.max(at, 0));
  const path = text.slice(at + 1);
  if (!ACCOUNT.test(account) || path === "")
    throw new UsageError(`expected <account>=<file>, with ${AN_ACCOUNT}, got other text`);
  return [account, path];
}

/** An address with its checksum, for commander. */
export function addressArgument(text: string): string {
  const address = checksummed(text);
  if (address === undefined)
    throw new InvalidArgumentError(
      "expected an address of 0x and 40 hex digits, with a right checksum or without capitals.",
    );
  return address;
}

/** A list of what commander reads one by one. */
export function collect(parse: (text: string) => string) {
  return (text: string, before: readonly string[] = []): string[] => [...before, parse(text)];
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

/** The key that the options name. @throws UsageError if they name none, KeystoreError, UnreadableError */
export async function keyOf(io: Io, options: KeyOptions) {
  return unlock(await keySource(io, options));
}

/** Transactions of the key that the options name, with their journal. */
export async function sender(
  io: Io,
  connection: Connection,
  options: SenderOptions,
  manifest: string,
): Promise<Transactions> {
  const wallet = await keyOf(io, options);
  const path = options.journal ?? `${manifest}.${wallet.address.slice(2, 10).toLowerCase()}.journal`;
  if (options.journal === undefined) await io.inputs.writes({ path, name: "the journal" });
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
  throw new UsageError("expected --keystore or --key-env, got neither");
}

function variable(name: string): string {
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
