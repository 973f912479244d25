import { ZeroAddress } from "ethers";
import { eventsOf } from "./binding.js";
import { type OpenDeployment, openVault } from "./contracts.js";
import { vaultOf } from "./deployment.js";
import { marginVault, type Request } from "./generated/MarginVault.js";
import { pagedLogs } from "./logs.js";
import { reaching } from "./provider.js";
import { type TokenInfo, tokenInfo } from "./token.js";
import { calling } from "./transactions/revert.js";

/** Something that was requested and is not released yet. */
export interface VaultRequest {
  readonly amount: bigint;
  /** Unix seconds; the book that proves it must be of after that. */
  readonly requestedAt: bigint;
  /** Of the newest book at that time; the book that proves it must have a higher one. */
  readonly sequence: bigint;
}

/** Collateral of an account in one token, units of it. */
export interface VaultBalance extends TokenInfo {
  readonly balance: bigint;
  /** What attestors are to attest: the balance less what is requested. */
  readonly recorded: bigint;
  readonly withdrawal: VaultRequest | null;
}

/** An auction of an account's collateral. */
export interface VaultAuction {
  readonly token: string;
  /** Unix seconds. */
  readonly startedAt: bigint;
  readonly endsAt: bigint;
  /** Units of the token that are not sold yet. */
  readonly left: bigint;
  /** Settlement units still to be raised, at most. */
  readonly due: bigint;
  /** What somebody gets now who takes as much as there is, and what that costs. */
  readonly now: { readonly amount: bigint; readonly cost: bigint };
}

/** What a vault holds of an account, at one block. */
export interface VaultStanding {
  readonly account: string;
  readonly block: number;
  readonly settlement: TokenInfo;
  /** Of every token that the vault has ever listed. */
  readonly balances: readonly VaultBalance[];
  /** Null if the owner has named none. */
  readonly creditor: string | null;
  /** Settlement units. */
  readonly debt: bigint;
  /** What attestors are to attest: the debt and what is requested. */
  readonly recordedDebt: bigint;
  readonly loanRequest: VaultRequest | null;
  readonly auction: VaultAuction | null;
  /** Of the creditor's fund for shortfalls, settlement units. */
  readonly insurance: bigint;
}

/**
 * What the vault holds of an account and what it owes, all of one block.
 * @throws DeploymentMismatchError if the deployment has no vault, NodeUnreachableError
 */
export function vaultStanding(open: OpenDeployment, account: string): Promise<VaultStanding> {
  const vault = openVault(open);
  return reaching(() =>
    calling(`vault standing of ${account}`, async () => {
      const block = await open.connection.provider.getBlockNumber();
      const at = { blockTag: block };
      const [settlement, tokens, creditor, debt, recordedDebt, loan, auction, terms] = await Promise.all([
        vault.settlement(at),
        vaultTokens(open, block),
        vault.creditorOf(account, at),
        vault.debtOf(account, at),
        vault.recordedDebt(account, at),
        vault.loanRequestOf(account, at),
        vault.auctionOf(account, at),
        vault.terms(at),
      ]);
      const balances = tokens.map(async (token) => {
        const [balance, recorded, withdrawal] = await Promise.all([
          vault.balanceOf(account, token.token, at),
          vault.recordedBalance(account, token.token, at),
          vault.withdrawalOf(account, token.token, at),
        ]);
        return { ...token, balance, recorded, withdrawal: standing(withdrawal) };
      });
      const { token, startedAt, left, due } = auction;
      return {
        account,
        block,
        settlement: await tokenInfo(open, settlement),
        balances: await Promise.all(balances),
        creditor: creditor === ZeroAddress ? null : creditor,
        debt,
        recordedDebt,
        loanRequest: standing(loan),
        auction:
          startedAt === 0n
            ? null
            : {
                token,
                startedAt,
                endsAt: startedAt + terms.auctionPeriod,
                left,
                due,
                now: plain(await vault.quote(account, left, at)),
              },
        insurance: await vault.insuranceOf(creditor, at),
      };
    }),
  );
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

function standing({ amount, requestedAt, sequence }: Request): VaultRequest | null {
  return amount === 0n ? null : { amount, requestedAt, sequence };
}

/** ethers' results are lists as well; what is handed out is not. */
function plain({ amount, cost }: { readonly amount: bigint; readonly cost: bigint }) {
  return { amount, cost };
}
