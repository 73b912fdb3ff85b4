/** Ports beside each other, below those that the system gives out: the simulated plant has seven. */
import { createServer, type Server } from "node:net";

/** The treatment PLC's and those that follow it. */
export const PLANT_PORTS = 7;

/** The first of so many adjacent free ports. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    const servers = await Promise.allSettled(
      Array.from({ length: count }, (_, n) => taken(first + n)),
    );
    for (const result of servers) if (result.status === "fulfilled") result.value.close();
    if (servers.every(({ status }) => status === "fulfilled")) return first;
  }
}

/** A server that holds this port; rejects if somebody has it. */
export function taken(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
