/**
 * What commands on this host did with recordings becomes events: in the site log, in the list, for
 * the SIEM, and beside the recording for whoever asks who looked into it.
 */
import type { Clock } from "./clock.ts";
import { diskVolume } from "./evidence/disk-volume.ts";
import { type LeftNote, takeNotes } from "./evidence/log/left-notes.ts";
import type { NewSiteEvent, SiteEvents } from "./store/site-events.ts";

/** How often notes are taken. */
const NOTES_MS = 30_000;

export interface HostNoteParts {
  /** Of the site log, where the notes are left. */
  readonly directory: string;
  readonly siteLog: Pick<SiteEvents, "record">;
  readonly clock: Clock;
  failed(error: unknown): void;
}

/** Those that wait, then what comes. @returns a function that stops it, once a look has ended */
export function takeHostNotes(parts: HostNoteParts): () => Promise<void> {
  const { directory, siteLog, clock } = parts;
  let closed = false;
  let stop = () => {};
  let looking = Promise.resolve();
  const look = () => {
    looking = takeNotes(diskVolume, directory, async (note) => {
      await siteLog.record(eventOf(note));
    })
      // What cannot be read or kept is looked at again the next time.
      .catch((error: unknown) => parts.failed(error))
      .finally(() => {
        if (!closed) stop = clock.after(NOTES_MS, look);
      });
  };
  look();
  return async () => {
    closed = true;
    stop();
    await looking;
  };
}

function eventOf({ kind, command, session, range, by, occurredMs }: LeftNote): NewSiteEvent {
  const what = session === undefined ? `recordings (${range ?? "all"})` : "the recording";
  const with_ = `with sallyport ${command ?? "export"}`;
  const at = new Date(occurredMs).toISOString();
  return {
    kind: kind === "export" ? "recording:exported" : "recording:read-on-host",
    priority: "event",
    text: `${by} ${kind === "export" ? "exported" : "read"} ${what} ${with_} at ${at}`,
    ...(session === undefined ? {} : { session }),
  };
}
