import type { ClassName } from "../../broker/api/shapes/plant.ts";
import { classWord } from "./session.ts";

export const plantText = {
  title: "Plant",
  failed: "The plant could not be loaded",
  counts: (assets: number, zones: number) =>
    `${assets} ${assets === 1 ? "asset" : "assets"} in ${zones} ${zones === 1 ? "zone" : "zones"}`,
  fileProblem: "The plant file has an error; an older version is in force.",
  toHealth: "See what is wrong",
  view: { label: "View", map: "Map", list: "List" },
  filter: "Filter assets",
  emptyTitle: "There is nothing here for you yet",
  emptyForGuests: "You see an asset as soon as you have a grant for it. Ask who invited you.",
  emptyForOwners:
    "Describe zones, assets and endpoints in the plant file; it is read as soon as you save it.",
  map: {
    label: "Map of zones, conduits and assets",
    level: (level: number) => `Level ${level}`,
    target: (level: number) => `SL-T ${level}`,
    targetMeaning: (level: number) => `Target security level ${level} (IEC 62443)`,
    zoomIn: "Zoom in",
    zoomOut: "Zoom out",
    fit: "Show all",
    assets: (count: number) => `${count} ${count === 1 ? "asset" : "assets"}`,
    matching: (left: number, all: number) => `${left} of ${all}`,
    inSession: (count: number) => `${count} in session`,
    locked: (count: number) => `${count} locked`,
    /** On a zone that is open. */
    fold: (drawn: number, all: number) =>
      drawn < all ? `Close · ${drawn} of ${all} drawn, the list has all` : "Close",
    noAccess: "No grant",
    may: (classes: readonly ClassName[]) => classes.map((name) => classWord[name]).join(", "),
  },
  zones: { label: "Zones", all: "All zones" },
  table: {
    label: "Assets",
    asset: "Asset",
    zone: "Zone",
    level: "Level",
    protocol: "Protocol",
    access: "What I may do",
    state: "State",
  },
  state: {
    idle: "Idle",
    locked: "Locked",
    inSession: (count: number) => (count > 1 ? `${count} sessions` : "In session"),
  },
  access: {
    none: "No grant",
    coming: "Coming",
  },
} as const;

export const assetText = {
  close: "Close panel",
  facts: { zone: "Zone", device: "Device", id: "Id", endpoint: "Endpoint", units: "Units" },
  endpointId: "endpoint id",
  open: "Open",
  /** @param endpoint where the asset has several that one may open */
  openOther: (profile: string, endpoint?: string) =>
    endpoint === undefined ? `Open with ${profile}` : `Open ${endpoint} with ${profile}`,
  opening: "Opening…",
  openFailed: "The session was not opened",
  back: "Back to my session",
  mine: "You have a session here.",
  running: (count: number) =>
    count === 1 ? "1 session is running here" : `${count} sessions are running here`,
  recordings: "Recordings of this asset",
  makeGrant: "Make a grant",
  request: "Request access",
  breakGlass: "Break-glass: access without approval",
  grants: "What I may do here",
  left: "left",
  unlimited: "no end",
  begins: "Begins",
  over: "Not in force",
  noGrant: (site: string) =>
    `You have no grant here. Ask for the time you need; somebody of ${site} agrees to it.`,
  onlyComing: "Your grant here is not in force yet; Open appears when it begins.",
  noOpening: "Your roles do not open sessions.",
  noEndpoint: "This asset has no endpoint that the broker can reach.",
  tags: (count: number) => (count === 1 ? "1 tag" : `${count} tags`),
  tagTable: {
    ...{ label: "Tags", name: "Tag", unit: "Unit", write: "Write" },
    failed: "The tags could not be loaded",
  },
  writable: "yes",
  readOnly: "–",
} as const;
