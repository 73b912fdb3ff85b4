/**
 * Every cause that takes a session or a right away, on a session whose guard is on a gateway, while
 * a write waits for a second person: decided by control, carried out by another process. The plant
 * itself is asked what arrived. `cut-matrix.test.ts` does the same within one process, by a test's
 * clock; the times of a day are left to it.
 */
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import type { HoldView } from "../../broker/api/shapes/holds.ts";
import type { LockView } from "../../broker/api/shapes/locks.ts";
import type { GrantView } from "../../broker/api/shapes/plant.ts";
import type { PoliciesView } from "../../broker/api/shapes/policies.ts";
import { readPoints, writePoints } from "../../protocols/modbus/build.ts";
import type { RequestOptions } from "../kit/authenticator.ts";
import { BehindGateway, UNTIL } from "../kit/behind-gateway.ts";
import { type ConsoleUser, connected, type UserSocket } from "../kit/console-user.ts";
import { SessionPage } from "../kit/session-page.ts";

// Slow: a broker, a gateway, a plant, and people who come and go.
const SLOW = { timeout: 180_000 };
const ENDPOINT = "plc-treatment/modbus";
const READ = readPoints(1, "holding-registers", 11, 1);
const speed = (hertz: number) => writePoints(1, "holding-registers", 11, [hertz * 10]);
/** 1.0 as a float32, where 1.2 is set. */
const DOSE = writePoints(1, "holding-registers", 20, [0x3f80, 0]);
/** Of the grant that ends by itself. */
const SHORT_MS = 20_000;

const PROFILE = `
  - id: drill
    description: Speed at once, the dose with a second person.
    rules:
      - { name: read all, permit: observe }
      - { name: speed, permit: operate, tags: [P101.SpeedSetpoint] }
      - { name: dose, hold: operate, tags: [D201.DoseSetpoint], hold-for: 120s }
`;

let behind: BehindGateway;
let sue: ConsoleUser;
/** Sees the recordings. */
let anna: ConsoleUser;
let watching: UserSocket;
let people = 0;

beforeAll(async () => {
  behind = await BehindGateway.open({
    gateways: ["dmz-a"],
    endpoints: [ENDPOINT],
    edit: (text) =>
      text
        .replace("\nprofiles:\n", `\nprofiles:${PROFILE}`)
        .replace("\nconditions:\n", "\nconditions:\n  - { profile: drill, needs: [supervisor] }\n"),
  });
  sue = await behind.site.invite("Sue", ["supervisor"]);
  anna = await behind.site.invite("Anna", ["auditor"]);
  watching = await connected(sue.socket());
}, 240_000);

afterAll(async () => {
  watching?.disconnect();
  await behind?.close();
});

const setpoints = () => behind.site.plant.process.setpoints;
const admin = () => behind.site.first;

/** Somebody's session with a write that waits for a second person. */
interface Drill {
  readonly id: string;
  readonly grant: string;
  readonly who: ConsoleUser;
  readonly page: SessionPage;
  readonly hold: string;
  /** What the plant had when it began. */
  readonly before: { readonly p101Speed: number; readonly dose: number };
}

async function working(forMs = 3_600_000): Promise<Drill> {
  people += 1;
  const who = await behind.site.invite(`Eva${people}`, ["engineer"]);
  const fromMs = Date.now();
  const made = await admin().ask<GrantView>("POST", "/api/grants", {
    ...{ personId: who.me?.person.id, endpoint: ENDPOINT, profile: "drill" },
    ...{ fromMs, untilMs: fromMs + forMs, reason: "drill" },
  });
  expect(made.status).toBe(201);
  const grant = made.body.id;
  const id = await vi.waitUntil(async () => {
    const opened = await who.ask("POST", "/api/sessions", { endpoint: ENDPOINT, grant });
    // The plant file or the key switch may not be back from the cause before.
    return opened.status === 201 && opened.body.id;
  }, UNTIL);
  const socket = await connected(who.socket());
  onLeave(socket);
  const page = await SessionPage.attach(socket, id);
  await new Promise((resolve) => watching.emit("watch", id, 0, resolve));
  watching.emit("presence", id, true);
  await vi.waitUntil(async () => (await page.ask(speed(30))).kind === "answer", UNTIL);
  const before = { p101Speed: 30, dose: setpoints().dose };
  await vi.waitUntil(() => setpoints().p101Speed === before.p101Speed, UNTIL);
  page.send(DOSE);
  const hold = await vi.waitUntil(async () => (await holdOf(id))?.id, UNTIL);
  return { id, grant, who, page, hold, before };
}

