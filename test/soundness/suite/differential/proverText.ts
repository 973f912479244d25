/**
 * A circuit's source, rewritten into a program that computes and constrains nothing. It gives a value for every signal
 * whatever the inputs are. So the real constraint system can be asked about inputs with which a witness generator would
 * not even finish. The caller can choose the value of any signal that the main template assigns, and the program goes
 * on from there. A prover who writes a program of his own may do the same.
 */

/** A rewritten file, and what of it may be overruled. */
export interface ProverText {
  readonly text: string;
  /** Left-hand sides such as `p` or `asset[u].spot`, in their order: element i of the arrays is the i-th of them. */
  readonly choices: readonly string[];
}

/** Names of the inputs that {@link choosingProver} adds. */
export const CHOOSE = "choose";
export const CHOSEN = "chosen";

const COMMENT = /\/\*[\s\S]*?\*\/|\/\/.*$/gm;
const CONSTRAINT_ALONE = /^[^;{}\n]*===[^;]*;/gm;
/** `[signal] left <-- expression;`, once nothing constrains any more. */
const ASSIGNMENT = /(?<=[;{}]\s*)(signal\s+)?([A-Za-z_](?:[\w.]|\[[^\]]*\])*)\s*<--\s*([^;]+);/g;

/** `<==` before an anonymous component, such as `Poseidon(3)([a, b, c])`: the compiler takes no other operator there. */
const BUT_ANONYMOUS = /<==(?!\s*[A-Z]\w*\((?:[^()]|\([^()]*\))*\)\()/g;

/**
 * The same computation without a constraint; what only names a component's outputs stays as it is. Without
 * rules and blank space, sources that differ in rules alone have one program.
 */
export function unconstrained(text: string): string {
  return text
    .replace(COMMENT, "")
    .replace(BUT_ANONYMOUS, "<--")
    .replace(/==>/g, "-->")
    .replace(CONSTRAINT_ALONE, "")
    .replace(/\s*\n\s*/g, "\n");
}

/**
 * The same for the file of the main template, every scalar assignment of which the caller may overrule.
 * @param arrays left-hand sides that take a whole array at once, and so cannot be overruled
 */
export function choosingProver(text: string, template: string, arrays: readonly string[] = []): ProverText {
  const choices: string[] = [];
  const rewritten = unconstrained(text).replace(
    ASSIGNMENT,
    (whole, signal: string | undefined, left: string, right: string) => {
      if (arrays.includes(left)) return whole;
      const i = choices.push(left) - 1;
      return `${signal ?? ""}${left} <-- ${CHOOSE}[${i}] == 1 ? ${CHOSEN}[${i}] : (${right});`;
    },
  );
  const head = new RegExp(`(template\\s+${template}\\s*\\([^)]*\\)\\s*\\{)`);
  if (!head.test(rewritten)) throw new Error(`expected template ${template}, got another file`);
  const added = `\n    signal input ${CHOOSE}[${choices.length}];\n    signal input ${CHOSEN}[${choices.length}];`;
  return { text: choices.length === 0 ? rewritten : rewritten.replace(head, `$1${added}`), choices };
}
