import { duplexPair } from "node:stream";
import { expect, test, vi } from "vitest";
import { TestClock } from "../../../test/kit/test-clock.ts";
import { Link } from "../link.ts";
import { BEAT_MS, type ToGateway } from "../messages.ts";
import { GatewayLink } from "./gateway-link.ts";

/** Of the certificate. */
const LIFE_MS = 300_000;
const UNTIL = { timeout: 30_000, interval: 5 };

/** Control's end on a clock of the test, and a gateway that beats whenever it is told to. */
function linked() {
  const clock = new TestClock();
  const [here, there] = duplexPair();
  const heard: ToGateway[] = [];
  const ended: string[] = [];
  const opcua: (string | undefined)[] = [];
  const renewed = { count: 0 };
  const inner = new Link(here);
  const link = new GatewayLink({
    ...{ gateway: { id: "g", name: "dmz" }, link: inner, clock, hooks: {}, permitKey: "" },
    tapes: { get: () => undefined, of: () => [] },
    recipients: () => [],
    certificateUntilMs: clock.wallMs() + LIFE_MS,
    renew: async () => {
      renewed.count += 1;
      return { certificate: "the next", untilMs: clock.wallMs() + 2 * LIFE_MS };
    },
    distrusted: () => {},
    changed: () => {},
    opcua: (failed) => void opcua.push(failed),
    closed: (reason) => void ended.push(reason),
  });
  inner.start(link);
  const gateway = new Link(there);
  gateway.start({
    message: (message) => void heard.push(message as ToGateway),
    bytes: () => {},
    records: () => {},
    closed: () => {},
  });
  let beat = 0;
  const goOn = async (forMs: number) => {
    const untilMs = clock.monotonicMs() + forMs;
    while (clock.monotonicMs() < untilMs && ended.length === 0) {
      gateway.send({ kind: "beat", beat: ++beat });
      await vi.waitUntil(
        () => heard.some((each) => each.kind === "lease" && each.beat === beat),
        UNTIL,
      );
      heard.length = 0;
      clock.advance(Math.min(BEAT_MS * 20, untilMs - clock.monotonicMs()));
    }
  };
  return { clock, link, gateway, heard, ended, opcua, renewed, goOn };
}

test("a gateway's connection ends with its certificate, however long it was open before", async () => {
  const { ended, goOn } = linked();
  await goOn(LIFE_MS - 1_000);
  expect(ended).toEqual([]);
  await goOn(10_000);
  expect(ended).toEqual(["its certificate has ended"]);
});

test("one that was renewed goes on until the end of the newer one", async () => {
  const { gateway, heard, ended, goOn } = linked();
  await goOn(LIFE_MS / 2);
  gateway.send({ kind: "renew-certificate", publicKey: "" });
  await vi.waitUntil(() => heard.some(({ kind }) => kind === "certificate"), UNTIL);
  await goOn(LIFE_MS);
  expect(ended).toEqual([]);
  await goOn(LIFE_MS + 10_000);
  expect(ended).toEqual(["its certificate has ended"]);
});

test.each([
  { kind: "renew-certificate", publicKey: "" },
  { kind: "hello", build: "1" },
  { kind: "caught-up" },
])("a gateway that says $kind without end is cut off, and keeps nobody busy", async (message) => {
  const { gateway, ended, renewed } = linked();
  for (let n = 0; n < 1_000; n++) gateway.send(message);
  await vi.waitUntil(() => ended.length === 1, UNTIL);
  expect(ended).toEqual(["it told more of itself than anybody reads"]);
  expect(renewed.count).toBeLessThan(1_000);
});

test("what becomes of its OPC UA process is heard as plain text, and not without end", async () => {
  const { gateway, ended, opcua } = linked();
  gateway.send({ kind: "opcua", failed: `it ended with SIGKILL\u0007${"x".repeat(1_000)}` });
  gateway.send({ kind: "opcua", failed: null });
  await vi.waitUntil(() => opcua.length === 2, UNTIL);
  expect(opcua[0]).toMatch(/^it ended with SIGKILL[^\p{Cc}]+$/u);
  expect(opcua[0]?.length).toBeLessThanOrEqual(300);
  expect(opcua[1]).toBeUndefined();
  for (let n = 0; n < 1_000; n++) gateway.send({ kind: "opcua", failed: "again" });
  await vi.waitUntil(() => ended.length === 1, UNTIL);
  expect(ended).toEqual(["it told more of itself than anybody reads"]);
  expect(opcua.length).toBeLessThan(1_000);
});
