import * as z from "zod/mini";
import { addressesAhead, bigints, type Create, creator, type DeployStep } from "../../chain/deploy/create.js";
import type { OpenDeployment } from "../../chain/deployment.js";
import { openDerived } from "../../chain/derived.js";
import { clearingDefaults } from "../../chain/generated/ClearingDefaults.js";
import { clearingHouse } from "../../chain/generated/ClearingHouse.js";
import { defaultFund } from "../../chain/generated/DefaultFund.js";
import { marginGate } from "../../chain/generated/MarginGate.js";
import { wordsVerifier } from "../../chain/generated/WordsVerifier.js";
import type { Transactions } from "../../chain/transactions/transactions.js";
import { type NamedKey, pointOf, verifyingKeyWords } from "../../chain/verificationKey.js";
import { address } from "../../encoding/address.js";
import { type DeepReadonly, document, integer, printable, shaped } from "../../encoding/shape.js";
import { parseStrictJson } from "../../encoding/strictJson.js";
import { DeploymentMismatchError } from "../../errors.js";
import type { VerificationKeyPoints } from "../../groth16/verificationKey.js";
import type { Point } from "../../protocol/folding.js";
import { transitionWordCount } from "../../protocol/readTransition.js";
import { CLEARED_PER_WORD, checkKey } from "../../protocol/sealedBook.js";
import { REVEAL_FIXED_WORDS } from "../../protocol/transition.js";
import type { ClearingManifest } from "./manifest.js";

const FORMAT = "zkmargin/clearing-plan@1";
const seconds = integer(0, 2 ** 32 - 1);
const bps = integer(0, 65_535);
const cents = integer(0, Number.MAX_SAFE_INTEGER);

const schema = document(FORMAT, {
  /** Name of the deployment's derived market under the stress profile. */
  stress: printable(32),
  /** Token that is cleared in. */
  settlement: address,
  /** Health factor that a transition needs which opens risk. */
  initialMargin: bps,
  /** Time from a request to its payment. */
  horizon: seconds,
  /** Of the house's own gate: its grace is short. */
  gate: z.strictObject({ maxProofAge: seconds, gracePeriod: seconds, callPeriod: seconds, callMargin: bps }),
  fund: z.strictObject({
    alpha: bps,
    share: bps,
    assessment: bps,
    horizon: seconds,
    window: seconds,
    memoryPeriod: seconds,
    grace: seconds,
    assessmentPeriod: seconds,
    floor: cents,
    leastCap: cents,
  }),
  defaults: z.strictObject({
    revealPeriod: seconds,
    auctionPeriod: seconds,
    settlePeriod: seconds,
    closePeriod: seconds,
    claimPeriod: seconds,
    premium: bps,
    discount: bps,
  }),
});

/** A plan of a clearing house, `zkmargin/clearing-plan@1`: seconds, basis points and cents, as HouseTerms, FundTerms and DefaultTerms have them. */
export type ClearingPlan = DeepReadonly<z.infer<typeof schema>>;

/**
 * @throws InputError naming the field
 *
 * @example
 * ```ts
 * import { parseClearingPlan } from "zkmargin/clearing";
 *
 * console.log(parseClearingPlan(clearingPlanText).initialMargin); // 11000
 * ```
 */
export function parseClearingPlan(text: string, path = "plan"): ClearingPlan {
  return shaped(schema, parseStrictJson(text, path), { path });
}

/** The keys that a house verifies under, and that its books are sealed to. */
export interface ClearingKeys {
  /** Of the margin statement. */
  readonly margin: NamedKey;
  readonly transition: VerificationKeyPoints;
  readonly reveal: VerificationKeyPoints;
  readonly liquidators: Point;
}

/**
 * Deploys a clearing house on a deployment: its gate, verifiers, fund, contract of defaults, and the house. House, fund and defaults
 * name each other, so the addresses of the last two are known beforehand by the sender's nonce. The house refuses parts that are not its own.
 * @throws DeploymentMismatchError if another transaction of the sender came between; run it again
 * @throws what deploy throws
 *
 * @example
 * ```ts
 * import { deployHouse, serialiseClearing } from "zkmargin/clearing";
 *
 * const made = await deployHouse(houseOpen, houseDeployer, clearingPlan, clearingKeys);
 * console.log(Object.keys(made.contracts).length, serialiseClearing(made).length > 0); // 6 true
 * ```
 */
export async function deployHouse(
  open: OpenDeployment,
  transactions: Transactions,
  plan: ClearingPlan,
  keys: ClearingKeys,
  onStep: (step: DeployStep) => void = () => {},
): Promise<ClearingManifest> {
  const { connection, addresses, tier } = open;
  const { assets } = tier;
  checkKey(keys.liquidators, "liquidators' key");
  const create = creator(connection, transactions, onStep);
  const stress = openDerived(open, plan.stress);
  const gate = await create("clearing marginGate", marginGate, [
    addresses.marketLedger,
    addresses.bookRegistry,
    verifyingKeyWords(keys.margin.key),
    bigints(plan.gate),
  ]);
  const transition = await verifierOf(create, "transition", keys.transition, transitionWordCount(assets));
  const reveal = await verifierOf(create, "reveal", keys.reveal, REVEAL_FIXED_WORDS + assets);
  const at = await addressesAhead(connection, transactions.sender);
  const [defaultsAt, houseAt] = [at(1), at(2)];
  const fund = await create("defaultFund", defaultFund, [
    houseAt,
    defaultsAt,
    plan.settlement,
    stress.addresses.marginGate,
    bigints(plan.fund),
    addresses.accessManager,
  ]);
  const defaults = await create("clearingDefaults", clearingDefaults, [houseAt, bigints(plan.defaults)]);
  const { x: keyX, y: keyY } = keys.liquidators;
  const house = await create("clearingHouse", clearingHouse, [
    {
      gate: gate.address,
      stressGate: stress.addresses.marginGate,
      fund: fund.address,
      defaults: defaults.address,
      settlement: plan.settlement,
      transitions: transition.address,
      reveals: reveal.address,
      ...{ keyX, keyY },
      initialMargin: BigInt(plan.initialMargin),
      horizon: BigInt(plan.horizon),
    },
  ]);
  if (house.address.toLowerCase() !== houseAt.toLowerCase())
    throw new DeploymentMismatchError(
      `clearingHouse: expected it at ${houseAt}, got it at ${house.address}; another transaction came between, run it again`,
    );
  return {
    chainId: connection.chainId,
    bookRegistry: addresses.bookRegistry,
    stress: plan.stress,
    contracts: {
      clearingHouse: house,
      clearingDefaults: defaults,
      defaultFund: fund,
      transitionVerifier: transition,
      revealVerifier: reveal,
      marginGate: gate,
    },
  };
}

function verifierOf(create: Create, name: string, key: VerificationKeyPoints, words: number) {
  const at = (i: number) => pointOf(key.IC[i] ?? ["0", "0"]);
  return create(`${name} verifier`, wordsVerifier, [verifyingKeyWords(key), at(0), at(3), BigInt(words)]);
}
