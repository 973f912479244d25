import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { load } from "js-yaml";
import { buildProgram } from "../../src/cli/run.js";
import { parseAlerts } from "../../src/serve/alertReceivers.js";
import { METRICS } from "../../src/serve/metrics.js";

const folder = new URL("../../examples/ops/", import.meta.url);
const read = (file: string) => readFileSync(new URL(file, folder), "utf8");

/** What the rules and panels use of PromQL. */
const FUNCTIONS = ["bottomk", "by", "histogram_quantile", "increase", "max", "rate", "sum"];
/** Labels that Prometheus gives, and series of its own. */
const GIVEN = { labels: ["job", "le"], series: ["up"] };

/** What is wrong with an expression: brackets, names of metrics and labels, functions. */
function faultsOf(expression: string): string[] {
  const faults: string[] = [];
  const open: string[] = [];
  const pairs: Readonly<Record<string, string>> = { ")": "(", "}": "{", "]": "[" };
  const bare = expression.replace(/"[^"]*"/g, '""');
  for (const character of bare) {
    if ("({[".includes(character)) open.push(character);
    if (character in pairs && open.pop() !== pairs[character]) faults.push(`brackets of ${expression}`);
  }
  if (open.length > 0) faults.push(`brackets of ${expression}`);
  const series = [...bare.matchAll(/\b[a-z_]+\b(?=\s*(?:\{|\[|\)|,|$| [<>=*]))/g)].map(([name]) => name);
  const known: Readonly<Record<string, { kind: string; labels: readonly string[] }>> = METRICS;
  const used = [...bare.matchAll(/\bzkmargin_[a-z_]+/g)].map(([name]) => name);
  const labels = new Set<string>(GIVEN.labels);
  for (const name of used) {
    const base = known[name] ?? known[name.replace(/_(bucket|sum|count)$/, "")];
    if (base === undefined || (base.kind === "histogram") === name in known) faults.push(`metric ${name}`);
    for (const label of base?.labels ?? []) labels.add(label);
  }
  if (used.length === 0 && !series.some((name) => GIVEN.series.includes(name)))
    faults.push(`no metric: ${expression}`);
  const named = [
    ...[...bare.matchAll(/\{([^}]*)\}/g)].flatMap(([, inside = ""]) =>
      [...inside.matchAll(/([a-z_]+)\s*[=!]/g)].map(([, label = ""]) => label),
    ),
    ...[...bare.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, inside = ""]) => inside.split(/,\s*/)),
  ];
  for (const label of named) if (!labels.has(label)) faults.push(`label ${label} of ${expression}`);
  for (const [, name = ""] of bare.matchAll(/\b([a-z_]+) ?\(/g))
    if (!FUNCTIONS.includes(name)) faults.push(`function ${name}`);
  return faults;
}

/** The labels of a text that shows some: `{{ $labels.source }}`, `{{source}}`. */
const shownLabels = (text: string) =>
  [...text.matchAll(/\{\{ *(?:\$labels\.)?([a-z_]+) *\}\}/g)].map(([, label = ""]) => label);
const labelsOf = (expression: string) =>
  Object.entries(METRICS)
    .filter(([name]) => expression.includes(name))
    .flatMap(([, { labels }]) => labels as readonly string[]);

