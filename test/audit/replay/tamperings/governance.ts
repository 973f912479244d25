import { Interface, id, Wallet } from "ethers";
import { ANVIL_KEYS } from "../../../../src/chain/anvil.js";
import type { ChainEvent } from "../../../../src/chain/eventLog/record.js";
import { accessManager } from "../../../../src/chain/generated/AccessManager.js";
import { marketLedger } from "../../../../src/chain/generated/MarketLedger.js";
import { riskProfile } from "../../../../src/chain/generated/RiskProfile.js";
import { ROLES } from "../../../../src/chain/roles.js";
import type { Recording } from "../recording.js";
import { edit, type Tampering } from "./tampering.js";

const STRANGER = new Wallet(ANVIL_KEYS[9]).address;
const SCHEDULED = 172_800;
const MANAGER = new Interface(accessManager.abi);
const LEDGER = new Interface(marketLedger.abi);
const SET_PROFILE = new Interface(riskProfile.abi).getFunction("setProfile")?.selector ?? "";
const PUBLIC = 2n ** 64n - 1n;

/** Ways to govern against the rules, in the block of a late round. */
export function governanceTamperings(lines: number): Tampering[] {
  const at = (log: Recording) => log.find("RoundCommitted", 10);
  const after = (code: Tampering["code"], what: string, event: (log: Recording) => ChainEvent) =>
    edit(code, what, lines, (log) => log.insert(at(log), event(log)));
  return [
    after("governance-undelayed", "a governor who waits, appointed at once", () =>
      granted(ROLES.governor, SCHEDULED),
    ),
    after("governance-undelayed", "a pause by a passer-by", () => paused(STRANGER)),
    after("governance-undelayed", "another token listed at once", (log) => ({
      role: "marginVault",
      name: "AssetListed",
      fields: { ...log.find("AssetListed", 0).fields, token: STRANGER },
    })),
    after("governance-undelayed", "a role's label at once", () => ({
      role: "accessManager",
      name: "RoleLabel",
      fields: { roleId: ROLES.governor, label: "governor" },
    })),
    after("governance-undelayed", "sources that are the manifest's, set at once", (log) => ({
      role: "marketLedger",
      name: "SourcesChanged",
      fields: log.find("SourcesChanged", 0).fields,
    })),
    edit("governance-undelayed", "sources other than those that were scheduled", lines, (log) => {
      schedule(log, sourcesCall(log, STRANGER));
      execute(log, sourcesCall(log, STRANGER), sources(log, new Wallet(ANVIL_KEYS[8]).address));
    }),
    edit("governance-undelayed", "sources once more than they were scheduled", lines, (log) => {
      const { feeds, fundingSource, sequencerGuard } = log.find("SourcesChanged", 0).fields;
      const call = LEDGER.encodeFunctionData("setSources", [[...feeds], fundingSource, sequencerGuard]);
      const event = {
        role: "marketLedger",
        name: "SourcesChanged",
        fields: log.find("SourcesChanged", 0).fields,
      };
      schedule(log, ledgerCall(log, call));
      execute(log, ledgerCall(log, call), event as ChainEvent, event as ChainEvent);
    }),
    edit("governance-undelayed", "an act that was scheduled for too soon", lines, (log) => {
      schedule(log, labelCall(log), SCHEDULED - 1);
      execute(log, labelCall(log), label());
    }),
    edit("governance-undelayed", "an act that was left for too long", lines, (log) => {
      schedule(log, labelCall(log));
      execute(log, { ...labelCall(log), late: true }, label());
    }),
    edit("governance-undelayed", "an act that somebody else has scheduled", lines, (log) => {
      schedule(log, { ...labelCall(log), caller: STRANGER });
      execute(log, { ...labelCall(log), caller: STRANGER }, label());
    }),
    edit("governance-rules", "a governor without a delay, duly appointed", lines, (log) => {
      const call = managerCall(log, "grantRole", ROLES.governor, STRANGER, 0n);
      schedule(log, call);
      execute(log, call, granted(ROLES.governor, 0));
    }),
    edit("governance-rules", "profiles for everybody to set, duly decided", lines, (log) => {
      const { address } = log.deployment.contracts.riskProfile;
      const call = managerCall(log, "setTargetFunctionRole", address, [SET_PROFILE], PUBLIC);
      schedule(log, call);
      const fields = { target: address, selector: SET_PROFILE, roleId: PUBLIC };
      execute(log, call, { role: "accessManager", name: "TargetFunctionRoleUpdated", fields });
    }),
    edit("governance-rules", "another authority, duly decided", lines, (log) => {
      const { address } = log.deployment.contracts.marketLedger;
      const call = managerCall(log, "updateAuthority", address, STRANGER);
      schedule(log, call);
      execute(log, call, { role: "marketLedger", name: "AuthorityUpdated", fields: { authority: STRANGER } });
    }),
    edit("governance-rules", "a deployer who stays an administrator", lines, (log) =>
      log.remove("RoleRevoked", 0),
    ),
    edit("governance-rules", "a function that the deployer gave to nobody", lines, (log) =>
      log.remove("TargetFunctionRoleUpdated", 0),
    ),
    edit("delay-shortened", "a governor who waits a day, duly appointed", lines, (log) => {
      const call = managerCall(log, "grantRole", ROLES.governor, STRANGER, 86_400n);
      schedule(log, call);
      execute(log, call, granted(ROLES.governor, 86_400));
    }),
    edit("sources-mismatch", "a ledger made with another feed of BTC", lines, (log) => {
      log.edit("SourcesChanged", 0, ({ feeds }) => ({
        feeds: [...feeds].map((feed, u) => (u === 1 ? (feeds[0] ?? feed) : feed)),
      }));
    }),
    edit("sources-changed", "another feed of BTC, duly decided", lines, (log) => {
      schedule(log, sourcesCall(log, STRANGER));
      execute(log, sourcesCall(log, STRANGER), sources(log, STRANGER));
    }),
  ];
}

