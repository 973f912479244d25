import { Interface, id, type Result, recoverAddress, TypedDataEncoder } from "ethers";
import {
  type AttestedTerms,
  attestedMessage,
  type SleeveTerms,
  signingDomain,
} from "../../protocol/attestation.js";
import type { Listing } from "../../protocol/listing.js";
import { interfaceOf } from "../binding.js";
import type { Deployment } from "../deployment.js";
import { accessManager } from "../generated/AccessManager.js";
import { type Attestation, bookRegistry } from "../generated/BookRegistry.js";
import { CHANGE_NAMES } from "../generated/enums.js";
import { marginGate, type Submission } from "../generated/MarginGate.js";
import { marginVault } from "../generated/MarginVault.js";
import { marketLedger } from "../generated/MarketLedger.js";
import { riskProfile } from "../generated/RiskProfile.js";
import { DUTIES } from "../roles.js";
import { CallReader, decodeCall, WORD, wordAt } from "./callReader.js";
import { loggedAddresses } from "./chainState.js";
import { houseCallsIn } from "./houseCalls.js";
import type { ChainEvent, LogHead } from "./record.js";

const GATE = interfaceOf(marginGate);
const REGISTRY = interfaceOf(bookRegistry);
const SELECTORS = {
  submit: GATE.getFunction("submit")?.selector ?? "",
  submitBatch: GATE.getFunction("submitBatch")?.selector ?? "",
  attest: REGISTRY.getFunction("attest")?.selector ?? "",
  attestWithSleeve: REGISTRY.getFunction("attestWithSleeve")?.selector ?? "",
};

/** 0x and 65 bytes in hex. */
const SIGNATURE_LENGTH = 2 + 2 * 65;

/** Words of a submission: account, round, claim, and eight of the proof. */
const SUBMISSION = 11;
/** Words before the attestations of an attested book: account, four of the book, and where they stand. */
const ATTEST_HEAD = 6;
/** The same with five of the sleeve. */
const SLEEVED_ATTEST_HEAD = 11;
/** An account has no more attesters: contracts/lib/AttesterSets.sol. */
const MOST_ATTESTATIONS = 16;

/** Signatures of a book as passed to `attest`. */
export interface AttestCall {
  readonly book: AttestedTerms;
  readonly attestations: readonly Attestation[];
}

/** What a transaction's call data carries, in the call itself or in calls nested for a wallet or a batch. */
export interface FoundCalls {
  readonly submissions: readonly Submission[];
  readonly attests: readonly AttestCall[];
  /** Whether all of it was searched. The search stops at calls nested without end. */
  readonly complete: boolean;
  /** Hex digits that were decoded: at most twice those that there are, and a little. */
  readonly decoded: number;
}

/** Every proof in call data; see {@link callsIn}. */
export function submissionsIn(data: string): Submission[] {
  return [...callsIn(data).submissions];
}

/** Every proof and every `attest` in call data, with a sleeve or without, in time that grows with its length and not with what it holds. */
export function callsIn(data: string): FoundCalls {
  const reader = new CallReader(data);
  const house = houseCallsIn(data);
  const submissions = [
    ...reader.all(SELECTORS.submit, submitLength).flatMap((call) => {
      const decoded = decodeCall(GATE, "submit", call);
      if (decoded === undefined) return [];
      const [account, round, claim, proof] = decoded as unknown as [
        string,
        bigint,
        bigint,
        Submission["proof"],
      ];
      return [{ account, round, claim, proof }];
    }),
    ...reader.all(SELECTORS.submitBatch, batchLength).flatMap((call) => {
      const decoded = decodeCall(GATE, "submitBatch", call);
      return decoded === undefined ? [] : [...(decoded as unknown as [readonly Submission[]])[0]];
    }),
    ...house.claims,
  ].map(({ account, round, claim, proof: { a, b, c } }) => ({
    account,
    round,
    claim,
    proof: { a: [...a], b: [...b], c: [...c] },
  }));
  type Book = Omit<AttestedTerms, "account" | "sleeve">;
  const attests = [
    ...reader.all(SELECTORS.attest, attestLength(ATTEST_HEAD)).flatMap((call) => {
      const decoded = decodeCall(REGISTRY, "attest", call);
      if (decoded === undefined) return [];
      const [account, book, attestations] = decoded as unknown as [string, Book, readonly Attestation[]];
      return [attestCall(account, book, attestations)];
    }),
    ...reader.all(SELECTORS.attestWithSleeve, attestLength(SLEEVED_ATTEST_HEAD)).flatMap((call) => {
      const decoded = decodeCall(REGISTRY, "attestWithSleeve", call);
      if (decoded === undefined) return [];
      const [account, book, { ledger, pricedAt, band, until, shocks }, attestations] = decoded as unknown as [
        string,
        Book,
        SleeveTerms,
        readonly Attestation[],
      ];
      return [
        attestCall(
          account,
          { ...plainBook(book), sleeve: { ledger, pricedAt, band, until, shocks } },
          attestations,
        ),
      ];
    }),
  ];
  return { submissions, attests, complete: reader.complete && house.complete, decoded: reader.decoded };
}

