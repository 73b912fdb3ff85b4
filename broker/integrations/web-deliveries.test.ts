import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { makeAuthority } from "../../test/kit/certificates.ts";
import { eventually, openIntegrationSite } from "../../test/kit/integration-site.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { startWebReceiver } from "../../test/kit/web-receiver.ts";
import { systemClock } from "../clock.ts";

const SECRET = "a-secret-that-nobody-guesses";
/** Waits are a hundredth of what they are. */
const hasty = {
  ...systemClock,
  after: (ms: number, call: () => void) => systemClock.after(ms / 100, call),
};

test("a notice is signed, says where to look, and holds neither reason nor value", async () => {
  const receiver = await startWebReceiver();
  const site = await openIntegrationSite({ environment: { HOOK: SECRET } });
  await site.configure(
    `notices: [{ name: desk, form: webhook, url: "${receiver.url}", secret: { env: HOOK } }]`,
  );
  await site.record("request:made", {
    text: "Ada asked for tuning on plc/modbus: the secret reason",
    about: { request: "r-1", endpoint: "plc/modbus", profile: "tuning" },
  });
  await eventually(() => receiver.heard.length === 1);
  const [{ headers, body } = { headers: {}, body: "" }] = receiver.heard;
  const id = String(headers["webhook-id"]);
  const signed = `${id}.${headers["webhook-timestamp"]}.${body}`;
  const mac = createHmac("sha256", SECRET).update(signed).digest("base64");
  expect(headers["webhook-signature"]).toBe(`v1,${mac}`);
  expect(JSON.parse(body)).toMatchObject({
    ...{ version: 1, id, topic: "request", kind: "request:made", urgent: false },
    title: "A request for somebody on plc/modbus waits",
    link: "https://sallyport.example/access?request=r-1",
    facts: { Site: "North", Where: "plc/modbus", Profile: "tuning" },
  });
  expect(body).not.toContain("secret reason");
});

test("what it does not ask for it does not get: another topic, an event that is nobody's", async () => {
  const receiver = await startWebReceiver();
  const site = await openIntegrationSite();
  const url = `url: "${receiver.url}"`;
  await site.configure(`notices: [{ name: desk, form: webhook, ${url}, about: [lock] }]`);
  await site.record("request:made");
  await site.record("session:opened");
  await site.record("recorder:failed", { priority: "alarm" });
  await site.record("lock:set", { priority: "alarm" });
  await eventually(() => receiver.heard.length === 1);
  expect(receiver.heard.map(({ body }) => JSON.parse(body).kind)).toEqual(["lock:set"]);
});

test("Slack and Teams get their own forms, in which a name stays text", async () => {
  const receiver = await startWebReceiver();
  const site = await openIntegrationSite();
  const url = `url: "${receiver.url}"`;
  await site.configure(
    `notices: [{ name: slack, form: slack, ${url} }, { name: teams, form: teams, ${url} }]`,
  );
  const name = "<!channel> *x* [y](http://evil.example)";
  await site.record("lock:set", { priority: "alarm", about: { assetName: name } });
  await eventually(() => receiver.heard.length === 2);
  const bodies = receiver.heard.map(({ body }) => JSON.parse(body));
  const slack = bodies.find((body) => body.blocks);
  expect(slack.text).toContain("&lt;!channel&gt;");
  expect(slack.text).not.toContain("<");
  expect(JSON.stringify(slack.blocks)).not.toContain("mrkdwn");
  const teams = bodies.find((body) => body.attachments);
  expect(teams.attachments[0].contentType).toBe("application/vnd.microsoft.card.adaptive");
  const types = teams.attachments[0].content.body.map((block: { type: string }) => block.type);
  expect(new Set(types)).toEqual(new Set(["RichTextBlock"]));
});

test("events go in batches, in order, and again from where the receiver failed", async () => {
  const receiver = await startWebReceiver((response, nth) => {
    if (nth === 1) response.writeHead(503).end("busy");
    else if (nth === 2) response.writeHead(429, { "retry-after": "1" }).end();
    else response.writeHead(200).end();
  });
  const site = await openIntegrationSite({ clock: hasty });
  await site.configure(`siem: [{ name: lake, form: webhook, url: "${receiver.url}" }]`);
  for (let nth = 0; nth < 600; nth++) await site.record("test:event", { text: `event ${nth}` });
  const taken = () =>
    receiver.heard.slice(2).flatMap(({ body }) =>
      body
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    );
  await eventually(() => taken().length >= 600);
  expect(taken().map(({ message }) => message)).toEqual(
    Array.from({ length: 600 }, (_, nth) => `event ${nth}`),
  );
  expect(new Set(taken().map(({ metadata }) => metadata.uid)).size).toBe(600);
});

test("one event that it refuses is put aside, the others pass, and the list says why", async () => {
  const receiver = await startWebReceiver((response, _nth, body) => {
    response.writeHead(body.includes("poison") ? 400 : 200).end("no such thing");
  });
  const site = await openIntegrationSite({ clock: hasty });
  await site.configure(`siem: [{ name: lake, form: webhook, url: "${receiver.url}" }]`);
  for (const text of ["one", "poison", "three"]) await site.record("test:event", { text });
  await eventually(async () => (await site.integrations.list())[0]?.deadLetters.length === 1);
  await eventually(async () => (await site.integrations.list())[0]?.waiting === 0);
  const [standing] = await site.integrations.list();
  expect(standing?.deadLetters[0]).toMatchObject({
    kind: "test:event",
    reason: "it answered 400: no such thing",
  });
  expect(receiver.heard.some(({ body }) => body.includes("three"))).toBe(true);
  expect(site.noted.map(({ kind }) => kind)).toEqual(["integration:gave-up"]);
});

