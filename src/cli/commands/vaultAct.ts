import { Command } from "commander";
import type { OpenDeployment } from "../../chain/deployment.js";
import { type Done, type TokenInfo, tokenInfo, Vault } from "../../chain/vault.js";
import { vaultTokens } from "../../chain/vaultAccount.js";
import { checksummed } from "../../encoding/address.js";
import { formatDecimal, parseDecimal } from "../../encoding/decimal.js";
import { OutOfRangeError, UsageError } from "../../errors.js";
import { json } from "../format.js";
import type { Io } from "../io.js";
import {
  type ChainOptions,
  KEY_HELP,
  onChain,
  type SenderOptions,
  sender,
  tokenArgument,
  withDeployment,
  withSender,
} from "../onChain.js";

/** What somebody did in the vault, for people and for programs. */
interface Act {
  readonly words: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Null if it was done before. */
  readonly receipt: Awaited<Done>;
}

/** The options that {@link vaultAction} adds, as commander reads them. */
type ActOptions = ChainOptions & SenderOptions & { readonly json?: boolean };

/** Which token; see {@link tokenNamed}. */
export const TOKEN_OPTION = [
  "--token <symbol>",
  "token by symbol, address or name; the settlement token by default",
  tokenArgument,
] as const;

/** A command that sends a transaction to the vault. Add its arguments and its action: see {@link act}. */
export function vaultAction(name: string, description: string, ...examples: readonly string[]): Command {
  const lines = examples.map((example) => `\n  $ zkmargin vault ${example}`).join("");
  return withSender(withDeployment(new Command(name).description(description)))
    .option("--json", "print JSON")
    .addHelpText("after", `${KEY_HELP}\nExample${examples.length > 1 ? "s" : ""}:${lines}`);
}

/** Does something in the vault as the sender that the options name, and tells the outcome. */
export function act(
  io: Io,
  options: ActOptions,
  work: (open: OpenDeployment, vault: Vault) => Promise<Act>,
): Promise<void> {
  return onChain(io, options, async (open) => {
    const transactions = await sender(io, open.connection, options, options.deployment);
    const { words, fields, receipt } = await work(open, new Vault(open, transactions));
    const gas = receipt?.gasUsed ?? null;
    const outcome = receipt === null ? "already" : "done";
    if (options.json) io.out(json({ outcome, ...fields, transaction: receipt?.hash ?? null, gas }));
    else io.out(receipt === null ? `${words}: so already.\n` : `${words}: ${gas} gas.\n`);
  });
}

/** The vault's token of that symbol or address; the settlement token if none is named. @throws UsageError */
export async function tokenNamed(open: OpenDeployment, vault: Vault, name?: string): Promise<TokenInfo> {
  if (name === undefined) return tokenInfo(open, await vault.settlement());
  const tokens = await vaultTokens(open);
  const address = checksummed(name);
  const found = tokens.filter(({ token, symbol }) => token === address || symbol === name);
  const [token] = found;
  if (token !== undefined && found.length === 1) return token;
  const symbols = tokens.map(({ symbol }) => symbol).join(", ");
  throw new UsageError(
    found.length === 0
      ? `--token: expected one that the vault lists (${symbols}), got another`
      : `--token: expected an address, got a symbol that ${found.length} tokens have`,
  );
}

/** An amount that a person wrote, in units of the token. @throws FormatError, PrecisionError, OutOfRangeError */
export function unitsOf(text: string, { decimals }: TokenInfo, path = "amount"): bigint {
  const units = parseDecimal(text, decimals, path);
  if (units <= 0n) throw new OutOfRangeError(path, "more than zero", "zero or less");
  return units;
}

/** Units of a token, for people. */
export function amountText(units: bigint, { decimals, symbol }: TokenInfo): string {
  return `${formatDecimal(units, decimals)} ${symbol}`;
}
