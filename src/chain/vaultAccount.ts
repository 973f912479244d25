import { isError, ZeroAddress } from "ethers";
import { NodeUnreachableError } from "../errors.js";
import { eventsOf } from "./binding.js";
import { type OpenDeployment, openVault, vaultOf } from "./deployment.js";
import { type MarginVault, marginVault, type Request } from "./generated/MarginVault.js";
import { pagedLogs } from "./logs.js";
import { calling } from "./transactions/revert.js";
import { type TokenInfo, tokenInfo } from "./vault.js";

/** A request that is not released yet. */
export interface VaultRequest {
  readonly amount: bigint;
  /** Unix seconds; the book that proves it must be dated after that. */
  readonly requestedAt: bigint;
  /** Of the newest book at that time; the book that proves it must have a higher one. */
  readonly sequence: bigint;
}

/** Collateral of an account in one token, units of it. */
export interface VaultBalance extends TokenInfo {
  readonly balance: bigint;
  /** The amount that attesters must attest: the balance and what is left of it at auction, less what is requested. */
  readonly recorded: bigint;
  readonly withdrawal: VaultRequest | null;
  readonly auction: VaultAuction | null;
}

/** An auction of an account's collateral in one token. */
export interface VaultAuction {
  /** Unix seconds. */
  readonly startedAt: bigint;
  readonly endsAt: bigint;
  /** Units of the token that are not sold yet. */
  readonly left: bigint;
  /** Whether it is over and only to be closed; null where the vault cannot tell, as the sequencer is away. */
  readonly over: boolean | null;
  /** What a bidder who takes all that is left gets now, and what that costs; null unless the auction goes on. */
  readonly now: { readonly amount: bigint; readonly cost: bigint } | null;
}

/** What the auctions of an account must raise together. */
export interface VaultLiquidation {
  /** Unix seconds. */
  readonly startedAt: bigint;
  /** Settlement units still to be raised, at most. */
  readonly due: bigint;
  /** Basis points on top of the debt. */
  readonly penalty: bigint;
}

/** What a vault holds of an account, at one block. */
export interface VaultAccount {
  readonly account: string;
  readonly block: number;
  /** Of that block, unix seconds: what a book of these amounts is as of. */
  readonly time: bigint;
  readonly settlement: TokenInfo;
  /** Of every token that the vault has ever listed. */
  readonly balances: readonly VaultBalance[];
  /** Null if the owner has named none. */
  readonly creditor: string | null;
  /** Settlement units. */
  readonly debt: bigint;
  /** The amount that attesters must attest: the debt and what is requested. */
  readonly recordedDebt: bigint;
  readonly loanRequest: VaultRequest | null;
  /** Null if there is nothing to be raised. */
  readonly liquidation: VaultLiquidation | null;
  /** Of the creditor's fund for shortfalls, settlement units. */
  readonly insurance: bigint;
}

/**
 * What the vault holds of an account and what it owes, all of one block.
 * @throws DeploymentMismatchError if the deployment has no vault, NodeUnreachableError
 *
 * @example
 * ```ts
 * import { vaultAccount } from "zkmargin/chain";
 *
 * const { debt, balances } = await vaultAccount(open, account);
 * console.log(debt, balances.length); // 0n 2
 * ```
 */
export function vaultAccount(open: OpenDeployment, account: string): Promise<VaultAccount> {
  const vault = openVault(open);
  return calling(`vault standing of ${account}`, async () => {
    const { number: block, timestamp } = await newestBlock(open);
    const at = { blockTag: block };
    const [settlement, tokens, creditor, debt, recordedDebt, loan, liquidation, terms] = await Promise.all([
      vault.settlement(at),
      vaultTokens(open, block),
      vault.creditorOf(account, at),
      vault.debtOf(account, at),
      vault.recordedDebt(account, at),
      vault.loanRequestOf(account, at),
      vault.liquidationOf(account, at),
      vault.terms(at),
    ]);
    const balances = tokens.map(async (token) => {
      const [balance, recorded, withdrawal, auction] = await Promise.all([
        vault.balanceOf(account, token.token, at),
        vault.recordedBalance(account, token.token, at),
        vault.withdrawalOf(account, token.token, at),
        auctionOf(vault, account, token.token, terms.auctionPeriod, at),
      ]);
      return { ...token, balance, recorded, withdrawal: requestOf(withdrawal), auction };
    });
    const { startedAt, due, penalty } = liquidation;
    return {
      account,
      block,
      time: BigInt(timestamp),
      settlement: await tokenInfo(open, settlement),
      balances: await Promise.all(balances),
      creditor: creditor === ZeroAddress ? null : creditor,
      debt,
      recordedDebt,
      loanRequest: requestOf(loan),
      liquidation: due === 0n ? null : { startedAt, due, penalty },
      insurance: await vault.insuranceOf(creditor, at),
    };
  });
}

async function newestBlock({ connection: { provider } }: OpenDeployment) {
  const block = await provider.getBlock("latest");
  if (block === null) throw new NodeUnreachableError("vault standing: expected the newest block, got none");
  return block;
}

async function auctionOf(
  vault: MarginVault,
  account: string,
  token: string,
  period: bigint,
  at: { readonly blockTag: number },
): Promise<VaultAuction | null> {
  const { startedAt, left } = await vault.auctionOf(account, token, at);
  if (startedAt === 0n) return null;
  const over = await vault.isOver(account, token, at).catch((error: unknown) => {
    if (isError(error, "CALL_EXCEPTION")) return null;
    throw error;
  });
  const now = over === false ? plain(await vault.quote(account, token, left, at)) : null;
  return { startedAt, endsAt: startedAt + period, left, over, now };
}

/** The tokens that the vault has ever listed, in the order of their listing. */
export async function vaultTokens(open: OpenDeployment, toBlock?: number): Promise<TokenInfo[]> {
  const vault = openVault(open);
  const { block: fromBlock, address } = vaultOf(open.deployment);
  const topics = vault.interface.encodeFilterTopics("AssetListed", []);
  const filter = { address, topics, fromBlock, ...(toBlock === undefined ? {} : { toBlock }) };
  const listed = eventsOf(marginVault, "AssetListed", await pagedLogs(open.connection.provider, filter));
  const addresses = [...new Set(listed.map(({ fields }) => fields.token))];
  return Promise.all(addresses.map((token) => tokenInfo(open, token)));
}

function requestOf({ amount, requestedAt, sequence }: Request): VaultRequest | null {
  return amount === 0n ? null : { amount, requestedAt, sequence };
}

/** ethers' results are lists as well; what is handed out is not. */
function plain({ amount, cost }: { readonly amount: bigint; readonly cost: bigint }) {
  return { amount, cost };
}
