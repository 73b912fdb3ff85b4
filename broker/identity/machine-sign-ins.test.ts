import { SignJWT } from "jose";
import { expect, test } from "vitest";
import { TestIdentity } from "../../test/kit/identity.ts";
import { MachineKeyPair } from "../cli/remote/machine-key.ts";
import { thumbprintOf } from "./key-proof.ts";
import { MACHINE_ASK_MS } from "./machine-asks.ts";

const URL_OF_TOKENS = "http://localhost:7480/api/device/token";
const URL_OF_ME = "http://localhost:7480/api/me";
const ADDRESS = "192.0.2.9";

async function asking(site: TestIdentity, key = MachineKeyPair.create()) {
  const asked = site.identity.machines.asks.ask({
    ...{ machine: "ada@laptop-3", tool: "sallyport 0.1.0", address: ADDRESS },
    keyThumbprint: await thumbprintOf(key.publicKey),
  });
  if (!asked) throw new Error("no room");
  return { key, ...asked };
}

async function redeem(site: TestIdentity, deviceCode: string, key: MachineKeyPair) {
  const nowMs = site.clock.wallMs();
  const proof = await key.prove({ method: "POST", url: URL_OF_TOKENS, nowMs });
  const request = { proof, method: "POST", url: URL_OF_TOKENS, address: ADDRESS };
  return site.identity.machines.redeem(deviceCode, request);
}

async function signedIn() {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const { key, ask, deviceCode } = await asking(site);
  const { person, signIn } = ada.me;
  const approval = { personId: person.id, passkeyId: signIn.passkeyId, atMs: site.clock.wallMs() };
  expect(site.identity.machines.asks.approve(ask.code, approval)).toBe(true);
  const redeemed = await redeem(site, deviceCode, key);
  if (redeemed.kind !== "signed-in") throw new Error(redeemed.kind);
  return { site, ada, key, ask, deviceCode, token: redeemed.signIn.token };
}

type SignedIn = Awaited<ReturnType<typeof signedIn>>;

async function asked(
  { site, token }: SignedIn,
  key: MachineKeyPair,
  more: Partial<{ method: string; url: string; nowMs: number; proof: string }> = {},
) {
  const { method = "GET", url = URL_OF_ME, nowMs = site.clock.wallMs() } = more;
  const proof = more.proof ?? (await key.prove({ method, url, token, nowMs }));
  const request = { token, proof, method: "GET", url: URL_OF_ME, address: ADDRESS };
  return site.identity.machines.authenticate(request, true);
}

async function events(site: TestIdentity, kind: string) {
  const all = await site.store.log.list({ limit: 100 });
  return all.filter((event) => event.kind === kind);
}

test("a command whose number was picked and signed for acts for that person", async () => {
  const all = await signedIn();
  const answer = await asked(all, all.key);
  expect(answer).toMatchObject({ kind: "signed-in", me: { person: { name: "Ada" } } });
  const own = await all.site.identity.signIns.listOwn(all.ada.me);
  expect(own.map(({ machine }) => machine?.name)).toContain("ada@laptop-3");
});

test("its token is nobody's cookie", async () => {
  const { site, token } = await signedIn();
  expect(site.identity.signIns.authenticate(token, true)).toBeUndefined();
});

test("a token shown with another machine's key is refused, ended and alarmed", async () => {
  const all = await signedIn();
  expect(await asked(all, MachineKeyPair.create())).toEqual({ kind: "refused" });
  expect(await asked(all, all.key)).toEqual({ kind: "refused" });
  expect(await events(all.site, "sign-in:stolen")).toMatchObject([{ priority: "alarm" }]);
});

