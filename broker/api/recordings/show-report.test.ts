import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readPoints, writePoints } from "../../../protocols/modbus/build.ts";
import type { ConsoleUser } from "../../../test/kit/console-user.ts";
import { type RunningBroker, startRunningBroker } from "../../../test/kit/running-broker.ts";
import { WorkedSession } from "../../../test/kit/worked-session.ts";
import type { ReportView } from "../shapes/report.ts";

let site: RunningBroker;
let engineer: ConsoleUser;

beforeAll(async () => {
  site = await startRunningBroker();
  engineer = await site.invite("Ann", ["engineer"]);
}, 60_000);
afterAll(() => site.close());

async function reportOf(id: string): Promise<ReportView> {
  const answer = await engineer.ask<ReportView>("GET", `/api/recordings/${id}/report`);
  expect(answer.status).toBe(200);
  return answer.body;
}

function beforeAndAfter(report: ReportView, tag: string) {
  const found = report.values.find((one) => one.tag === tag);
  return [found?.before?.value ?? null, found?.after?.value ?? null];
}

test("the report says what was before and after, and each write with its rule", async () => {
  const session = await WorkedSession.open(engineer);
  await session.ask(writePoints(1, "holding-registers", 11, [360]));
  await session.ask(writePoints(1, "holding-registers", 11, [500]));
  await session.ask(readPoints(1, "holding-registers", 0, 1));
  await session.end();
  const report = await reportOf(session.id);
  expect(beforeAndAfter(report, "P101.SpeedSetpoint")).toEqual([35, 36]);
  expect(beforeAndAfter(report, "D201.DoseSetpoint")[0]).toBeCloseTo(1.2);
  expect(report.values.every(({ before, after }) => before && after)).toBe(true);
  expect(report.changes).toMatchObject([
    {
      points: { address: 11, before: [350], values: [360] },
      outcome: "answered",
      rule: "pump-tuning/pump speed",
      approval: null,
    },
  ]);
  expect(report.recording.counts.refused).toBe(1);
  expect(report.end?.rule).toBe("owner-ended");
  expect(report.grant).toMatchObject({ madeBy: null, request: null });
});

test("after a cut there is no reading since the last change, and the report says so", async () => {
  const supervisor = await site.invite("Sue", ["supervisor"]);
  const session = await WorkedSession.open(engineer);
  // The profile lets the pump's speed be set every two seconds.
  await pause(2_100);
  await session.ask(writePoints(1, "holding-registers", 11, [370]));
  await supervisor.ask("POST", `/api/sessions/${session.id}/end`, { reason: "drill" });
  const report = await reportOf(session.id);
  expect(beforeAndAfter(report, "P101.SpeedSetpoint")).toEqual([36, null]);
  expect(report.values.every(({ before, after }) => before && after === null)).toBe(true);
  expect(report.changes).toHaveLength(1);
  expect(report.end).toMatchObject({ rule: "cut" });
});

test("a grant that somebody made says who and why", async () => {
  const endpoint = "plc-treatment/modbus";
  const vendor = await site.invite("Vera", ["vendor"]);
  const granted = await site.first.ask("POST", "/api/grants", {
    ...{ personId: vendor.me?.person.id, endpoint, profile: "pump-tuning", reason: "bearing" },
    ...{ fromMs: Date.now() - 1_000, untilMs: Date.now() + 600_000 },
  });
  expect(granted.status).toBe(201);
  const session = await WorkedSession.open(vendor);
  await session.end();
  const auditor = await site.invite("Theo", ["auditor"]);
  const answer = await auditor.ask<ReportView>("GET", `/api/recordings/${session.id}/report`);
  expect(answer.body.grant).toMatchObject({ reason: "bearing", request: null });
  expect(answer.body.grant.madeBy).toBe(site.first.me?.person.name);
  expect(answer.body.changes).toEqual([]);
  const act = await auditor.ask("GET", `/api/recordings/${session.id}/acts/nothing`);
  expect(act.status).toBe(404);
});
