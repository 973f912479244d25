import { FormatError } from "../errors.js";
import { readBy } from "./shape.js";

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]{0,59})\}/g;
/** A part of a URL that is more likely a provider's key than a word. */
const KEY_IN_URL = /^[A-Za-z0-9_-]{20,}$/;

/**
 * A URL in a file that holds no secret, for a schema: http or https, without a user, a password or what looks like a key. `${NAME}`
 * stands for an environment variable.
 */
export const urlWithoutSecret = readBy((text: string, path: string) => {
  const given = text.replaceAll(VARIABLE, "x");
  if (!/^https?:\/\/[^\s/]/i.test(given) || !URL.canParse(given))
    throw new FormatError(path, "a URL such as http://127.0.0.1:8545", "other text");
  const { username, password, pathname, searchParams } = new URL(given);
  const parts = [...pathname.split("/"), ...searchParams.values()];
  if (username !== "" || password !== "" || parts.some((part) => KEY_IN_URL.test(part)))
    throw new FormatError(
      path,
      "a URL without a user, a password or a key: write ${NAME} for it, an environment variable",
      "one that may hold a secret",
    );
  return text;
});

/** A URL of a file with its `${NAME}` replaced. @throws FormatError naming the place of a variable that is not there */
export function withVariables(
  text: string,
  at: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return text.replaceAll(VARIABLE, (_, name: string) => {
    const value = environment[name];
    if (value === undefined || value === "")
      throw new FormatError(at, `an environment variable ${name}, which this URL names`, "none");
    return value;
  });
}
