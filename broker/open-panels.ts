/** Opens the listener of web panels, where it is wanted. */
import { refusedPanelHost } from "./api/panel/panel-origin.ts";
import { PanelServer, type PanelServerParts } from "./api/panel/panel-server.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import type { Opened } from "./opened.ts";
import { StartRefused } from "./start-refused.ts";

export interface PanelGround {
  readonly config: Config;
  readonly clock: Clock;
  readonly opened: Opened;
}

export async function openPanels(
  { config, clock, opened }: PanelGround,
  parts: Pick<PanelServerParts, "sessions" | "signIns" | "tls">,
): Promise<PanelServer | undefined> {
  const { listen, panelPort: port, panelHost: host, origins } = config;
  const { trustedProxies, requestsPerMinute } = config;
  if (port === undefined) return undefined;
  // A console elsewhere, and nothing said about panels: nobody could open one.
  const near = refusedPanelHost(host, origins);
  if (near !== undefined && host === "localhost") return undefined;
  if (near !== undefined) {
    throw new StartRefused(
      `SALLYPORT_PANEL_HOST cannot be ${host}: ${near}. Use a site of its own.`,
      2,
    );
  }
  const opening = PanelServer.open({
    ...{ listen, port, host, trustedProxies, requestsPerMinute, clock },
    ...parts,
  });
  const panels = await opening.catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "EADDRINUSE" ? "is taken" : `cannot be had (${error.code})`;
    throw new StartRefused(
      `port ${listen}:${port} for web panels ${why}: choose another one with SALLYPORT_PANEL_PORT, or "off"`,
      1,
    );
  });
  opened.push(() => panels.close());
  return panels;
}
