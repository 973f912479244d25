import type { Names } from "../names.js";
import type { Audit } from "../result.js";
import { counted } from "./format.js";
import { type Content, code, foreign, html, type Markup, section, table } from "./markup.js";

/** Ids that the report tells in full; the JSON has all. */
const SHOWN = 500;

const ID = /(0x[0-9a-fA-F]{64}(?![0-9a-fA-F])|0x[0-9a-fA-F]{40}(?![0-9a-fA-F]))/;

/** Somebody or something with an id. */
interface Known {
  readonly id: string;
  /** What it is called; null where nobody has named it. */
  readonly name: string | null;
  /** What it is to the deployment. */
  readonly roles: Set<string>;
}

/**
 * What every account and address is called, the same wherever it stands: the name that the reader's file gives it; else of
 * an account the name that its owner chose, in quotation marks, of a contract its role, of a token its symbol. Beside
 * each name stands the id, by its ends.
 */
export class Identities {
  readonly #known = new Map<string, Known>();

  constructor({ accounts, deployment }: Pick<Audit, "accounts" | "deployment">, names: Names = new Map()) {
    const know = (id: string, role: string, otherwise: string | null = null) => {
      const key = id.toLowerCase();
      const known = this.#known.get(key) ?? { id, name: names.get(key) ?? otherwise, roles: new Set() };
      known.roles.add(role);
      this.#known.set(key, known);
    };
    for (const { account, name, owner, attesters, vault } of accounts) {
      know(account, "account", /^0x[0-9a-fA-F]{64}$/.test(name) ? null : `“${name}”`);
      know(owner, "owner");
      for (const each of attesters) know(each, "attester");
      if (vault?.creditor != null) know(vault.creditor, "creditor");
    }
    for (const [role, address] of Object.entries(deployment.contracts)) know(address, "contract", role);
    for (const { token, symbol } of deployment.tokens) know(token, "token", symbol);
  }

  /** Its name, and its id by its ends. */
  of(id: string): Markup {
    const { name } = this.#of(id);
    const ends = code(shortId(id));
    return html`<span class="who">${name === null ? ends : [foreign(name), " ", ends]}</span>`;
  }

  /** As {@link of}, where there can be no markup. */
  text(id: string): string {
    const { name } = this.#of(id);
    return name === null ? shortId(id) : `${name} ${shortId(id)}`;
  }

  /** Its name alone; nothing where it has none. */
  name(id: string): string {
    return this.#of(id).name ?? "";
  }

  /** A sentence of a finding, in which the ids that are known have the same names as everywhere else. */
  prose(words: string): Content {
    return words
      .split(ID)
      .map((part) =>
        this.#known.has(part.toLowerCase()) ? this.of(part) : part === "" ? null : foreign(part),
      );
  }

  #of(id: string): Pick<Known, "name"> {
    return this.#known.get(id.toLowerCase()) ?? { name: null };
  }

  /** Every id in full, with its name. */
  section(): Markup {
    const all = [...this.#known.values()].sort((a, b) => rank(a) - rank(b));
    const left = all.length - SHOWN;
    return section(
      "identities",
      "Who is who",
      table(
        "Accounts and addresses, each with its id in full",
        ["name", "what it is", "id"],
        all.slice(0, SHOWN).map(({ id, roles }) => [this.of(id), [...roles].join(", "), code(id)]),
        [1, 2],
      ),
      left <= 0
        ? null
        : html`<p class="aside">${counted(left, "id")} more are not listed; the JSON has them.</p>`,
    );
  }
}

/** Named ones first. */
function rank({ name }: Known): number {
  return name === null ? 1 : 0;
}

/** An id by its ends: "0x1234…abcd". */
function shortId(id: string): string {
  return `${id.slice(0, 6)}…${id.slice(-4)}`;
}
