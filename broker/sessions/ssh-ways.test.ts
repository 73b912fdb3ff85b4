import { expect, onTestFinished, test } from "vitest";
import { encodeMessage } from "../../protocols/ssh/message.ts";
import { startSshSwitch } from "../../simulators/assets/ssh-switch.ts";
import { systemClock } from "../clock.ts";
import { EndpointLimiter } from "../legs/endpoint-limiter.ts";
import type { SshEndpoint } from "../plant/model.ts";
import { ENDPOINT_LIMITS_DEFAULT } from "../plant/plant-limits.ts";
import { SshWays } from "./ssh-ways.ts";

const OTHER = `SHA256:${"A".repeat(43)}`;

test.each([
  ["another key than the pinned one", [OTHER], true],
  ["a key where none is pinned", [], false],
])("%s is told, and nothing is signed in to", async (_, hostKeys, pinned) => {
  const asset = await startSshSwitch(0);
  onTestFinished(() => asset.close());
  const told: unknown[][] = [];
  let asked = 0;
  const ways = new SshWays({
    ...{ name: "switch/ssh", clock: systemClock },
    limiter: new EndpointLimiter(ENDPOINT_LIMITS_DEFAULT, systemClock),
    credentials: {
      of: async () => {
        asked += 1;
        return { kind: "password", user: "operator", password: "secret" };
      },
    },
    strangeKey: (...shown) => void told.push(shown),
  });
  onTestFinished(() => ways.close("the test is over"));
  const endpoint: SshEndpoint = {
    ...{ id: "ssh", protocol: "ssh", host: "127.0.0.1", port: asset.port, allowLocal: true },
    ...{ hostKeys, legacyAlgorithms: false, tags: [], limits: ENDPOINT_LIMITS_DEFAULT },
  };
  const leg = ways.connect(endpoint, { address: "127.0.0.1", port: asset.port }).leg("s-1");
  const heard = new Promise<string>((resolve) => {
    leg.start({
      bytes: (bytes) => resolve(Buffer.from(bytes).toString("latin1")),
      ...{ lost: () => {}, withheld: () => {}, drained: () => {} },
      closed: () => {},
    });
  });
  leg.write(
    encodeMessage({ kind: "request", name: "shell", wantReply: true, rest: new Uint8Array(0) }),
  );
  const shown = expect.objectContaining({
    fingerprint: expect.stringMatching(/^SHA256:SDsl9SV3N8zm/),
    algorithm: "ssh-ed25519",
    address: `127.0.0.1:${asset.port}`,
  });
  expect(await heard).toMatch(/SHA256:SDsl9SV3N8zm/);
  expect(told).toEqual([["s-1", "switch/ssh", shown, pinned]]);
  expect(asked).toBe(1);
});
