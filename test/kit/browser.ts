/**
 * A real Chromium out of an npm package, with a virtual authenticator that does what a passkey
 * on a person's device does: discoverable credentials and user verification.
 */
import { existsSync, mkdirSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import chromium from "@sparticuz/chromium";
import { type Browser, type CDPSession, chromium as playwright } from "playwright-core";

/** The package unpacks itself into the temporary folder: one folder a version, unpacked once. */
const UNPACKED = path.join(os.tmpdir(), "sallyport-chromium-153");

export async function launchBrowser(): Promise<Browser> {
  mkdirSync(UNPACKED, { recursive: true });
  const before = process.env.TMPDIR;
  process.env.TMPDIR = UNPACKED;
  try {
    const executablePath = await chromium.executablePath();
    if (!existsSync(executablePath)) throw new Error("Chromium was not unpacked");
    return await playwright.launch({
      executablePath,
      headless: true,
      args: [
        ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
        // A host of web panels, as a site's own name server would know it.
        "--host-resolver-rules=MAP *.panels.example 127.0.0.1",
      ],
    });
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}

/** Lets the page's authenticator hold passkeys and answer at once, as a touch would. */
export async function addAuthenticator(cdp: CDPSession): Promise<string> {
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return authenticatorId;
}
