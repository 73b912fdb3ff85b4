/**
 * The one socket of this browser page to the broker (`broker/api/shapes/live.ts`). It connects on
 * first use, comes back by itself, and keeps lists fresh: `changed` makes them fetch again.
 */
import { useSyncExternalStore } from "react";
import { io, type Socket } from "socket.io-client";
import type { FromBroker, FromBrowser } from "../../broker/api/shapes/live.ts";
import { liveProof } from "./http.ts";
import { queryClient } from "./queries.ts";
import { refreshSessions } from "./refresh-sessions.ts";
import { leaveForSignIn } from "./signed-out.ts";

export type LiveSocket = Socket<FromBroker, FromBrowser>;
export type LiveState = "connecting" | "connected" | "lost";

/** As in `broker/api/shapes/live.ts`. */
const LIVE_PATH = "/api/live";
/** Short enough that an owner is back within the lease of a session. */
const RECONNECT_DELAY_MAX_MS = 3_000;

let socket: LiveSocket | undefined;
let state: LiveState = "connecting";
const listeners = new Set<() => void>();

export function liveSocket(): LiveSocket {
  socket ??= connect();
  return socket;
}

/** The person's device has become another one. */
export function reconnectLive(): void {
  socket?.disconnect().connect();
}

export function useLiveState(): LiveState {
  return useSyncExternalStore(subscribe, () => state);
}

function connect(): LiveSocket {
  const live: LiveSocket = io({
    path: LIVE_PATH,
    auth: (show) => void liveProof(LIVE_PATH).then(show),
    transports: ["websocket"],
    reconnectionDelayMax: RECONNECT_DELAY_MAX_MS,
  });
  live.on("connect", () => {
    const cameBack = state === "lost";
    become("connected");
    if (cameBack) void queryClient.invalidateQueries();
  });
  live.on("disconnect", () => become("lost"));
  live.on("connect_error", () => {
    become("lost");
    // The handshake is refused when the sign-in is over: asking who we are tells which it was.
    void queryClient.invalidateQueries({ queryKey: ["me"] });
  });
  live.on("changed", refresh);
  live.on("signedOut", (cause) => leaveForSignIn(cause.reason));
  return live;
}

/** Without what stands below it. */
const PLANT_ALONE = ["plant"] as const;

type Topic = Parameters<FromBroker["changed"]>[0];

/** Lists that also show what a topic is about; a key stands for all that begin with it. */
const SHOWN_IN: Partial<Record<Topic, readonly (readonly string[])[]>> = {
  // Not the plant file and what may be asked for, which are megabytes of a large plant.
  sessions: [PLANT_ALONE],
  grants: [PLANT_ALONE, ["plant", "tags"], ["plant", "request-choices"], ["people"]],
  people: [["me"]],
  plant: [["me"], ["grants"]],
};

function refresh(topic: Topic): void {
  if (topic === "sessions") void refreshSessions(queryClient);
  else void queryClient.invalidateQueries({ queryKey: [topic] });
  for (const queryKey of SHOWN_IN[topic] ?? []) {
    void queryClient.invalidateQueries({ queryKey, exact: queryKey === PLANT_ALONE });
  }
}

function subscribe(listener: () => void): () => void {
  liveSocket();
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function become(next: LiveState): void {
  state = next;
  for (const listener of listeners) listener();
}
