/** How native tools and web panels come in, for who starts the broker. */
import { refusedPanelHost } from "./api/panel/panel-origin.ts";
import type { Config } from "./config.ts";

export interface Door {
  readonly name: string;
  /** What to give the tool. */
  readonly use: string;
}

/** Those that are open at a port that is known beforehand. */
export function doorsOf(
  config: Pick<Config, "origins" | "sshPort" | "opcuaPort" | "panelPort" | "panelHost" | "tls">,
): readonly Door[] {
  const { origins, sshPort, opcuaPort, panelPort, panelHost, tls } = config;
  const host = origins[0] === undefined ? "localhost" : new URL(origins[0]).hostname;
  const scheme = tls === "off" ? "http" : "https";
  const hasPanels = refusedPanelHost(panelHost, origins) === undefined;
  return [
    ...(sshPort ? [{ name: "ssh", use: `ssh ASSET@${host} -p ${sshPort}` }] : []),
    ...(opcuaPort
      ? [{ name: "opc ua", use: `opc.tcp://${host}:${opcuaPort}/ASSET/ENDPOINT` }]
      : []),
    ...(hasPanels && panelPort
      ? [{ name: "web panels", use: `${scheme}://SESSION.${panelHost}:${panelPort}` }]
      : []),
  ];
}
