/**
 * A circuit's source without its signal tags. Tags are promises that the compiler checks between templates, and no
 * constraints; the main component may have none on its inputs. So a template that is compiled on its own, with any
 * inputs at all, is compiled without them. The constraints are the same.
 */
export function withoutTags(text: string): string {
  return text
    .replace(/\bsignal( input| output)? \{[^}]*\}/g, "signal$1")
    .replace(/^\s*assert\(\w+\.maxbit\w* [^;]*;\n/gm, "")
    .replace(/^\s*\w+\.maxbit\w* = [^;]*;\n/gm, "");
}
