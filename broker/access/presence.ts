/**
 * Who may supervise and is watching which session at this moment, as the live channel says. It
 * is kept in memory alone: after a restart there are no sessions to watch.
 */
import type { Person } from "../store/model.ts";

interface Attendance {
  readonly person: Person;
}

export class Presence {
  private readonly changed: (session: string) => void;
  private readonly bySession = new Map<string, Set<Attendance>>();

  /** @param changed told in the turn in which somebody comes or goes */
  constructor(changed: (session: string) => void) {
    this.changed = changed;
  }

  /** The person watches from now on; the returned function says that they left. */
  attend(session: string, person: Person): () => void {
    const attendance = { person };
    const here = this.bySession.get(session) ?? new Set();
    this.bySession.set(session, here.add(attendance));
    this.changed(session);
    return () => {
      if (!here.delete(attendance)) return;
      if (here.size === 0) this.bySession.delete(session);
      this.changed(session);
    };
  }

  watching(session: string): readonly Person[] {
    return [...(this.bySession.get(session) ?? [])].map(({ person }) => person);
  }
}
