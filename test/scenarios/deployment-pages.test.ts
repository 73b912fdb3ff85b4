/** What `deploy/` says of metrics, alarms, standards and tests, against the product itself. */
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { ALARM_KIND_NAMES } from "../../broker/alarms/alarm-kinds.ts";
import { runProgram } from "../kit/child.ts";
import { found } from "../kit/programs.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const MONITORING = path.join(ROOT, "deploy/monitoring");
const read = (name: string) => readFileSync(path.join(MONITORING, name), "utf8");
const TOKEN = "the-token-of-this-test";

let site: RunningBroker;
let metrics: string;

beforeAll(async () => {
  site = await startRunningBroker({ SALLYPORT_METRICS_TOKEN: TOKEN });
  const headers = { authorization: `Bearer ${TOKEN}` };
  metrics = (await site.first.ask("GET", "/metrics", undefined, { headers })).text;
}, 60_000);
afterAll(() => site?.close());

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

const rules = (): readonly Rule[] =>
  parse(read("alerts.yml")).groups.flatMap(({ rules: own }: { rules: Rule[] }) => own);

/** Only there where a standby or an object store is configured, which this broker has not. */
const CONFIGURED = /^sallyport_(standby|standbys|copies)_/;
const METRICS_SOURCE = readFileSync(path.join(ROOT, "broker/api/health/metrics.ts"), "utf8");

function expectKnown(expression: string): void {
  for (const [name] of expression.matchAll(/\bsallyport_[a-z_]+/g)) {
    const family = name.replace(/_(bucket|sum|count)$/, "");
    if (CONFIGURED.test(name)) {
      expect(METRICS_SOURCE).toContain(`"${name}"`);
      continue;
    }
    expect(metrics, name).toMatch(new RegExp(`^# TYPE (${name}|${family}) `, "m"));
  }
}

test("every alert and every panel asks for metrics that the broker has", () => {
  expect(rules().length).toBeGreaterThan(8);
  for (const { expr } of rules()) expectKnown(expr);
  const { panels } = JSON.parse(read("dashboard.json"));
  expect(panels.length).toBeGreaterThan(10);
  for (const { targets } of panels) for (const { expr } of targets) expectKnown(expr);
});

test("parts and the release are told to the scraper", () => {
  expect(metrics).toMatch(/^sallyport_part_state\{part="store"\} 0$/m);
  expect(metrics).toMatch(/^sallyport_evidence_free_bytes [1-9]/m);
  expect(metrics).toMatch(/^sallyport_build_info\{version="[^"]+",node="v24/m);
});

const headings = () =>
  [...read("runbooks.md").matchAll(/^## (.+)$/gm)].map(([, title = ""]) =>
    title.toLowerCase().replaceAll(" ", "-"),
  );

test("every alert leads to a runbook that is there", () => {
  for (const { annotations, labels } of rules()) {
    expect(labels.severity).toMatch(/^(critical|warning)$/);
    const [file, anchor = ""] = annotations.runbook.split("#");
    expect(file).toBe("runbooks.md");
    if (!anchor.includes("$")) expect(headings()).toContain(anchor);
  }
});

/** What a shift must be able to do without asking; each other alarm says what to do by itself. */
const STEPS_FOR = [
  ...["recorder-failed", "site-log-failed", "site-log-forked", "store-failed", "volume-full"],
  ...["break-glass-used", "witness-behind", "asset-key-changed", "clock-stepped", "host-act"],
];

test("the ten alarms that matter most have steps, and the page tells of every alarm there is", () => {
  const sections = read("runbooks.md").split(/^## /m);
  for (const name of STEPS_FOR) {
    const section = sections.find((each) => each.startsWith(`${name}\n`));
    expect(section, name).toMatch(/^1\. /m);
  }
  const general = ["the-broker-does-not-answer", "a-part-has-failed", "the-machine-is-slow"];
  expect(headings().toSorted()).toEqual([...ALARM_KIND_NAMES, ...general].toSorted());
});

test("every test that the table of standards names is there", () => {
  const named = readFileSync(path.join(ROOT, "deploy/standards.md"), "utf8");
  const files = [...named.matchAll(/`([a-z0-9/._-]+\.test\.ts)`/g)].map(([, file = ""]) => file);
  expect(files.length).toBeGreaterThan(60);
  expect(files.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
});

test("links between the pages of deploy/ lead somewhere", () => {
  const pages = globSync("deploy/**/*.md", { cwd: ROOT });
  for (const page of pages) {
    const text = readFileSync(path.join(ROOT, page), "utf8");
    for (const [, link = ""] of text.matchAll(/\]\(((?!https?:)[^)#]+)\)/g)) {
      const at = path.join(ROOT, path.dirname(page), link);
      expect(existsSync(at), `${page}: ${link}`).toBe(true);
    }
  }
});

test.skipIf(!found("promtool"))("promtool accepts the alert rules", async () => {
  const { code, output } = await runProgram("promtool", [
    ...["check", "rules", path.join(MONITORING, "alerts.yml")],
  ]);
  expect(output).toContain("SUCCESS");
  expect(code).toBe(0);
});

test.skipIf(!found("promtool"))(
  "of a pair the one that waits is no outage, and a standby that is not there is told",
  async () => {
    const file = path.join(temporaryFolder(), "rules.test.yml");
    const up = (instance: string, values: string) => ({
      ...{ series: `up{job="sallyport", instance="${instance}"}`, values },
    });
    const waiting = { series: 'sallyport_standbys_waiting{job="sallyport"}' };
    const firing = (alertname: string, minutes: number, isFiring: boolean) => ({
      ...{ alertname, eval_time: `${minutes}m` },
      exp_alerts: isFiring ? [firingOf(alertname)] : [],
    });
    const cases = [
      {
        interval: "1m",
        input_series: [up("a", "1x10 0x20"), up("b", "0x15 1x5 0x9")],
        alert_rule_test: [
          ...[firing("SallyportAway", 9, false), firing("SallyportAway", 14, true)],
          ...[firing("SallyportAway", 19, false), firing("SallyportAway", 25, true)],
        ],
      },
      {
        interval: "1m",
        input_series: [{ ...waiting, values: "1x5 0x30" }],
        alert_rule_test: [
          firing("SallyportNoStandby", 12, false),
          firing("SallyportNoStandby", 17, true),
        ],
      },
    ];
    const rule_files = [path.join(MONITORING, "alerts.yml")];
    writeFileSync(file, stringify({ rule_files, tests: cases }));
    const { code, output } = await runProgram("promtool", ["test", "rules", file]);
    expect(output).toContain("SUCCESS");
    expect(code).toBe(0);
  },
);

/** As Prometheus tells it. */
function firingOf(alertname: string) {
  const { labels, annotations } = rules().find(({ alert }) => alert === alertname) ?? {};
  return { exp_labels: { ...labels, job: "sallyport" }, exp_annotations: annotations };
}
