import { accountStatus } from "zkmargin/chain";
import { ACCOUNT_KEYS, ACCOUNTS, type AccountKey } from "./setting.js";
import type { Moment, Simulation } from "./simulation.js";

/** What the chain knows of an account in the end. */
export interface Stand {
  readonly part: AccountKey;
  readonly account: string;
  readonly kind: "cross" | "isolated";
  /** The newest claim of health, basis points; null if there is none. */
  readonly claim: { readonly theta: number; readonly envelope: number; readonly round: bigint } | null;
  readonly status: string;
}

/** Medians of the whole story. */
export interface Figures {
  readonly proofs: number;
  readonly proveMs: number;
  readonly verifyMs: number;
  readonly submitGas: bigint;
  /** Of it for the EVM's curve operations, the pairing above all. */
  readonly curveGas: bigint;
  readonly batches: readonly { readonly proofs: number; readonly gasEach: bigint }[];
}

/** What everybody can read of the accounts, how they stood on the way, and what all of it cost. */
export interface Ending {
  readonly stands: readonly Stand[];
  readonly moments: readonly Moment[];
  readonly figures: Figures;
}

/** Reads the accounts once more, and verifies every proof off line. */
export async function ending(simulation: Simulation): Promise<Ending> {
  const stands: Stand[] = [];
  for (const part of ACCOUNT_KEYS) {
    const { claim, status } = await accountStatus(simulation.chain.open, simulation.holders[part].account);
    stands.push({
      part,
      account: ACCOUNTS[part].account,
      kind: ACCOUNTS[part].isolated ? "isolated" : "cross",
      claim: claim && { theta: claim.theta, envelope: claim.envelope, round: claim.round },
      status,
    });
  }
  const { verifier } = simulation.session;
  const verifyMs = simulation.proofs.map(({ bundle }) => {
    const start = performance.now();
    verifier.verify(bundle, bundle.market);
    return performance.now() - start;
  });
  const sizes = [...new Set(simulation.batches.map(({ proofs }) => proofs))].sort((a, b) => a - b);
  const figures = {
    proofs: simulation.proofs.length,
    proveMs: median(simulation.proofs.map(({ proveMs }) => proveMs)),
    verifyMs: median(verifyMs),
    submitGas: BigInt(median(simulation.singles.map(({ gas }) => Number(gas)))),
    curveGas: BigInt(median(simulation.singles.map(({ curveGas }) => Number(curveGas)))),
    batches: sizes.map((proofs) => {
      const each = simulation.batches
        .filter((batch) => batch.proofs === proofs)
        .map(({ gas }) => Number(gas));
      return { proofs, gasEach: BigInt(Math.round(median(each) / proofs)) };
    }),
  };
  return { stands, moments: simulation.moments, figures };
}

/** The middle one; of an even number the lower of the two in the middle. */
function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[(numbers.length - 1) >> 1] ?? 0;
}
