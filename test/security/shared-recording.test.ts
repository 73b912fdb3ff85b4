/** Links to recordings for people without an account, against whoever has none, a wrong one, or an old one. */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RecordingDetailView, SiteEventView } from "../../broker/api/shapes/sessions.ts";
import type {
  LookView,
  NewShareView,
  SharedRecordingView,
  ShareView,
} from "../../broker/api/shapes/viewing.ts";
import { readPoints, writePoints } from "../../protocols/modbus/build.ts";
import { readSegment } from "../../protocols/tape/reader.ts";
import { type Answer, ConsoleUser } from "../kit/console-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { WorkedSession } from "../kit/worked-session.ts";

let site: RunningBroker;
let engineer: ConsoleUser;
let auditor: ConsoleUser;
let recording: RecordingDetailView;
/** Between the two writes of the recording. */
let middleMs: number;

const COOKIE = "__Secure-sallyport-shared";
const HOUR_MS = 3_600_000;

beforeAll(async () => {
  site = await startRunningBroker();
  engineer = await site.invite("Ann", ["engineer"]);
  auditor = await site.invite("Theo", ["auditor"]);
  const session = await WorkedSession.open(engineer);
  await session.ask(readPoints(1, "holding-registers", 11, 1));
  await session.ask(writePoints(1, "holding-registers", 11, [351]));
  await pause(30);
  middleMs = Date.now();
  await pause(30);
  await session.ask(writePoints(1, "holding-registers", 11, [352]));
  await session.end();
  const path = `/api/recordings/${session.id}`;
  recording = (await auditor.ask<RecordingDetailView>("GET", path)).body;
}, 60_000);
afterAll(() => site.close());

interface Wanted {
  readonly range?: { readonly fromMs: number; readonly untilMs: number };
  readonly forMs?: number;
  readonly recipient?: string;
}

function wanted({ range, forMs = HOUR_MS, recipient = "Inspector Ines" }: Wanted = {}) {
  const endsMs = Date.now() + forMs;
  return { recording: recording.id, recipient, reason: "audit 7", endsMs, range: range ?? null };
}

async function share(what: Wanted = {}): Promise<NewShareView> {
  const made = await auditor.ask<NewShareView>("POST", "/api/shares", wanted(what));
  expect(made.status).toBe(201);
  return made.body;
}

/** Somebody in a browser of their own, who has the link. */
async function visitor(token: string): Promise<ConsoleUser> {
  const user = new ConsoleUser(site.broker.address);
  const opened = await user.ask("POST", "/api/shared/open", { token });
  expect(opened.status).toBe(204);
  return user;
}

const SHARED = [
  "/api/shared/standing",
  "/api/shared/recording",
  "/api/shared/segments/0",
  "/api/shared/segments/0/frame",
];

async function expectShut(user: ConsoleUser): Promise<void> {
  for (const path of SHARED) {
    const { status, body } = await user.ask("GET", path);
    expect([path, status, body.code]).toEqual([path, 401, "link-invalid"]);
  }
}

function recordsOf(answer: Answer<unknown>) {
  return readSegment(new Uint8Array(Buffer.from(answer.text, "latin1"))).records;
}

test("a link shows its recording to somebody without an account, and nothing else", async () => {
  const { share: made, token } = await share();
  const user = await visitor(token);
  const seen = await user.ask<SharedRecordingView>("GET", "/api/shared/recording");
  expect(seen.body).toMatchObject({ recipient: "Inspector Ines", madeBy: "Theo", isPart: false });
  expect(seen.body.recording.id).toBe(recording.id);
  expect(seen.body.recording).not.toHaveProperty("hold");
  const answer = await user.ask("GET", "/api/shared/segments/0");
  expect(recordsOf(answer).at(-1)?.kind).toBe("end");
  expect(answer.headers["cache-control"]).toBe("no-store");
  expect(answer.headers["referrer-policy"]).toBe("no-referrer");
  for (const path of ["/api/me", "/api/recordings", `/api/recordings/${recording.id}`]) {
    expect((await user.ask("GET", path)).status).toBe(401);
  }
  expect(made.state).toBe("open");
});

test("the cookie of a visit is for the link's own paths, and no script reads it", async () => {
  const { token } = await share();
  const user = new ConsoleUser(site.broker.address);
  const opened = await user.ask("POST", "/api/shared/open", { token });
  const line = [opened.headers["set-cookie"]].flat().join("\n");
  expect(line).toMatch(
    /^__Secure-sallyport-shared=[\w-]{43}; Max-Age=\d+; Path=\/api\/shared; HttpOnly; Secure; SameSite=Strict$/,
  );
  expect(line).not.toContain(token);
});

