/** Put in by web/vite/trustedKeys.ts when the page is built. */
declare module "virtual:trusted-keys" {
  export const TRUSTED_KEYS: Readonly<Record<string, import("../src/prove/bundleVerifier.js").TrustedKey>>;
}

/** Of the package; put in by web/vite.config.ts. */
declare const VERSION: string;
