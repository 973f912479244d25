import type { Curve } from "ffjavascript";
import { FIELD_Q, FIELD_R } from "../../src/protocol/bounds.js";

/** Commitment, claim, and a proof's eight coordinates in the EVM's order: what the contract is given. */
export type Words = readonly bigint[];

const [COMMITMENT, CLAIM, A, B, C, END] = [0, 1, 2, 4, 8, 10] as const;
/** Whatever is not 0: the edits must be the same every time. */
const NONCE = 0x5eedn;

export interface Edit {
  readonly name: string;
  readonly words: Words;
}

/** A proof's words, each spoiled in turn, and what else is or looks like a proof of the same statement. */
export function editsOf(words: Words, others: readonly Words[], curve: Curve): Edit[] {
  const edits: Edit[] = [
    { name: "as proven", words },
    { name: "re-randomised", words: rerandomised(words, curve) },
    { name: "A and C swapped", words: picked(words, [0, 1, 8, 9, 4, 5, 6, 7, 2, 3]) },
    { name: "halves of B swapped", words: picked(words, [0, 1, 2, 3, 5, 4, 7, 6, 8, 9]) },
    { name: "A at infinity", words: put(put(words, A, 0n), A + 1, 0n) },
    { name: "C at infinity", words: put(put(words, C, 0n), C + 1, 0n) },
    { name: "−A", words: put(words, A + 1, FIELD_Q - at(words, A + 1)) },
    { name: "−C", words: put(words, C + 1, FIELD_Q - at(words, C + 1)) },
    { name: "commitment 0", words: put(words, COMMITMENT, 0n) },
    { name: "verdict turned", words: put(words, CLAIM, at(words, CLAIM) ^ (1n << 30n)) },
    { name: "theta one higher", words: put(words, CLAIM, at(words, CLAIM) + 1n) },
    { name: "envelope one wider", words: put(words, CLAIM, at(words, CLAIM) + (1n << 16n)) },
  ];
  for (let i = 0; i < END; i++) {
    const modulus = i < A ? FIELD_R : FIELD_Q;
    edits.push({ name: `word ${i} + 1`, words: put(words, i, (at(words, i) + 1n) % modulus) });
    edits.push({ name: `word ${i} + modulus`, words: put(words, i, at(words, i) + modulus) });
    edits.push({ name: `word ${i} the modulus`, words: put(words, i, modulus) });
  }
  others.forEach((other, i) => {
    edits.push({ name: `proof of the next but ${i}`, words: [...words.slice(0, A), ...other.slice(A)] });
    edits.push({ name: `claim of the next but ${i}`, words: put(words, CLAIM, at(other, CLAIM)) });
    edits.push({
      name: `commitment of the next but ${i}`,
      words: put(words, COMMITMENT, at(other, COMMITMENT)),
    });
  });
  return edits;
}

/** (A / s, s·B, C): another proof of the same statement, which anybody can make of one they have seen. */
function rerandomised(words: Words, { G1, G2, Fr }: Curve): Words {
  const scalar = Fr.e(NONCE);
  const a = G1.timesFr(G1.fromObject([at(words, A), at(words, A + 1)]), Fr.inv(scalar));
  const [x1, x0, y1, y0] = words.slice(B, C) as [bigint, bigint, bigint, bigint];
  const b = G2.timesFr(
    G2.fromObject([
      [x0, x1],
      [y0, y1],
    ]),
    scalar,
  );
  const [ax = 0n, ay = 0n] = G1.toObject(G1.toAffine(a));
  const [bx = [], by = []] = G2.toObject(G2.toAffine(b));
  return [
    ...words.slice(0, A),
    ax,
    ay,
    ...[bx[1], bx[0], by[1], by[0]].map((c) => c ?? 0n),
    ...words.slice(C),
  ];
}

function picked(words: Words, order: readonly number[]): Words {
  return order.map((i) => at(words, i));
}

function put(words: Words, index: number, word: bigint): Words {
  return words.map((before, i) => (i === index ? word : before));
}

function at(words: Words, index: number): bigint {
  const word = words[index];
  if (word === undefined) throw new RangeError(`words: expected one at ${index}, got ${words.length}`);
  return word;
}
