/** Bytes of an affine point of BN254 in the files of this field: two coordinates, in G2 of two words each. */
export const G1_BYTES = 64;
export const G2_BYTES = 128;