test("nothing outside the link's part leaves the broker", async () => {
  const range = { fromMs: recording.startedMs, untilMs: middleMs };
  const { token } = await share({ range });
  const user = await visitor(token);
  const shown = (await user.ask<SharedRecordingView>("GET", "/api/shared/recording")).body;
  expect(shown.isPart).toBe(true);
  expect(shown.recording.endedMs).toBe(middleMs);
  const marks = shown.recording.segments.flatMap((segment) => segment.marks);
  expect(marks.filter(({ kind }) => kind === "write")).toHaveLength(1);
  expect(marks.every(({ wallMs }) => wallMs <= middleMs)).toBe(true);
  const answer = await user.ask("GET", "/api/shared/segments/0");
  const records = recordsOf(answer);
  expect(records.length).toBeGreaterThan(3);
  expect(records.every(({ wallMs }) => wallMs <= middleMs)).toBe(true);
  const whole = recordsOf(await auditor.ask("GET", `/api/recordings/${recording.id}/segments/0`));
  expect(whole.some(({ wallMs }) => wallMs > middleMs)).toBe(true);
  expect((await user.ask("GET", "/api/shared/segments/1")).status).toBe(401);
});

test("revoking cuts who is looking, at once, and the link opens no more", async () => {
  const { share: made, token } = await share();
  const user = await visitor(token);
  expect((await user.ask("GET", "/api/shared/standing")).status).toBe(204);
  expect((await auditor.ask("DELETE", `/api/shares/${made.id}`)).status).toBe(204);
  await expectShut(user);
  const again = await user.ask("POST", "/api/shared/open", { token });
  expect([again.status, again.body.code]).toEqual([401, "link-invalid"]);
  expect((await auditor.ask("DELETE", `/api/shares/${made.id}`)).status).toBe(409);
});

test("no token, a bad one, one of a link that does not exist: all alike", async () => {
  const nobody = new ConsoleUser(site.broker.address);
  await expectShut(nobody);
  for (const forged of ["A".repeat(43), "x", "../../etc", "é".repeat(43), "A".repeat(201)]) {
    nobody.cookies.set(COOKIE, encodeURIComponent(forged));
    await expectShut(nobody);
  }
  const unknown = await nobody.ask("POST", "/api/shared/open", { token: "A".repeat(43) });
  expect([unknown.status, unknown.body.code]).toEqual([401, "link-invalid"]);
  const malformed = await nobody.ask("POST", "/api/shared/open", { token: "short" });
  expect(malformed.status).toBe(400);
});

test("the token of the link is no cookie, and a sign-in is no visit", async () => {
  const { token } = await share();
  const user = new ConsoleUser(site.broker.address);
  user.cookies.set(COOKIE, token);
  await expectShut(user);
  await expectShut(auditor);
});

test("who left by the page is out", async () => {
  const { token } = await share();
  const user = await visitor(token);
  const kept = user.cookies.get(COOKIE) ?? "";
  expect((await user.ask("POST", "/api/shared/leave", {})).status).toBe(204);
  user.cookies.set(COOKIE, kept);
  await expectShut(user);
});

test("a link ends with the account of who made it", async () => {
  const leaver = await site.invite("Lea", ["auditor"]);
  const made = await leaver.ask<NewShareView>("POST", "/api/shares", wanted());
  const user = await visitor(made.body.token);
  await site.first.ask("PATCH", `/api/people/${leaver.me?.person.id}`, { disabled: true });
  await expectShut(user);
  const list = await auditor.ask<ShareView[]>("GET", `/api/shares?recording=${recording.id}`);
  expect(list.body.find(({ id }) => id === made.body.share.id)?.state).toBe("suspended");
});

test("a link ends with its maker's right to share, and counts again with it", async () => {
  const mover = await site.invite("Mo", ["auditor"]);
  const made = await mover.ask<NewShareView>("POST", "/api/shares", wanted());
  const user = await visitor(made.body.token);
  const person = `/api/people/${mover.me?.person.id}`;
  const stateNow = async () => {
    const list = await auditor.ask<ShareView[]>("GET", `/api/shares?recording=${recording.id}`);
    return list.body.find(({ id }) => id === made.body.share.id)?.state;
  };
  expect((await site.first.ask("PATCH", person, { roles: ["engineer"] })).status).toBe(200);
  await expectShut(user);
  expect(await stateNow()).toBe("suspended");
  expect((await site.first.ask("PATCH", person, { roles: ["auditor"] })).status).toBe(200);
  const again = await visitor(made.body.token);
  expect((await again.ask("GET", "/api/shared/standing")).status).toBe(204);
  expect(await stateNow()).toBe("open");
});

test("a link lasts no longer than it may, and names its recipient and reason", async () => {
  const day = 24 * HOUR_MS;
  for (const refused of [
    wanted({ forMs: 15 * day }),
    wanted({ forMs: 1_000 }),
    wanted({ forMs: -day }),
    { ...wanted(), recipient: "" },
    { ...wanted(), reason: " " },
    wanted({ range: { fromMs: middleMs, untilMs: middleMs - 1 } }),
    wanted({ range: { fromMs: 1, untilMs: 2 } }),
  ]) {
    expect((await auditor.ask("POST", "/api/shares", refused)).status).toBe(400);
  }
  const none = await auditor.ask("POST", "/api/shares", { ...wanted(), recording: "nothing" });
  expect(none.status).toBe(404);
});

