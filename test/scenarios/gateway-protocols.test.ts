/** What a gateway carries besides Modbus: a screen, which signs in there, and bytes nobody decodes. */
import { readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { GatewaysView } from "../../broker/api/shapes/gateways.ts";
import type { LiveAnswer } from "../../broker/api/shapes/live.ts";
import { connected } from "../kit/console-user.ts";
import { joinGateway, startGateway } from "../kit/gateway-child.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const UNTIL = { timeout: 60_000, interval: 50 };
const SCREEN = "hmi-treatment/screen";
const RAW = "echo/service";

/** Opens a session, says this, and answers what comes back. */
async function said(
  { first: user }: RunningBroker,
  endpoint: string,
  grant: string,
  bytes: number[],
) {
  const opened = await user.ask("POST", "/api/sessions", { endpoint, grant });
  expect(opened.text).toContain('"id"');
  const { id } = opened.body;
  const socket = await connected(user.socket());
  onTestFinished(() => void socket.disconnect());
  const heard: number[] = [];
  socket.on("bytes", (_id, _channel, more) => {
    heard.push(...new Uint8Array(more));
    socket.emit("credit", id, "main", more.byteLength);
  });
  const answer = await new Promise<LiveAnswer>((done) => socket.emit("attach", id, "main", done));
  expect(answer).toMatchObject({ ok: true });
  socket.emit("bytes", id, "main", Uint8Array.from(bytes));
  return { id, heard };
}

test("a screen and plain bytes are carried, and their recordings handed over", {
  timeout: 240_000,
}, async () => {
  const echo = createServer((socket) => void socket.on("error", () => {}).pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
  const { port } = echo.address() as AddressInfo;
  const site = await startRunningBroker({ SALLYPORT_GATEWAY_PORT: "0" });
  const folder = temporaryFolder();
  await joinGateway(site.first, "dmz-a", folder);
  const gateway = await startGateway(folder);
  onTestFinished(async () => {
    await site.close();
    await gateway.stop("SIGKILL");
    echo.close();
  });

  const file = join(site.folder, "plant.yaml");
  const text = readFileSync(file, "utf8")
    .replace(
      '        # "view-only: true"',
      '        gateways: [dmz-a]\n        # "view-only: true"',
    )
    .replace(
      "\nprofiles:\n",
      `
  - id: echo
    name: Echo
    zone: treatment
    endpoints:
      - { id: service, protocol: tcp, address: "127.0.0.1:${port}", allow-local: true, gateways: [dmz-a] }
profiles:
  - { id: all-bytes, rules: [{ name: tool, permit: program, raw: true }] }
`,
    )
    .replace(
      "\ngrants:\n",
      '\ngrants:\n  - { id: engineers-echo, subject: "role:engineer", endpoint: echo/service, profile: all-bytes }\n',
    );
  writeFileSync(file, text);
  await expect
    .poll(async () => {
      const { body } = await site.first.ask<GatewaysView>("GET", "/api/gateways");
      return body.gateways;
    }, UNTIL)
    .toMatchObject([{ state: "connected", endpoints: expect.arrayContaining([SCREEN, RAW]) }]);
  const credential = { kind: "password", user: "", password: "waterhmi" };
  await site.first.ask("POST", "/api/credentials", { endpoint: SCREEN, credential });

  const raw = await said(site, RAW, "engineers-echo", [1, 2, 3]);
  await expect.poll(() => raw.heard, UNTIL).toEqual([1, 2, 3]);
  // ClientInit; what answers tells the size of the screen.
  const screen = await said(site, SCREEN, "engineers-view-panel", [1]);
  await expect
    .poll(() => screen.heard.slice(0, 4), UNTIL)
    .toEqual([800 >> 8, 800 & 255, 480 >> 8, 480 & 255]);

  for (const { id } of [raw, screen]) {
    await site.first.ask("POST", `/api/sessions/${id}/end`, { reason: "" });
    const state = async () =>
      (await site.first.ask<{ state: string }>("GET", `/api/recordings/${id}`)).body.state;
    await expect.poll(state, UNTIL).toBe("sealed");
  }
  expect(gateway.output).not.toContain("waterhmi");
});