function attestCall(
  account: string,
  book: Omit<AttestedTerms, "account">,
  attestations: readonly Attestation[],
): AttestCall {
  const { sleeve } = book;
  const signed = { account, ...plainBook(book), ...(sleeve && { sleeve }) };
  return { book: signed, attestations: [...attestations] };
}

/** What ethers decoded, as an object of its own. */
function plainBook({ commitment, sequence, asOf, expiresAt }: Omit<AttestedTerms, "account" | "sleeve">) {
  return { commitment, sequence, asOf, expiresAt };
}

/** The address that signed a book; undefined if the signature is invalid. */
export function signerOf(
  place: { readonly chainId: bigint; readonly registry: string; readonly listing: Listing },
  book: AttestedTerms,
  signature: string,
): string | undefined {
  const { types, values } = attestedMessage(book, place.listing);
  const digest = TypedDataEncoder.hash(signingDomain(place), types, { ...values });
  // The registry knows no compact signatures.
  if (signature.length !== SIGNATURE_LENGTH) return undefined;
  try {
    return recoverAddress(digest, signature);
  } catch {
    return undefined;
  }
}

function submitLength(): number {
  return SUBMISSION * WORD;
}

function batchLength(data: string, at: number): number | null {
  const [offset, count] = [wordAt(data, at), wordAt(data, at + WORD)];
  return offset === 32 && count !== null ? (2 + count * SUBMISSION) * WORD : null;
}

/** @param head words before the attestations */
function attestLength(head: number): (data: string, at: number) => number | null {
  return (data, at) => {
    const list = at + head * WORD;
    const [offset, count] = [wordAt(data, list - WORD), wordAt(data, list)];
    if (offset !== head * 32 || count === null || count > MOST_ATTESTATIONS) return null;
    const first = list + WORD;
    let end = first;
    for (let i = 0; i < count; i++) {
      const place = wordAt(data, first + i * WORD);
      if (place === null) return null;
      // The attester, where its signature stands, and that signature's length.
      const attestation = first + 2 * place;
      const signature = wordAt(data, attestation + 2 * WORD);
      if (wordAt(data, attestation + WORD) !== 2 * 32 || signature === null) return null;
      end = Math.max(end, attestation + (3 + Math.ceil(signature / 32)) * WORD);
    }
    return end - at;
  };
}

/** A call of a restricted function, taken from an event or scheduled by somebody. */
export interface Act {
  /** The contract whose function it is. */
  readonly target: string;
  readonly call: string;
  readonly args: readonly unknown[];
}

export const MANAGER = interfaceOf(accessManager);
const INTERFACES = {
  accessManager: MANAGER,
  riskProfile: interfaceOf(riskProfile),
  marketLedger: interfaceOf(marketLedger),
  marginVault: interfaceOf(marginVault),
} as const;
export type GovernedRole = keyof typeof INTERFACES;

/** Selectors that one call of `setTargetFunctionRole` may have here; the contract has no bound, and nobody so many. */
const MOST_SELECTORS = 64;

/** The contracts whose restricted functions are judged, by address. */
export function governedContracts(deployment: Deployment): Map<string, GovernedRole> {
  const { contracts, derived = {}, marginVault: vault } = deployment;
  const { accessManager: manager, riskProfile: profile, marketLedger: ledger } = contracts;
  return new Map<string, GovernedRole>([
    [manager.address, "accessManager"],
    [profile.address, "riskProfile"],
    ...Object.values(derived).map(({ riskProfile: other }) => [other.address, "riskProfile"] as const),
    [ledger.address, "marketLedger"],
    ...(vault === undefined ? [] : [[vault.address, "marginVault"] as const]),
  ]);
}