const sockets: UserSocket[] = [];
afterAll(() => {
  for (const socket of sockets) socket.disconnect();
});
function onLeave(socket: UserSocket): void {
  sockets.push(socket);
}

async function holdOf(session: string): Promise<HoldView | undefined> {
  const { body } = await sue.ask<HoldView[]>("GET", "/api/holds");
  return body.find((hold) => hold.session === session && hold.state === "waiting");
}

/** Nobody can let it pass any more. */
async function heldIsDead({ hold }: Drill): Promise<void> {
  const answer = await permit(hold);
  expect(answer).not.toBe("permitted");
}

/** What a second person's touch does. */
async function permit(hold: string): Promise<string | undefined> {
  const path = `/api/holds/${hold}`;
  const begun = await sue.ask<ToSign>("POST", `${path}/options`, { answer: "permit" });
  if (begun.status !== 200) return undefined;
  const { text, options } = begun.body;
  const signed = { answer: "permit", text, response: sue.authenticator.assert(options) };
  return (await sue.ask<{ result?: string }>("POST", path, signed)).body.result;
}

interface ToSign {
  readonly text: string;
  readonly options: RequestOptions;
}

type Cause = (drill: Drill) => unknown;

const lock =
  (kind: string, targetOf: (drill: Drill) => string): Cause =>
  async (drill) => {
    const body = { kind, target: targetOf(drill), reason: "gas alarm" };
    const set = await sue.ask<LockView>("POST", "/api/locks", body);
    expect(set.status).toBe(201);
    // That of a site takes two people.
    onTestFinished(async () => {
      for (const who of kind === "site" ? [sue, admin()] : [sue]) await lift(who, set.body.id);
    });
  };

async function lift(who: ConsoleUser, id: string): Promise<void> {
  const path = `/api/locks/${id}/lift`;
  const { text, options } = (await who.ask<ToSign>("POST", `${path}/options`, {})).body;
  const signed = { text, response: who.authenticator.assert(options) };
  expect((await who.ask("POST", path, signed)).status).toBeLessThan(300);
}

const changed = (changes: object): Cause => {
  return ({ who }) => admin().ask("PATCH", `/api/people/${who.me?.person.id}`, changes);
};

const ENDS: readonly (readonly [string, string, Cause])[] = [
  ["a person cuts it", "cut", ({ id }) => sue.ask("POST", `/api/sessions/${id}/end`, STOP)],
  [
    "its owner ends it",
    "owner-ended",
    ({ id, who }) => who.ask("POST", `/api/sessions/${id}/end`, STOP),
  ],
  [
    "its grant is revoked",
    "grant-revoked",
    ({ grant }) => admin().ask("DELETE", `/api/grants/${grant}`),
  ],
  ["its person is disabled", "person-disabled", changed({ disabled: true })],
  ["its person loses the role", "role-changed", changed({ roles: ["supervisor"] })],
  ["its sign-in ends", "sign-in-ended", ({ who }) => who.ask("POST", "/api/sign-out", {})],
  ["its person is locked", "lockdown", lock("person", ({ who }) => who.me?.person.id ?? "")],
  ["its asset is locked", "lockdown", lock("asset", () => "plc-treatment")],
  ["its zone is locked", "lockdown", lock("zone", () => "treatment")],
  ["the site is locked", "lockdown", lock("site", () => "nordwasser")],
  [
    "the key switch is off, and the plant file ends what it covers",
    "key-switch",
    async () => {
      await moved("\n    when-off: read-only", "\n    when-off: end");
      turnKey(false);
    },
  ],
];
const STOP = { reason: "stop" };

async function moved(from: string, to: string): Promise<void> {
  await behind.edit((text) => text.replace(from, to));
  onTestFinished(() => behind.edit((text) => text.replace(to, from)));
}

function turnKey(on: boolean): void {
  behind.site.plant.turnKey(on);
  onTestFinished(() => behind.site.plant.turnKey(true));
}

async function over(drill: Drill, rule: string): Promise<void> {
  await vi.waitUntil(() => drill.page.events.at(-1)?.kind === "end", UNTIL);
  expect(drill.page.events.at(-1)).toMatchObject({ kind: "end", cause: { rule } });
  drill.page.send(speed(44));
  await heldIsDead(drill);
  await behind.sealed(drill.id, anna);
  // It is whole, and the plant had seconds to show what it should not have heard.
  expect(setpoints()).toMatchObject(drill.before);
}

