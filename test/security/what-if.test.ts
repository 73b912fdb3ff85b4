/** A change of policies, or of the plant, judged over past sessions, in the background, for those who may see them. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { PLANT_BODY_BYTES_MAX } from "../../broker/api/plant/plant-file.ts";
import type { NarrowerView } from "../../broker/api/shapes/narrower.ts";
import type { GrantView } from "../../broker/api/shapes/plant.ts";
import type { PlantFileView, PlantPlanView } from "../../broker/api/shapes/plant-file.ts";
import type { PoliciesView, PolicyFileView } from "../../broker/api/shapes/policies.ts";
import type { WhatIfView } from "../../broker/api/shapes/what-if.ts";
import { FILE_BYTES_MAX } from "../../broker/plant/plant-limits.ts";
import { readPoints } from "../../protocols/modbus/build.ts";
import type { RequestOptions } from "../kit/authenticator.ts";
import type { ConsoleUser } from "../kit/console-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { WorkedSession } from "../kit/worked-session.ts";

const READS = 3;
let site: RunningBroker;
/** Administrator and engineer: sees the recordings of their own sessions. */
let first: ConsoleUser;
let auditor: ConsoleUser;
let files: readonly PolicyFileView[];
let session: string;

beforeAll(async () => {
  site = await startRunningBroker({ SALLYPORT_POLICY_WHAT_IF: "1" });
  first = site.first;
  auditor = await site.invite("Aud", ["auditor"]);
  const worked = await WorkedSession.open(first);
  session = worked.id;
  for (let n = 0; n < READS; n++) {
    await worked.ask(readPoints(1, "holding-registers", 11, 1));
  }
  await worked.end();
  await vi.waitFor(async () => {
    const { body } = await auditor.ask<readonly { id: string; state: string }[]>(
      ...(["GET", "/api/recordings?limit=10"] as const),
    );
    expect(body.find(({ id }) => id === session)?.state).toBe("sealed");
  }, 20_000);
  files = (await first.ask<PoliciesView>("GET", "/api/policies")).body.files;
}, 90_000);
afterAll(() => site.close());

const NIGHT = {
  name: "nobody-operates.cedar",
  text: '@id("nobody-works")\n@reason("Nobody works.")\nforbid (principal in Role::"engineer", action in Action::"use", resource) when { context.grant.profile == "never" || context.session.durationSeconds >= 0 };\n',
};

function changed(): readonly PolicyFileView[] {
  return [...files, NIGHT];
}

async function tried(user: ConsoleUser, body: object): Promise<WhatIfView> {
  const asked = await user.ask<WhatIfView>("POST", "/api/what-if", body);
  expect(asked.status).toBe(201);
  const look = () => user.ask<WhatIfView>("GET", `/api/what-if/${asked.body.id}`);
  await vi.waitFor(
    async () => expect(["done", "failed"]).toContain((await look()).body.state),
    20_000,
  );
  return (await look()).body;
}

test("what a grant was used for becomes the narrowest profile, for who may see its recordings", async () => {
  const grants = await first.ask<readonly GrantView[]>("GET", "/api/grants");
  const there = grants.body.filter(({ endpoint }) => endpoint === "plc-treatment/modbus");
  const narrowed = (user: ConsoleUser, { id }: GrantView) =>
    user.ask<NarrowerView>("POST", `/api/grants/${id}/narrower`, {});
  const answers = await inTurn(there, (grant) => narrowed(first, grant));
  const [made, ...others] = answers.filter(({ status }) => status === 200);
  expect([made?.status, others]).toEqual([200, []]);
  for (const other of answers.filter((each) => each !== made)) {
    expect(other).toMatchObject({ status: 409, body: { code: "nothing-done" } });
  }
  const { id, text, plantText, sessions, operations, refused, unneeded } = made?.body ?? NOTHING;
  expect({ sessions, refused, seen: operations >= READS }).toEqual({
    ...{ sessions: 1, refused: 0, seen: true },
  });
  expect(text).toContain(`id: ${id}`);
  expect(text).not.toContain("write");
  expect(unneeded.length).toBeGreaterThan(0);
  // The kit hears bytes, not text.
  const heard = Buffer.from(plantText ?? "", "latin1").toString("utf8");
  const planned = await first.ask<PlantPlanView>("POST", "/api/plant-plans", { text: heard });
  expect(planned.body).toMatchObject({ valid: true, problems: [] });
  const [own] = there.filter((_, n) => answers[n] === made);
  // Who manages grants alone may not see what was done.
  const manager = await site.invite("Man", ["administrator"]);
  if (own) expect((await narrowed(manager, own)).status).toBe(409);
  if (own) expect((await narrowed(auditor, own)).status).toBe(404);
  const told = await first.ask<readonly { kind: string }[]>(
    "GET",
    "/api/events?contains=narrowest",
  );
  expect(told.body.map(({ kind }) => kind)).toEqual(["profile:learned"]);
});