/** The restricted call behind an event; null for an event that anybody may cause. */
export function actOf(event: ChainEvent, head: Pick<LogHead, "deployment" | "derived">): Act | null {
  const { name, fields } = event;
  const manager = head.deployment.contracts.accessManager.address;
  const target = loggedAddresses(head)[event.role] ?? "";
  const own = (call: string, ...args: readonly unknown[]): Act => ({ target, call, args });
  switch (name) {
    case "ProfileChanged":
      switch (CHANGE_NAMES[Number(fields.change)]) {
        case "set":
          return own("setProfile", fields.profile, fields.expiresAt, fields.fallbackProfile);
        case "tightened":
          return own("tighten", fields.profile);
        default:
          return null;
      }
    case "Paused":
      return own("pause");
    case "Unpaused":
      return own("unpause");
    case "SourcesChanged":
      return own("setSources", fields.feeds, fields.fundingSource, fields.sequencerGuard);
    case "AssetListed":
      return own("listAsset", fields.token, fields.slot, fields.quantumDecimals);
    case "AssetDelisted":
      return own("delistAsset", fields.token);
    case "AuthorityUpdated":
      return { target: manager, call: "updateAuthority", args: [own("").target, fields.authority] };
    case "RoleLabel":
      return own("labelRole", fields.roleId, fields.label);
    case "RoleGranted":
      return own("grantRole", fields.roleId, fields.account, fields.delay);
    case "RoleRevoked":
      return own("revokeRole", fields.roleId, fields.account);
    case "RoleAdminChanged":
      return own("setRoleAdmin", fields.roleId, fields.admin);
    case "RoleGuardianChanged":
      return own("setRoleGuardian", fields.roleId, fields.guardian);
    case "RoleGrantDelayChanged":
      return own("setGrantDelay", fields.roleId, fields.delay);
    case "TargetFunctionRoleUpdated":
      return own("setTargetFunctionRole", fields.target, [fields.selector], fields.roleId);
    case "TargetClosed":
      return own("setTargetClosed", fields.target, fields.closed);
    case "TargetAdminDelayUpdated":
      return own("setTargetAdminDelay", fields.target, fields.delay);
    default:
      return null;
  }
}

/** What a scheduled call would do, an act for each event that it emits; none if it calls nothing that is judged. */
export function actsIn(target: string, role: GovernedRole | undefined, data: string): Act[] {
  if (role === undefined) return [];
  const fragment = INTERFACES[role].getFunction(data.slice(0, 10));
  if (fragment === null) return [];
  let args: Result;
  try {
    args = INTERFACES[role].decodeFunctionData(fragment, data);
    args.toArray(true);
  } catch {
    return [];
  }
  const call = fragment.name;
  if (call !== "setTargetFunctionRole") return [{ target, call, args: args.toArray() }];
  const [of, selectors, roleId] = args.toArray() as [string, Result, bigint];
  if (selectors.length > MOST_SELECTORS) return [];
  return selectors.toArray().map((selector) => ({ target, call, args: [of, [selector], roleId] }));
}

/** Names an act, whichever way its call was encoded. */
export function actKey({ target, call, args }: Act): string {
  const text = JSON.stringify(args, (_, value) =>
    typeof value === "bigint" ? value.toString() : Array.isArray(value) ? [...value] : value,
  );
  return id(`${target} ${call} ${text}`);
}

/** The selector of a function of a judged contract. */
export function selectorOf(role: GovernedRole, call: string): string {
  return INTERFACES[role].getFunction(call)?.selector ?? "0x";
}

/** By target and selector, the role that each restricted function of a deployment should be of. */
export function dutiesOf(deployment: Deployment) {
  const { contracts, derived = {}, sources, marginVault: vault } = deployment;
  const deployed = [
    ...Object.values(contracts),
    ...Object.values(derived).flatMap((market) => Object.values(market)),
    ...Object.values(sources),
    ...(vault === undefined ? [] : [vault]),
  ];
  return new Map(
    DUTIES.flatMap(({ binding, role, functions }) => {
      const abi = interfaceOf(binding);
      return deployed
        .filter(({ contract }) => contract === binding.name)
        .flatMap(({ address }) =>
          functions.map((call): [string, { role: string; name: string }] => [
            `${address} ${abi.getFunction(call)?.selector}`,
            { role: String(role), name: `${binding.name}.${call}` },
          ]),
        );
    }),
  );
}
