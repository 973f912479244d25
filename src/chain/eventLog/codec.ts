import type { Interface } from "ethers";

/** The events of a contract in a role, each with its fields by name. */
export type EventOf<Role, Events> = {
  [Name in keyof Events & string]: {
    readonly role: Role;
    readonly name: Name;
    readonly fields: Events[Name];
  };
}[keyof Events & string];

/** An event as a log has it. */
interface Written {
  readonly topics: readonly string[];
  readonly data: string;
}

/** Name and fields of an event; undefined if the contract has none of these topics and data. */
export function decodeFields(
  abi: Interface,
  { topics, data }: Written,
): { readonly name: string; readonly fields: Record<string, unknown> } | undefined {
  try {
    const parsed = abi.parseLog({ topics, data });
    if (parsed === null) return undefined;
    // Not another text of the same event: padding and the like.
    const again = abi.encodeEventLog(parsed.fragment, parsed.args);
    if (again.data !== data || again.topics.join() !== topics.join()) return undefined;
    return { name: parsed.name, fields: parsed.args.toObject() };
  } catch {
    return undefined;
  }
}

/** The inverse of {@link decodeFields}. */
export function encodeFields(
  abi: Interface,
  { name, fields }: { readonly name: string; readonly fields: object },
): { readonly topics: string[]; readonly data: string } {
  const fragment = abi.getEvent(name);
  if (fragment === null) throw new RangeError(`no event ${name}`);
  const values = fragment.inputs.map((input) => (fields as Record<string, unknown>)[input.name]);
  const { topics, data } = abi.encodeEventLog(fragment, values);
  return { topics: topics.map(String), data };
}
