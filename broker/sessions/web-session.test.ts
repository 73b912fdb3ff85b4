/** Sessions on a web panel over memory legs: what was judged is what a tape, run again, comes to. */
import { expect, test } from "vitest";
import { HttpGuard } from "../../protocols/http/guard.ts";
import { latin1 } from "../../protocols/http/head.ts";
import { testClaims } from "../../test/kit/claims.ts";
import { MODBUS_AGAIN, rerun } from "../../test/kit/rerun.ts";
import { SessionKit } from "../../test/kit/session-kit.ts";
import type { VerifiedClaims } from "../access/permits.ts";
import type { Profile, WebEndpoint } from "../plant/model.ts";
import { ENDPOINT_LIMITS_DEFAULT } from "../plant/plant-limits.ts";

const endpoint: WebEndpoint = {
  ...{ id: "web", protocol: "web", host: "10.0.0.5", port: 80, allowLocal: false, tags: [] },
  ...{ limits: ENDPOINT_LIMITS_DEFAULT, signIn: { kind: "none" } },
};

const profile: Profile = {
  ...{ id: "web", description: "", onRecorderFailure: "freeze" },
  rules: [
    {
      ...{ name: "look", verdict: "permit", limits: {} },
      match: { classes: ["observe"], own: { protocol: "web", paths: ["/"] } },
    },
  ],
};

test("what a profile names is looking to the tape too, a refusal says its rule, and both run again", async () => {
  const kit = await SessionKit.start();
  const nowMs = kit.clock.wallMs();
  const claims = { ...testClaims({ nowMs }), endpoint, profile } as VerifiedClaims;
  const session = await kit.openWith(claims);
  const ask = (target: string) =>
    session.client.feed(latin1(`GET ${target} HTTP/1.1\r\nhost: a\r\n\r\n`));
  ask("/");
  session.asset.feed(
    latin1("HTTP/1.1 200 OK\r\nsallyport-request: 1\r\ncontent-length: 2\r\n\r\nhi"),
  );
  ask("/start");
  const heard = String.fromCharCode(...session.client.written.flatMap((bytes) => [...bytes]));
  expect(heard).toContain("Rule: default-deny.");
  session.live.end({ rule: "cut", reason: "done" });
  const verdicts = session.tape.flatMap((record) =>
    record.kind === "verdict" ? record.items : [],
  );
  expect(verdicts.map(({ operation }) => operation.class)).toEqual(["observe", "operate"]);
  const again = rerun(session.tape, { ...MODBUS_AGAIN, guardOf: () => new HttpGuard() });
  expect(again.difference).toBeUndefined();
  expect(again.figures.verdicts).toBe(2);
});

test("an upload runs again to the same: pieces, digest, and the rest after a cut", async () => {
  const kit = await SessionKit.start();
  const nowMs = kit.clock.wallMs();
  const rules = [{ ...{ name: "all", verdict: "permit", limits: {} }, match: {} }] as const;
  const capabilities = ["observe", "operate", "transfer"] as const;
  const claims = {
    ...testClaims({ nowMs }),
    capabilities,
    endpoint,
    profile: {
      ...profile,
      rules: [
        { ...rules[0], match: { own: { protocol: "web", contentTypes: ["*"] } } },
        { ...rules[0], match: { own: { protocol: "web", contentTypes: ["*"], methods: ["PUT"] } } },
      ],
    },
  } as unknown as VerifiedClaims;
  const session = await kit.openWith(claims);
  const size = 1_200_000;
  const upload = (number: number) => {
    session.client.feed(latin1(`PUT /f HTTP/1.1\r\nhost: a\r\ncontent-length: ${size}\r\n\r\n`));
    return kit
      .until(() => session.asset.written.length > 0, "the head")
      .then(() =>
        session.asset.feed(latin1(`HTTP/1.1 100 Continue\r\nsallyport-request: ${number}\r\n\r\n`)),
      );
  };
  await upload(1);
  for (let at = 0; at < size; at += 40_000) session.client.feed(new Uint8Array(40_000).fill(65));
  const passed = () => session.asset.written.reduce((sum, { length }) => sum + length, 0);
  await kit.until(() => passed() > size, "the body");
  session.asset.feed(
    latin1("HTTP/1.1 200 OK\r\nsallyport-request: 1\r\ncontent-length: 2\r\n\r\nok"),
  );
  session.asset.take();
  await upload(2);
  session.client.feed(new Uint8Array(90_000).fill(66));
  session.live.end({ rule: "cut", reason: "done" });
  const deeds = session.ofKind("verdict").map(({ items }) => items[0]?.operation.action);
  expect(deeds).toEqual(["web:upload", "web:uploaded", "web:upload"]);
  const again = rerun(session.tape, { ...MODBUS_AGAIN, guardOf: () => new HttpGuard() });
  expect(again.difference).toBeUndefined();
});
