/** What happens at a site is in its log: who came, what they opened, what became of it. */
import { rmSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { diskVolume } from "../../broker/evidence/disk-volume.ts";
import { checkLog } from "../../broker/evidence/log/check-log.ts";
import { openFileSigner } from "../../broker/evidence/log/signer.ts";
import { startRunningBroker } from "../kit/running-broker.ts";

interface Leaf {
  readonly kind: string;
  readonly name?: string;
  readonly session?: string;
  readonly state?: string;
}

async function leavesOf(data: string): Promise<Leaf[]> {
  const leaves: Leaf[] = [];
  const { publicKey } = openFileSigner(path.join(data, "site-log/keys/1.pem"));
  const checked = await checkLog(diskVolume, path.join(data, "site-log/1"), publicKey, (entry) =>
    leaves.push(JSON.parse(new TextDecoder().decode(entry))),
  );
  expect(checked).toMatchObject({ kind: "whole" });
  return leaves;
}

test("enrolment, session and end are leaves of the site log, the session's before it begins", async () => {
  const running = await startRunningBroker();
  onTestFinished(() => running.close());
  const opened = await running.first.ask("POST", "/api/sessions", {
    endpoint: "plc-treatment/modbus",
  });
  expect(opened.status).toBe(201);
  const session = opened.body.id as string;
  const data = path.join(running.folder, "data");
  await running.first.ask("POST", `/api/sessions/${session}/end`, { reason: "done" });
  await running.broker.close();
  const leaves = await leavesOf(data);
  const kinds = leaves.filter((leaf) => leaf.session === session).map(({ kind }) => kind);
  expect(kinds[0]).toBe("session.open");
  expect(kinds).toContain("session.close");
  const names = leaves.flatMap(({ name }) => name ?? []);
  expect(names).toEqual(expect.arrayContaining(["session:opened", "session:ended"]));
  expect(names.some((name) => name.startsWith("enrolment") || name.startsWith("passkey"))).toBe(
    true,
  );
  expect(leaves.map(({ kind }) => kind)).toContain("plant.loaded");
});

test("without its site log a broker lets people in, and no session begins", async () => {
  const running = await startRunningBroker();
  const data = path.join(running.folder, "data");
  onTestFinished(() => running.close());
  const open = () =>
    running.first.ask("POST", "/api/sessions", { endpoint: "plc-treatment/modbus" });
  rmSync(path.join(data, "site-log"), { recursive: true });
  const refused = await open();
  expect(refused.status).toBe(503);
  expect(refused.body.code).toBe("recorder-unavailable");
  expect((await running.first.ask("GET", "/api/me")).status).toBe(200);
  const health = await running.first.ask("GET", "/api/health");
  expect(JSON.stringify(health.body)).toContain("site log");
});
