/** Opens the door for `sallyport connect`, on the console's own port. */
import type { Server } from "node:http";
import { join } from "node:path";
import { attachConnect, type ConnectChannel } from "./api/connect/connect-channel.ts";
import { LIVE_PATH } from "./api/live/live-channel.ts";
import type { OwnerLinks } from "./api/live/owner-links.ts";
import { NOT_CLOSED_YET } from "./evidence/recordings.ts";
import type { Native } from "./native/open-native.ts";
import { loadSshHostKey, type SshHostKey } from "./native/ssh-host-key.ts";
import type { Core, Ground } from "./open-parts.ts";

export function openConnect(
  server: Server,
  { config, clock, log }: Ground,
  core: Core & { readonly native: Native; readonly owners: OwnerLinks },
): ConnectChannel {
  const { identity, access, plant, sessions, evidence, native, owners, opcua } = core;
  const sinceMs = clock.wallMs();
  let hostKey: SshHostKey | undefined;
  const parts = {
    ...{ identity, sessions, owners, clock, log, opcua, asks: native.asks },
    ground: { access, plant },
    recorder: evidence.recorder,
    hostKey: () => {
      hostKey ??= loadSshHostKey(join(config.dataFolder, "ssh-host.key"));
      return hostKey;
    },
    origins: config.origins,
    origin: config.origins[0] ?? "",
    wasLost: async (session: string, person: string) => {
      const { state, header, cause } = (await evidence.recordings.get(session)) ?? {};
      const isOfEarlierRun = header !== undefined && header.startedMs < sinceMs;
      const hasNoEnd = state === "aborted" && cause !== NOT_CLOSED_YET;
      return isOfEarlierRun && hasNoEnd && header.subject.id === person;
    },
  };
  return attachConnect(server, parts, new RegExp(`^${LIVE_PATH}(/|\\?|$)`));
}
