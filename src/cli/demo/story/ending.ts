import { accountStatus } from "../../../chain/status.js";
import { CAST, type PartName } from "../cast.js";
import type { Moment, World } from "../world.js";

/** What the chain knows of an account in the end, and how it stood on the way. */
export interface Stand {
  readonly part: PartName;
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

export interface Ending {
  readonly stands: readonly Stand[];
  readonly moments: readonly Moment[];
  readonly figures: Figures;
}

export async function ending(world: World): Promise<Ending> {
  const stands: Stand[] = [];
  for (const part of Object.keys(CAST) as PartName[]) {
    const { claim, status } = await accountStatus(world.chain.open, world.desks[part].account);
    stands.push({
      part,
      account: CAST[part].account,
      kind: CAST[part].isolated ? "isolated" : "cross",
      claim: claim && { theta: claim.theta, envelope: claim.envelope, round: claim.round },
      status,
    });
  }
  const { verifier } = world.session;
  const verifyMs = world.proofs.map(({ bundle }) => {
    const start = performance.now();
    verifier.verify(bundle, bundle.market);
    return performance.now() - start;
  });
  const sizes = [...new Set(world.batches.map(({ proofs }) => proofs))].sort((a, b) => a - b);
  const figures = {
    proofs: world.proofs.length,
    proveMs: median(world.proofs.map(({ proveMs }) => proveMs)),
    verifyMs: median(verifyMs),
    submitGas: BigInt(median(world.singles.map(({ gas }) => Number(gas)))),
    curveGas: BigInt(median(world.singles.map(({ curveGas }) => Number(curveGas)))),
    batches: sizes.map((proofs) => {
      const each = world.batches.filter((batch) => batch.proofs === proofs).map(({ gas }) => Number(gas));
      return { proofs, gasEach: BigInt(Math.round(median(each) / proofs)) };
    }),
  };
  return { stands, moments: world.moments, figures };
}

/** The middle one; of an even number the lower of the two in the middle. */
function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[(numbers.length - 1) >> 1] ?? 0;
}