test.each(ENDS)("%s: it is over at the gateway, too", SLOW, async (_, rule, cause) => {
  const drill = await working();
  await cause(drill);
  await over(drill, rule);
});

const DEGRADES: readonly (readonly [string, string, Cause])[] = [
  [
    "a person freezes it",
    "frozen",
    ({ id }) => sue.ask("POST", `/api/sessions/${id}/freeze`, STOP),
  ],
  ["its supervisor leaves", "supervisor-absent", ({ id }) => watching.emit("presence", id, false)],
  ["the key switch is turned off", "key-switch", () => turnKey(false)],
  ["the policies take the right", "drill-policy", () => forbidChanges()],
];

/** An administrator does, in the console, and takes it back. */
async function forbidChanges(): Promise<void> {
  const { files, version } = (await admin().ask<PoliciesView>("GET", "/api/policies")).body;
  const forbid = [
    '@id("drill-policy") @reason("A drill.")',
    'forbid (principal in Role::"engineer", action in Action::"alter", resource)',
    'when { context.grant.active } unless { principal in Role::"auditor" };',
  ].join("\n");
  const edited = files.map(({ name, text }) => ({
    name,
    text: name === "operations.cedar" ? `${text}\n${forbid}\n` : withoutTests(name, text),
  }));
  const body = { files: edited, basedOn: version.digest, reason: "drill" };
  const done = await admin().ask<{ version: { digest: string } | null }>(
    "POST",
    "/api/policies",
    body,
  );
  expect(done.text).toContain('"digest"');
  onTestFinished(async () => {
    const back = { version: version.sequence, basedOn: done.body.version?.digest };
    expect((await admin().ask("POST", "/api/policies/rollback", back)).status).toBeLessThan(300);
  });
}

function withoutTests(name: string, text: string): string {
  if (!name.endsWith(".tests.yaml")) return text;
  return text.replaceAll(
    "what: [observe, operate, configure, program, transfer]\n",
    "what: observe\n",
  );
}

/** By which something was taken. */
function rulesOf({ events }: SessionPage): readonly string[] {
  return events.flatMap((event) => {
    const { kind } = event;
    const takes = kind === "freeze" || kind === "capabilities" || kind === "conditions";
    return takes ? [event.cause.rule] : [];
  });
}

test.each(DEGRADES)("%s: it goes on looking, and changes nothing", SLOW, async (_, rule, cause) => {
  const drill = await working();
  await cause(drill);
  await vi.waitUntil(() => rulesOf(drill.page).includes(rule), UNTIL);
  expect(await drill.page.ask(speed(44))).toMatchObject({ kind: "exception" });
  expect(await drill.page.ask(READ)).toMatchObject({ kind: "answer" });
  await heldIsDead(drill);
  await behind.end(drill.id);
  await behind.sealed(drill.id, anna);
  expect(setpoints()).toMatchObject(drill.before);
});

test(
  "frozen and resumed it works again, and what was held meanwhile stays dead",
  SLOW,
  async () => {
    const drill = await working();
    await sue.ask("POST", `/api/sessions/${drill.id}/freeze`, STOP);
    expect(await drill.page.ask(speed(31))).toMatchObject({ kind: "exception" });
    expect((await sue.ask("POST", `/api/sessions/${drill.id}/resume`, STOP)).status).toBeLessThan(
      300,
    );
    await vi.waitUntil(async () => (await drill.page.ask(speed(31))).kind === "answer", UNTIL);
    await heldIsDead(drill);
    expect(setpoints().dose).toBe(drill.before.dose);
    await behind.end(drill.id);
    await behind.sealed(drill.id, anna);
  },
);

test("what a second person permits leaves once, and is recorded as theirs", SLOW, async () => {
  const drill = await working();
  expect(await permit(drill.hold)).toBe("permitted");
  await vi.waitUntil(() => setpoints().dose === 1, UNTIL);
  expect(await permit(drill.hold)).toBeUndefined();
  await behind.end(drill.id);
  const recording = await behind.sealed(drill.id, anna);
  expect(recording.counts).toMatchObject({ held: 1, changed: 2 });
});

test("a grant that ends by itself ends its session there", SLOW, async () => {
  await over(await working(SHORT_MS), "grant-end");
});

// The last one: what it changes ends every session on the endpoint.
test("the plant file changes the endpoint: it is over at the gateway, too", SLOW, async () => {
  const drill = await working();
  await behind.edit((text) => text.replace("queue: 256", "queue: 255"));
  await over(drill, "plant-changed");
});
