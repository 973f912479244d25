const ESCAPED = /\\(?:u\{[^}]*\}|[pP]\{[^}]*\}|.)/y;
const CLASS = /\[(?:\\.|[^\]\\])*\]/y;
const COUNTED = /\{(\d+)(,?)(\d*)\}/y;

/**
 * Regular expressions that accept a little more or a little less than `literal`: without one of its anchors, with
 * another repetition, with the complement of a class.
 */
export function looserAndStricter(literal: string): string[] {
  const close = literal.lastIndexOf("/");
  const source = literal.slice(1, close);
  const found: string[] = [];
  const edit = (at: number, length: number, text: string) =>
    found.push(`/${source.slice(0, at)}${text}${source.slice(at + length)}${literal.slice(close)}`);
  for (let at = 0; at < source.length; ) {
    const escaped = matchAt(ESCAPED, source, at);
    const set = matchAt(CLASS, source, at);
    const counted = matchAt(COUNTED, source, at);
    if (escaped !== undefined) at += escaped[0].length;
    else if (set !== undefined) {
      const inner = set[0].slice(1);
      edit(at, set[0].length, inner.startsWith("^") ? `[${inner.slice(1)}` : `[^${inner}`);
      at += set[0].length;
    } else if (counted !== undefined) {
      const [all, least = "", comma, most = ""] = counted;
      edit(at, all.length, `{${Number(least) + 1}${comma}${most}}`);
      if (Number(least) > 0) edit(at, all.length, `{${Number(least) - 1}${comma}${most}}`);
      if (most !== "") edit(at, all.length, `{${least},${Number(most) + 1}}`);
      at += all.length;
    } else {
      const [sign = "", before] = [source[at], source[at - 1]];
      if (sign === "^" || sign === "$") edit(at, 1, "");
      else if (sign === "+") edit(at, 1, "*");
      else if (sign === "*") edit(at, 1, "+");
      else if (sign === "?" && before !== "(") edit(at, 1, "");
      at += 1;
    }
  }
  return found.filter(isRegularExpression);
}

function matchAt(expression: RegExp, text: string, at: number): RegExpExecArray | undefined {
  expression.lastIndex = at;
  return expression.exec(text) ?? undefined;
}

function isRegularExpression(literal: string): boolean {
  const close = literal.lastIndexOf("/");
  try {
    return literal !== "//" && new RegExp(literal.slice(1, close), literal.slice(close + 1)) !== undefined;
  } catch {
    return false;
  }
}
