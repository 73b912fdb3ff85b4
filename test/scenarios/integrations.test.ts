/** What goes out of a whole broker, and to whom; and where it never goes. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type {
  IntegrationsView,
  IntegrationTestView,
} from "../../broker/api/shapes/integrations.ts";
import { writePoints } from "../../protocols/modbus/build.ts";
import { ModbusClient } from "../../protocols/modbus/client.ts";
import { type ConsoleUser, connected } from "../kit/console-user.ts";
import { eventually } from "../kit/integration-site.ts";
import { startMailServer } from "../kit/mail-server.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { temporaryFolder } from "../kit/temporary.ts";
import { startWebReceiver } from "../kit/web-receiver.ts";

const START_MS = 60_000;
const TREATMENT = "plc-treatment/modbus";

async function openBroker(yaml: string): Promise<{ site: RunningBroker; file: string }> {
  const file = path.join(temporaryFolder(), "integrations.yaml");
  writeFileSync(file, yaml);
  const site = await startRunningBroker({ SALLYPORT_INTEGRATIONS: file });
  onTestFinished(() => site.close());
  return { site, file };
}

async function decide(user: ConsoleUser, id: string, decision: "approve" | "refuse") {
  const path = `/api/requests/${id}/decision`;
  const reason = decision === "refuse" ? "not today" : "";
  const begun = await user.ask<{ text: string; options: never }>("POST", `${path}/options`, {
    ...{ decision, reason },
  });
  const { text, options } = begun.body;
  return user.ask("POST", path, { text, response: user.authenticator.assert(options) });
}

test(
  "a request is told to those who may decide, the decision to who asked, each by a letter",
  async () => {
    const mail = await startMailServer();
    const { site } = await openBroker(
      `notices: [{ name: mail, form: mail, host: 127.0.0.1, port: ${mail.port}, ca: ${mail.caFile}, from: s@plant.example, about: [request, decision] }]\n`,
    );
    const ann = await site.invite("Ann", ["engineer"]);
    const sue = await site.invite("Sue", ["supervisor"]);
    await site.invite("Aud", ["auditor"]);
    const asked = await ann.ask("POST", "/api/requests", {
      ...{ endpoints: [TREATMENT], profile: "read-only", durationMs: 3_600_000 },
      reason: "a secret reason",
    });
    expect(asked.status).toBe(201);
    const toldTo = () => mail.letters.flatMap(({ to }) => to).toSorted();
    await eventually(() => mail.letters.length >= 2);
    expect(toldTo()).toEqual(["administrator@localhost", "sue@plant.example"]);
    expect((await decide(sue, asked.body.id, "approve")).status).toBe(200);
    await eventually(() => mail.letters.length >= 3);
    expect(mail.letters[2]?.to).toEqual(["ann@plant.example"]);
    expect(mail.letters[2]?.text).toContain("was approved");
    expect(JSON.stringify(mail.letters)).not.toMatch(/secret reason|token=/);
  },
  START_MS,
);

test(
  "the SIEM hears who signed in, what was opened, and each operation that was refused",
  async () => {
    const receiver = await startWebReceiver();
    const { site } = await openBroker(
      `siem: [{ name: soc, form: webhook, url: "${receiver.url}" }]\n`,
    );
    const ann = await site.invite("Ann", ["engineer"]);
    const opened = await ann.ask("POST", "/api/sessions", { endpoint: TREATMENT });
    const socket = await connected(ann.socket());
    onTestFinished(() => void socket.disconnect());
    const { id } = opened.body;
    await new Promise((resolve) => socket.emit("attach", id, "main", resolve));
    const client = new ModbusClient();
    for (const value of [500, 501]) {
      const { bytes } = client.request(writePoints(1, "holding-registers", 11, [value]));
      socket.emit("bytes", id, "main", bytes);
    }
    const events = () =>
      receiver.heard.flatMap(({ body }) =>
        body
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line)),
      );
    const of = (code: string) => events().filter(({ metadata }) => metadata.event_code === code);
    await eventually(() => of("operation:denied").length === 2);
    const [refused] = of("operation:denied");
    expect(refused).toMatchObject({
      ...{ class_uid: 4001, activity_id: 5, disposition: "Blocked" },
      actor: { user: { name: "Ann", email_addr: "ann@plant.example" } },
      dst_endpoint: { uid: "plc-treatment", ip: "127.0.0.1", svc_name: "modbus" },
      firewall_rule: { name: "pump-tuning/pump speed" },
      metadata: { correlation_uid: id },
    });
    expect(of("session:opened")[0]).toMatchObject({ class_uid: 4001, activity_id: 1 });
    const [enrolled] = of("passkey:enrolled");
    expect(enrolled).toMatchObject({ class_uid: 3001, activity_id: 10 });
    const places = events().map(({ metadata }) => metadata.sequence);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  },
  START_MS,
);

test(
  "an integration never reaches the plant, an edit counts, and a wrong one changes nothing",
  async () => {
    const receiver = await startWebReceiver();
    const { site, file } = await openBroker("siem: []\n");
    const list = async () =>
      (await site.first.ask<IntegrationsView>("GET", "/api/integrations")).body;
    expect(await list()).toEqual({ configured: true, problem: null, integrations: [] });
    const asset = `127.0.0.1:${site.plant.ports.treatment}`;
    const row = (name: string, url: string) =>
      `  - { name: ${name}, form: webhook, url: "${url}" }\n`;
    writeFileSync(
      file,
      `siem:\n${row("plc", `http://${asset}/`)}${row("soc", `${receiver.url}?token=s3cr3t`)}`,
    );
    await eventually(async () => (await list()).integrations.length === 2);
    const test = (name: string) =>
      site.first.ask<IntegrationTestView>("POST", `/api/integrations/${name}/test`, {});
    expect((await test("plc")).body.error).toBe("127.0.0.1 is an asset of the plant");
    expect((await test("soc")).body.error).toBeNull();
    expect((await test("none")).status).toBe(404);
    writeFileSync(file, "siem:\n  - { name: soc, form: pigeon }\n");
    await eventually(async () => (await list()).problem !== null);
    const { problem, integrations } = await list();
    expect(problem).toContain('integrations.yaml:2:24 "pigeon" is not taken');
    expect(integrations.map(({ name }) => name)).toEqual(["plc", "soc"]);
    expect(JSON.stringify(integrations)).not.toContain("s3cr3t");
    const metrics = await site.first.ask("GET", "/metrics");
    expect(metrics.text).toContain('sallyport_integration_up{integration="soc"} 1');
  },
  START_MS,
);

test(
  "work under a ticket is agreed to and begins only while the ticket says so",
  async () => {
    let state = "Draft";
    const desk = await startWebReceiver((response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ fields: { status: { name: state } } }));
    });
    const { site } = await openBroker(
      `tickets: { url: "${desk.url}/{ticket}", state: fields.status.name, states: [Approved] }\n`,
    );
    const ann = await site.invite("Ann", ["engineer"]);
    const sue = await site.invite("Sue", ["supervisor"]);
    const { body: asked } = await ann.ask("POST", "/api/requests", {
      ...{ endpoints: [TREATMENT], profile: "full-maintenance", durationMs: 3_600_000 },
      ...{ reason: "the pump hums", ticket: "WO-4711" },
    });
    const options = `/api/requests/${asked.id}/decision/options`;
    const yes = { decision: "approve", reason: "" };
    expect(await sue.ask("POST", options, yes)).toMatchObject({
      ...{
        status: 409,
        body: { code: "ticket-refused", message: expect.stringContaining("Draft") },
      },
    });
    state = "Approved";
    // What was heard is good for some seconds.
    const later = { interval: 1_000 };
    await expect.poll(async () => (await sue.ask("POST", options, yes)).status, later).toBe(200);
    expect((await decide(sue, asked.id, "approve")).status).toBe(200);
    const { body: grants } = await ann.ask<{ id: string; source: string }[]>(
      ...(["GET", "/api/me/grants"] as const),
    );
    const grant = grants.find(({ source }) => source === "request")?.id;
    expect(grant).toBeDefined();
    state = "Closed";
    const open = (by = grant) =>
      ann.ask("POST", "/api/sessions", { endpoint: TREATMENT, grant: by });
    await expect.poll(async () => (await open()).body.code, later).toBe("ticket-refused");
    expect((await open("engineers-read-treatment")).status).toBe(201);
  },
  2 * START_MS,
);
