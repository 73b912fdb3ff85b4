/** A change of policies judged over past sessions, in the background, for those who may see them. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { PoliciesView, PolicyFileView } from "../../broker/api/shapes/policies.ts";
import type { WhatIfView } from "../../broker/api/shapes/what-if.ts";
import { readPoints } from "../../protocols/modbus/build.ts";
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
