import type { Random } from "../../support/cases.js";

/** Numbers, texts and keys that readers have been known to trip over, as JSON has them. */
const HOSTILE_JSON = [
  ...["null", "true", "false", "[]", "{}", '""', "0", "-0", "1", "-1", "1.5", "1e5", "1E400", "-1e-400"],
  ...["9007199254740991", "9007199254740993", "-9007199254740993", "4294967296", "18446744073709551616"],
  ...[
    '"0"',
    '"-0"',
    '"00"',
    '"+1"',
    '" 1"',
    '"1 "',
    '"0x10"',
    '"1e5"',
    '"1_0"',
    '"١٢"',
    '"NaN"',
    '"-"',
    '"."',
  ],
  ...['".5"', '"5."', '"Infinity"', '"1,5"', '"\\u0000"', '"\\ud800"', '"\\u202e"', '"\\u001b[2J"', '"\\n"'],
  ...[
    '"21888242871839275222246405745257275088548364400416034343698204186575808495617"',
    '{"__proto__":{"a":1}}',
  ],
  ...['{"toString":1}', "[[[[[[[[[[]]]]]]]]]]", '"__proto__"', '"constructor"', '"hasOwnProperty"'],
];
const HOSTILE_KEYS = [
  ...["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "then", "", " ", "0"],
  ...["\\u0000", "\\ud800", "\\u202egro", "length", "format ", "Format"],
];
const HOSTILE_CELLS = [
  ...[
    "",
    " ",
    "-",
    "-0",
    "0",
    "00",
    "+1",
    "1e5",
    "0x1",
    ".5",
    "5.",
    "NaN",
    "Infinity",
    '"',
    '"1"',
    "'",
    "=1+1",
  ],
  ...[
    "__proto__",
    "constructor",
    "9007199254740993",
    "18446744073709551616",
    "\u0000",
    "\ud800",
    "١",
    "1_0",
    "1 0",
  ],
  ...["-1", "0.000000000000000000001", "2021-02-30", "0000-00-00", "2021-05-19T25", "99999-01-01"],
];
const HOSTILE_TEXT = [
  ..."{}[]\":,\\/*'eE+-.0123456789aZ \t\n\r",
  ...["\u0000", "\ufeff", "\u2028", "\ud800", "\u00a0", "\u001b", "__proto__", "//", "/*", "\\u", "null"],
];
const LONG = 20_000;
/** Longer than any file has a reason to be; the edits add up. */
const LONGEST = 1_000_000;

/**
 * One hostile edit or a few of a text: of its tokens where it is JSON, of its cells where it is a table, of its
 * characters and bytes in any case.
 */
export function mutate(random: Random, text: string, kind: "json" | "csv" | "text"): string {
  let edited = text;
  for (let edits = random.pick([1, 1, 1, 2, 3, 6]); edits > 0; edits--) {
    const byKind = { json: editJson, csv: editCsv, text: editText }[kind];
    edited = (random.chance(0.7) ? byKind(random, edited) : editText(random, edited)).slice(0, LONGEST);
  }
  return edited;
}

/** Strings, numbers and words; what is between them is kept. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/g;

function editJson(random: Random, text: string): string {
  const tokens = text.match(TOKEN) ?? [];
  if (tokens.length === 0) return editText(random, text);
  const i = random.integer(0, tokens.length - 1);
  const values = tokens.flatMap((token, at) =>
    !/^[{}[\],:]$/.test(token) && tokens[at + 1] !== ":" ? [at] : [],
  );
  const keys = tokens.flatMap((token, at) => (tokens[at + 1] === ":" && token.startsWith('"') ? [at] : []));
  const value = values.length > 0 ? random.pick(values) : i;
  const key = keys.length > 0 ? random.pick(keys) : i;
  const replaced = (at: number, by: string) => tokens.toSpliced(at, 1, by).join("");
  switch (random.integer(0, 10)) {
    case 0:
    case 1:
    case 2:
      return replaced(value, random.pick(HOSTILE_JSON));
    case 3:
      return replaced(key, `"${random.pick(HOSTILE_KEYS)}"`);
    case 4: // another field's value
      return replaced(value, tokens[values.length > 0 ? random.pick(values) : i] ?? "");
    case 5: // the same key again
      return tokens.toSpliced(key, 0, tokens[key] ?? "", ":", random.pick(HOSTILE_JSON), ",").join("");
    case 6: // without a field, where its value is plain
      return tokens.toSpliced(key, tokens[key + 3] === "," ? 4 : 3).join("");
    case 7: // an item or a field many times
      return tokens
        .toSpliced(i, 0, ...Array.from({ length: random.pick([2, 2, 50, 2_000]) }, () => `${tokens[value]},`))
        .join("");
    case 8: // a number a little or much larger, an amount with more decimals
      return replaced(
        value,
        (tokens[value] ?? "").replace(/\d+(?=\D*$)/, (n) => nudge(random, n)),
      );
    case 9:
      return replaced(
        value,
        `"${random.pick(["9", "0", "a", "é", "\\u0000"]).repeat(random.pick([100, 100, 100, LONG]))}"`,
      );
    default: {
      const open = random.pick(["[", '{"a":']);
      const depth = random.pick([10, 60, 70, LONG]);
      return replaced(value, open.repeat(depth) + "1" + (open === "[" ? "]" : "}").repeat(depth));
    }
  }
}

function editCsv(random: Random, text: string): string {
  const rows = text.split("\n").map((line) => line.split(","));
  const row = random.integer(0, rows.length - 1);
  const cells = rows[row] ?? [];
  const column = random.integer(0, cells.length - 1);
  const joined = (table: readonly (readonly string[])[]) => table.map((line) => line.join(",")).join("\n");
  switch (random.integer(0, 7)) {
    case 0:
    case 1:
    case 2:
      return joined(rows.with(row, cells.with(column, random.pick(HOSTILE_CELLS))));
    case 3:
      return joined(rows.with(row, cells.with(column, nudge(random, cells[column] ?? "")))); // a digit more
    case 4:
      return joined(rows.toSpliced(row, 1));
    case 5: // a row again, somewhere
      return joined(rows.toSpliced(random.integer(0, rows.length), 0, cells));
    case 6: // a cell more or less
      return joined(
        rows.with(row, cells.toSpliced(column, random.integer(0, 1), ...(random.chance(0.5) ? [""] : []))),
      );
    default:
      return joined(rows).replaceAll("\n", random.pick(["\r\n", "\r", "\n\n", "\u2028", ";\n"]));
  }
}

function editText(random: Random, text: string): string {
  const at = random.integer(0, Math.max(0, text.length - 1));
  switch (random.integer(0, 7)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + text.slice(at + random.pick([1, 1, 2, 20]));
    case 2:
      return text.slice(0, at) + random.pick(HOSTILE_TEXT) + text.slice(at);
    case 3:
      return text.slice(0, at) + random.pick(HOSTILE_TEXT) + text.slice(at + 1);
    case 4: {
      const bytes = Buffer.from(text);
      if (bytes.length === 0) return "\ufeff";
      const where = random.integer(0, bytes.length - 1);
      bytes[where] = (bytes[where] ?? 0) ^ (1 << random.integer(0, 7));
      return bytes.toString();
    }
    case 5: // a part again
      return (
        text.slice(0, at) +
        text.slice(random.integer(0, at), at + 40).repeat(random.pick([1, 3])) +
        text.slice(at)
      );
    case 6:
      return random.pick(["\ufeff", " ", "\n", "{}", "[", "\u0000"]) + text;
    default:
      return text + random.pick(["\n\n", " x", "{}", "\u0000", ",", text.slice(0, 50)]);
  }
}

function nudge(random: Random, digits: string): string {
  return random.pick([
    `${digits}0`,
    `${digits}1`,
    `0${digits}`,
    `-${digits}`,
    `${digits}.0`,
    digits.slice(1),
    digits.repeat(3),
  ]);
}
