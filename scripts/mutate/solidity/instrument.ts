import type { NumberedMutant } from "../mutant.js";
import { placesOf, render } from "../places.js";

/** The library that instrumented contracts ask; see Mutants.sol. */
const LIBRARY = "Mutants";

/**
 * A contract's text that holds all its mutants, each asleep until its number is the active one.
 * @param mutants all of this text
 * @param from the path of Mutants.sol, as this text would import it
 */
export function instrumentContract(text: string, mutants: readonly NumberedMutant[], from: string): string {
  if (mutants.length === 0) return text;
  const copies: string[] = [];
  const wrap = (own: readonly NumberedMutant[], inside: string) => wrapPlace(own, inside, text, copies);
  const rendered = render(text, placesOf(text, mutants), wrap);
  const withImport = rendered.replace(
    /^pragma [^;]*;/m,
    (pragma) => `${pragma} import {${LIBRARY}} from "${from}";`,
  );
  // The last contract of a file is the one that has modifiers to leave out.
  const end = withImport.lastIndexOf("}");
  return withAwake(`${withImport.slice(0, end)}${copies.join("\n")}${withImport.slice(end)}`);
}

function wrapPlace(
  mutants: readonly NumberedMutant[],
  inside: string,
  text: string,
  copies: string[],
): string {
  return mutants.reduce((kept, { id, replacement, form, type }) => {
    const on = `${LIBRARY}.on(${id})`;
    const as = (value: string) => (type === undefined ? `(${value})` : `${type}(${value})`);
    switch (form) {
      case "statement":
        return replacement === ""
          ? `{if (!${on}) {${kept}}}`
          : `{if (${on}) {${replacement}} else {${kept}}}`;
      case "modifier": {
        const { invocation, definition } = leftOutModifier(kept, id, text);
        copies.push(definition);
        return invocation;
      }
      case "yul statement":
        return `if sub($awake, ${id}) {${kept}}`;
      case "yul value":
        return `xor(${kept}, mul(eq($awake, ${id}), xor(${kept}, ${replacement})))`;
      default:
        return `(${on} ? ${as(replacement)} : ${as(kept)})`;
    }
  }, inside);
}

/** A copy of a modifier that does nothing while the mutant is awake. */
function leftOutModifier(
  invocation: string,
  id: number,
  text: string,
): { invocation: string; definition: string } {
  const [, name = "", given = ""] = /^(\w+)(.*)$/s.exec(invocation) ?? [];
  const on = `${LIBRARY}.on(${id})`;
  if (name === "restricted")
    return {
      invocation: `restricted${id}`,
      definition: `modifier restricted${id}() { if (!${on}) _checkCanCall(msg.sender, msg.data); _; }`,
    };
  if (name === "nonReentrant")
    // The lock is opened before it is asked.
    return {
      invocation: `opened${id} nonReentrant`,
      definition: `modifier opened${id}() { if (${on}) { bytes32 lock = _reentrancyGuardStorageSlot(); assembly { sstore(lock, 1) } } _; }`,
    };
  const own = new RegExp(`modifier ${name}\\(([^)]*)\\) \\{\\s*([^{}]*?)_;\\s*\\}`).exec(text);
  if (own === null)
    throw new Error(`${name}: expected a modifier of this file, of AccessManaged or of ReentrancyGuard`);
  return {
    invocation: `${name}${id}${given}`,
    definition: `modifier ${name}${id}(${own[1]}) { if (!${on}) { ${own[2]} } _; }`,
  };
}

/**
 * Yul cannot ask the library: each block that needs it is told beforehand which mutant is awake. All numbers from a
 * block's first to its last are its own.
 */
function withAwake(text: string): string {
  const blocks = text.split(/(?=\bassembly \("memory-safe"\) \{|\bassembly \{)/);
  return blocks
    .map((block, i) => {
      if (i === 0 || !block.includes("$awake")) return block;
      const ids = [...block.matchAll(/\$awake, (\d+)\)/g)].map(([, id]) => Number(id));
      const among = `${LIBRARY}.among(${Math.min(...ids)}, ${Math.max(...ids)})`;
      return `uint256 awake${i} = ${among}; ${block.replaceAll("$awake", `awake${i}`)}`;
    })
    .join("");
}
