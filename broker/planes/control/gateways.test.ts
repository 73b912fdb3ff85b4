import { X509Certificate } from "node:crypto";
import path from "node:path";
import { duplexPair } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { systemClock } from "../../clock.ts";
import type { Person } from "../../store/model.ts";
import { openStore } from "../../store/store.ts";
import { openSiteAuthority } from "../../tls/site-authority.ts";
import { newKey } from "../gateway/join.ts";
import { GatewayBook } from "./gateway-book.ts";
import { Gateways } from "./gateways.ts";

const sam = { id: "sam", name: "Sam" } as Person;
/** Turns in which looking up a certificate goes on; it takes fewer. */
const TURNS = 60;

async function control() {
  const folder = temporaryFolder();
  const store = await openStore({ path: path.join(folder, "store.db") });
  await store.queries
    .insertInto("people")
    .values({
      ...{ id: sam.id, name: sam.name, email: "sam@plant.example", employer: "", roles: "" },
      ...{ user_handle: "h", enrolled_ms: 1, disabled_ms: null, last_sign_in_ms: null },
      created_ms: 1,
    })
    .execute();
  const authority = await openSiteAuthority(folder, { clock: systemClock, hosts: ["localhost"] });
  const book = new GatewayBook(store, authority, systemClock);
  const gateways = new Gateways({
    ...{ clock: systemClock, book, hooks: {}, site: "test", permitKey: "" },
    tapes: { get: () => undefined, of: () => [] },
    recipients: () => [],
    noted: () => {},
    changed: () => {},
    opcua: () => {},
  });
  onTestFinished(async () => {
    gateways.close();
    await store.close();
  });
  /** One that has joined, and how it shows its certificate on a connection of its own. */
  const joined = async (name: string) => {
    const { token } = await book.invite(sam, name);
    const { id, certificate } = await book.enrol(token, publicKeyPem);
    const parsed = new X509Certificate(certificate);
    const caller = {
      ...({ kind: "proved", uris: [`urn:sallyport:gateway:${id}`] } as const),
      fingerprint: parsed.fingerprint256.replaceAll(":", "").toLowerCase(),
      untilMs: Date.parse(parsed.validTo),
    };
    const knock = () => {
      const [here, there] = duplexPair();
      there.resume();
      gateways.came(here, caller);
      return here;
    };
    return { id, knock };
  };
  return { book, gateways, joined };
}

const { publicKeyPem } = newKey();

async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await Promise.resolve();
}

async function settled(): Promise<void> {
  for (let n = 0; n < 20; n += 1) await new Promise((resolve) => setImmediate(resolve));
}

test("a gateway that is revoked while it is being let in is not there afterwards", async () => {
  const { book, gateways, joined } = await control();
  for (let turn = 0; turn < TURNS; turn += 1) {
    const { id, knock } = await joined(`revoked-${turn}`);
    knock();
    await turns(turn);
    const revoked = await book.revoke(sam, id);
    if (revoked) gateways.revoked(revoked);
    await settled();
    expect(gateways.linkOf(`revoked-${turn}`), `after ${turn} turns`).toBeUndefined();
  }
});