test("a notice that nobody takes is given up after its attempts", async () => {
  const receiver = await startWebReceiver((response) => void response.writeHead(500).end());
  const site = await openIntegrationSite({
    clock: { ...systemClock, after: (_ms, call) => systemClock.after(1, call) },
  });
  const url = `url: "${receiver.url}"`;
  await site.configure(`notices: [{ name: desk, form: webhook, ${url} }]`);
  await site.record("lock:set", { priority: "alarm" });
  await eventually(async () => (await site.integrations.list())[0]?.deadLetters.length === 1);
  expect(receiver.heard.length).toBe(25);
  expect(new Set(receiver.heard.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
});

test("a receiver away for longer than the buffer lasts hears of the gap at its place", async () => {
  let isAway = true;
  const receiver = await startWebReceiver((response) => {
    response.writeHead(isAway ? 503 : 200).end();
  });
  const site = await openIntegrationSite({ clock: hasty });
  const url = `url: "${receiver.url}"`;
  await site.configure(`siem: [{ name: lake, form: webhook, ${url}, buffer: 100 }]`);
  for (let nth = 0; nth < 300; nth++) await site.record("test:event", { text: `event ${nth}` });
  await eventually(() => site.noted.some(({ kind }) => kind === "integration:dropped"));
  const refused = receiver.heard.length;
  isAway = false;
  await eventually(() => receiver.heard.some(({ body }) => body.includes('"event 299"')));
  const after = receiver.heard.slice(refused).filter(({ body }) => body.includes("message"));
  const events = after.flatMap(({ body }) =>
    body
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  );
  const gap = events.findIndex(({ metadata }) => metadata.event_code === "integration:gap");
  const dropped = Number(/^(\d+) events/.exec(events[gap]?.message)?.[1]);
  const rest = events.slice(gap + 1).map(({ message }) => message);
  expect(dropped).toBeGreaterThan(100);
  expect(rest.at(-1)).toBe("event 299");
  expect(rest[0]).toBe(`event ${300 - rest.length}`);
});

test("a receiver that never answers, answers without end or redirects has not taken it", async () => {
  const silent = await startWebReceiver(() => {});
  const endless = await startWebReceiver((response) => {
    const more = (): void => void (response.destroyed || response.write("x".repeat(65_536), more));
    more();
  });
  const plant = await startWebReceiver();
  const moved = await startWebReceiver((response) => {
    response.writeHead(307, { location: plant.url }).end();
  });
  const site = await openIntegrationSite();
  const rows = { silent, endless, moved };
  const lines = Object.entries(rows).map(
    ([name, { url }]) => `{ name: ${name}, form: webhook, url: "${url}" }`,
  );
  await site.configure(`siem: [${lines.join(", ")}]`);
  const errorOf = async (name: string) => (await site.integrations.test(name, ""))?.error;
  const errors = await Promise.all(["silent", "endless", "moved"].map(errorOf));
  expect(errors).toEqual([
    "no answer within 10 s",
    "the answer is too long",
    expect.stringContaining("redirects, which is not followed"),
  ]);
  expect(plant.heard).toEqual([]);
}, 20_000);

test("https is believed by the configured authority alone, and a rotated secret counts at once", async () => {
  const folder = temporaryFolder();
  const [authority, stranger] = [makeAuthority(folder), makeAuthority(folder, "stranger")];
  const receiver = await startWebReceiver(undefined, authority.issue("hook", "IP:127.0.0.1"));
  const token = path.join(folder, "token");
  writeFileSync(token, "Bearer first\n");
  const site = await openIntegrationSite({ folder });
  const hook = (ca: string) =>
    site.configure(
      `siem: [{ name: lake, form: webhook, url: "${receiver.url}", ca: ${ca}, authorization: { file: token } }]`,
    );
  await hook(stranger.caFile);
  expect((await site.integrations.test("lake", ""))?.error).toMatch(/certificate/);
  await hook(authority.caFile);
  expect((await site.integrations.test("lake", ""))?.error).toBeNull();
  writeFileSync(token, "Bearer second\n");
  expect((await site.integrations.test("lake", ""))?.error).toBeNull();
  expect(receiver.heard.map(({ headers }) => headers.authorization)).toEqual([
    "Bearer first",
    "Bearer second",
  ]);
});

test("an address that is rotated to one in the clear is not used", async () => {
  const folder = temporaryFolder();
  const receiver = await startWebReceiver();
  const address = path.join(folder, "address");
  writeFileSync(address, receiver.url);
  const site = await openIntegrationSite({ folder });
  await site.configure("siem: [{ name: lake, form: webhook, url: { file: address } }]");
  expect((await site.integrations.test("lake", ""))?.error).toBeNull();
  writeFileSync(address, "http://192.0.2.1/hook");
  expect((await site.integrations.test("lake", ""))?.error).toContain("only https addresses");
});