test("a proof counts once, for its own method, address and time", async () => {
  const all = await signedIn();
  const { site, key, token } = all;
  const nowMs = site.clock.wallMs();
  const proof = await key.prove({ method: "GET", url: URL_OF_ME, token, nowMs });
  expect(await asked(all, key, { proof })).toMatchObject({ kind: "signed-in" });
  expect(await asked(all, key, { proof })).toEqual({ kind: "refused" });
  expect(await asked(all, key, { method: "POST" })).toEqual({ kind: "refused" });
  expect(await asked(all, key, { url: `${URL_OF_ME}/x` })).toEqual({ kind: "refused" });
  expect(await asked(all, key, { nowMs: nowMs - 61_000 })).toEqual({ kind: "stale" });
  expect(await asked(all, key, { nowMs: nowMs + 20_000 })).toEqual({ kind: "stale" });
});

test("no other algorithm than the one there is proves anything", async () => {
  const all = await signedIn();
  const secret = new TextEncoder().encode("x".repeat(32));
  const jwk = { ...all.key.publicKey };
  const shared = await new SignJWT({ htm: "GET", htu: URL_OF_ME, jti: "12345678" })
    .setProtectedHeader({ alg: "HS256", typ: "dpop+jwt", jwk })
    .setIssuedAt()
    .sign(secret);
  const header = { alg: "none", typ: "dpop+jwt", jwk };
  const parts = [header, { htm: "GET", htu: URL_OF_ME, jti: "12345678", iat: 0 }];
  const unsigned = parts.map((each) => Buffer.from(JSON.stringify(each)).toString("base64url"));
  for (const proof of [shared, `${unsigned.join(".")}.`, "", "a.b.c"]) {
    expect(await asked(all, all.key, { proof })).toEqual({ kind: "refused" });
  }
});

test("a device code is good for one token", async () => {
  const { site, key, deviceCode } = await signedIn();
  expect(await redeem(site, deviceCode, key)).toEqual({ kind: "gone" });
});

test("a device code with another key ends the asking, and is alarmed", async () => {
  const site = await TestIdentity.open();
  const { key, deviceCode } = await asking(site);
  expect(await redeem(site, deviceCode, MachineKeyPair.create())).toEqual({ kind: "gone" });
  expect(await redeem(site, deviceCode, key)).toEqual({ kind: "gone" });
  expect(await events(site, "sign-in:refused")).toMatchObject([{ priority: "alarm" }]);
});

test("who polls too often is told to slow down; a wrong number or a refusal ends it", async () => {
  const site = await TestIdentity.open();
  const { key, ask, deviceCode } = await asking(site);
  expect(await redeem(site, deviceCode, key)).toEqual({ kind: "pending" });
  expect(await redeem(site, deviceCode, key)).toEqual({ kind: "slow-down" });
  site.clock.advance(5_000);
  expect(await redeem(site, deviceCode, key)).toEqual({ kind: "pending" });
  expect(site.identity.machines.asks.pick(ask.code.toLowerCase(), ask.number)).toBe("right");
  expect(site.identity.machines.asks.pick(ask.code, ask.number + 100)).toBe("wrong");
  expect(site.identity.machines.asks.find(ask.code)).toBeUndefined();
  expect(await redeem(site, deviceCode, key)).toEqual({ kind: "refused" });
});

test("nothing waits for ever, and no address fills the room", async () => {
  const site = await TestIdentity.open();
  const { ask } = await asking(site);
  for (let n = 0; n < 3; n++) await asking(site);
  await expect(asking(site)).rejects.toThrow("no room");
  // One IPv6 host has a whole network of addresses.
  const { asks } = site.identity.machines;
  const from = (address: string) =>
    asks.ask({ machine: "m", tool: "t", address, keyThumbprint: "k" }) !== undefined;
  const addresses = ["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4", "2001:db8::5"];
  expect(addresses.map(from)).toEqual([true, true, true, true, false]);
  site.clock.advance(MACHINE_ASK_MS + 1);
  expect(site.identity.machines.asks.find(ask.code)).toBeUndefined();
  await asking(site);
});

