import { expect, test } from "vitest";
import { readConfig } from "../config.ts";
import { SETTINGS } from "../settings.ts";
import { securityReport, securityText, settingsMarkdown } from "./security-report.ts";

const report = (environment: Record<string, string>) =>
  securityReport(readConfig(environment), environment, "1.2.3");

test("every setting is in the report as it counts, defaults told apart", () => {
  const { settings } = report({ SALLYPORT_SESSION_IDLE: "5m" });
  expect(settings.map(({ setting }) => setting)).toEqual(
    Object.values(SETTINGS).map(({ variable }) => variable),
  );
  expect(settings).toContainEqual({
    ...{ setting: "SALLYPORT_SESSION_IDLE", value: 300_000, isDefault: false },
  });
  expect(settings).toContainEqual({ setting: "SALLYPORT_PORT", value: 7480, isDefault: true });
});

test("a secret is told to be set, and never told", () => {
  const secret = "a-secret-of-the-scraper";
  const text = JSON.stringify(report({ SALLYPORT_METRICS_TOKEN: secret }));
  expect(text).not.toContain(secret);
  expect(text).toContain('"SALLYPORT_METRICS_TOKEN","value":"set"');
});

test("what is weaker than it could be names its setting, and is met once it is set", () => {
  const met = (environment: Record<string, string>, setting: string) =>
    report(environment).advice.filter((each) => each.setting === setting && each.met).length;
  const second = "SALLYPORT_POLICY_SECOND_ADMINISTRATOR";
  expect(met({}, second)).toBe(0);
  expect(met({ [second]: "1" }, second)).toBe(1);
  expect(met({}, "SALLYPORT_TLS")).toBe(1);
  const open = { SALLYPORT_LISTEN: "0.0.0.0", SALLYPORT_ORIGINS: "https://sallyport.example" };
  expect(met(open, "SALLYPORT_TLS")).toBe(0);
  expect(met({ ...open, SALLYPORT_TLS: "site-ca" }, "SALLYPORT_TLS")).toBe(1);
  expect(met({ ...open, SALLYPORT_TRUSTED_PROXIES: "10.0.0.5" }, "SALLYPORT_TLS")).toBe(1);
});

test("people read what is not met first", () => {
  const lines = securityText(report({})).split("\n");
  const first = lines.findIndex((line) => line.startsWith("  met"));
  const last = lines.findLastIndex((line) => line.startsWith("  not met"));
  expect(first).toBeGreaterThan(last);
});

test("the page of all settings has a row for each, and no cell breaks the table", () => {
  const rows = settingsMarkdown()
    .split("\n")
    .filter((line) => line.startsWith("| `SALLYPORT_"));
  expect(rows).toHaveLength(Object.keys(SETTINGS).length);
  for (const row of rows) expect(row.match(/(?<!\\)\|/g)).toHaveLength(5);
});