interface Call {
  readonly caller: string;
  readonly target: string;
  readonly data: string;
  /** Executed in the last round's block, when the manager has forgotten it. */
  readonly late?: boolean;
}

function managerCall(log: Recording, name: string, ...args: unknown[]): Call {
  const target = log.deployment.contracts.accessManager.address;
  return { caller: governorOf(log), target, data: MANAGER.encodeFunctionData(name, args) };
}

function labelCall(log: Recording): Call {
  return managerCall(log, "labelRole", ROLES.governor, "governor");
}

function label(): ChainEvent {
  return { role: "accessManager", name: "RoleLabel", fields: { roleId: ROLES.governor, label: "governor" } };
}

function ledgerCall(log: Recording, data: string): Call {
  return { caller: governorOf(log), target: log.deployment.contracts.marketLedger.address, data };
}

function sourcesCall(log: Recording, feed: string): Call {
  const { feeds, fundingSource, sequencerGuard } = sources(log, feed).fields;
  return ledgerCall(
    log,
    LEDGER.encodeFunctionData("setSources", [[...feeds], fundingSource, sequencerGuard]),
  );
}

/** The ledger's sources with another feed of the second asset. */
function sources(log: Recording, feed: string) {
  const { fields } = log.find("SourcesChanged", 0);
  const feeds = [...fields.feeds].map((each, u) => (u === 1 ? feed : each));
  return { role: "marketLedger", name: "SourcesChanged", fields: { ...fields, feeds } } as const;
}

function governorOf(log: Recording): string {
  const grants = [0, 1, 2, 3].map((nth) => log.find("RoleGranted", nth).fields);
  return grants.find(({ roleId }) => roleId === ROLES.governor)?.account ?? "";
}

/** Has a call scheduled in the block of the first round, for as long after it. */
function schedule(log: Recording, { caller, target, data }: Call, wait = SCHEDULED): void {
  const first = log.find("RoundCommitted", 0);
  const schedule = BigInt(first.block.time + wait);
  const fields = { operationId: id(data), nonce: 1n, schedule, caller, target, data };
  log.insert(first, { role: "accessManager", name: "OperationScheduled", fields });
}

/** Has it executed in the block of the sixth round, days later, with what it does in the same transaction. */
function execute(log: Recording, { data, late = false }: Call, ...effects: readonly ChainEvent[]): void {
  const last = log.find("RoundCommitted", late ? -1 : 5);
  const executed = { operationId: id(data), nonce: 1n };
  log.insert(last, { role: "accessManager", name: "OperationExecuted", fields: executed });
  const tx = last.block.events.at(-1)?.tx ?? 0;
  for (const effect of effects) {
    log.insert(last, effect);
    Object.assign(last.block.events.at(-1) ?? {}, { tx });
  }
}

function granted(roleId: bigint, delay: number): ChainEvent {
  const fields = { roleId, account: STRANGER, delay: BigInt(delay), since: 1n, newMember: true };
  return { role: "accessManager", name: "RoleGranted", fields };
}

function paused(by: string): ChainEvent {
  return { role: "riskProfile", name: "Paused", fields: { by } };
}
