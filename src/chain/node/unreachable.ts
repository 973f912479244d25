import { NodeUnreachableError } from "../../errors.js";
import type { Trouble } from "./answers.js";
import type { Endpoint } from "./endpoint.js";

/**
 * What is thrown once there is nothing more to be tried: what each node said, by its host, and what to do.
 * @param over whether every node refuses the request, or patience, milliseconds, is over
 */
export function unreachable(
  method: string,
  heard: ReadonlyMap<Endpoint, Trouble>,
  over: "refused" | "patience",
  patience: number,
): NodeUnreachableError {
  const nodes = [...heard].map(
    ([{ host }, { what }], i) =>
      `node ${host}: ${i === 0 ? `expected an answer to ${method}, ` : ""}got ${what}`,
  );
  const todo = [...heard.values()].map((trouble) => trouble.todo).find((text) => text !== undefined);
  const end =
    over === "refused"
      ? (todo ?? "it answers other requests; give another --rpc")
      : `${todo ?? "is it up?"} Given up after ${patience / 1_000} s of it; run again to carry on`;
  const [first] = heard.values();
  return new NodeUnreachableError(`${nodes.join("; ")}; ${end}`, first?.kind);
}