test("what would differ is listed, each with its moment in the recording", async () => {
  const found = await tried(auditor, { files: changed(), days: 1 });
  expect(found).toMatchObject({ state: "done", sessions: 1, all: 1, operations: READS });
  const reads = found.differences.find(({ what }) => what.startsWith("reading"));
  expect(reads).toMatchObject({
    ...{ endpoint: "plc-treatment/modbus", count: READS },
    ...{ before: { verdict: "permit" }, after: { verdict: "deny" } },
  });
  expect(reads?.moments.map((each) => each.session)).toEqual(Array(READS).fill(session));
  expect(found.differences).toContainEqual(
    expect.objectContaining({ after: expect.objectContaining({ rule: "nobody-works" }) }),
  );
});

test("the policies as they are change nothing", async () => {
  expect(await tried(auditor, { files, days: 1 })).toMatchObject({
    state: "done",
    differences: [],
  });
});

test("nobody sees what another one asked, nor recordings that are not theirs", async () => {
  const other = await site.invite("Adele", ["administrator"]);
  expect(await tried(other, { files: changed(), days: 1 })).toMatchObject({
    ...{ state: "done", sessions: 0, operations: 0, differences: [] },
  });
  const asked = await auditor.ask<WhatIfView>("POST", "/api/what-if", { files, days: 1 });
  expect((await other.ask("GET", `/api/what-if/${asked.body.id}`)).status).toBe(404);
  expect((await other.ask("DELETE", `/api/what-if/${asked.body.id}`)).status).toBe(404);
  expect((await auditor.ask("DELETE", `/api/what-if/${asked.body.id}`)).status).toBe(204);
  expect((await auditor.ask("GET", `/api/what-if/${asked.body.id}`)).status).toBe(404);
});

test("what is no policy is refused before anything is read", async () => {
  const broken = [...files, { name: "broken.cedar", text: "permit everything" }];
  const refused = await auditor.ask("POST", "/api/what-if", { files: broken, days: 1 });
  expect([refused.status, refused.body.code]).toEqual([400, "invalid-request"]);
  const held = await auditor.ask("POST", "/api/what-if", { plant: "held", days: 1 });
  expect(held.status).toBe(404);
});

test("where the site asks for it, exactly what comes into force was tried by whom it is put in force", async () => {
  const now = (await first.ask<PoliciesView>("GET", "/api/policies")).body;
  expect(now.needsWhatIf).toBe(true);
  const remark = { name: "remark.cedar", text: "// Read by the night shift.\n" };
  const wanted = [...files, remark];
  const change = { files: wanted, basedOn: now.version.digest, reason: "a remark" };
  const early = await first.ask("POST", "/api/policies", change);
  expect([early.status, early.body.code]).toEqual([409, "what-if-required"]);
  await tried(auditor, { files: wanted, days: 1 });
  expect((await first.ask("POST", "/api/policies", change)).body.code).toBe("what-if-required");
  expect(await tried(first, { files: wanted, days: 1 })).toMatchObject({ sessions: 1 });
  const done = await first.ask<{ check: { valid: boolean } }>("POST", "/api/policies", change);
  expect(done.body.check).toMatchObject({ valid: true });
});

