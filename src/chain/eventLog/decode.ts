import { Interface } from "ethers";
import { type AnyBinding, interfaceOf } from "../binding.js";
import { type AccessManagerEvents, accessManager } from "../generated/AccessManager.js";
import { type BookRegistryEvents, bookRegistry } from "../generated/BookRegistry.js";
import { type MarginGateEvents, marginGate } from "../generated/MarginGate.js";
import { type MarginVaultEvents, marginVault } from "../generated/MarginVault.js";
import { type MarketLedgerEvents, marketLedger } from "../generated/MarketLedger.js";
import { type RiskProfileEvents, riskProfile } from "../generated/RiskProfile.js";
import type { LogEvent, LoggedRole } from "./record.js";

type EventOf<Role extends LoggedRole, Events> = {
  [Name in keyof Events & string]: {
    readonly role: Role;
    readonly name: Name;
    readonly fields: Events[Name];
  };
}[keyof Events & string];

/** An event with its fields by name, of whichever contract. */
export type ChainEvent =
  | EventOf<"accessManager", AccessManagerEvents>
  | EventOf<"riskProfile", RiskProfileEvents>
  | EventOf<"marketLedger", MarketLedgerEvents>
  | EventOf<"bookRegistry", BookRegistryEvents>
  | EventOf<"marginGate", MarginGateEvents>
  | EventOf<"marginVault", MarginVaultEvents>;

/** The bindings of the contracts whose events are recorded. */
export const LOGGED_BINDINGS: Readonly<Record<LoggedRole, AnyBinding>> = {
  accessManager,
  riskProfile,
  marketLedger,
  bookRegistry,
  marginGate,
  marginVault,
};

const INTERFACES = Object.fromEntries(
  Object.entries(LOGGED_BINDINGS).map(([role, binding]) => [role, interfaceOf(binding)]),
) as Record<LoggedRole, Interface>;

/** The event of a record; undefined if its contract has none of these topics and data. */
export function decodeEvent({ role, topics, data }: LogEvent): ChainEvent | undefined {
  try {
    const parsed = INTERFACES[role].parseLog({ topics, data });
    if (parsed === null) return undefined;
    // Not another text of the same event: padding and the like.
    const again = INTERFACES[role].encodeEventLog(parsed.fragment, parsed.args);
    if (again.data !== data || again.topics.join() !== topics.join()) return undefined;
    return { role, name: parsed.name, fields: parsed.args.toObject() } as unknown as ChainEvent;
  } catch {
    return undefined;
  }
}

/** The inverse of {@link decodeEvent}: to make a log that no chain has. */
export function encodeEvent({ role, name, fields }: ChainEvent): Pick<LogEvent, "role" | "topics" | "data"> {
  const fragment = INTERFACES[role].getEvent(name);
  if (fragment === null) throw new RangeError(`no event ${name}`);
  const values = fragment.inputs.map((input) => (fields as Record<string, unknown>)[input.name]);
  const { topics, data } = INTERFACES[role].encodeEventLog(fragment, values);
  return { role, topics: topics.map(String), data };
}
