import { beforeEach, expect, test } from "vitest";
import { TestAccess } from "../../test/kit/access.ts";
import type { Somebody } from "../../test/kit/identity.ts";
import type { Decision } from "./requests.ts";

let kit: TestAccess;
let ben: Somebody;
let sue: Somebody;

beforeEach(async () => {
  kit = await TestAccess.open();
  ben = await kit.site.invited(kit.ada.me, "Ben", ["engineer"]);
  sue = await kit.site.invited(kit.ada.me, "Sue", ["supervisor"]);
});

async function asked(): Promise<string> {
  const seen = await kit.access.requests.ask(ben.me.person, {
    ...{
      endpoints: ["plc/modbus"],
      profile: "everything",
      durationMs: 3_600_000,
      reason: "gearbox",
    },
  });
  return seen.request.id;
}

async function decide(id: string, decision: Decision): Promise<void> {
  const { requests } = kit.access;
  const { text, options } = await requests.decisionOptions(sue.me, id, decision);
  await requests.decide(sue.me, id, { text, response: sue.authenticator.assert(options) });
}

const granted = () =>
  kit.access.grantsOf(ben.me.person, "plc/modbus").find(({ source }) => source === "request");

test("an approver may ask for more: it is signed, kept with the grant, and outlives a restart", async () => {
  await decide(await asked(), {
    ...{ decision: "approve", reason: "", needs: ["consent", "supervisor"] },
  });
  expect(granted()?.needs).toEqual({ supervisor: "wait", consent: true });
  await kit.restart();
  expect(granted()?.needs).toEqual({ supervisor: "wait", consent: true });
  await expect(kit.access.openSession(ben.me, "plc/modbus", granted()?.id)).rejects.toMatchObject({
    code: "consent-required",
  });
});

test("a session under such a grant begins still", async () => {
  await decide(await asked(), { decision: "approve", reason: "", needs: ["supervisor"] });
  const session = await kit.access.openSession(ben.me, "plc/modbus", granted()?.id);
  expect(session.told).toEqual(["lapse supervisor: supervisor-absent"]);
});

test("who asks for nothing changes nothing", async () => {
  await decide(await asked(), { decision: "approve", reason: "" });
  expect(granted()?.needs).toEqual({});
});
