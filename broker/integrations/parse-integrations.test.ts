import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { parseIntegrations } from "./parse-integrations.ts";

function problemsOf(text: string, environment: Readonly<Record<string, string>> = {}): string[] {
  const parsed = parseIntegrations(text, "i.yaml", { folder: temporaryFolder(), environment });
  return parsed.kind === "invalid" ? [...parsed.problems] : [];
}

test("every form is read, with what it falls back to", () => {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, "secret"), "a-secret-that-nobody-guesses\n");
  const text = `
notices:
  - name: desk
    form: webhook
    url: https://desk.example/hook
    secret: { file: secret }
  - { name: shift, form: slack, url: { env: SLACK }, about: [hold, lock] }
  - { name: mail, form: mail, host: mail.example, from: "Sallyport <s@plant.example>" }
siem:
  - { name: soc, form: syslog, host: siem.example }
  - { name: lake, form: webhook, url: "http://localhost:9/x", buffer: 500 }
`;
  const environment = { SLACK: "https://hooks.slack.example/services/T/B/x" };
  const parsed = parseIntegrations(text, "i.yaml", { folder, environment });
  if (parsed.kind === "invalid") throw new Error(parsed.problems.join("\n"));
  const [desk, shift, mail, soc, lake] = parsed.integrations;
  expect(desk).toMatchObject({ purpose: "notices", name: "desk" });
  expect(desk?.purpose === "notices" && desk.about).not.toContain("alarm");
  expect(shift).toMatchObject({ about: ["hold", "lock"] });
  expect(mail?.via).toMatchObject({ port: 587, security: "starttls", to: "concerned" });
  expect(soc).toMatchObject({
    bufferMax: 100_000,
    via: { port: 6514, security: "tls", format: "ocsf" },
  });
  expect(lake).toMatchObject({ bufferMax: 500 });
  // What stands in lists, logs and comparisons never holds a secret.
  expect(JSON.stringify(parsed)).not.toMatch(/nobody-guesses|services/);
});

test("an empty file is valid and names nothing", () => {
  expect(parseIntegrations("", "i.yaml", { folder: "/", environment: {} })).toEqual({
    kind: "integrations",
    integrations: [],
    transmitters: [],
  });
});

const WRONG: readonly (readonly [string, string])[] = [
  [
    "notices: [{ name: a, form: fax }]",
    'i.yaml:1:28 "fax" is not taken; write webhook or slack or teams or mail',
  ],
  ["siem: [{ name: a, form: syslog }]", '"host" is missing'],
  ["siem: [{ name: a, form: syslog, host: h.example:514 }]", "the port has a key of its own"],
  ["siem: [{ name: a, form: syslog, host: '127.1' }]", "is not a host name or IP address"],
  ["siem: [{ name: a, form: syslog, host: h.example, colour: red }]", '"colour" is not a key'],
  ["siem: [{ name: a, form: syslog, host: h.example, ca: nowhere.pem }]", "cannot be read: ENOENT"],
  [
    "siem: [{ name: a, form: webhook, url: http://siem.example/ }]",
    "only https addresses are taken",
  ],
  [
    "siem: [{ name: a, form: webhook, url: https://u:p@h.example/ }]",
    "does not carry a user or password",
  ],
  ["siem: [{ name: a, form: webhook, url: ftp://h.example/ }]", "only https addresses are taken"],
  [
    "siem: [{ name: a, form: webhook, url: https://h/, authorization: Bearer x }]",
    "a secret is not written here",
  ],
  [
    "notices: [{ name: a, form: webhook, url: https://h/, secret: { env: NONE } }]",
    "environment NONE is empty",
  ],
  [
    "notices: [{ name: a, form: webhook, url: https://h/, secret: { env: SHORT } }]",
    "has at least 24 characters",
  ],
  ["notices: [{ name: a, form: slack, url: https://h/, about: [lunch] }]", '"lunch" is not taken'],
  [
    'notices: [{ name: a, form: mail, host: h, from: "x\\r\\nBcc: y@z.example" }]',
    "control characters",
  ],
  ["notices: [{ name: a, form: mail, host: h, from: 'a@b.c, d@e.f' }]", "is not a mail address"],
  [
    "notices: [{ name: a, form: mail, host: h, from: a@b.c, to: ['d@e.f, g@h.i'] }]",
    "is not a mail address",
  ],
  [
    "notices: [{ name: a, form: mail, host: h, from: a@b.c, security: plain, password: { env: SHORT } }]",
    "a password is not sent without TLS",
  ],
  [
    "notices: [{ name: a, form: slack, url: https://h/ }]\nsiem: [{ name: a, form: webhook, url: https://h/ }]",
    'i.yaml:2:16 "a" is the name of another integration',
  ],
  [
    "siem: [{ name: a, form: webhook, url: https://h/, buffer: 1 }]",
    "a buffer is a number of events",
  ],
  ["signals-from: [{ name: a, issuer: x, keys: k.json }]", '"authorization" is missing'],
  [
    "signals-from: [{ name: a, issuer: x, keys: http://idp.example/k, authorization: { env: LONG } }]",
    "only https addresses are taken",
  ],
  [
    "signals-from: [{ name: a, issuer: x, keys: nowhere.json, authorization: { env: LONG } }]",
    "nowhere.json cannot be read",
  ],
  [
    "signals-from: [{ name: a, issuer: x, keys: https://i/k, authorization: { env: SHORT } }]",
    "at least 24 characters",
  ],
  [
    "signals-from: [{ name: a, issuer: x, keys: https://i/k, authorization: { env: LONG }, algorithms: [HS256] }]",
    '"HS256" is not taken',
  ],
  [
    "signals-from: [{ name: a, issuer: x, keys: https://i/k, authorization: { env: LONG }, rate: 500 }]",
    "more than the 100000 signals that are remembered",
  ],
  [
    "signals-from: [{ name: a, issuer: x, keys: https://i/k, authorization: { env: LONG }, on: { risk-high: nothing } }]",
    '"nothing" is not taken',
  ],
  ["signals-to: [{ name: a, url: https://h/ }]", '"audience" is missing'],
];

test("what is wrong is said with its place and what to write", () => {
  for (const [text, expected] of WRONG) {
    expect(
      problemsOf(text, { SHORT: "short", LONG: "Bearer of-somebody-0123456789" }).join("\n"),
      text,
    ).toContain(expected);
  }
});
