import * as z from "zod/mini";
import { checksummed } from "../encoding/address.js";
import { type DeepReadonly, document, shaped } from "../encoding/shape.js";
import { keyPath, parseStrictJson, publicKeys } from "../encoding/strictJson.js";
import { urlWithoutSecret } from "../encoding/urlText.js";
import { FormatError } from "../errors.js";

const FORMAT = "zkmargin/config@1";

const SECRET_FIELD = /secret|passw|passphrase|mnemonic|seed|private|keystore|^(key|token|apikey)/i;
const path = z.string().check(z.minLength(1), z.maxLength(4_096));
const schema = document(FORMAT, {
  rpc: z.exactOptional(
    z.pipe(
      z.transform((one) => (typeof one === "string" ? [one] : one)),
      z.array(urlWithoutSecret).check(z.minLength(1), z.maxLength(16)),
    ),
  ),
  deployment: z.exactOptional(path),
  home: z.exactOptional(path),
  journal: z.exactOptional(path),
  names: z.exactOptional(path),
  listing: z.exactOptional(path),
  /** Gwei per gas. */
  feeCap: z.exactOptional(z.int().check(z.minimum(0), z.maximum(Number.MAX_SAFE_INTEGER))),
  signer: z.exactOptional(urlWithoutSecret),
  from: z.exactOptional(
    z
      .string()
      .check(
        z.refine(
          (text) => checksummed(text) !== undefined,
          "an address with a right checksum or without capitals",
        ),
      ),
  ),
});

/** What a config file may set; each is an option of the commands that have it. Paths are relative to the file's folder. */
export type Config = DeepReadonly<z.infer<typeof schema>>;

/**
 * Reads a config file, `zkmargin/config@1`. It holds no secret: a field that sounds like one, or a URL with one in it, is refused
 * before anything else.
 * @throws MalformedError, FormatError, UnknownFieldError naming the field, and nothing that it holds
 */
export function parseConfig(text: string, name: string): Config {
  const value = parseStrictJson(text, name);
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    for (const [i, key] of Object.keys(value).entries())
      if (SECRET_FIELD.test(key))
        throw new FormatError(
          keyPath(name, key, i, publicKeys),
          "no secret in a config file: name its file on the command line, or keep it in an environment variable (--keystore, --key-env, --secret)",
          "a field for one",
        );
  return shaped(schema, value, { path: name, expected: `the fields of ${FORMAT}` });
}
