/** The port of the console, settled before anything else is opened. */
import { type AddressInfo, createServer } from "node:net";
import { type Config, localOrigin } from "./config.ts";
import { StartRefused } from "./start-refused.ts";

/**
 * The configuration with its port known to be free. Origins depend on the port, and passkeys on
 * the origins: port 0 is therefore settled here and not when listening.
 */
export async function withFreePort(config: Config): Promise<Config> {
  // Its probes are answered there already.
  const port = config.standby ? config.port : await tryPort(config);
  if (config.origins.length > 0) return { ...config, port };
  return { ...config, port, origins: [localOrigin({ tls: config.tls, port })] };
}

function tryPort(config: Config): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error) => reject(portRefusal(config, error)));
    server.listen({ host: config.listen, port: config.port, exclusive: true }, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

export function portRefusal(config: Config, error: NodeJS.ErrnoException): StartRefused {
  const at = `${config.listen}:${config.port}`;
  const advice = "stop what listens there, or choose another one with SALLYPORT_PORT";
  if (error.code === "EADDRINUSE") return new StartRefused(`port ${at} is taken: ${advice}`, 1);
  if (error.code === "EACCES") return new StartRefused(`port ${at} is not for this user`, 1);
  if (error.code === "EADDRNOTAVAIL") {
    return new StartRefused(`${config.listen} is no address of this machine`, 2);
  }
  return new StartRefused(`cannot listen on ${at}: ${error.message}`, 1);
}
