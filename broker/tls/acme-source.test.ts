import { mkdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { TestClock } from "../../test/kit/test-clock.ts";
import { newKey } from "../planes/gateway/join.ts";
import { AcmeSource, type Ordered } from "./acme-source.ts";
import { pairOf } from "./certificate-pair.ts";
import { openSiteAuthority } from "./site-authority.ts";

const NAME = "console.plant.example";
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** An authority whose certificates live 90 days, and which can be away. */
async function ground() {
  const clock = new TestClock();
  const folder = temporaryFolder();
  const authority = await openSiteAuthority(folder, { clock, hosts: [NAME] });
  const state = { orders: 0, away: "" };
  const order = async (names: readonly string[]): Promise<Ordered> => {
    state.orders += 1;
    if (state.away !== "") throw new Error(state.away);
    const { publicKeyPem, keyPem: key } = newKey();
    const certificate = await authority.issue({
      ...{ publicKeyPem, commonName: NAME, dns: names, usage: "server", validMs: 90 * DAY_MS },
    });
    return { certificate, key };
  };
  const file = path.join(folder, "acme/console.pem");
  const source = () =>
    new AcmeSource({
      ...{ file, names: [NAME], clock, order },
      standIn: async () => {
        const { certificate, key } = await standing;
        return pairOf(certificate, key, "", "");
      },
    });
  const standing = order([NAME]);
  await standing;
  state.orders = 0;
  return { clock, file, state, source };
}

test("a certificate is ordered once, kept for its owner alone, and found again by the next start", async () => {
  const { file, state, source } = await ground();
  const given = await source().make();
  expect(statSync(file).mode & 0o077).toBe(0);
  expect(readFileSync(file, "utf8")).toContain("PRIVATE KEY");
  const again = source();
  const kept = await again.make();
  expect(state.orders).toBe(1);
  expect(kept.fingerprint).toBe(given.fingerprint);
  expect(kept.certificate).not.toContain("PRIVATE KEY");
  expect(again.state(kept)).toMatchObject({ state: "ok" });
});

test("it is renewed when a third of its life is left, and not before", async () => {
  const { clock, source } = await ground();
  const acme = source();
  const first = await acme.make();
  clock.advance(59 * DAY_MS);
  expect(acme.isDue(first)).toBe(false);
  clock.advance(2 * DAY_MS);
  expect(acme.isDue(first)).toBe(true);
  const second = await acme.make();
  expect(second.fingerprint).not.toBe(first.fingerprint);
  expect(acme.isDue(second)).toBe(false);
});

test("a renewal that fails leaves the older one in force, is told, and is tried later and later", async () => {
  const { clock, state, source } = await ground();
  const acme = source();
  const first = await acme.make();
  clock.advance(61 * DAY_MS);
  state.away = "the authority is away";
  for (const waitMs of [5 * MINUTE_MS, 10 * MINUTE_MS, 20 * MINUTE_MS]) {
    const before = state.orders;
    expect((await acme.make()).fingerprint).toBe(first.fingerprint);
    expect(state.orders).toBe(before + 1);
    expect(acme.state(first)).toMatchObject({
      state: "attention",
      text: expect.stringMatching(/the authority is away.*counts until/),
    });
    clock.advance(waitMs - 1_000);
    expect(acme.isDue(first)).toBe(false);
    clock.advance(1_000);
    expect(acme.isDue(first)).toBe(true);
  }
  state.away = "";
  const next = await acme.make();
  expect(next.fingerprint).not.toBe(first.fingerprint);
  expect(acme.state(next)).toMatchObject({ state: "ok" });
});

test("where the first order fails the site's own authority stands in until one succeeds", async () => {
  const { clock, state, source } = await ground();
  state.away = "it refuses the name";
  const acme = source();
  const standing = await acme.make();
  expect(acme.state(standing)).toMatchObject({
    state: "failed",
    text: expect.stringMatching(/Browsers do not trust.*it refuses the name/),
  });
  expect(acme.isDue(standing)).toBe(false);
  clock.advance(5 * MINUTE_MS);
  expect(acme.isDue(standing)).toBe(true);
  expect(await acme.make()).toBe(standing);
  state.away = "";
  const given = await acme.make();
  expect(given.fingerprint).not.toBe(standing.fingerprint);
  expect(acme.state(given)).toMatchObject({ state: "ok" });
});

test("what was kept for other names, has ended or was spoilt is ordered anew", async () => {
  const { clock, file, state, source } = await ground();
  mkdirSync(path.dirname(file), { recursive: true });
  await source().make();
  clock.advance(91 * DAY_MS);
  await source().make();
  expect(state.orders).toBe(2);
});
