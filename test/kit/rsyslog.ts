/** rsyslog as Debian has it, as a process of its own with its own files, on a free port. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";

export const RSYSLOGD = "/usr/sbin/rsyslogd";
/** Nobody's: it needs no right that a test has. */
const UNPRIVILEGED = { uid: 65_534, gid: 65_534 };
const READY_WITHIN_MS = 10_000;

/** The path of a driver's library, for tests that say what is missing. */
export function rsyslogLibrary(name: string): string {
  const folders = readdirSync("/usr/lib").map((each) => `/usr/lib/${each}/rsyslog/${name}.so`);
  return folders.find((each) => existsSync(each)) ?? `/usr/lib/rsyslog/${name}.so`;
}

export interface RsyslogOptions {
  readonly folder: string;
  /** Plain TCP where it is left out. */
  readonly tls?: {
    readonly driver: "gtls" | "ossl";
    readonly caFile: string;
    readonly certificateFile: string;
    readonly keyFile: string;
    readonly clientsCertified: boolean;
  };
}

export class Rsyslog {
  private readonly options: RsyslogOptions;
  private process: ChildProcess | undefined;
  port = 0;

  constructor(options: RsyslogOptions) {
    this.options = options;
    // Its user reads the configuration and writes what it hears.
    chmodSync(options.folder, 0o777);
    if (options.tls) chmodSync(options.tls.keyFile, 0o644);
  }

  get file(): string {
    return path.join(this.options.folder, "heard");
  }

  /** What it heard, message by message, as it came. */
  heard(): readonly string[] {
    return existsSync(this.file) ? readFileSync(this.file, "utf8").split("\n").slice(0, -1) : [];
  }

  /** The first start takes any free port, later ones the same. */
  async start(): Promise<void> {
    const { folder } = this.options;
    const portFile = path.join(folder, `port-${performance.now()}`);
    const configuration = path.join(folder, "rsyslog.conf");
    writeFileSync(configuration, this.configuration(portFile));
    const args = ["-n", "-f", configuration, "-iNONE", "-C"];
    const own = process.getuid?.() === 0 ? UNPRIVILEGED : {};
    const child = spawn(RSYSLOGD, args, { ...own, stdio: ["ignore", "pipe", "pipe"] });
    this.process = child;
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (bytes: Buffer) => {
        said += bytes.toString();
      });
    }
    const untilMs = performance.now() + READY_WITHIN_MS;
    // The port is written down where the system chose it; a known one is listened on or not.
    while (!(await (this.port > 0 ? isListening(this.port) : isWritten(portFile)))) {
      if (child.exitCode !== null || performance.now() > untilMs) {
        throw new Error(`rsyslogd is not ready: ${said}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    if (this.port === 0) this.port = Number(readFileSync(portFile, "utf8"));
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const over = once(child, "exit");
    child.kill(signal);
    await over;
  }

  private configuration(portFile: string): string {
    const { folder, tls } = this.options;
    const security = tls
      ? ` StreamDriver.Name="${tls.driver}" StreamDriver.Mode="1" StreamDriver.AuthMode="${tls.clientsCertified ? "x509/certvalid" : "anon"}"`
      : "";
    const files = tls
      ? ` DefaultNetstreamDriverCAFile="${tls.caFile}" DefaultNetstreamDriverCertFile="${tls.certificateFile}" DefaultNetstreamDriverKeyFile="${tls.keyFile}"`
      : "";
    const chosen = this.port === 0 ? ` listenPortFileName="${portFile}"` : "";
    return [
      `global(workDirectory="${folder}"${files})`,
      `module(load="imtcp"${security})`,
      'template(name="raw" type="string" string="%rawmsg%\\n")',
      `ruleset(name="all") { action(type="omfile" file="${this.file}" template="raw" asyncWriting="off" flushOnTXEnd="on") }`,
      `input(type="imtcp" port="${this.port}" address="127.0.0.1"${chosen} ruleset="all")`,
      "",
    ].join("\n");
  }
}

async function isWritten(file: string): Promise<boolean> {
  return existsSync(file) && readFileSync(file, "utf8") !== "";
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const found = (listening: boolean): void => {
      socket.destroy();
      resolve(listening);
    };
    socket.once("connect", () => found(true)).once("error", () => found(false));
  });
}
