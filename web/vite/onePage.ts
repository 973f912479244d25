import { createHash } from "node:crypto";
import type { Plugin } from "vite";

/** What a page may do beyond running its own script and wearing its own style. */
export interface PageRights {
  /** Compile WebAssembly. */
  readonly wasm?: true;
  /** Ask the server that it came from. */
  readonly ownServer?: true;
}

/**
 * What the page may do: run the one script and wear the one style that stand in it, both named by their hashes, and what its rights
 * say. Without a right to ask its server it can neither load nor send anything.
 */
function policy(script: string, style: string, { wasm, ownServer }: PageRights): string {
  return [
    "default-src 'none'",
    `script-src '${hashOf(script)}'${wasm ? " 'wasm-unsafe-eval'" : ""}`,
    `style-src '${hashOf(style)}'`,
    ...(ownServer ? ["connect-src 'self'"] : []),
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

/**
 * Puts script and style into the page, so that it is one file: it can be saved, mailed, named by its hash, and opened
 * from a disk, where a browser would refuse a script beside it.
 */
export function onePage(rights: PageRights): Plugin {
  return {
    name: "zkmargin:one-page",
    apply: "build",
    enforce: "post",
    generateBundle(_, bundle) {
      const page = bundle["index.html"];
      const [script, ...otherScripts] = Object.values(bundle).filter((file) => file.type === "chunk");
      const [style, ...others] = Object.values(bundle).filter(
        (file) => file.type === "asset" && file.fileName !== "index.html",
      );
      if (page?.type !== "asset" || script?.type !== "chunk" || style?.type !== "asset")
        return this.error("expected a page, a script and a style, got less");
      if (otherScripts.length + others.length > 0)
        return this.error("expected one script and one style, got more: the page must be one file");
      const ofNode = Object.keys(script.modules).find((id) => id.includes("__vite-browser-external"));
      if (ofNode !== undefined) return this.error(`expected code that runs in a browser, got ${ofNode}`);
      const code = script.code.trim().replaceAll("</script", "<\\/script");
      const css = String(style.source).trim();
      page.source = inlined(String(page.source), code, css, rights);
      delete bundle[script.fileName];
      delete bundle[style.fileName];
      const hash = createHash("sha256").update(page.source).digest("hex");
      // As `sha256sum --check` reads it.
      this.emitFile({ type: "asset", fileName: "index.html.sha256", source: `${hash}  index.html\n` });
      this.info(`index.html, SHA-256 ${hash}`);
    },
  };
}

function inlined(html: string, code: string, css: string, rights: PageRights): string {
  const bare = html.replace(
    /\s*<(script|link)\b[^>]*(src|href)="[^"]*\/assets\/[^"]*"[^>]*>(<\/script>)?/g,
    "",
  );
  // Functions, since a replacement text would give `$` in the code a meaning.
  return bare
    .replace(
      /(<meta charset[^>]*>)/,
      (charset) =>
        `${charset}\n    <meta http-equiv="Content-Security-Policy" content="${policy(code, css, rights)}" />`,
    )
    .replace("</head>", () => `<style>${css}</style>\n  </head>`)
    .replace("</body>", () => `<script type="module">${code}</script>\n  </body>`);
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
