/** HAProxy as a blind TCP relay, one thread as the broker has one loop. */
import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";

export interface Haproxy {
  readonly port: number;
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

/** @param devicePort on loopback */
export async function startHaproxy(folder: string, devicePort: number): Promise<Haproxy> {
  const port = await freePort();
  const file = path.join(folder, "haproxy.cfg");
  writeFileSync(file, configuration(port, devicePort));
  const child = spawn("haproxy", ["-db", "-f", file], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  await untilOpen(port);
  return {
    port,
    pid: child.pid,
    stop: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** As it names itself; empty where there is none. */
export function haproxyVersion(): string {
  const { stdout } = spawnSync("haproxy", ["-v"], { encoding: "utf8" });
  return /version (\S+)/.exec(stdout ?? "")?.[1] ?? "";
}

function configuration(port: number, devicePort: number): string {
  return `global
  nbthread 1
  maxconn 4096
defaults
  mode tcp
  timeout connect 5s
  timeout client 30m
  timeout server 30m
listen modbus
  bind 127.0.0.1:${port}
  server device 127.0.0.1:${devicePort}
`;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(address && typeof address === "object" ? address.port : 0));
    });
  });
}

async function untilOpen(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = net.connect({ port, host: "127.0.0.1" });
      socket.once("connect", () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("HAProxy does not listen");
}
