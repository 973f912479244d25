import { type Command, InvalidArgumentError, Option } from "commander";
import { checkDeployment } from "../../chain/checkDeployment.js";
import { type OpenDeployment, openDeployment } from "../../chain/contracts.js";
import { parseDeployment } from "../../chain/deployment.js";
import { fileJournal } from "../../chain/journal.js";
import { type KeySource, unlock } from "../../chain/keystore.js";
import { type Connection, connect } from "../../chain/provider.js";
import { Transactions } from "../../chain/transactions/transactions.js";
import { KeystoreError, UsageError } from "../../errors.js";
import { wholeNumber } from "../arguments.js";
import { type Io, readInput } from "../io.js";

/** Where a deployment is, for commands that only read. */
export interface ChainOptions {
  readonly rpc: string;
  readonly deployment: string;
}

/** Who sends, and how sure one wants to be. */
export interface SenderOptions {
  readonly rpc: string;
  readonly keystore?: string;
  readonly passwordEnv: string;
  readonly keyEnv?: string;
  readonly journal?: string;
  readonly confirmations: number;
}

const DEFAULT_RPC = "http://127.0.0.1:8545";
const DEFAULT_DEPLOYMENT = "deployment.json";
const PASSWORD_VARIABLE = "ZKMARGIN_PASSWORD";

export const KEY_HELP = `
A key comes from an encrypted keystore, whose password is in an environment variable, or from an environment variable
itself; never from the command line. What is sent is journalled first: run a command that failed again, and it
carries on and sends nothing twice.
`;

/** Adds --rpc and --deployment. */
export function withDeployment(command: Command): Command {
  return withRpc(command).option("--deployment <file>", "deployment manifest", DEFAULT_DEPLOYMENT);
}

export function withRpc(command: Command): Command {
  return command.option("--rpc <url>", "node to ask", DEFAULT_RPC);
}

/** Adds the options of a signing key. */
export function withKey(command: Command): Command {
  return command
    .addOption(new Option("--keystore <file>", "encrypted JSON keystore").conflicts("keyEnv"))
    .option("--password-env <name>", "environment variable with its password", PASSWORD_VARIABLE)
    .option("--key-env <name>", "environment variable with a private key, instead of a keystore");
}

/** Adds the options of whoever sends transactions. */
export function withSender(command: Command): Command {
  return withKey(command)
    .option("--journal <file>", "what was sent; by default beside the manifest, one for each sender")
    .option("--confirmations <n>", "blocks that must stand on a transaction", wholeNumber, 1);
}

/** An account of the registry: 32 bytes in hex. For commander. */
export function accountArgument(text: string): string {
  if (!/^0x[0-9a-f]{64}$/.test(text))
    throw new InvalidArgumentError("expected an account of 0x and 64 hex digits (see zkmargin account).");
  return text;
}

/** An address, for commander. */
export function addressArgument(text: string): string {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text))
    throw new InvalidArgumentError("expected an address of 0x and 40 hex digits.");
  return text;
}

/** Opens a deployment and checks it against its chain, runs `work`, and lets go of the node. */
export async function onChain<T>(
  io: Io,
  options: ChainOptions,
  work: (open: OpenDeployment) => Promise<T>,
): Promise<T> {
  const deployment = parseDeployment(await readInput(io, options.deployment));
  const connection = await connect(options.rpc, deployment.chainId);
  try {
    const open = openDeployment(connection, deployment);
    await checkDeployment(open);
    return await work(open);
  } finally {
    connection.close();
  }
}

/** The key that the options name. @throws UsageError if they name none, KeystoreError */
export async function keyOf(io: Io, { keystore, passwordEnv, keyEnv }: Omit<SenderOptions, "rpc">) {
  return unlock(await keySource(io, keystore, passwordEnv, keyEnv));
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
  const journal = await fileJournal(path, { sender: wallet.address, chainId: connection.chainId });
  return new Transactions(connection, wallet, journal, { confirmations: options.confirmations });
}

async function keySource(
  io: Io,
  keystore: string | undefined,
  passwordEnv: string,
  keyEnv: string | undefined,
): Promise<KeySource> {
  if (keystore !== undefined)
    return { keystore: await readInput(io, keystore), password: variable(passwordEnv), name: keystore };
  if (keyEnv !== undefined) return { privateKey: variable(keyEnv), name: keyEnv };
  throw new UsageError("expected --keystore or --key-env, got neither");
}

function variable(name: string): string {
  // Whoever gives the key itself where its variable's name belongs must not read it in an error.
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,59}$/.test(name))
    throw new UsageError(
      "--key-env, --password-env: expected the name of an environment variable, got other text",
    );
  const value = process.env[name];
  if (value === undefined || value === "")
    throw new KeystoreError(`${name}: expected an environment variable of that name, got none`);
  return value;
}