interface ToSign {
  readonly text: string;
  readonly options: RequestOptions;
}

test("a planned plant file is looked at first, too; signed, it ends at once the session that it touches", async () => {
  const now = (await first.ask<PlantFileView>("GET", "/api/plant-file")).body;
  expect(now).toMatchObject({ needsWhatIf: true, readOnly: null, held: null });
  const file = site.broker.plantFile;
  const before = readFileSync(file, "utf8");
  const text = before.replace("requests-per-second: 200", "requests-per-second: 150");
  const worked = await WorkedSession.open(first);
  const { body: plan } = await first.ask<PlantPlanView>("POST", "/api/plant-plans", { text });
  expect(plan).toMatchObject({ problems: [], valid: true, state: "open", same: false });
  expect(plan.sessions).toMatchObject([{ session: worked.id, endpoint: "plc-treatment/modbus" }]);
  const path = `/api/plant-plans/${plan.id}`;
  const early = await first.ask("POST", `${path}/options`, { reason: "gentler" });
  expect([early.status, early.body.code]).toEqual([409, "what-if-required"]);
  expect(await tried(first, { plan: plan.id, days: 1 })).toMatchObject({ state: "done" });
  const { body: toSign } = await first.ask<ToSign>("POST", `${path}/options`, {
    reason: "gentler",
  });
  const answer = {
    text: toSign.text,
    response: first.authenticator.assert(toSign.options),
  };
  const done = await first.ask<PlantPlanView>("POST", `${path}/application`, answer);
  expect(done.body).toMatchObject({ state: "done" });
  const live = async () => (await first.ask("GET", `/api/sessions/${worked.id}`)).status;
  await vi.waitFor(async () => expect(await live()).toBe(404), 20_000);
  const after = (await first.ask<PlantFileView>("GET", "/api/plant-file")).body;
  expect(readFileSync(file, "utf8")).toBe(text);
  expect(after.digest).toBe(plan.digest);
  expect(after.versions[0]).toMatchObject({ digest: plan.digest, note: "gentler" });
  const again = await first.ask("POST", `${path}/application`, answer);
  expect(again.status).toBeGreaterThanOrEqual(400);
  await worked.end();
});

test("nobody sees or signs the plan of another, and a text that is too long is not read", async () => {
  const other = await site.invite("Ann", ["administrator"]);
  const text = `${readFileSync(site.broker.plantFile, "utf8")}# more\n`;
  const { body: plan } = await first.ask<PlantPlanView>("POST", "/api/plant-plans", { text });
  const path = `/api/plant-plans/${plan.id}`;
  for (const [method, at, body] of [
    ["GET", path, undefined],
    ["DELETE", path, undefined],
    ["POST", `${path}/options`, { reason: "mine" }],
    ["POST", "/api/what-if", { plan: plan.id, days: 1 }],
  ] as const) {
    expect([at, (await other.ask(method, at, body)).status]).toEqual([at, 404]);
  }
  const stale = { text, basedOn: "0".repeat(64) };
  expect((await first.ask("POST", "/api/plant-plans", stale)).body.code).toBe("changed");
  const long = { text: "x".repeat(PLANT_BODY_BYTES_MAX) };
  expect((await first.ask("POST", "/api/plant-plans", long)).status).toBe(413);
  const longer = { text: "x".repeat(FILE_BYTES_MAX + 1) };
  expect((await first.ask("POST", "/api/plant-file/check", longer)).status).toBe(400);
  expect((await first.ask("DELETE", path)).status).toBe(204);
  expect((await first.ask("GET", path)).status).toBe(404);
});

const NOTHING: NarrowerView = {
  ...{ id: "", text: "", sessions: 0, leftOut: 0, operations: 0, refused: 0 },
  ...{ unneeded: [], notes: [], plantText: null },
};

async function inTurn<Item, Result>(
  items: readonly Item[],
  act: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const item of items) results.push(await act(item));
  return results;
}
