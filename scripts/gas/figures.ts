import type { Mined } from "./localNode.js";

/** What one thing cost, gas. */
export interface Figure {
  /** In all: gasUsed of the receipt. */
  readonly gas: number;
  /** Without the 21 000 of every transaction and without its calldata. */
  readonly execution?: number;
  /** Proofs in it, or signals that it folded. */
  readonly count?: number;
  /** For one of them, rounded up: see the section. */
  readonly each?: number;
  /** Bytes of the contract's code, where they are of interest. */
  readonly codeSize?: number;
}

/** Figures by what they are of. */
export type Section = Readonly<Record<string, Figure>>;

/** Sections of the report, and their titles. */
export const TITLES = {
  /** `each`: execution of a proof. */
  verification: "Verification alone",
  /** `each`: gas of a proof, in all. */
  gate: "The gate",
  derived: "A derived market, under a second profile",
  /** `each`: gas of a folded signal beyond a round in which nothing moves. */
  freshRounds: "A round of 16 assets, while the ledger's rings are new",
  wrappedRounds: "A round of 16 assets, once the rings have come round",
  accounts: "Accounts and books",
  governance: "Governance",
  vault: "The vault",
  deployment: "Deployment",
} as const;

export type SectionName = keyof typeof TITLES;

/** Everything that is measured, and under what: test/snapshots/gas.json. */
export interface GasReport {
  readonly hardfork: string;
  readonly solc: string;
  readonly optimiserRuns: number;
  /** R1CS constraints: of the statement as it is, and of the hash that would make its public signals one. */
  readonly constraints: { readonly statement: number; readonly hashOfSignals: number };
  readonly sections: Readonly<Record<SectionName, Section>>;
}

/** The figure of a transaction. */
export function figure({ gas, execution }: Mined): Figure {
  return { gas, execution };
}

/** That of a transaction with `count` proofs, shared out by what is to be shared. */
export function shared(mined: Mined, count: number, share: "gas" | "execution"): Figure {
  return { ...figure(mined), count, each: Math.ceil(mined[share] / count) };
}
