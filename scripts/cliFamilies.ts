/** What docs/cli is parted into: a page for each family of commands, and the options that many share. */

/** A page of commands that belong together. */
export interface Family {
  readonly file: string;
  readonly title: string;
  /** What the page is for, and for whom. */
  readonly opening: string;
  /** The first words of its commands, in the order of the page. */
  readonly commands: readonly string[];
}

export const FAMILIES: readonly Family[] = [
  {
    file: "keys",
    title: "Keys",
    opening:
      "For everyone who starts with zkmargin, and for those who make a production key. [KEYS.md](../KEYS.md) says what each kind of key is worth.",
    commands: ["setup", "ceremony"],
  },
  {
    file: "book",
    title: "Books",
    opening:
      "For an institution: make a book, and commit to it. [FORMATS.md](../FORMATS.md) describes its file.",
    commands: ["book"],
  },
  {
    file: "archive",
    title: "The archive of openings",
    opening:
      "For an institution and its auditors: keep what opens each commitment, and disclose parts of it. [AUDIT.md](../AUDIT.md) says who can open what.",
    commands: ["archive"],
  },
  {
    file: "prove",
    title: "Listings, markets, health and proofs",
    opening:
      "For an institution that proves, and for a counterparty that verifies. [STATEMENT.md](../STATEMENT.md) defines what is proven.",
    commands: ["listing", "market", "health", "prove", "verify"],
  },
  {
    file: "risk",
    title: "Risk profiles and options",
    opening:
      "For those who set margins: derive profiles, test them, and propose changes. [RISK.md](../RISK.md), [SIMULATION.md](../SIMULATION.md) and [OPTIONS.md](../OPTIONS.md) describe the methods.",
    commands: ["risk", "sleeve"],
  },
  {
    file: "chain",
    title: "On chain",
    opening:
      "For deployers, account owners, attesters and keepers. [CHAIN.md](../CHAIN.md) says what the contracts do.",
    commands: [
      "deploy",
      "dao",
      "local",
      "attest",
      "feeds",
      "poke",
      "round",
      "submit",
      "status",
      "keep",
      "worker",
      "queue",
    ],
  },
  {
    file: "serve",
    title: "Watching",
    opening:
      "For those who watch accounts: the service, its API and its board. [WATCHING.md](../WATCHING.md) has every metric and every alert.",
    commands: ["serve"],
  },
  {
    file: "settings",
    title: "Settings and names",
    opening:
      "For everyone who gives the same options every day. [OPERATING.md](../OPERATING.md) says where settings and keys come from.",
    commands: ["config", "names", "completion"],
  },
  {
    file: "vault",
    title: "The vault",
    opening:
      "For account owners, creditors and bidders. [CHAIN.md](../CHAIN.md) says how the vault uses the gate, [REMOTE.md](../REMOTE.md) how collateral on another chain does.",
    commands: ["vault", "liquidate", "remote"],
  },
  {
    file: "clearing",
    title: "The clearing house",
    opening:
      "For liquidators, who hold the key that cleared books are sealed to. [CLEARING.md](../CLEARING.md) says how, and what they can do.",
    commands: ["clearing"],
  },
  {
    file: "credit",
    title: "Credit without security",
    opening:
      "For account owners and lenders. [CREDIT.md](../CREDIT.md) says what the covenant is, and who can lose what.",
    commands: ["credit"],
  },
  {
    file: "audit",
    title: "Audits",
    opening:
      "For auditors: replay what a deployment recorded, and report what does not fit. [AUDIT.md](../AUDIT.md) describes the checks.",
    commands: ["audit"],
  },
];

/** Options that many commands share, by what they are about. README.md explains them once. */
export const SHARED: readonly (readonly [title: string, options: readonly string[]])[] = [
  ["node", ["--rpc", "--timeout", "--patience"]],
  ["deployment", ["--deployment", "--home"]],
  [
    "signing key",
    [
      "--keystore",
      "--password-env",
      "--password-file",
      "--key-env",
      "--signer",
      "--from",
      "--signer-timeout",
    ],
  ],
  ["transaction", ["--journal", "--confirmations", "--fee-cap", "--dry-run"]],
  ["result", ["--json"]],
];