test("each use is an event and stands on the list, with where it came from", async () => {
  const { share: made, token } = await share({ recipient: "Oskar Outside" });
  const user = await visitor(token);
  await user.ask("GET", "/api/shared/recording");
  await user.ask("GET", "/api/shared/segments/0");
  const list = await auditor.ask<ShareView[]>("GET", `/api/shares?recording=${recording.id}`);
  const uses = list.body.find(({ id }) => id === made.id)?.uses ?? [];
  expect(uses).toHaveLength(1);
  expect(uses[0]).toMatchObject({
    how: "link",
    address: expect.stringMatching(/127\.0\.0\.1|::1/),
  });
  expect(uses[0]?.seen).not.toBeNull();
  const views = await engineer.ask<LookView[]>("GET", `/api/recordings/${recording.id}/views`);
  const whos = views.body.map(({ who, address }) => [who, address]);
  expect(whos).toContainEqual(["Oskar Outside", null]);
  expect(whos).toContainEqual(["Theo", null]);
  await auditor.ask("GET", `/api/recordings/${recording.id}/export?format=csv`);
  const after = await engineer.ask<LookView[]>("GET", `/api/recordings/${recording.id}/views`);
  expect(after.body[0]).toMatchObject({
    ...{ how: "noted", address: null },
    who: expect.stringMatching(/^Theo exported the recording of .* as csv$/),
  });
  const events = await auditor.ask<SiteEventView[]>("GET", "/api/events");
  const used = events.body.filter(({ kind }) => kind === "recording:share-used");
  expect(
    used.some(({ text }) => /^Oskar Outside, invited by Theo \(by link, from /.test(text)),
  ).toBe(true);
});

test("who fetches nothing but key frames has looked", async () => {
  const { share: made, token } = await share({ recipient: "Fay Frames" });
  const user = await visitor(token);
  expect((await user.ask("GET", "/api/shared/segments/0/frame")).status).toBe(200);
  const list = await auditor.ask<ShareView[]>("GET", `/api/shares?recording=${recording.id}`);
  expect(list.body.find(({ id }) => id === made.id)?.uses).toHaveLength(1);
  const other = await site.invite("Ava", ["auditor"]);
  const frame = `/api/recordings/${recording.id}/segments/0/frame`;
  expect((await other.ask("GET", frame)).status).toBe(200);
  const views = await engineer.ask<LookView[]>("GET", `/api/recordings/${recording.id}/views`);
  expect(views.body.map(({ who }) => who)).toContain("Ava");
});

test("a database that is copied gives no link away", async () => {
  const { token } = await share();
  const { readFileSync, readdirSync } = await import("node:fs");
  const data = `${site.folder}/data`;
  const files = readdirSync(data, { recursive: true, withFileTypes: true }).filter((one) =>
    one.isFile(),
  );
  expect(files.length).toBeGreaterThan(3);
  for (const file of files) {
    expect(readFileSync(`${file.parentPath}/${file.name}`).includes(token)).toBe(false);
  }
});

test("who guesses is held back", async () => {
  const slow = await startRunningBroker({ SALLYPORT_REQUESTS_PER_MINUTE: "600" });
  try {
    const guesser = new ConsoleUser(slow.broker.address);
    const statuses: number[] = [];
    for (let n = 0; n < 25; n += 1) {
      const token = `${n}`.padStart(43, "A");
      statuses.push((await guesser.ask("POST", "/api/shared/open", { token })).status);
    }
    expect(statuses.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
    expect(statuses.at(-1)).toBe(429);
  } finally {
    await slow.close();
  }
}, 30_000);

test("comments are shown to who sees the recording, kept by digest, and leave a mark", async () => {
  const path = `/api/recordings/${recording.id}/comments`;
  const at = recording.segments[0]?.marks.find(({ kind }) => kind === "write");
  const said = { sequence: at?.sequence, wallMs: at?.wallMs, text: "why was this needed?" };
  const made = await auditor.ask("POST", path, said);
  expect(made.status).toBe(201);
  expect((await engineer.ask("GET", path)).body).toMatchObject([
    { text: said.text, by: { name: "Theo" }, mine: false, withdrawn: null },
  ]);
  const lines = (await auditor.ask("GET", `${path}/export`)).text.trimEnd();
  const { createHash } = await import("node:crypto");
  const digest = createHash("sha256").update(lines).digest("hex");
  const events = await auditor.ask<SiteEventView[]>("GET", "/api/events");
  const noted = events.body.find(({ kind }) => kind === "recording:commented");
  expect(noted?.text).toContain(digest);
  expect(noted?.text).not.toContain("needed");
  const withdrawal = `${path}/${made.body.id}/withdrawal`;
  expect((await engineer.ask("POST", withdrawal, { reason: "no" })).status).toBe(404);
  expect((await auditor.ask("POST", withdrawal, { reason: "settled" })).status).toBe(204);
  expect((await auditor.ask("POST", withdrawal, { reason: "again" })).status).toBe(404);
  expect((await engineer.ask("GET", path)).body).toMatchObject([
    { text: "", withdrawn: { why: "settled" } },
  ]);
  const outside = { ...said, wallMs: recording.endedMs + 60_000 };
  expect((await auditor.ask("POST", path, outside)).status).toBe(400);
});