describe("examples/ops, linted and not run", () => {
  interface Rule {
    readonly alert: string;
    readonly expr: string;
    readonly labels: { readonly severity: string };
    readonly annotations: { readonly summary: string; readonly todo: string };
  }

  it("has rules whose metrics, labels and functions exist", () => {
    const { groups } = load(read("rules.yml")) as { groups: { rules: Rule[] }[] };
    const rules = groups.flatMap(({ rules: all }) => all);
    assert.ok(rules.length > 10);
    assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
    for (const { alert, expr, labels, annotations } of rules) {
      assert.deepEqual(faultsOf(expr), [], alert);
      assert.match(labels.severity, /^(warning|critical)$/);
      assert.ok(annotations.todo.length > 0);
      for (const label of shownLabels(annotations.summary))
        assert.ok(labelsOf(expr).includes(label), `${alert}: ${label}`);
    }
  });

  it("would notice a metric, a label, a function or a bracket that is wrong", () => {
    for (const wrong of [
      "zkmargin_acounts > 0",
      'zkmargin_accounts{state="grace"} > 0',
      "sum by (stat) (zkmargin_accounts)",
      "ratio(zkmargin_accounts)",
      "sum(zkmargin_accounts",
      "zkmargin_proof_seconds > 1",
      "zkmargin_accounts_bucket",
      "1 > 0",
    ])
      assert.notDeepEqual(faultsOf(wrong), [], wrong);
  });

  it("has a dashboard whose panels show metrics that exist, side by side", () => {
    const { panels } = JSON.parse(read("grafana/dashboard.json")) as {
      panels: {
        title: string;
        gridPos: { x: number; y: number; w: number; h: number };
        targets: { expr: string; legendFormat: string }[];
      }[];
    };
    const places = new Set<string>();
    for (const { title, gridPos, targets } of panels) {
      assert.ok(targets.length > 0, title);
      for (const { expr, legendFormat } of targets) {
        assert.deepEqual(faultsOf(expr), [], title);
        for (const label of shownLabels(legendFormat))
          assert.ok(labelsOf(expr).includes(label), `${title}: ${label}`);
      }
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          assert.ok(!places.has(`${x} ${y}`), `${title} covers another panel`);
          places.add(`${x} ${y}`);
        }
      assert.ok(gridPos.x + gridPos.w <= 24, title);
    }
    // Whatever matters on the chain has a panel or a rule.
    const all = read("rules.yml") + read("grafana/dashboard.json");
    const without = Object.keys(METRICS).filter((name) => !all.includes(name));
    assert.deepEqual(without, [
      ...["zkmargin_up", "zkmargin_account_status", "zkmargin_account_age_left_ratio"],
      ...[
        "zkmargin_account_deadline_seconds",
        "zkmargin_block_number",
        "zkmargin_queue_up",
        "zkmargin_look_seconds",
      ],
      ...["zkmargin_http_requests_total", "zkmargin_event_streams"],
    ]);
  });

  it("has an alerts file that the service takes", () => {
    const { receivers } = parseAlerts(read("alerts.json"), "alerts.json", { PAGER_TOKEN: "t" });
    assert.deepEqual(
      receivers.map(({ name }) => name),
      ["pager", "mail"],
    );
  });

  it("has an image of two stages, without root, a key or a secret", () => {
    const lines = read("Dockerfile")
      .replace(/\\\n/g, " ")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    const of = (word: string) =>
      lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
    assert.equal(of("FROM").length, 2);
    assert.match(of("FROM")[0] ?? "", / AS build$/);
    for (const from of of("FROM")) assert.match(from, /^node:(20|22|24)-/);
    assert.deepEqual(of("USER"), ["10001:10001"]);
    assert.ok(
      lines.findIndex((line) => line.startsWith("USER")) >
        lines.findLastIndex((line) => line.startsWith("RUN")),
    );
    assert.deepEqual([of("ADD"), of("ARG")], [[], ["PACKAGE"]]);
    for (const copy of of("COPY")) assert.match(copy, /^(--from=build .*|\$\{PACKAGE\} package\.tgz)$/);
    assert.doesNotMatch(of("ENV").join(), /secret|passw|key|token|rpc/i);
    assert.doesNotMatch(lines.join("\n"), /--mount=type=secret|curl|wget/);
  });

  it("gives each command options that it has, secrets as files, and ports of this machine alone", async () => {
    interface Container {
      readonly command?: readonly string[];
      readonly ports?: readonly string[];
      readonly environment?: Readonly<Record<string, string>>;
      readonly image: string;
      readonly privileged?: boolean;
    }
    const { services } = load(read("compose.yml")) as {
      services: Record<string, Container & { "<<"?: Container }>;
    };
    // Compose merges what `<<` names, which this parser of YAML 1.2 leaves to others.
    const containers = Object.entries(services).map(
      ([name, own]) => [name, { ...own["<<"], ...own }] as const,
    );
    for (const [name, { command, ports = [], environment = {}, image, privileged }] of containers) {
      assert.match(image, /:[\d.v]+$/, `${name}: an image without a version`);
      assert.equal(privileged, undefined);
      for (const port of ports) assert.match(port, /^127\.0\.0\.1:/, name);
      for (const [variable, value] of Object.entries(environment))
        if (/PASSW|SECRET|TOKEN|KEY/.test(variable)) assert.match(value, /^\/run\/secrets\//, variable);
      if (command !== undefined) await checkCommand(command);
    }
    const units = readdirSync(new URL("systemd/", folder));
    assert.equal(units.length, 3);
    for (const file of units) {
      const text = read(`systemd/${file}`);
      const sections = [...text.matchAll(/^\[(\w+)\]$/gm)].map(([, section]) => section);
      assert.deepEqual(sections, ["Unit", "Service", "Install"], file);
      for (const line of text.split("\n"))
        assert.match(line, /^(|#.*|\[\w+\]|[A-Z][A-Za-z]+=.+)$/, `${file}: ${line}`);
      assert.match(text, /^User=zkmargin$/m);
      assert.match(text, /^NoNewPrivileges=yes$/m);
      const [program = "", ...words] = /^ExecStart=(.*)$/m.exec(text)?.[1]?.split(" ") ?? [];
      assert.equal(program, "/usr/local/bin/zkmargin");
      await checkCommand(words);
    }
  });
});

/** That a command line is of a command that there is, with options that it has. */
async function checkCommand([name = "", ...words]: readonly string[]): Promise<void> {
  const program = await buildProgram(
    { out() {}, err() {}, stdin: async () => new Uint8Array(), interactive: false, invocation: "zkmargin" },
    name,
  );
  const command = program.commands.find((one) => one.name() === name);
  assert.ok(command, name);
  const known = command.options.map(({ long }) => long);
  for (const word of words.filter((one) => one.startsWith("--")))
    assert.ok(known.includes(word), `${name} ${word}`);
  for (const option of command.options)
    if (option.mandatory) assert.ok(words.includes(option.long ?? ""), `${name} needs ${option.long}`);
}
