import { FIELD_Q } from "../../spec/bounds.js";
import { type Bn254, type Group, WORD } from "./bn254.js";
import { toWord } from "./quotient.js";

/** Arithmetic on points as byte strings (Jacobian, Montgomery form) in the memory of `curve`. */
export class PointArithmetic {
  readonly #curve: Bn254;
  readonly #group: Group;

  constructor(curve: Bn254, group: Group) {
    this.#curve = curve;
    this.#group = group;
  }
}
void FIELD_Q, WORD, toWord;
