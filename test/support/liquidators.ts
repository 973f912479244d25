import { keccak256, toUtf8Bytes, Wallet } from "ethers";
import { type Card, makeCard, type Terms } from "../../src/clearing/liquidators/ceremony.js";
import { NEUTRAL, type RandomBytes, randomScalar } from "../../src/clearing/liquidators/curve.js";
import { dealersOf, type KeyShare } from "../../src/clearing/liquidators/dealing.js";
import {
  type CeremonyState,
  type MemberOptions,
  type Step,
  takeStep,
} from "../../src/clearing/liquidators/member.js";
import type { Message } from "../../src/clearing/liquidators/messages.js";
import { FIELD_R } from "../../src/protocol/bounds.js";
import type { Point } from "../../src/protocol/folding.js";
import { BASE } from "../../src/protocol/sealedBook.js";
import { Random } from "./cases.js";

export const CHAIN = 31337n;
/** A generator of the whole curve (ERC-2494): of the prime subgroup it is not. */
const FULL_ORDER: Point = {
  x: 995203441582195749578291179787384436505546430278305826713579947235728471134n,
  y: 5472060717959818805561601436314318772137091100104008585924551046643952123905n,
};

/** A liquidator of a test, and what it keeps of the ceremony at hand. */
export interface TestMember {
  readonly wallet: Wallet;
  readonly secret: bigint;
  readonly card: Card;
  state: CeremonyState | undefined;
  share: KeyShare | undefined;
}

/** Bytes of a seed. */
export function seededBytes(seed: number): RandomBytes {
  const random = new Random(seed);
  return (count) => Uint8Array.from({ length: count }, () => random.integer(0, 255));
}

export async function testMembers(count: number, seed: number): Promise<TestMember[]> {
  const random = seededBytes(seed);
  const members: TestMember[] = [];
  for (let i = 0; i < count; i++) {
    const wallet = new Wallet(keccak256(toUtf8Bytes(`liquidator ${seed} ${i}`)));
    const secret = randomScalar(random);
    const card = await makeCard(wallet, CHAIN, secret, random);
    members.push({ wallet, secret, card, state: undefined, share: undefined });
  }
  return members;
}

export function testTerms(
  members: readonly TestMember[],
  threshold: number,
  previous?: Terms["previous"],
  nonce = 1,
): Terms {
  const terms = {
    chainId: CHAIN,
    nonce: `0x${nonce.toString(16).padStart(64, "0")}`,
    threshold,
    members: members.map(({ card }) => card),
  };
  return previous === undefined ? terms : { ...terms, previous };
}

/** What changes a message on its way to the board, or keeps it from it. */
export type Tamper = (message: Message) => Message | undefined | Promise<Message | undefined>;

/** One member's step. */
export async function stepOf(
  member: TestMember,
  terms: Terms,
  board: readonly Message[],
  options: Partial<MemberOptions> & { readonly random: RandomBytes },
): Promise<Step> {
  const step = await takeStep(member.state ?? { terms, sent: [] }, board, {
    ...{ wallet: member.wallet, secret: member.secret },
    ...(member.share === undefined ? {} : { share: member.share }),
    keep: async (state) => {
      member.state = state;
    },
    ...options,
  });
  return step;
}

/** Plays a ceremony until nobody has more to say. Returns the board, and each one's last step. */
export async function playCeremony(
  members: readonly TestMember[],
  terms: Terms,
  seed: number,
  tamper: Tamper = (message) => message,
  recover: readonly number[] = [],
): Promise<{ readonly board: Message[]; readonly steps: Step[] }> {
  const board: Message[] = [];
  const seen = new Set<string>();
  const random = seededBytes(seed);
  let steps: Step[] = [];
  for (const member of members) member.state = undefined;
  for (let size = -1; size !== board.length; ) {
    size = board.length;
    steps = [];
    for (const member of members) {
      const step = await stepOf(member, terms, board, { random, recover });
      steps.push(step);
      for (const message of step.publish) {
        if (seen.has(message.signature)) continue;
        seen.add(message.signature);
        const changed = await tamper(message);
        if (changed !== undefined) board.push(changed);
      }
    }
  }
  return { board, steps };
}

/** A generated key, with each member's share. */
export async function generated(
  count: number,
  threshold: number,
  seed: number,
): Promise<{ readonly members: TestMember[]; readonly terms: Terms; readonly board: Message[] }> {
  const members = await testMembers(count, seed);
  const terms = testTerms(members, threshold);
  const { board, steps } = await playCeremony(members, terms, seed);
  steps.forEach(({ share }, i) => {
    (members[i] as TestMember).share = share;
  });
  if (dealersOf(terms).length !== count) throw new Error("all members deal");
  return { members, terms, board };
}

/** The point of order two. */
const ORDER_TWO: Point = { x: 0n, y: FIELD_R - 1n };

/** Points that a liquidator must take from nobody. */
export const HOSTILE_POINTS: readonly (readonly [name: string, point: Point])[] = [
  ["off the curve", { x: 1n, y: 2n }],
  ["neutral", NEUTRAL],
  ["of order two", ORDER_TWO],
  ["of order eight times the subgroup's", FULL_ORDER],
  ["a key plus the point of order two", { x: FIELD_R - BASE.x, y: FIELD_R - BASE.y }],
  ["not in canonical coordinates", { x: BASE.x + FIELD_R, y: BASE.y }],
];
