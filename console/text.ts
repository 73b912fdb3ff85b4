/** Words that every page shares; each page's own are in `text/`. All text of the console is in these files. */
import type { RoleName } from "../broker/api/shapes/people.ts";
import type { ClassName } from "../broker/api/shapes/plant.ts";

const roles: Record<RoleName, string> = {
  administrator: "Administrator",
  engineer: "Engineer",
  supervisor: "Supervisor",
  vendor: "Vendor",
  auditor: "Auditor",
  workload: "Workload",
};

/** What an operation class lets a person do, in plain words. */
const classMeaning: Record<ClassName, string> = {
  observe: "read values",
  operate: "write values and control",
  configure: "change the configuration",
  program: "load programs, change modes, diagnose",
  transfer: "move files",
};

export const text = {
  product: "Sallyport",
  promise: "Guarded access to industrial plants",
  loading: "Loading",
  timesOf: (zone: string) => `Times of ${zone}`,
  retry: "Try again",
  roles,
  classMeaning,
  copy: {
    action: (what: string) => `Copy ${what}`,
    done: "Copied",
  },
  table: {
    actions: "Actions",
    more: "Show more",
    shownOf: (shown: number, all: number) => `${shown} of ${all} shown`,
    nothingLeft: "Nothing matches the filter",
    nothingLeftAdvice: "Use fewer or other words.",
    clearFilter: "Clear filter",
    typeToFind: (count: number) => `Type to find one of ${count.toLocaleString("en")}`,
  },
  confirm: {
    cancel: "Cancel",
    failed: "That did not work",
    reasonIsRecorded: "Recorded, and shown to those concerned.",
    reasonLengthMax: 500,
  },
  error: {
    unreachable:
      "The broker could not be reached. Check your connection; this page tries again by itself.",
    unexpected: (status: number) =>
      `Something between this browser and the broker answered with status ${status}. Try again; if it stays, tell the administrator.`,
    pageTitle: "This page could not be shown",
    pageAdvice: "Load the page again. If it happens again, tell the administrator what you did.",
    renewedTitle: "A newer console",
    renewed: "The broker has a newer version of this console",
    renewedAdvice: "It is loaded now, and shows the page that you wanted.",
    partMissing:
      "A part of this page could not be fetched. The broker may be starting: try again in a moment.",
    notFoundTitle: "There is no such page here",
    notFound: "The address is wrong, or what it named is gone or not yours to see.",
    toPlant: "Go to the plant",
    meFailed: "The console could not start",
  },
  shell: {
    skip: "Skip to content",
    decide: "Read and decide",
    waiting: (count: number) =>
      count === 1 ? "1 request waits for you" : `${count} requests wait for you`,
    navigation: "Main",
    openNavigation: "Open navigation",
    closeNavigation: "Close navigation",
    help: "Help on this page",
    account: "Account",
    site: "Site",
    allSites: (whole: string) => `${whole}: all sites`,
    elsewhere: (count: number, site: string) => `${count} not at ${site}.`,
    showAllSites: "Show all sites",
    siteClock: (timeZone: string) => `The time at this site (${timeZone})`,
    signOut: "Sign out",
    liveSessions: (count: number) => (count === 1 ? "1 live session" : `${count} live sessions`),
    lost: "No connection to the broker. What you see may be old; reconnecting.",
    groups: { work: "Work", administration: "Administration" },
    secondPasskey: "Only one passkey can sign you in. Add a second one before it is lost.",
    addPasskey: "Add a second passkey",
    later: "Later",
    signInEnds: {
      left: "Time left of your sign-in:",
      renewable: "Confirm with your passkey and go on here; nothing is interrupted.",
      anew: "Then sign in anew through your identity provider; bring your work to an end before.",
      renew: "Confirm and stay signed in",
      failed: "The sign-in was not made longer",
    },
  },
  pages: {
    plant: "Plant",
    plantFile: "Plant file",
    access: "Access",
    vendors: "Vendors",
    review: "Review",
    figures: "Figures",
    breakGlass: "Break-glass",
    live: "Live",
    recordings: "Recordings",
    links: "Links",
    people: "People",
    grants: "Grants",
    policy: "Policy",
    alarms: "Alarms",
    audit: "Audit",
    events: "Events",
    health: "Health",
    gateways: "Gateways",
    integrations: "Integrations",
    account: "Account",
  },
  theme: {
    label: "Appearance",
    auto: "As the system",
    light: "Light",
    dark: "Dark",
  },
} as const;