test("it ends with the person, with its passkey's idle time, and survives a restart", async () => {
  const all = await signedIn();
  const { site, key, token } = all;
  await site.restart();
  const again = { ...all, token };
  expect(await asked(again, key)).toMatchObject({ kind: "signed-in" });
  site.clock.advance(15 * 60_000 + 1);
  expect(await asked(again, key)).toEqual({ kind: "refused" });
});

test("a command is bound to the provider that its person's browser was signed in through", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const { me } = await site.throughProvider(ada.me, ada, "ada-there");
  const { provider, passkeyId } = me.signIn;
  if (!provider) throw new Error("not through a provider");
  const approval = { personId: me.person.id, passkeyId, atMs: site.clock.wallMs(), provider };
  const [first, late] = [await asking(site), await asking(site)];
  for (const { ask } of [first, late]) site.identity.machines.asks.approve(ask.code, approval);
  const redeemed = await redeem(site, first.deviceCode, first.key);
  if (redeemed.kind !== "signed-in") throw new Error(redeemed.kind);
  const { issuer, subject, issuedS } = provider;
  const logout = { issuer, subject, sid: undefined, issuedS, jti: "j" };
  expect(await site.identity.through.loggedOut(logout)).toBe(2);
  expect(site.identity.signIns.get(redeemed.signIn.signIn.id)).toBeUndefined();
  // Approved before, and redeemed after: it does not come in either.
  await expect(redeem(site, late.deviceCode, late.key)).rejects.toMatchObject({
    code: "provider-expired",
  });
});

test("who is disabled, or loses a role, while their command is being signed in, is not let in by it", async () => {
  const site = await TestIdentity.open();
  const ada = await site.firstPerson();
  const ben = await site.invited(ada.me, "Ben", ["engineer", "supervisor"]);
  const { people, devices, machines } = site.identity;
  const link = devices.link.bind(devices);
  const meanwhile = async (change: Parameters<typeof people.change>[2]) => {
    const { key, ask, deviceCode } = await asking(site);
    const { person, signIn } = ben.me;
    const { passkeyId } = signIn;
    const approval = { personId: person.id, passkeyId, atMs: site.clock.wallMs(), browserId: "b" };
    machines.asks.approve(ask.code, approval);
    // Telling that both are one computer takes the store a while.
    devices.link = async (...which) => {
      await people.change(ada.me, person.id, change);
      await link(...which);
    };
    const redeemed = await redeem(site, deviceCode, key);
    if (redeemed.kind !== "signed-in") throw new Error(redeemed.kind);
    return site.identity.signIns.get(redeemed.signIn.signIn.id);
  };
  expect((await meanwhile({ roles: ["engineer"] }))?.person.roles).toEqual(["engineer"]);
  expect(await meanwhile({ disabled: true })).toBeUndefined();
});

test("a device that is revoked while its person is signed in on it stays revoked, and nobody is let in", async () => {
  const { site, ada, key } = await signedIn();
  const { devices, machines } = site.identity;
  const [device] = devices.list(ada.me.person.id).filter(({ kind }) => kind === "machine");
  if (!device) throw new Error("no device");
  const recognise = devices.recognise.bind(devices);
  let revoking: Promise<void> | undefined;
  devices.recognise = async (...which) => {
    const recognised = await recognise(...which);
    revoking ??= devices.revoke(ada.me.person, device.id, true);
    return recognised;
  };
  const { ask, deviceCode } = await asking(site, key);
  const { person, signIn } = ada.me;
  const { passkeyId } = signIn;
  machines.asks.approve(ask.code, { personId: person.id, passkeyId, atMs: site.clock.wallMs() });
  await expect(redeem(site, deviceCode, key)).rejects.toMatchObject({ code: "device-revoked" });
  await revoking;
  const own = await site.identity.signIns.listOwn(ada.me);
  expect(own.filter(({ deviceId }) => deviceId === device.id)).toEqual([]);
  expect(devices.counting(device.id)).toBeUndefined();
  await site.restart();
  expect(site.identity.devices.counting(device.id)).toBeUndefined();
});
