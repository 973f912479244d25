import assert from "node:assert/strict";

/** A drawing is well-formed: every element closes in its turn, and nothing is NaN. */
export function checkSvg(svg: string): void {
  const open: string[] = [];
  for (const [, closing, name = "", selfClosing] of svg.matchAll(
    /<(\/?)([a-zA-Z]+)(?:\s+[\w:-]+="[^"<>]*")*(\/?)>/g,
  )) {
    if (closing) assert.equal(open.pop(), name);
    else if (!selfClosing) open.push(name);
  }
  assert.deepEqual(open, []);
  assert.doesNotMatch(svg.replace(/<(\/?)([a-zA-Z]+)(?:\s+[\w:-]+="[^"<>]*")*(\/?)>/g, ""), /[<>]/);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
  assert.match(
    svg,
    /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" [^>]*role="img" aria-labelledby="title description"/,
  );
  assert.match(svg, /<title id="title">[^<]+<\/title><desc id="description">[^<]+<\/desc>/);
}
