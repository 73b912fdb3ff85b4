/** Words of those who watch over sessions, and of those who are watched over. */
import type { LockKindName } from "../../broker/api/shapes/locks.ts";

const kinds: Readonly<Record<LockKindName, string>> = {
  person: "person",
  asset: "asset",
  zone: "zone",
  site: "site",
};

const called = (kind: LockKindName, name: string) =>
  kind === "person" ? name || "A person" : `The ${kinds[kind]} ${name}`;

export const supervisionText = {
  holds: {
    title: "Waiting for a second person",
    lapsedTitle: "Nobody answered these in time",
    label: (who: string, point: string) => `${who} wants to change ${point}`,
    wants: (asset: string) => `on ${asset} wants`,
    now: "Now",
    asked: "Asked for",
    nothingToRead: "no value to read",
    left: (time: string) => `${time} left`,
    ifNobody: "Refused by itself if nobody answers.",
    watch: "Watch the session",
    watchNamed: (who: string, asset: string) => `Watch the session of ${who} on ${asset}`,
    permit: "Permit",
    refuse: "Refuse",
    permitNext: (minutes: number) => `Permit if asked again within ${minutes} min`,
    own: "You asked for this yourself. Somebody else has to answer.",
    why: (why: string) => `Refused: ${why}. Exactly this, asked for again, can pass once.`,
    altered: "The broker showed one thing and asked you to sign another. Nothing was signed.",
    failed: "That answer did not count",
    results: {
      permitted: "Permitted: the write is on its way to the asset.",
      refused: "Refused: the asset hears nothing of it.",
      void: "Your answer is void: nothing was sent.",
      kept: "Exactly this may pass once if it is asked for again.",
    },
    notice: (count: number) =>
      count === 1 ? "A write waits for your answer." : `${count} writes wait for your answer.`,
    answer: "Answer",
    askedTitle: "Asked beforehand",
    askedWhy:
      "For a tool that cannot wait. Exactly this write can pass once, within the time you choose.",
    within: "Passes within",
    minutes: (minutes: number) => `${minutes} minutes`,
    permitAsked: "Permit once",
    beforehand: {
      act: "Ask beforehand",
      advice:
        "For a tool of your own that cannot wait: a supervisor agrees to exactly this write, and it passes once when your tool sends it.",
      done: "A supervisor was asked",
      doneBody:
        "Once they agree, exactly this write passes once within the minutes they give. You can close this.",
      failed: "Nobody was asked",
      answered: {
        permitted: (by: string) => `${by} agreed to what you asked beforehand`,
        refused: (by: string) => `${by} refused what you asked beforehand`,
        change: (point: string, asked: string) => (asked === "" ? point : `${point} = ${asked}`),
        passes: (what: string, left: string) => `${what} passes once in the next ${left}.`,
        nothing: (what: string) => `${what} does not pass.`,
      },
    },
    second: "A supervisor has to agree to each write.",
    waitingFor: "Waiting for a supervisor",
    waitsUntil: (time: string) => `Refused by itself in ${time} if nobody answers.`,
  },
  freeze: {
    act: "Freeze",
    actNamed: (who: string, asset: string) => `Freeze the session of ${who} on ${asset}`,
    title: "Freeze this session?",
    body: (who: string, asset: string) =>
      `${who} can go on looking at ${asset}, but nothing that changes it passes until someone resumes the session. Changes that wait now are dropped, not kept.`,
    reason: "Reason",
    done: (ms: string, dropped: number) =>
      dropped === 0
        ? `Nothing passes since ${ms} ms after the broker was told.`
        : `Nothing passes since ${ms} ms after the broker was told; ${dropped} queued operations dropped.`,
    doneTitle: (who: string, asset: string) => `Session frozen: ${who} on ${asset}`,
    frozen: "Frozen",
    resume: "Resume",
    resumeNamed: (who: string, asset: string) => `Resume the session of ${who} on ${asset}`,
    resumeTitle: "Resume this session?",
    resumeBody: (reason: string) => `It was frozen by ${reason}. Changes may pass again.`,
    ownTitle: "Your session is frozen: you can look, but change nothing",
    ownBody: (reason: string) => `${reason}. What you had under way was dropped.`,
  },
  locks: {
    act: (kind: LockKindName) => `Lock ${kinds[kind]}`,
    title: (kind: LockKindName, name: string) =>
      kind === "person" ? `Lock ${name}?` : `Lock the ${kinds[kind]} ${name}?`,
    body: {
      person:
        "All live sessions of this person end at once, and none opens until the lock is lifted.",
      asset:
        "All live sessions on this asset end at once, and none opens until the lock is lifted.",
      zone: "All live sessions in this zone and the zones within it end at once, and none opens until the lock is lifted.",
      site: "Every live session ends at once, and none opens anywhere. Two different people are needed to lift the lock of the site; a lone administrator does it on the host with sallyport unlock.",
    } satisfies Record<LockKindName, string>,
    stays: "What the plant is doing now, it goes on doing. A restart of the broker keeps the lock.",
    reason: "Reason",
    notKept: "Locked, but the database has not written it yet: a restart might forget it.",
    notKeptTitle: "The lock counts, but is not kept",
    is: (kind: LockKindName, name: string) => `${called(kind, name)} is locked`,
    by: (who: string, reason: string) => `by ${who}: ${reason}`,
    agreed: (who: string) => `${who} agreed to lift it; one more person is needed.`,
    lift: "Lift",
    agree: "Agree to lift",
    liftNamed: (kind: LockKindName, name: string) => `Lift the lock: ${called(kind, name)}`,
    liftTitle: "Lift this lock?",
    liftBody: "Sessions can be opened again, by whoever holds a grant. Your passkey signs this.",
    liftBodySite:
      "Two different people lift the lock of the site. Your passkey signs that you are one of them.",
    more: (who: string, asset: string) => `Lock ${who} or ${asset}`,
    menu: "Lock…",
    failed: "The lock could not be lifted",
  },
} as const;
