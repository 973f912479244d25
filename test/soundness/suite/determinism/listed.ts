/**
 * Components for which a lemma holds: the fingerprints of their rules. A template that was changed has another one; argue its lemma
 * again, then write it here.
 */
export const FINGERPRINTS: ReadonlySet<string> = new Set([
  // lib/NettedPair(64)
  "b27fd1b24bd6f6654cb03a9b5671a66b66ce3da7e80790f0e79909f4b56004ad",
  // lib/NonZeroWhere()
  "4bbc00fe63f244517f111061ab4f59a0e5fb00c51819649df59ee8c253447fc9",
  // lib/OneHot(16), (4) and (3)
  "d2ea248e150786e133e177ea4681844070591f3a378fdab2fd5b80b3bbaff326",
  "0388d1730c094b3c21dea6431889aec44da3baf8e4f81c8c1669df8259892151",
  "7c3a94e83d0e146d358f1ecc417b332b563dc28de9d80b7c1794d6284f7c107b",
  // lib/KeyAgreement()
  "d1fbd785151bb36e9f6bc8db8c09ade8ce40e21b7f9da3e23bc95b3cefa8d17a",
  // lib/Maximum(16, 148), (16, 149) and (2, 145)
  "d7ee5c9f4ade2cf1d46a4f7f3a9197606bef6b0ffd8bcfb7f568da0d8316ee51",
  "9ccf6a27d8983fc0b2bdf17fc85d883a741631b12ff6c4d908bef54c2f58763a",
  "75134afed83b7be11ac7e4adae1545bac70ac58a5aea099e1ec0c3f4439d8ea7",
]);

/** Signals of a lemma's template that its inputs do not determine, by their names in the component, and why they need not be. */
export const FREE: Readonly<Record<string, { readonly signals: RegExp; readonly why: string }>> = {
  "lib/NettedPair": {
    signals:
      /^(aIsLargest|bIsLargest|largestIsPositive|p|q|qIfA|pIfSum|signOfA|signOfB|RangeCheck#[01]\.(in|decomposition\.(in|out\[\d+\])))$/,
    why: "where one of a, b and a + b is 0 two rows agree, and of 0 both signs do: a prover may say either, and no output hangs on it",
  },
};
