/** TigerVNC behind VeNCrypt: certificates pinned or signed, and TLS that proves nothing. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import type { LegSink } from "../../broker/legs/leg.ts";
import { showScreenCertificate } from "../../broker/legs/vnc/show-certificate.ts";
import { VncAssetLeg } from "../../broker/legs/vnc/vnc-asset-leg.ts";
import { answerChallenge } from "../../broker/legs/vnc/vnc-password.ts";
import type { ScreenTls } from "../../broker/plant/model.ts";
import type { ShownIdentity } from "../../broker/plant/shown-identity.ts";
import { toHex } from "../kit/hex.ts";
import { testWith } from "../kit/programs.ts";
import { temporaryFolder } from "../kit/temporary.ts";
import { freePort } from "../kit/vnc-screens.ts";
import { startDisplay } from "../kit/x-display.ts";

const PASSWORD = "geheim12";
/** The key under which VNC keeps passwords on disk is the same everywhere. */
const FIXED = Buffer.from("17526b06234e5807", "hex").toString("latin1");
const PATIENCE_MS = 30_000;

interface Screen {
  readonly port: number;
  readonly certificate: string;
}

/** Xvnc with a certificate for `localhost`, and whatever security it is told to offer. */
async function xvnc(security: string): Promise<Screen> {
  const here = temporaryFolder();
  const [key, certificate] = [path.join(here, "key.pem"), path.join(here, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const fresh = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key];
  execFileSync("openssl", [...fresh, "-out", certificate, ...subject], { stdio: "ignore" });
  const port = await freePort();
  const args = ["-geometry", "320x200", "-depth", "24", "-rfbport", String(port), "-localhost"];
  const secure = ["-SecurityTypes", security, "-X509Key", key, "-X509Cert", certificate];
  const password = ["-Password", toHex(answerChallenge(FIXED, Buffer.from(PASSWORD)))];
  await startDisplay("Xvnc", [...args, ...secure, ...password]);
  return { port, certificate: readFileSync(certificate, "utf8") };
}

interface Reached {
  /** ServerInit: its width and height. */
  readonly hello?: readonly [number, number];
  readonly closed?: string;
  readonly shown?: ShownIdentity;
}

/** Says ClientInit and waits for what comes; tried again while nothing listens. */
async function reach(port: number, tls: ScreenTls | undefined, password = PASSWORD) {
  const untilMs = Date.now() + PATIENCE_MS;
  for (;;) {
    const reached = await reachOnce(port, tls, password);
    const isThere = !reached.closed?.includes("ECONNREFUSED");
    if (isThere || Date.now() > untilMs) return reached;
    await pause(100);
  }
}

function reachOnce(port: number, tls: ScreenTls | undefined, password: string): Promise<Reached> {
  const { promise, resolve } = Promise.withResolvers<Reached>();
  let shown: ShownIdentity | undefined;
  const leg = new VncAssetLeg({
    ...{ address: "127.0.0.1", port, host: "localhost", connectTimeoutMs: PATIENCE_MS },
    ...(tls && { tls }),
    credential: async () => ({ kind: "password", user: "", password }),
    certificates: () => (tls?.kind === "pinned" ? tls.certificates : []),
    unknownCertificate: (identity) => {
      shown = identity;
    },
    over: () => undefined,
  });
  const sink: LegSink = {
    bytes: (bytes) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      resolve({ hello: [view.getUint16(0), view.getUint16(2)] });
      leg.close();
    },
    closed: (closed) => resolve({ closed, ...(shown && { shown }) }),
    drained: () => undefined,
    lost: () => undefined,
    withheld: () => undefined,
  };
  leg.start(sink);
  leg.write(Uint8Array.of(1));
  return promise;
}

const pinned = (...certificates: string[]): ScreenTls => ({ kind: "pinned", certificates });
const HELLO = { hello: [320, 200] };
const NEEDED = ["Xvnc", "openssl"];

testWith(NEEDED)(
  "a screen with a certificate is reached when it is pinned, and not before",
  async () => {
    const { port } = await xvnc("X509Vnc");
    const unknown = await reach(port, pinned());
    expect(unknown.closed).toMatch(/is not trusted yet/);
    const fingerprint = unknown.shown?.fingerprint ?? "";
    const place = { address: "127.0.0.1", port, host: "localhost", timeoutMs: PATIENCE_MS };
    expect(await showScreenCertificate(place)).toMatchObject({
      ...{ kind: "tls-certificate", fingerprint },
      certificate: { subject: expect.stringContaining("localhost") },
    });
    expect(await reach(port, pinned(fingerprint))).toEqual(HELLO);
    expect((await reach(port, pinned("0".repeat(64)))).closed).toMatch(/another certificate/);
    expect((await reach(port, pinned(fingerprint), "wrong")).closed).toMatch(/refused/);
  },
  120_000,
);

testWith(NEEDED)(
  "a certificate is taken that the named authority signs, and no other",
  async () => {
    const [right, other] = [await xvnc("X509None"), await xvnc("X509None")];
    expect(await reach(right.port, { kind: "ca", ca: right.certificate })).toEqual(HELLO);
    const refused = await reach(right.port, { kind: "ca", ca: other.certificate });
    expect(refused.closed).toMatch(/certificate/i);
  },
  120_000,
);

testWith(NEEDED)(
  "TLS without a certificate is used where the plant file says so, and only there",
  async () => {
    const { port } = await xvnc("TLSVnc");
    expect(await reach(port, { kind: "anonymous" })).toEqual(HELLO);
    expect((await reach(port, pinned())).closed).toMatch(/only security that is not carried/);
    expect((await reach(port, undefined)).closed).toMatch(/it knows TLS: say so/);
  },
  120_000,
);

testWith(NEEDED)(
  "where TLS is asked for, a screen that offers none is not spoken to in the open",
  async () => {
    const { port } = await xvnc("VncAuth,None");
    expect(await reach(port, undefined)).toEqual(HELLO);
    expect((await reach(port, pinned("0".repeat(64)))).closed).toMatch(/not carried/);
    expect((await reach(port, { kind: "anonymous" })).closed).toMatch(/not carried/);
  },
  120_000,
);
