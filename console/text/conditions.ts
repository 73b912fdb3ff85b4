/** Words about what a session needs besides a grant: a supervisor, a consent, a key at the plant. */

export const conditionText = {
  close: "Close",
  /** What an approver may ask for besides. */
  ask: {
    supervisor: "Only while a supervisor watches",
    consent: "Only with the control room's consent to each session",
  },
  /** What each session by a grant needs; empty where it needs nothing more. */
  needs: (supervisor: boolean, consent: boolean) => {
    const parts = [
      ...(consent ? ["the control room's consent"] : []),
      ...(supervisor ? ["a supervisor who watches"] : []),
    ];
    return parts.length === 0 ? "" : `Each session by this grant needs ${parts.join(" and ")}.`;
  },
  supervisor: {
    waits: "Waiting for a supervisor",
    none: "No supervisor",
    watched: "A supervisor watches",
    needed: "needs a supervisor",
    ownTitle: "Waiting for a supervisor: you can look, but change nothing",
    ownBody: (reason: string, rule: string) =>
      `${reason} You go on by yourself as soon as somebody who may supervise watches (rule ${rule}).`,
    here: "This session needs a supervisor, and you are one: while this page is open and shown, its changes pass.",
    alone: "Nobody is at this page now, so nothing that changes the plant passes.",
    notice: (count: number) =>
      count === 1
        ? "A session waits for a supervisor to watch it."
        : `${count} sessions wait for a supervisor to watch them.`,
    watch: "Watch",
  },
  active: {
    off: "Broker not active",
    ownTitle: "The broker stands still: you can look, but change nothing",
    ownBody: (reason: string, rule: string) =>
      `${reason} You go on by yourself once it has it back. If another broker takes over, this session ends: open it again there (rule ${rule}).`,
  },
  finding: {
    off: "Stopped",
    ownTitle: "A finding stopped this session: you can look, but change nothing",
    ownBody: (reason: string, rule: string) =>
      `${reason} What you had under way was dropped (rule ${rule.replace(/^response /, "")}).`,
  },
  keySwitch: {
    off: "Key switch off",
    ownTitle: "Remote access is switched off at the plant: you can look, but change nothing",
    ownBody: (reason: string, rule: string) =>
      `${reason} Only somebody at the plant can turn it (rule ${rule}).`,
    list: "Key switches of the plant",
    on: "on",
    isOff: "off",
    unknown: "cannot be read",
    covers: { site: "the site", zone: "zone", asset: "asset" },
    line: (name: string, state: string) => `${name}: ${state}`,
    means: (whenOff: "read-only" | "end") =>
      whenOff === "end"
        ? "No session opens here, and live ones have ended."
        : "No session opens here, and live ones can only look.",
    closed: "Switched off",
  },
  consent: {
    title: "Waiting for the control room's consent",
    label: (who: string, asset: string) => `${who} asks to begin a session on ${asset}`,
    wants: "asks to begin a session on",
    left: (time: string) => `${time} left`,
    profile: "Profile",
    endpoint: "Endpoint",
    purpose: "Given for",
    from: "From",
    agree: "Agree",
    refuse: "Refuse",
    reason: "Why not? The person will read it.",
    own: "You asked for this yourself. Somebody else has to answer.",
    failed: "That answer did not count",
    altered: "The broker showed one thing and asked you to sign another. Nothing was signed.",
    agreed: "Agreed: the session begins.",
    refused: "Refused: no session begins.",
    notice: (count: number) =>
      count === 1
        ? "A session asks for the control room's consent."
        : `${count} sessions ask for the control room's consent.`,
    answer: "Answer",
    asking: "Waiting for the control room",
    askingBody: (asset: string) =>
      `Each session on ${asset} by this grant needs the control room's consent. It opens by itself as soon as somebody agrees. Nothing has been dialled yet.`,
    cancel: "Ask no more",
    over: {
      refused: (by: string, reason: string) => `${by} refused: ${reason}`,
      expired: "Nobody answered in time. Call the control room, then ask again.",
      withdrawn: "The question was withdrawn. Ask again if you still want to begin.",
    },
  },
} as const;
