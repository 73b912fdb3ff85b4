/**
 * A whole site for browser scenarios: the broker as a process of its own with its real console, a
 * simulated plant in this process (so that a test can look at the plant itself), and a Chromium.
 */
import { createServer } from "node:net";
import path from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { type SimulatedPlant, startSimulatedPlant } from "../../simulators/plant.ts";
import { addAuthenticator, launchBrowser } from "./browser.ts";
import { type Child, startChild } from "./child.ts";
import { writePlantFile } from "./running-broker.ts";
import { makeFolder, removeFolder } from "./temporary.ts";

const MAIN = path.resolve(import.meta.dirname, "../../broker/main.ts");
/** A large plant on a busy machine is read for minutes. */
const START_MS = 240_000;
/** A person waits no longer for a page; a busy test machine needs some of it. */
const ACT_WITHIN_MS = 30_000;
export const WIDE = { width: 1280, height: 860 };
export const NARROW = { width: 390, height: 844 };

export interface SiteInBrowser {
  readonly origin: string;
  readonly enrolmentLink: string;
  readonly plant: SimulatedPlant;
  readonly plantFile: string;
  readonly broker: Child;
  readonly browser: Browser;
  /** A person's own device: a browser profile with an authenticator. */
  device(options?: { readonly dark?: boolean; readonly viewport?: typeof WIDE }): Promise<Device>;
  close(): Promise<void>;
}

export interface Device {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page's console complained about; a scenario expects it to be empty. */
  readonly complaints: string[];
}

export async function openSite(
  environment: Readonly<Record<string, string>> = {},
): Promise<SiteInBrowser> {
  const folder = makeFolder();
  const plant = await startSimulatedPlant({ ports: { treatment: 0, distribution: 0 }, speed: 5 });
  const plantFile = writePlantFile(folder, plant);
  const port = await freePort();
  const broker = await startChild(process.execPath, [MAIN], {
    ready: /stop +Ctrl-C/,
    withinMs: START_MS,
    env: {
      SALLYPORT_DATA: path.join(folder, "data"),
      SALLYPORT_PORT: String(port),
      SALLYPORT_SSH_PORT: "off",
      SALLYPORT_OPCUA_PORT: "off",
      SALLYPORT_PANEL_PORT: "off",
      SALLYPORT_PLANT: plantFile,
      SALLYPORT_SIMULATE: "0",
      ...environment,
    },
  });
  const browser = await launchBrowser();
  const scheme = (environment.SALLYPORT_TLS ?? "off") === "off" ? "http" : "https";
  const origin = `${scheme}://localhost:${port}`;
  return {
    origin,
    enrolmentLink: /https?:\S+#token=\S+/.exec(broker.output)?.[0] ?? "",
    ...{ plant, plantFile, broker, browser },
    device: (options) => openDevice(browser, origin, options),
    close: async () => {
      await browser.close();
      await broker.stop("SIGTERM");
      await plant.close();
      removeFolder(folder);
    },
  };
}

export async function openDevice(
  browser: Browser,
  origin: string,
  { dark = true, viewport = WIDE }: { dark?: boolean; viewport?: typeof WIDE } = {},
): Promise<Device> {
  const context = await browser.newContext({
    baseURL: origin,
    // The site's own authority is trusted by nobody here; that browsers then refuse it is tested apart.
    ignoreHTTPSErrors: origin.startsWith("https:"),
    viewport,
    locale: "en-US",
    colorScheme: dark ? "dark" : "light",
    // What is looked at stands still: a dialog that fades in has poor contrast on its way.
    reducedMotion: "reduce",
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(ACT_WITHIN_MS);
  await addAuthenticator(await context.newCDPSession(page));
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  return { page, context, complaints };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
