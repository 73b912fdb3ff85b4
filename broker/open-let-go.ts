/** Lets go of what sessions of an earlier run, or of a gateway that was killed, left pressed. */
import type { KeyObject } from "node:crypto";
import type { Access } from "./access/access.ts";
import type { Clock } from "./clock.ts";
import type { Evidence } from "./evidence/evidence.ts";
import type { Noticed } from "./noticed.ts";
import type { Opened } from "./opened.ts";
import type { Plant } from "./plant/model.ts";
import { LetGo } from "./sessions/let-go.ts";
import type { LiveSession, SessionHost } from "./sessions/session.ts";

interface LetGoGround {
  readonly clock: Clock;
  readonly noticed: Pick<Noticed, "note">;
  readonly opened: Opened;
}

interface LetGoNeighbours {
  readonly evidence: Pick<Evidence, "recordings" | "recovered" | "handed">;
  readonly plant: { current(): Plant };
  readonly sessions: SessionHost;
  readonly access: Pick<Access<LiveSession>, "locks">;
  readonly permitKey: KeyObject;
}

export function openLetGo(
  { clock, noticed, opened }: LetGoGround,
  { evidence, plant, sessions, access, permitKey }: LetGoNeighbours,
): void {
  const letGo = new LetGo({
    ...{ clock, plant, sessions, permitKey, recordings: evidence.recordings },
    lockOver: (assetId) => access.locks.causeOver("", assetId),
    note: (event) => noticed.note(event),
  });
  const stopListening = evidence.handed.onClosed((session) => void letGo.after(session));
  opened.push(() => {
    stopListening();
    letGo.stop();
  });
  for (const { session } of evidence.recovered) void letGo.after(session);
}
