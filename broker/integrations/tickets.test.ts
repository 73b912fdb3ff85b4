/** A ticket system is asked before work under a ticket begins, and what it says is what counts. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { TestAccess } from "../../test/kit/access.ts";
import type { Somebody } from "../../test/kit/identity.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { TestClock } from "../../test/kit/test-clock.ts";
import type { Clock } from "../clock.ts";
import type { NewSiteEvent } from "../store/site-events.ts";
import { parseIntegrations } from "./parse-integrations.ts";
import { Tickets } from "./tickets.ts";

const HOUR_MS = 3_600_000;

/** A ticket system in the shape of Jira: what it is asked, and what it answers. */
class Desk {
  readonly asked: string[] = [];
  readonly tokens: (string | undefined)[] = [];
  status = 200;
  answer: (ticket: string) => unknown = () => ({ fields: { status: { name: "Approved" } } });
  /** Until it is let go. */
  hold: Promise<void> = Promise.resolve();
  url = "";

  static async open(): Promise<Desk> {
    const desk = new Desk();
    const server = createServer((request, response) => {
      desk.asked.push(request.url ?? "");
      desk.tokens.push(request.headers.authorization);
      const ticket = /issue\/([^?]*)/.exec(request.url ?? "")?.[1] ?? "";
      void desk.hold.then(() => {
        const said = desk.answer(ticket);
        const body = typeof said === "string" ? said : JSON.stringify(said);
        response.writeHead(desk.status, { "content-type": "application/json" }).end(body);
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    desk.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return desk;
  }

  says(state: string): void {
    this.answer = () => ({ fields: { status: { name: state } } });
  }
}

interface Told {
  readonly tickets: Tickets;
  readonly noted: NewSiteEvent[];
  readonly reports: string[];
}

function systemOf(url: string, more = "") {
  const text = `tickets: { url: "${url}/issue/{ticket}?fields=status", state: fields.status.name, states: [Approved, In Progress], authorization: { env: TOKEN }${more} }`;
  const environment = { TOKEN: "Bearer t0ken" };
  const parsed = parseIntegrations(text, "i.yaml", { folder: temporaryFolder(), environment });
  if (parsed.kind === "invalid") throw new Error(parsed.problems.join("\n"));
  return parsed.tickets;
}

function gate(clock: Clock, configured = true): Told {
  const [noted, reports]: [NewSiteEvent[], string[]] = [[], []];
  const tickets = new Tickets({
    ...{ clock, configured, ranges: { plant: () => [] } },
    note: (event) => noted.push(event),
    report: (state, text) => text !== undefined && reports.push(`${state}: ${text}`),
  });
  return { tickets, noted, reports };
}

test("a ticket counts in the states that the site names, and in no other", async () => {
  const desk = await Desk.open();
  const clock = new TestClock();
  const { tickets } = gate(clock);
  tickets.configure(systemOf(desk.url));
  expect(await tickets.refusal("OT-4711")).toBeUndefined();
  expect(desk.asked).toEqual(["/issue/OT-4711?fields=status"]);
  expect(desk.tokens).toEqual(["Bearer t0ken"]);
  desk.says("Closed");
  // Good for seconds, and no longer.
  expect(await tickets.refusal("OT-4711")).toBeUndefined();
  clock.advance(5_000);
  expect(await tickets.refusal("OT-4711")).toBe(
    'the ticket OT-4711 is "Closed"; it has to be Approved or In Progress',
  );
  expect(await tickets.refusal("")).toBeUndefined();
  expect(desk.asked).toHaveLength(2);
});

test.each([
  ["a ticket that is not there", 404, { errorMessages: ["no"] }],
  ["an answer without the state", 200, { fields: {} }],
  ["an empty list", 200, { fields: { status: [] } }],
  ["a state that is an object", 200, { fields: { status: { name: {} } } }],
  ["a state of a prototype", 200, { fields: { status: "constructor" } }],
])("%s is refused, whatever the site chose for when it is away", async (_what, status, answer) => {
  const desk = await Desk.open();
  const { tickets } = gate(new TestClock());
  tickets.configure(systemOf(desk.url, ", when-away: permit"));
  desk.status = status;
  desk.answer = () => answer;
  expect(await tickets.refusal("OT-1")).toBe("the ticket system knows no state of OT-1");
});

test.each(["../admin", "OT-1/../..", "OT-1?x=1", "OT 1", "OT-1^ORstate=3", "..", "%2e%2e", "Ö1"])(
  "%s is never put into an address",
  async (ticket) => {
    const desk = await Desk.open();
    const { tickets } = gate(new TestClock());
    tickets.configure(systemOf(desk.url));
    expect(await tickets.refusal(ticket)).toContain("does not look like a ticket");
    expect(desk.asked).toEqual([]);
  },
);

test("away it refuses, unless the site chose otherwise, and says once that it is", async () => {
  const desk = await Desk.open();
  const clock = new TestClock();
  const { tickets, noted, reports } = gate(clock);
  for (const [status, body] of [
    [500, {}],
    [401, {}],
    [302, {}],
    [200, "<html>"],
  ] as const) {
    tickets.configure(systemOf(desk.url));
    desk.status = status;
    desk.answer = () => body;
    expect(await tickets.refusal("OT-1")).toContain("the ticket system is away");
    clock.advance(6_000);
    expect(await tickets.refusal("OT-1")).toContain("the ticket system is away");
    tickets.configure(systemOf(desk.url, ", when-away: permit"));
    expect(await tickets.refusal("OT-1")).toBeUndefined();
  }
  desk.status = 200;
  desk.says("Approved");
  clock.advance(6_000);
  expect(await tickets.refusal("OT-1")).toBeUndefined();
  expect(noted.map(({ kind }) => kind)).toEqual([
    ...Array.from({ length: 8 }, () => "tickets:away"),
    "tickets:back",
  ]);
  expect(reports.at(-1)).toBe("ok: The ticket system answers.");
  expect(JSON.stringify([noted, reports])).not.toContain("t0ken");
});

test("until the file was read nobody knows, so nothing begins under a ticket", async () => {
  const { tickets } = gate(new TestClock());
  expect(tickets.areAsked).toBe(true);
  expect(await tickets.refusal("OT-1")).toContain("the integrations file is not in force");
  expect(await tickets.refusal("")).toBeUndefined();
  tickets.configure(undefined);
  expect(tickets.areAsked).toBe(false);
  expect(await tickets.refusal("OT-1")).toBeUndefined();
  expect(gate(new TestClock(), false).tickets.areAsked).toBe(false);
});

test("a storm of openings asks about one ticket once, and about few at a time", async () => {
  const desk = await Desk.open();
  const { promise, resolve } = Promise.withResolvers<void>();
  desk.hold = promise;
  const { tickets } = gate(new TestClock());
  tickets.configure(systemOf(desk.url));
  const same = Array.from({ length: 100 }, () => tickets.refusal("OT-1"));
  const others = Array.from({ length: 100 }, (_, n) => tickets.refusal(`OT-${n + 2}`));
  const refused = await Promise.all(others.slice(7));
  expect(refused.every((why) => why?.includes("away"))).toBe(true);
  resolve();
  expect((await Promise.all(same)).every((why) => why === undefined)).toBe(true);
  expect((await Promise.all(others.slice(0, 7))).every((why) => why === undefined)).toBe(true);
  expect(desk.asked).toHaveLength(8);
});

test("no address of the plant is asked", async () => {
  const desk = await Desk.open();
  const { port } = new URL(desk.url);
  const tickets = new Tickets({
    ...{ clock: new TestClock(), configured: true, note: () => {}, report: () => {} },
    ranges: { plant: () => [{ host: "127.0.0.1", port: Number(port) }] },
  });
  tickets.configure(systemOf(desk.url));
  expect(await tickets.refusal("OT-1")).toContain("away");
  expect(desk.asked).toEqual([]);
});

test.each([
  ["url: https://x.example/issue", "{ticket} once"],
  ['url: "https://{ticket}.example/issue"', "{ticket} once"],
  ['url: "https://x.example/{ticket}/{ticket}"', "{ticket} once"],
  ['url: "http://x.example/{ticket}"', "only https addresses are taken"],
  ['url: "https://x.example/{ticket}", authorization: secret', "a secret is not written here"],
  ['url: "https://x.example/{ticket}", when-away: perhaps', "write refuse or permit"],
])("%s is not taken", (keys, why) => {
  const text = `tickets: { ${keys}, state: fields.status, states: [Open] }`;
  const parsed = parseIntegrations(text, "i.yaml", { folder: "/", environment: {} });
  expect(parsed.kind === "invalid" && parsed.problems.join("; ")).toContain(why);
});

/** Through access: a request under a ticket, its approval, its sessions. */
async function work() {
  const desk = await Desk.open();
  const clock = new TestClock();
  const { tickets } = gate(clock);
  tickets.configure(systemOf(desk.url));
  const kit = await TestAccess.open(tickets);
  const eva = await kit.site.invited(kit.ada.me, "Eva", ["engineer"]);
  const sam = await kit.site.invited(kit.ada.me, "Sam", ["supervisor"]);
  const { request } = await kit.access.requests.ask(eva.me.person, {
    ...{ endpoints: ["plc/modbus"], profile: "everything", durationMs: HOUR_MS },
    ...{ reason: "the pump hums", ticket: "WO-4711" },
  });
  const open = () => {
    clock.advance(6_000);
    const all = kit.access.grantsOf(eva.me.person);
    const grant = all.find(({ source }) => source === "request");
    return kit.access.openSession(eva.me, "plc/modbus", grant?.id);
  };
  return { desk, clock, kit, eva, sam, id: request.id, open };
}

async function decide(kit: TestAccess, who: Somebody, id: string, decision: "approve" | "refuse") {
  const { requests } = kit.access;
  const given = { decision, reason: decision === "refuse" ? "no" : "" };
  const { text, options } = await requests.decisionOptions(who.me, id, given);
  const response = who.authenticator.assert(options);
  return () => requests.decide(who.me, id, { text, response });
}

test("nobody agrees to work under a ticket that does not stand, also where it fell meanwhile", async () => {
  const { desk, clock, kit, eva, sam, id } = await work();
  desk.says("Draft");
  await expect(decide(kit, sam, id, "approve")).rejects.toMatchObject({ code: "ticket-refused" });
  clock.advance(6_000);
  desk.says("Approved");
  const signed = await decide(kit, sam, id, "approve");
  clock.advance(6_000);
  desk.says("Cancelled");
  await expect(signed()).rejects.toMatchObject({ code: "ticket-refused" });
  expect(kit.access.grantsOf(eva.me.person).some(({ source }) => source === "request")).toBe(false);
  clock.advance(6_000);
  await (await decide(kit, sam, id, "refuse"))();
});

test("every session asks again; one without a ticket asks nobody", async () => {
  const { desk, kit, eva, sam, id, open } = await work();
  await (await decide(kit, sam, id, "approve"))();
  const session = await open();
  expect(JSON.parse(session.claims.basis ?? "").input.context.grant.ticket).toBe("WO-4711");
  desk.says("Closed");
  await expect(open()).rejects.toMatchObject({
    ...{ code: "ticket-refused", message: expect.stringContaining('"Closed"') },
  });
  desk.status = 503;
  await expect(open()).rejects.toMatchObject({ code: "ticket-refused" });
  const { length } = desk.asked;
  await kit.access.openSession(eva.me, "plc/modbus", "engineers");
  expect(desk.asked).toHaveLength(length);
});
