import { expect, test } from "vitest";
import {
  CHANNEL_ID,
  handedBy,
  handedTokenBy,
  over,
  SECURITIES,
} from "../../../../test/kit/opcua-secured.ts";
import type { ChannelSecurity } from "../security.ts";
import { channelKeysOf, type HandedChannel, tokenKeysOf } from "./channel-keys.ts";

const ENCRYPT = { policy: "Aes128_Sha256_RsaOaep", mode: "SignAndEncrypt" } as const;
const SIGN = { policy: "Basic256Sha256", mode: "Sign" } as const;
const NONE = { policy: "None", mode: "None" } as const;

/** The words with which it is refused. */
function refusal(handed: unknown, security: ChannelSecurity): string | undefined {
  const keys = channelKeysOf(over(handed), security, 0);
  return keys.kind === "fault" ? keys.reason : undefined;
}

test("what is handed over survives both ways of crossing the border, in every security", () => {
  for (const security of SECURITIES) {
    const handed = handedBy(security, "server");
    for (const crossed of [over(handed), structuredClone(handed)]) {
      expect(crossed).toEqual(handed);
      const keys = channelKeysOf(crossed, security, 5_000);
      expect(keys).toMatchObject({ kind: "channel", channelId: CHANNEL_ID, security });
      if (keys.kind === "fault") continue;
      expect(keys.token.createdMs).toBe(5_000);
      expect(keys.token.sealer?.isEncrypting).toBe(
        security.mode === "None" ? undefined : security.mode === "SignAndEncrypt",
      );
    }
  }
});

test("no more is handed over than the mode needs", () => {
  expect(handedBy(NONE, "client").token).toMatchObject({ send: null, receive: null });
  const { send } = handedBy(SIGN, "client").token;
  expect(send).toMatchObject({ encrypting: null, iv: null });
  expect(handedBy(ENCRYPT, "client").token.send).toEqual(handedBy(ENCRYPT, "server").token.receive);
});

test("the security is the one that the broker knows of, whatever the process says", () => {
  for (const handed of SECURITIES) {
    for (const known of SECURITIES.filter((each) => each !== handed)) {
      expect(refusal(handedBy(handed, "client"), known)).toContain("another security");
      const lie = { ...handedBy(handed, "client"), ...known };
      expect(refusal(lie, known) ?? "").toMatch(sameKeys(handed, known) ? /^$/ : /keys/);
    }
  }
});

/** Two policies that differ in the handshake alone. */
function sameKeys(one: ChannelSecurity, other: ChannelSecurity): boolean {
  const long = ({ policy }: ChannelSecurity) => policy !== "Aes128_Sha256_RsaOaep";
  if (one.mode !== other.mode) return false;
  return one.mode === "Sign" || long(one) === long(other);
}

test("nothing but what can be is believed, and whatever comes is answered in words", () => {
  const good = handedBy(ENCRYPT, "server");
  const { token } = good;
  const keys = token.send;
  const odd = [undefined, null, "", "1", -1, 1.5, 2 ** 32, Number.NaN, {}, [], true];
  const wrong: unknown[] = odd.filter((value) => value !== undefined);
  for (const value of odd) {
    const set = (name: keyof HandedChannel) => wrong.push({ ...good, [name]: value });
    for (const name of Object.keys(good) as (keyof HandedChannel)[]) set(name);
    for (const name of Object.keys(token)) {
      if (name !== "ageMs" || value !== 1.5)
        wrong.push({ ...good, token: { ...token, [name]: value } });
    }
    for (const name of ["signing", "encrypting", "iv"]) {
      wrong.push({ ...good, token: { ...token, send: { ...keys, [name]: value } } });
    }
    for (const name of ["chunkMax", "messageMax", "chunksMax"]) {
      wrong.push({ ...good, receive: { ...good.receive, [name]: value } });
      wrong.push({ ...good, send: { ...good.send, [name]: value } });
    }
  }
  for (const chunkMax of [1_023, 65_536]) {
    wrong.push({ ...good, send: { ...good.send, chunkMax } });
    wrong.push({ ...good, receive: { ...good.receive, chunkMax } });
  }
  wrong.push({ ...good, receive: { ...good.receive, chunkMax: 8_191 } });
  wrong.push({ ...good, receive: { ...good.receive, messageMax: 0 } });
  wrong.push({ ...good, receive: { ...good.receive, chunksMax: 0 } });
  wrong.push({ ...good, receive: { ...good.receive, messageMax: 4 * 1024 * 1024 + 1 } });
  wrong.push({ ...good, receive: { ...good.receive, chunksMax: 1_025 } });
  wrong.push({ ...good, nextSend: 0xffff_ffff });
  wrong.push({ ...good, token: { ...token, channelId: CHANNEL_ID + 1 } });
  for (const handed of wrong) {
    expect([handed, refusal(handed, ENCRYPT)]).toEqual([handed, expect.stringMatching(/handed/)]);
  }
});

test("a key is exactly as long as its policy says, and written in one way", () => {
  const good = handedBy(ENCRYPT, "server");
  const { token } = good;
  const signed = (signing: string) => {
    const send = { ...token.send, signing };
    return refusal({ ...good, token: { ...token, send } }, ENCRYPT);
  };
  const key = token.send?.signing ?? "";
  expect(signed(key)).toBeUndefined();
  const lengths = [0, 16, 31, 33, 64].map((length) => Buffer.alloc(length, 1).toString("base64"));
  const url = Buffer.alloc(32, 0xff).toString("base64").replaceAll("/", "_");
  const others = [`${key} `, ` ${key.slice(1)}`, url, key.replace("=", "A"), "é".repeat(44)];
  for (const bad of [...lengths, ...others]) expect(signed(bad)).toContain("keys");
});

test("a renewal is looked at like the first token", () => {
  const channel = { channelId: CHANNEL_ID, security: SIGN };
  const good = handedTokenBy(SIGN, "server", 9);
  const late = tokenKeysOf(over({ ...good, ageMs: 100 }), channel, 1_000);
  expect(late).toMatchObject({ kind: "token", tokenId: 9, createdMs: 900 });
  const plain = { ...good, send: null, receive: null };
  const encrypted = handedTokenBy({ ...SIGN, mode: "SignAndEncrypt" }, "server", 9);
  for (const bad of [null, plain, encrypted, { ...good, channelId: 8 }, { ...good, tokenId: 0 }]) {
    expect(tokenKeysOf(over(bad), channel, 0).kind).toBe("fault");
  }
  const none = { channelId: CHANNEL_ID, security: NONE };
  expect(tokenKeysOf(over(good), none, 0).kind).toBe("fault");
});
