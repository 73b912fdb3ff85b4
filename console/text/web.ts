/** Words of the page of a session on a web panel. */
import type { ClassName } from "../../broker/api/shapes/plant.ts";

export const webText = {
  openTitle: "The panel opens in a tab of its own",
  open: "Open the panel",
  openAgain: "Open it again",
  opening: "Opening…",
  failed: "The panel could not be opened",
  blocked: "Your browser did not open the tab. Allow pop-ups for this page, then try again.",
  body: "Its pages live at an address made for this session alone. Each request is decided, recorded and only then carried out. Keep this page open: it shows what was refused and why, and the session waits for it.",
  canDo: (classes: readonly ClassName[]) =>
    classes.includes("operate")
      ? "You may look, and do what your profile names."
      : "You may look at what your profile names. Everything else is refused.",
  signedIn: "The broker signs in to the panel. You need no password, and none is shown.",
  refusals: "Refused",
  noRefusals: "Nothing was refused.",
  rule: (rule: string) => `Rule: ${rule}`,
  requests: "Requests",
  filter: "Filter requests",
  noRequests: "Nothing was asked yet. Open the panel.",
  noneFits: "No request fits the filter.",
  requestsFailed: "The requests could not be loaded",
  columns: { time: "Time", method: "Method", target: "Page", status: "Answer" },
  broken: "broke off",
  waiting: "A person is asked",
  replay: {
    label: "Page at this moment",
    none: "No page was asked for before this moment.",
    query: "In its address",
    form: "Submitted",
    json: "Submitted as JSON",
    files: "Files",
  },
  acts: {
    page: "Page",
    submitted: "Submitted",
    upload: "File sent",
    "web:upload": "Upload begun",
    "web:uploaded": "Upload",
    "web:socket": "Live connection",
    "web:message": "Message sent",
    "web:download": "File received",
  },
} as const;
