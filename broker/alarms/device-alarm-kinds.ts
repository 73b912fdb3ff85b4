/** About devices of people, and the screens they work at. Part of the table in `alarm-kinds.ts`. */

const HOUR = 3_600_000;

export const DEVICE_ALARM_KINDS = {
  "device-unproved": {
    priority: "high",
    title: "A sign-in was used without its device",
    consequence:
      "What was asked for was refused. The cookie of that browser may have been copied, and whoever has it will try again.",
    action:
      "Call the person. If it was not their own browser after its data was cleared, end their sign-ins on People and look at the machine that the cookie was copied from.",
    returns: "quiet",
    quietMs: HOUR,
    ringsAnew: true,
    raisedBy: ["device:unproved", "device:revoked-used"],
    source: "subject",
  },
  "file-exchanged": {
    priority: "high",
    title: "A file was exchanged while it was being opened",
    consequence:
      "Whoever did it wanted a session to read or write another file than it may. It was refused; an opening that empties or makes a file may have done so.",
    action:
      "Look at what runs on the asset and who is signed in there beside the session. The event names the path; the recording shows what was asked.",
    returns: "quiet",
    quietMs: HOUR,
    raisedBy: ["file:exchanged"],
    source: "session",
  },
  "screen-left-down": {
    priority: "urgent",
    title: "Something may be held down on a screen",
    consequence:
      "A session was killed while it held a button or key. Some screens go on holding it, and what it moves goes on moving.",
    action:
      "Look at the screen now, at the machine or in a session. Click the button that is named once, and see that nothing runs that nobody wants.",
    returns: "quiet",
    quietMs: HOUR,
    ringsAnew: true,
    raisedBy: ["screen:left-down"],
    source: "endpoint",
  },
} as const;
